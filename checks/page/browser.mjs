// A browser for looking at pages, and what axe-core says of them.

import axe from "axe-core";
import { chromium } from "playwright-core";

export const SIZES = { desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } };
export const SCHEMES = ["light", "dark"];

/** Chromium, of the environment's CHROMIUM or Debian's. */
export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}

/** What axe-core finds, and whether the page is wider than its window. */
export async function faults(page) {
  const found = [];
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (wide > 0) found.push(`is ${wide} pixels wider than its window`);
  // The page allows no script of its own; axe runs beside it.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  for (const { id, help, nodes } of violations) {
    found.push(`${id}: ${help} (${nodes.length} places, first ${nodes[0].target.join(" ")}: ${nodes[0].any[0]?.message ?? ""})`);
  }
  return found;
}
