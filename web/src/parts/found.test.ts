import assert from "node:assert/strict";
import { test } from "node:test";
import { found } from "./found.ts";

const names = (search: string): string[] => found(["Übersicht", "At-risk repeat", "Repeat", "Loyal repeat", "Churn risk"], search, (name) => [name, name === "Repeat" ? "bought again" : ""]);

test("every word must be there, and what begins so comes first", () => {
  assert.deepEqual(names("repeat"), ["Repeat", "At-risk repeat", "Loyal repeat"]);
  assert.deepEqual(names("repeat risk"), ["At-risk repeat"]);
  assert.deepEqual(names("again"), ["Repeat"]);
  assert.deepEqual(names("xyz"), []);
});

test("case and accents do not matter, and nothing finds all", () => {
  assert.deepEqual(names("ubersicht"), ["Übersicht"]);
  assert.equal(names(" ").length, 5);
});
