import assert from "node:assert/strict";
import { test } from "node:test";
import { fromBytes, moved, parametersOf, places, pruned, rooted, withOperator, type Node } from "./tree.ts";

const leaf = (attribute: string): Node => ({ type: "attribute", attribute, operator: "=", value: 1 });

test("conditions have the places of the answer's list", () => {
  const tree: Node = {
    type: "and",
    conditions: [leaf("a"), { type: "and", conditions: [leaf("b"), leaf("c")] }, { type: "or", conditions: [leaf("d")] }, { type: "not", condition: { type: "or", conditions: [leaf("e"), leaf("f")] } }],
  };
  // all, a, b, c (their group is that of all), d (a group of one is none), not, its group, e, f
  assert.deepEqual(places(tree), ["", "0", "1.0", "1.1", "2.0", "3", "3.not", "3.not.0", "3.not.1"]);
  assert.deepEqual(places({ type: "and", conditions: [leaf("a")] }), ["0"]);
});

test("groups without conditions are not asked", () => {
  assert.equal(pruned({ type: "and", conditions: [{ type: "or", conditions: [] }] }), null);
  assert.deepEqual(pruned({ type: "and", conditions: [leaf("a"), { type: "or", conditions: [] }] }), { type: "and", conditions: [leaf("a")] });
  assert.deepEqual(rooted(leaf("a")), { type: "and", conditions: [leaf("a")] });
});

test("an operator keeps the values that fit", () => {
  assert.deepEqual(withOperator({ operator: ">", value: 3 }, "BETWEEN", "number"), { operator: "BETWEEN", values: [3, 3] });
  assert.deepEqual(withOperator({ operator: "BETWEEN", values: [3, 5] }, ">", "number"), { operator: ">", value: 3 });
  assert.deepEqual(withOperator({ operator: "=", value: "FR" }, "IN", "text"), { operator: "IN", values: ["FR"] });
  assert.deepEqual(withOperator({ operator: "=", value: "FR" }, "CONTAINS", "text"), { operator: "CONTAINS", value: "FR" });
  assert.deepEqual(withOperator({ operator: "=", value: "FR" }, "IS NULL", "text"), { operator: "IS NULL" });
});

test("small things", () => {
  assert.deepEqual(moved(["a", "b", "c"], 0, 2), ["b", "c", "a"]);
  assert.deepEqual(moved(["a"], 0, 1), ["a"]);
  assert.deepEqual(parametersOf("placed an order; asked by date, amount, channel"), ["date", "amount", "channel"]);
  assert.equal(fromBytes("é = 'ü' x", 9), 7);
});
