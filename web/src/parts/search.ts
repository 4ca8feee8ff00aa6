// How customers are found by what somebody typed.

import { quoted } from "../segment/quoted";

/** The condition that finds customers by a text. Who they are is searched only for those who may see it. */
export function findsCustomers(text: string, personal: boolean): string {
  const value = text.trim();
  if (!value) return "";
  const names = ["customer_id", "city", "country", ...(personal ? ["email", "first_name", "last_name"] : [])];
  return names.map((name) => `${name} CONTAINS ${quoted(value)}`).join(" OR ");
}
