// Columns by the names that people know, and what they mean: those of a profile as the server says, those of tables as the texts say.

import type { Column, Header, Row } from "../api/client";
import { cell } from "./figures";
import { tOr } from "./language.svelte";
import { words } from "../state/words.svelte";

export function columnName(name: string): string {
  const plain = name.replaceAll("_", " ").replace(/\b(id|rfm|clv|csat|nps)\b/g, (word) => word.toUpperCase());
  return tOr(`column.${name}`, plain.charAt(0).toUpperCase() + plain.slice(1));
}

export function columnMeaning(name: string): string {
  return tOr(`meaning.${name}`, "") || words.meaning(name);
}

/** Columns whose values are ids of classes, or other words of a closed list, of which people read names. */
const CLASSES = ["life_stage", "retention_state", "buying_group", "core_group", "rfm_group", "verdict", "in_this_order", "course", "frame", "impact"];

/** `at-risk-repeat` and `AT_RISK` as words. */
export function className(id: string): string {
  const words = id.replaceAll(/[-_]/g, " ").toLowerCase();
  return tOr(`class.${id}`, words.charAt(0).toUpperCase() + words.slice(1));
}

/** A class in the page's language, else as the server names it. */
export function classTitle(id: unknown, name?: unknown): string {
  return tOr(`class.${String(id)}`, name ? String(name) : className(String(id)));
}

/** A goal, which the server names, in the page's language. */
export const goalTitle = (name: unknown): string => classTitle(String(name ?? "").toLowerCase().replaceAll(" ", "-"), name);

/** A word of a closed list, such as a verdict or a step. */
export const wordOf = (id: unknown): string => className(String(id ?? ""));

/** A cell of a table as people read it. */
export function cellOf(column: Column, row: Row, header: Header | null): string {
  const value = row[column.name];
  if (typeof value === "string" && value && CLASSES.includes(column.name)) return className(value);
  return cell(value, column.kind, header);
}
