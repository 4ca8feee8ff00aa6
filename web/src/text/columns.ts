// Columns by the names that people know, and what they mean: those of a profile as the server says, those of tables as the texts say.

import { tOr } from "./language.svelte";
import { words } from "../state/words.svelte";

export function columnName(name: string): string {
  const plain = name.replaceAll("_", " ").replace(/\b(id|rfm|clv|csat|nps)\b/g, (word) => word.toUpperCase());
  return tOr(`column.${name}`, plain.charAt(0).toUpperCase() + plain.slice(1));
}

export function columnMeaning(name: string): string {
  return tOr(`meaning.${name}`, "") || words.meaning(name);
}
