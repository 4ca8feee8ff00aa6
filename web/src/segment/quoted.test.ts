import assert from "node:assert/strict";
import { test } from "node:test";
import { findsCustomers } from "../parts/search.ts";
import { quoted } from "./quoted.ts";

test("quotes and backslashes are written as the language reads them", () => {
  assert.equal(quoted("O'Brien"), "'O\\'Brien'");
  assert.equal(quoted("a\\b"), "'a\\\\b'");
});

test("who customers are is searched for those alone who may see it", () => {
  assert.equal(findsCustomers(" O'Brien ", false), "customer_id CONTAINS 'O\\'Brien' OR city CONTAINS 'O\\'Brien' OR country CONTAINS 'O\\'Brien'");
  assert.ok(findsCustomers("x", true).includes("email CONTAINS 'x'"));
  assert.equal(findsCustomers("  ", true), "");
});
