// Looks at pages as a reader would, in a real browser: desktop and phone, light and dark, opened and printed.
//
//   node look.mjs OUT PAGE...
//
// OUT gets a picture of each view and the printed page. Ends with an error when axe-core finds a violation, a page is
// wider than its window, asks anything of the network, or writes an error to the console. CHROMIUM names the browser.

import { mkdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { faults as of, launch, SCHEMES, SIZES } from "./browser.mjs";

const [out, ...pages] = process.argv.slice(2);
if (!out || pages.length === 0) {
  console.error("usage: node look.mjs OUT PAGE...");
  process.exit(2);
}
mkdirSync(out, { recursive: true });

const browser = await launch();
const faults = [];
let views = 0;
for (const page of pages) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    for (const scheme of SCHEMES) {
      const name = `${basename(page, ".html")}-${size}-${scheme}`;
      for (const fault of await look(page, viewport, scheme, join(out, name))) {
        faults.push(`${name}: ${fault}`);
      }
      views += 1;
    }
  }
}
await browser.close();
for (const fault of faults) {
  console.error(fault);
}
console.log(`${pages.length} pages, ${views} views, ${faults.length} faults`);
process.exit(faults.length === 0 ? 0 : 1);

/** What is wrong with one view of a page; leaves its picture, and of the light desktop one also the printed page. */
async function look(file, viewport, scheme, picture) {
  const found = [];
  const context = await browser.newContext({ viewport, colorScheme: scheme, reducedMotion: "reduce" });
  const page = await context.newPage();
  page.on("console", (message) => message.type() === "error" && found.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => found.push(`script: ${error.message}`));
  page.on("request", (request) => {
    if (!/^(file|data|blob|about):/.test(request.url())) found.push(`asks the network for ${request.url()}`);
  });
  await page.goto(pathToFileURL(resolve(file)).href);
  // What is folded away is looked at too.
  await page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));
  found.push(...(await of(page)));
  await page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = false)));
  await page.screenshot({ path: `${picture}.png`, fullPage: true });
  if (scheme === "light" && viewport.width > 1000) await page.pdf({ path: `${picture}.pdf`, format: "A4" });
  await context.close();
  return found;
}
