import assert from "node:assert/strict";
import { test } from "node:test";
import { goalsOf, textOf } from "./goals.ts";

test("goals come back as they were written", () => {
  const text = "loyal:,at-risk-repeat:active-repeat,at-risk-repeat:loyal,prospects:repeat";
  const goals = goalsOf(text);
  assert.deepEqual([...goals], [["loyal", []], ["at-risk-repeat", ["active-repeat", "loyal"]], ["prospects", ["repeat"]]]);
  assert.equal(textOf(goals), text);
  assert.deepEqual([goalsOf("").size, textOf(new Map())], [0, ""]);
});
