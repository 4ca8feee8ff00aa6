import assert from "node:assert/strict";
import { test } from "node:test";
import { flows } from "./sankey.ts";

const LINKS = [
  { from: "a", to: "a", value: 60 },
  { from: "a", to: "b", value: 20 },
  { from: "b", to: "a", value: 15 },
  { from: "c", to: "b", value: 5 },
  { from: "b", to: "b", value: 0 },
];

test("what goes through a class is as high as its bands together, on both sides", () => {
  const { bands, left, right } = flows(LINKS, ["b", "a"], 100, 10, 14);
  assert.deepEqual(left.map((pile) => pile.id), ["b", "a", "c"]);
  assert.deepEqual(right.map((pile) => [pile.id, pile.value]), [["b", 25], ["a", 75]]);
  for (const [side, piles] of [["from", left], ["to", right]] as const) {
    for (const pile of piles) {
      const own = bands.filter((band) => band[side] === pile.id);
      assert.equal(own.reduce((sum, band) => sum + band.size, 0), pile.size, `${side} ${pile.id}`);
      const places = own.map((band) => (side === "from" ? band.top : band.end)).sort((a, b) => a - b);
      assert.equal(places[0], pile.top);
    }
  }
  assert.equal(bands.length, 4, "nobody is no band");
});

test("piles do not overlap, and nothing at all is drawn as nothing", () => {
  const { left, high } = flows(LINKS, ["a", "b", "c"], 100, 10, 14);
  for (let at = 1; at < left.length; at += 1) assert.ok(left[at]!.top >= left[at - 1]!.top + left[at - 1]!.size);
  assert.ok(high >= 100);
  assert.deepEqual(flows([], [], 100, 10, 14), { bands: [], left: [], right: [], high: 0 });
});
