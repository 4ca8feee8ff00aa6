// Numbers, money and times as people read them: by the page's language, the store's currency and the store's time zone.

import type { Header } from "../api/client";
import { spoken, t } from "./language.svelte";

export type Kind = "text" | "texts" | "count" | "number" | "share" | "amount" | "instant" | "flag";

const made = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

function numbers(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `${spoken.language} ${JSON.stringify(options)}`;
  let format = made.get(key) as Intl.NumberFormat | undefined;
  if (!format) made.set(key, (format = new Intl.NumberFormat(spoken.language, options)));
  return format;
}

function times(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${spoken.language} ${JSON.stringify(options)}`;
  let format = made.get(key) as Intl.DateTimeFormat | undefined;
  if (!format) made.set(key, (format = new Intl.DateTimeFormat(spoken.language, options)));
  return format;
}

export const count = (value: number): string => numbers({ maximumFractionDigits: 0 }).format(value);
export const number = (value: number): string => numbers({ maximumFractionDigits: Math.abs(value) < 10 ? 2 : 1 }).format(value);
/** With three decimals, where the second is not enough to tell two apart. */
export const fine = (value: number): string => numbers({ minimumFractionDigits: 3, maximumFractionDigits: 3 }).format(value);
export const share = (value: number): string => numbers({ style: "percent", maximumFractionDigits: 1 }).format(value);

/** A share without decimals. */
export const percent = (value: number): string => numbers({ style: "percent", maximumFractionDigits: 0 }).format(value);

/** An estimated amount by three digits: what lies behind them is not known. */
export function about(value: string, currency: string): string {
  const size = Math.max(0, Math.floor(Math.log10(Math.max(1, Math.abs(Number(value))))) - 2);
  return money(Math.round(Number(value) / 10 ** size) * 10 ** size, currency, true);
}

/** With its sign, which is told apart from a hyphen. */
export const signed = (value: number): string => `${value > 0 ? "+" : value < 0 ? "−" : "±"}${number(Math.abs(value))}`;

/** A time in days as people say it: minutes, hours or days. */
export function duration(days: number): string {
  if (days < 1 / 1440) return t("under-a-minute");
  const [unit, value] = days < 1 / 24 ? ["minute", days * 24 * 60] : days < 2 ? ["hour", days * 24] : ["day", days];
  return numbers({ style: "unit", unit, unitDisplay: "long", maximumFractionDigits: value < 10 && unit !== "minute" ? 1 : 0 }).format(value);
}

/** Decimal text as money; nothing passes through floating point. `whole` leaves out cents. */
export function money(value: string | number, currency: string, whole = false): string {
  // Since 2023 browsers format decimal texts exactly; TypeScript's own name for them is narrower.
  const text = value as `${number}`;
  try {
    return numbers({ style: "currency", currency, ...(whole ? { maximumFractionDigits: 0 } : {}) }).format(text);
  } catch {
    // No currency that anybody knows.
    return `${numbers({ maximumFractionDigits: whole ? 0 : 2 }).format(text)} ${currency}`;
  }
}

export function day(value: string, zone: string): string {
  return times({ dateStyle: "medium", timeZone: zone }).format(new Date(value));
}

export function moment(value: string, zone?: string): string {
  return times({ dateStyle: "medium", timeStyle: "short", ...(zone ? { timeZone: zone } : {}) }).format(new Date(value));
}

/** A day of the week by its number; 0 is Monday. */
export const weekday = (at: number): string => times({ weekday: "long", timeZone: "UTC" }).format(new Date(Date.UTC(2024, 0, 1 + at)));

/** `2011-12-10` of the store's zone. */
export function isoDay(value: string, zone: string): string {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short" }).format(new Date(value));
}

export function month(value: string): string {
  return times({ month: "short", year: "numeric", timeZone: "UTC" }).format(new Date(`${value}-01T00:00:00Z`));
}

export function bytes(value: number): string {
  const [unit, size] = value < 1_000_000 ? ["kilobyte", 1000] : ["megabyte", 1_000_000];
  return numbers({ style: "unit", unit, unitDisplay: "short", maximumFractionDigits: 1 }).format(value / size);
}

/** A cell of a table. */
export function cell(value: unknown, kind: string, header: Pick<Header, "currency" | "zone"> | null): string {
  if (value === null || value === undefined || value === "") return "–";
  switch (kind) {
    case "count":
      return count(Number(value));
    case "number":
      return number(Number(value));
    case "share":
      return share(Number(value));
    case "amount":
      return header ? money(String(value), header.currency) : String(value);
    case "instant":
      return day(String(value), header?.zone ?? "UTC");
    case "flag":
      return t(value === true ? "yes" : "no");
    case "texts":
      return Array.isArray(value) ? value.map(String).join(", ") || "–" : String(value);
    default:
      return String(value);
  }
}

export const isFigure = (kind: string): boolean => ["count", "number", "share", "amount"].includes(kind);
