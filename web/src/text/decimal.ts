// Sums of amounts as decimal texts, exact: nothing passes through floating point.

const DIGITS = 4;

function scaled(text: string): bigint {
  const [whole = "0", part = ""] = text.replace("-", "").split(".");
  const value = BigInt(whole || "0") * 10n ** BigInt(DIGITS) + BigInt(part.padEnd(DIGITS, "0").slice(0, DIGITS) || "0");
  return text.startsWith("-") ? -value : value;
}

/** The sum of amounts with up to four digits behind the point. */
export function sum(texts: string[]): string {
  const all = texts.reduce((sum, text) => sum + scaled(text), 0n);
  const plain = (all < 0n ? -all : all).toString().padStart(DIGITS + 1, "0");
  return `${all < 0n ? "-" : ""}${plain.slice(0, -DIGITS)}.${plain.slice(-DIGITS)}`;
}
