// Looks at every screen of a running server: desktop and phone, light and dark, with axe-core on each.
//
//   node screens.mjs OUT URL
//
// OUT gets a picture of each. QUINTILE_OWNER_EMAIL and QUINTILE_OWNER_PASSWORD sign in. Ends with an error when axe-core finds
// a violation, a screen is wider than its window, a script fails, or anything but the server is asked.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { launch, faults as of, SCHEMES, SIZES } from "./browser.mjs";

const [out, url, only] = process.argv.slice(2);
if (!out || !url) {
  console.error("usage: node screens.mjs OUT URL [SCREEN]");
  process.exit(2);
}
mkdirSync(out, { recursive: true });
const [email, password] = [process.env.QUINTILE_OWNER_EMAIL, process.env.QUINTILE_OWNER_PASSWORD];

const browser = await launch();
const origin = new URL(url).origin;
const faults = [];
let views = 0;

const context = await browser.newContext({ viewport: SIZES.desktop });
const first = await context.newPage();
await first.goto(url);
await first.getByLabel("E-mail").fill(email);
await first.getByLabel("Password").fill(password);
await first.getByRole("button", { name: "Sign in" }).click();
await first.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
const customer = await first.evaluate(async () => (await (await fetch("/api/v1/customers?limit=1&sort=-number_of_orders")).json()).rows[0]?.customer_id ?? "none");
// As the page writes it into its links: with a dot the server would look for a file.
const id = encodeURIComponent(customer).replaceAll(".", "%2E");
// Half a year before the last fact.
const last = await first.evaluate(async () => (await (await fetch("/api/v1/stages")).json()).header.as_of);
const earlier = new Date(Date.parse(last) - 180 * 86_400_000).toISOString().slice(0, 10);
const state = await context.storageState();
await context.close();

const menu = async (page) => {
  await page.getByRole("button", { name: /^Recency 5, frequency 5/ }).click();
  await page.getByRole("menuitem", { name: "View customers" }).waitFor();
};
/** Name, address, and what is done before it is looked at. */
const SCREENS = [
  ["overview", "/"],
  ["segments", "/segments"],
  ["segment", "/segments/repeat"],
  ["segment-why", `/segments/repeat?why=${id}`],
  ["segment-conditions", "/segments/just-below-free-shipping?tab=conditions"],
  ["builder-new", "/segments/new"],
  ["builder", "/segments/new?query=" + encodeURIComponent("number_of_orders >= 3 AND (last_order_date < -60d OR refunds MATCHES (amount >= 10)) AND NOT customer_countries CONTAINS 'FR' AND orders_placed MATCHES (date >= -200d, amount >= 50)")],
  ["builder-wrong", "/segments/new?query=" + encodeURIComponent("number_of_ordrs >= 3 AND")],
  ["builder-nobody", "/segments/new?query=" + encodeURIComponent("number_of_orders >= 3 AND number_of_orders < 2")],
  ["customers", "/customers"],
  ["customers-none", "/customers?search=nobody-is-called-so"],
  ["customer", `/customers/${id}?segment=repeat`],
  ["rfm", "/rfm"],
  ["rfm-menu", "/rfm", menu],
  ["rfm-several", "/rfm?cells=5-5,4-5"],
  ["rfm-two-days", `/rfm?then=${earlier}`],
  ["compare", "/compare?one=repeat&other=loyal"],
  ["compare-none", "/compare?one=repeat&other=" + encodeURIComponent("number_of_orders < 0")],
  ["compare-begin", "/compare"],
  ["compare-pending", "/rfm", async (page) => {
    await menu(page);
    await page.getByRole("menuitem", { name: "Compare with …" }).click();
    await page.getByText(/^Comparing/).waitFor();
  }],
  ["palette", "/", async (page) => {
    await page.keyboard.press("Control+k");
    await page.getByRole("dialog").getByRole("combobox").fill("re");
    await page.getByRole("group", { name: "Customers" }).or(page.getByText(/found;/)).first().waitFor();
  }],
  ["segment-time", "/segments/repeat?tab=time", async (page) => {
    await page.waitForFunction(() => document.querySelectorAll("figure rect").length > 11, null, { timeout: 120_000 });
  }],
  ["segment-quality", "/segments/repeat?tab=quality"],
  ["funnel", "/funnel"],
  ["funnel-channels", "/funnel?tab=channels"],
  ["funnel-paths", "/funnel?tab=paths"],
  ["funnel-back", "/funnel?tab=back"],
  ["funnel-of", "/funnel?segment=repeat"],
  ["products", "/products"],
  ["products-together", "/products?tab=together"],
  ["products-next", "/products?tab=next"],
  ["values", "/values?past=true"],
  ["costly", "/costly"],
  ["costly-discounts", "/costly?tab=discounts"],
  ["lifecycle", "/lifecycle"],
  ["lifecycle-movers", `/lifecycle?from=${earlier}&movers=true&sized=revenue`],
  ["cohorts", "/cohorts?cumulative=true"],
  ["cohorts-channel", "/cohorts?measure=revenue_each&by=channel"],
  ["opportunities", "/opportunities"],
  ["opportunities-possible", "/opportunities?kind=possible"],
  ["opportunities-goals", "/opportunities?kind=possible&goals=first-time-buyers:loyal"],
  ["opportunities-tactics", "/opportunities?kind=tactics"],
  ["import", "/import"],
  ["data", "/data"],
  ["data-check", "/data?tab=check"],
  ["data-jobs", "/data?tab=jobs"],
  ["sql", "/sql", async (page) => {
    await page.getByRole("button", { name: "Run" }).click();
    await page.getByRole("status").filter({ hasText: "row" }).waitFor();
  }],
  ["settings", "/settings"],
  ["settings-thresholds", "/settings?tab=thresholds"],
  ["settings-schedule", "/settings?tab=schedule"],
  ["segment-export", "/segments/repeat", async (page) => {
    await page.getByRole("button", { name: "Export" }).click();
    await page.getByLabel("What the list is for").selectOption("email");
  }],
  ["settings-own", "/settings?tab=own"],
  ["settings-people", "/settings?tab=people"],
  ["settings-keys", "/settings?tab=keys"],
  ["settings-audit", "/settings?tab=audit"],
  ["nowhere", "/nowhere"],
];

