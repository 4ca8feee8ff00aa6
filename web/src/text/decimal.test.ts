import assert from "node:assert/strict";
import { test } from "node:test";
import { sum } from "./decimal.ts";

test("amounts add up exactly", () => {
  assert.equal(sum(["0.10", "0.20"]), "0.3000");
  assert.equal(sum(["8887208.894", "-0.004", "1"]), "8887209.8900");
  assert.equal(sum(["-0.5", "0.25"]), "-0.2500");
  assert.equal(sum(["9007199254740993.0001", "1"]), "9007199254740994.0001");
  assert.equal(sum([]), "0.0000");
});
