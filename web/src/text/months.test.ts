import assert from "node:assert/strict";
import { test } from "node:test";
import { monthOf } from "./months.ts";

test("months go over the year, and February is as long as it is", () => {
  assert.deepEqual(monthOf("2011-12", 0), ["2011-12-01", "2011-12-31"]);
  assert.deepEqual(monthOf("2011-12", 2), ["2012-02-01", "2012-02-29"]);
  assert.deepEqual(monthOf("2011-01", -1), ["2010-12-01", "2010-12-31"]);
  assert.deepEqual(monthOf("2011-01", 13), ["2012-02-01", "2012-02-29"]);
});