for (const [size, viewport] of Object.entries(SIZES)) {
  for (const scheme of SCHEMES) {
    const context = await browser.newContext({ viewport, colorScheme: scheme, reducedMotion: "reduce", storageState: state });
    const page = await context.newPage();
    let name = "";
    page.on("console", (message) => message.type() === "error" && !/status of 4\d\d/.test(message.text()) && faults.push(`${name}: console: ${message.text()}`));
    page.on("pageerror", (error) => faults.push(`${name}: script: ${error.message}`));
    page.on("request", (request) => new URL(request.url()).origin !== origin && !/^(data|blob):/.test(request.url()) && faults.push(`${name}: asks ${request.url()}`));
    for (const [screen, where, act] of SCREENS.filter(([screen]) => !only || screen === only)) {
      name = `${screen}-${size}-${scheme}`;
      await page.goto(origin + where);
      const there = await page.getByRole("heading", { level: 1 }).waitFor().then(() => true, () => false);
      if (!there) {
        faults.push(`${name}: does not come`);
        continue;
      }
      // Until nothing is awaited any more.
      await page.waitForFunction(() => !document.querySelector("[aria-busy=true]"), null, { timeout: 60_000 }).catch(() => faults.push(`${name}: still waits`));
      await page.waitForTimeout(350);
      await page.waitForFunction(() => !document.querySelector("[aria-busy=true]"), null, { timeout: 60_000 }).catch(() => {});
      await act?.(page);
      for (const fault of await of(page)) faults.push(`${name}: ${fault}`);
      await page.screenshot({ path: join(out, `${name}.png`), fullPage: true });
      views += 1;
    }
    await context.close();
  }
}
await browser.close();
for (const fault of faults) console.error(fault);
console.log(`${views} views of the page, ${faults.length} faults`);
process.exit(faults.length === 0 ? 0 : 1);
