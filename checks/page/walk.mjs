// Walks through the page as its users do, against the real program and a real store, with nothing put in its place:
// a new owner signs in, imports a file by upload, sees the totals, saves a cell of the RFM grid as a segment, edits it as text and
// as tree, reads why somebody is in, exports the members; two people edit one segment; a viewer tries what a viewer may not.
//
//   node walk.mjs QUINTILE FOLDER ORDERS [CUSTOMERS ORDERS_COUNTED REVENUE]
//
// QUINTILE is the program; FOLDER is empty and gets the store and pictures; ORDERS is a file of orders, in GBP and London's time;
// the last three, where given, are what the overview must show. Counts on the page, of the API, of the command and in the file must be equal.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { launch } from "./browser.mjs";

const [quintile, folder, orders, ...known] = process.argv.slice(2);
if (!quintile || !folder || !orders) {
  console.error("usage: node walk.mjs QUINTILE FOLDER ORDERS [CUSTOMERS ORDERS_COUNTED REVENUE]");
  process.exit(2);
}
mkdirSync(folder, { recursive: true });
const store = join(folder, "store");
const command = (...words) => execFileSync(quintile, words, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
command("init", store, "--tz", "Europe/London", "--currency", "GBP");

let port = "0";
/** Starts the program and returns it with the lines it says first. */
function serve() {
  const page = process.env.QUINTILE_PAGE ? ["--page", process.env.QUINTILE_PAGE] : [];
  const env = { ...process.env };
  delete env.QUINTILE_OWNER_EMAIL;
  delete env.QUINTILE_OWNER_PASSWORD;
  const server = spawn(quintile, ["serve", "-C", store, "--listen", `127.0.0.1:${port}`, ...page], { stdio: ["ignore", "ignore", "pipe"], env });
  return new Promise((resolve, reject) => {
    let said = "";
    server.on("exit", (code) => reject(new Error(`it ended with ${code}: ${said}`)));
    server.stderr.on("data", (piece) => {
      said += piece;
      const listens = /listening on (http:\/\/127\.0\.0\.1:(\d+))/.exec(said);
      if (!listens) return;
      port = listens[2];
      // The link follows at once, where there is one.
      setTimeout(() => resolve({ server, url: listens[1], link: /(http:\S+#\S+)/.exec(said)?.[1] }), 300);
    });
  });
}
let { server, url, link } = await serve();
const browser = await launch();
const faults = [];
let steps = 0;
const step = (text) => {
  steps += 1;
  console.log(`${steps}. ${text}`);
};
async function person() {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: "reduce", acceptDownloads: true });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  page.on("pageerror", (error) => faults.push(`script: ${error.message}`));
  return page;
}
/** What the API says to whoever is signed in on this page. */
const api = (page, path, options = {}) =>
  page.evaluate(
    async ([path, { method = "GET", body, headers = {} }]) => {
      const session = await (await fetch("/api/v1/session")).json();
      const answer = await fetch(`/api/v1${path}`, { method, headers: { "x-csrf-token": session.csrf, "content-type": "application/json", ...headers }, ...(body ? { body: JSON.stringify(body) } : {}) });
      const text = await answer.text();
      return { status: answer.status, tag: answer.headers.get("etag"), value: text.startsWith("{") ? JSON.parse(text) : text };
    },
    [path, options],
  );
const tile = async (page, name) => (await page.locator(".tile", { has: page.getByText(name, { exact: true }) }).locator(".value").first().textContent()).trim();
const digits = (text) => Number(text.replace(/[^\d.-]/g, ""));

try {
  const owner = await person();
  await owner.goto(link);
  await owner.getByLabel("E-mail").fill("owner@shop.example");
  await owner.getByLabel("Your name").fill("Ada");
  await owner.getByLabel("Password").fill("a long enough password");
  await owner.getByRole("button", { name: "Begin" }).click();
  await owner.getByRole("heading", { name: "No data yet" }).waitFor();
  assert.equal(new URL(owner.url()).hash, "", "the link's secret stays in no address");
  step("a new owner signed in by the link, and there is no data yet");

  await owner.getByRole("link", { name: "Import a file" }).click();
  await owner.locator("input[type=file]").setInputFiles(orders);
  await owner.getByRole("heading", { name: "How they would be read" }).waitFor();
  await owner.getByRole("button", { name: "Import", exact: true }).click();
  await owner.getByText(/You may close the page/).waitFor();
  const job = owner.url();
  // Whoever closes the page finds the job again.
  await owner.goto("about:blank");
  await owner.goto(job);
  await owner.getByRole("link", { name: "See the overview" }).waitFor({ timeout: 600_000 });
  await owner.screenshot({ path: join(folder, "imported.png"), fullPage: true });
  await owner.getByRole("link", { name: "See the overview" }).click();
  await owner.getByRole("heading", { name: "Totals" }).waitFor();
  const totals = [digits(await tile(owner, "Customers")), digits(await tile(owner, "Orders")), digits(await tile(owner, "Revenue of customers"))];
  if (known.length) assert.deepEqual(totals, known.map(Number), "the known totals");
  const overview = (await api(owner, "/overview")).value;
  assert.equal(totals[0], overview.header.customers);
  await owner.locator(".findings li").nth(2).waitFor();
  assert.equal(await owner.locator(".findings li").count(), 3);
  step(`imported by upload; the overview shows ${totals.join(", ")} and three findings`);

  const overviewFindings = (await api(owner, "/findings")).value.rows;
  // Whole in every language: the texts have a test of their own, the store's words and columns are only known here.
  const words = [...(await api(owner, "/columns")).value.data, ...(await api(owner, "/words")).value.data.filter((word) => !word.meaning.startsWith("of Shopify's language"))];
  for (const [language, heading] of [["de", "Übersicht"], ["fr", "Vue d'ensemble"]]) {
    const texts = JSON.parse(readFileSync(new URL(`../../web/messages/${language}.json`, import.meta.url), "utf8"));
    assert.deepEqual(words.map((word) => word.name).filter((name) => !texts[`column.${name}`]), [], `columns and words that ${language} has no name for`);
    await owner.locator("select").filter({ has: owner.locator(`option[value=${language}]`) }).selectOption(language);
    await owner.getByRole("heading", { level: 1, name: heading }).waitFor();
    assert.equal(await owner.evaluate(() => document.documentElement.lang), language);
    // What the server says in English is worded anew by what it is made of.
    const findings = overviewFindings.map((finding) => texts[`finding.${finding.finding}.headline`].split("{")[0].trim());
    for (const [at, begins] of findings.entries()) if (begins) assert.ok((await owner.locator(".findings li").nth(at).textContent()).includes(begins), `finding ${at} in ${language}`);
    assert.doesNotMatch(await owner.locator(".findings").textContent(), /\{\w+\}| of the | customers? /);
  }
  await owner.locator("select").filter({ has: owner.locator("option[value=en]") }).selectOption("en");
  await owner.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  step(`German and French name all ${words.length} columns and words of the store`);

  await owner.getByRole("link", { name: "RFM grid" }).click();
  const cell = owner.locator("#cell-5-5");
  await cell.waitFor();
  const inCell = digits((await cell.textContent()).split(":")[1].split("£")[0]);
  await cell.focus();
  await owner.keyboard.press("Enter");
  await owner.getByRole("menuitem", { name: "View customers" }).waitFor();
  await owner.keyboard.press("ArrowDown");
  await owner.keyboard.press("Enter");
  await owner.getByLabel("Name").fill("The best");
  await owner.getByRole("button", { name: "Save", exact: true }).click();
  await owner.getByRole("heading", { level: 1, name: "The best" }).waitFor();
  assert.equal(digits(await tile(owner, "Members")), inCell, "the cell and the segment");
  step(`a cell of the RFM grid became a segment of ${inCell} by the keyboard alone`);

  await owner.getByRole("link", { name: "Edit" }).click();
  const text = owner.getByLabel("Text of the segment");
  const members = async () => digits(await tile(owner, "Members"));
  const settled = () => owner.waitForFunction(() => !document.querySelector(".strip.stale") && document.querySelector(".strip .value"));
  await settled();
  const first = await text.inputValue();
  await text.fill(`${first} AND amount_spent >`);
  await owner.getByText("These numbers are those of the last version that could be read.").waitFor();
  assert.ok(await owner.getByRole("button", { name: "Save changes" }).isDisabled(), "what is wrong is not saved");
  assert.equal(await members(), inCell, "the last numbers stay");
  await text.fill(`${first} AND amount_spent > 5000`);
  await settled();
  const byText = await members();
  assert.ok(byText < inCell);
  // The tree followed; what is changed there comes back as text.
  const spent = owner.getByLabel("Value of Spent");
  await spent.fill("10000");
  await owner.waitForFunction(() => document.querySelector("textarea").value.includes("10000"));
  await settled();
  const byTree = await members();
  assert.ok(byTree < byText);
  await owner.getByRole("button", { name: "Undo" }).click();
  await settled();
  assert.deepEqual([await members(), (await text.inputValue()).includes("amount_spent > 5000")], [byText, true], "undone");
  await owner.getByRole("button", { name: "Redo" }).click();
  await settled();
  assert.equal(await members(), byTree, "done again");
  await owner.screenshot({ path: join(folder, "builder.png"), fullPage: true });
  await owner.getByLabel("Note (optional)").fill("only who spent more than 10,000");
  await owner.getByRole("button", { name: "Save changes" }).click();
  await owner.getByRole("heading", { level: 1, name: "The best" }).waitFor();
  assert.equal(await members(), byTree);
  step(`edited as text (${byText}) and as tree (${byTree}), wrong on the way, undone and redone, saved with a note`);

  const { value: saved } = await api(owner, "/segments/the-best");
  const counted = (await api(owner, "/segments/the-best/count")).value.count;
  const printed = JSON.parse(command("segment", "count", "--query", saved.text, "-C", store, "--format", "json"));
  const byCommand = printed.count ?? printed.rows?.[0]?.customers ?? printed.rows?.[0]?.count;
  await owner.getByRole("button", { name: "Export" }).click();
  const coming = owner.waitForEvent("download");
  await owner.getByRole("dialog").getByRole("button", { name: "Export" }).click();
  const file = await (await coming).path();
  const lines = readFileSync(file, "utf8").trim().split("\n").length - 1;
  assert.deepEqual([byTree, counted, byCommand, lines], Array(4).fill(byTree), "page, API, command, file");
  step(`page, API, command and file agree on ${lines} members`);

  // A list to write to leaves out who may not be written to, and says so.
  const on = await owner.evaluate(async () => (await fetch("/api/v1/segments/the-best/export?for=email")).headers.get("x-quintile-members"));
  await owner.getByRole("button", { name: "Export" }).click();
  await owner.getByLabel("What the list is for").selectOption("email");
  await owner.getByRole("dialog").getByRole("button", { name: "Export" }).click();
  await owner.getByText(`${on} members are on it.`).waitFor();
  assert.ok(on.endsWith(` of ${byTree}`), `${on} of ${byTree}`);
  step(`a list for e-mail says that ${on} are on it`);

  const row = owner.getByRole("button", { name: /^Why is / }).first();
  await row.click();
  await owner.getByText(/is a member\./).waitFor();
  await owner.getByText(/amount_spent: /).waitFor();
  step("why somebody is in is said with the values found");

  // Two marks of two screens, beside each other; the first goes along in the address.
  const total = async (query) => (await api(owner, `/customers?limit=1&query=${encodeURIComponent(query)}`)).value.total;
  await owner.getByRole("link", { name: "RFM grid" }).click();
  await owner.locator("#cell-5-5").click();
  await owner.getByRole("menuitem", { name: "Compare with …" }).click();
  await owner.getByText(/^Comparing “Recency 5, frequency 5”/).waitFor();
  await owner.getByRole("link", { name: "Lifecycle" }).click();
  await owner.getByText(/^Comparing “Recency 5, frequency 5”/).waitFor();
  await owner.getByRole("button", { name: "Loyal", exact: true }).click();
  await owner.getByRole("menuitem", { name: /^Compare with “Recency 5/ }).click();
  await owner.getByRole("heading", { name: "Who is in both" }).waitFor();
  const [cellText, loyal] = ["recency_score = 5 AND frequency_score = 5", "life_stage = 'loyal'"];
  const beside = async (name) => digits((await owner.locator(".legend li", { has: owner.getByRole("button", { name, exact: true }) }).locator("span").last().textContent()).split("·")[0]);
  const compared = async () => [await beside("Only in Recency 5, frequency 5"), await beside("In both"), await beside("Only in Loyal")];
  const expected = [await total(`${cellText} AND NOT (${loyal})`), await total(`${cellText} AND ${loyal}`), await total(`${loyal} AND NOT (${cellText})`)];
  assert.deepEqual(await compared(), expected, "beside each other and counted one by one");
  await owner.reload();
  await owner.getByRole("heading", { name: "Who is in both" }).waitFor();
  assert.deepEqual(await compared(), expected, "the address holds the comparison");
  assert.equal(await owner.getByText(/^Comparing/).count(), 0, "nothing waits any more");
  step(`two marks were compared, and their address shows the same: ${expected.join(", ")}`);

  // Anywhere by the keyboard alone.
  const palette = owner.getByRole("dialog", { name: "Go to …" });
  const goes = async (text, option, heading) => {
    await owner.keyboard.press("Control+k");
    await palette.getByRole("combobox").waitFor();
    await owner.keyboard.type(text);
    await palette.getByRole("option", { name: option }).first().waitFor();
    for (let at = 0; at < 20 && !option.test(await palette.locator("[aria-selected=true]").textContent()); at += 1) await owner.keyboard.press("ArrowDown");
    await owner.keyboard.press("Enter");
    await owner.getByRole("heading", { level: 1, name: heading }).waitFor();
    assert.equal(await palette.count(), 0);
  };
  await goes("coho", /^Cohorts/, "Cohorts");
  await goes("the best", /^The best/, "The best");
  const somebody = (await api(owner, "/customers?limit=1&sort=-amount_spent")).value.rows[0].customer_id;
  await goes(somebody, new RegExp(`^${somebody}`), somebody);
  await owner.keyboard.press("Control+k");
  await palette.getByRole("combobox").waitFor();
  await owner.keyboard.press("Escape");
  await palette.waitFor({ state: "detached" });
  step(`the palette went to a screen, a segment and customer ${somebody} by the keyboard alone`);

  // Two days of the grid, and who moved between them.
  await owner.goto(`${url}/rfm?then=2011-06-01`);
  const changeOf = owner.locator("#cell-5-5 small");
  await owner.waitForFunction(() => /^[+−±]/.test(document.querySelector("#cell-5-5 small")?.textContent ?? ""));
  const [before, after] = [await total(cellText), (await api(owner, `/customers?limit=1&as_of=2011-06-01&query=${encodeURIComponent(cellText)}`)).value.total];
  assert.equal(digits((await changeOf.textContent()).replace("−", "-")), before - after, "the change of a cell");
  await owner.goto(`${url}/lifecycle?from=2011-06-01&movers=true`);
  await owner.locator("svg path").first().waitFor();
  const moves = (await api(owner, "/movement?from=2011-06-01")).value.rows.filter((row) => row.from !== row.to);
  assert.equal(await owner.locator("svg path").count(), moves.length, "a band for each move");
  assert.match(await owner.locator("svg[role=img]").first().getAttribute("aria-label"), new RegExp(moves.reduce((sum, row) => sum + row.customers, 0).toLocaleString("en")));
  await owner.goto(`${url}/rfm`);
  await owner.getByLabel("Choose several cells (or hold Shift)").check();
  for (const id of ["cell-5-5", "cell-4-5", "cell-5-4"]) await owner.locator(`#${id}`).click();
  await owner.locator("#cell-5-4").focus();
  await owner.keyboard.press("Enter");
  await owner.getByRole("button", { name: /^2 cells: / }).click();
  await owner.getByRole("menuitem", { name: "View customers" }).click();
  await owner.getByText(/loaded$/).waitFor();
  const two = (await total(cellText)) + (await total("recency_score = 4 AND frequency_score = 5"));
  assert.equal(digits((await owner.getByText(/loaded$/).textContent()).split("customer")[0]), two, "two cells together");
  step(`the grid of two days says what changed, and ${moves.length} moves are drawn`);

  await owner.getByRole("link", { name: "Products" }).click();
  await owner.getByRole("link", { name: "Bought together" }).click();
  const rule = (await api(owner, "/rules")).value.rows[0];
  const pair = owner.locator("tbody tr").first();
  await pair.getByRole("button", { name: rule.bought_title ?? rule.bought }).click();
  await owner.getByRole("menuitem", { name: "View customers" }).click();
  await owner.getByText(/loaded$/).waitFor();
  assert.equal(digits((await owner.getByText(/loaded$/).textContent()).split("customer")[0]), rule.customers_without, "who has the one and not the other");
  await owner.getByRole("link", { name: "Funnel" }).click();
  const stop = (await api(owner, "/funnel")).value.rows.find((row) => row.step === "second-purchase");
  await owner.getByRole("button", { name: /Stopped after: Second purchase/ }).click();
  await owner.getByRole("menuitem", { name: "View customers" }).click();
  await owner.getByText(/loaded$/).waitFor();
  assert.equal(digits((await owner.getByText(/loaded$/).textContent()).split("customer")[0]), stop.stopped, "who stopped at a step");
  step(`a rule led to ${rule.customers_without} customers, a step of the funnel to ${stop.stopped}`);

  // A cell of the cohorts leads to those who ordered in that month.
  await owner.goto(`${url}/cohorts?measure=customers`);
  await owner.locator("#cell-0-0").focus();
  for (const key of ["ArrowDown", "ArrowRight", "ArrowRight", "Enter"]) await owner.keyboard.press(key);
  const cohort = (await api(owner, "/cohorts?measure=customers")).value.rows[1];
  await owner.getByRole("menuitem", { name: "View customers" }).click();
  await owner.getByText(/loaded$/).waitFor();
  assert.equal(digits((await owner.getByText(/loaded$/).textContent()).split("customer")[0]), cohort.m2, "a cell of the cohorts");
  await owner.goto(`${url}/segments/the-best?tab=time`);
  await owner.waitForFunction(() => document.querySelectorAll("figure rect").length === 12, null, { timeout: 120_000 });
  await owner.getByText("As table").or(owner.getByText("View as table")).click();
  const november = (await api(owner, "/segments/the-best/count?as_of=2011-12-01")).value.count;
  assert.equal(digits(await owner.locator("details tbody tr").last().locator("td").first().textContent()), november, "the size at the end of a month");
  step(`a cell of the cohorts led to ${cohort.m2}, and the segment had ${november} members at the end of November`);

  // Goals are tried in the address, saved, and taken back.
  await owner.getByRole("link", { name: "Opportunities" }).click();
  await owner.getByRole("link", { name: "If everybody moved" }).click();
  await owner.getByLabel("Goal of First-time buyers").selectOption("loyal");
  await owner.getByText(/^1 goal is tried here/).waitFor();
  assert.equal(new URL(owner.url()).searchParams.get("goals"), "first-time-buyers:loyal");
  const first_row = owner.locator("tbody tr", { has: owner.getByRole("button", { name: "First-time buyers" }) });
  const tried = (await api(owner, "/opportunities?kind=possible&goals=first-time-buyers:loyal")).value.rows.find((row) => row.life_stage === "first-time-buyers");
  await owner.waitForFunction(() => !document.querySelector("[aria-busy=true]"));
  assert.ok((await first_row.textContent()).includes(Number(tried.total_opportunity).toLocaleString("en", { maximumFractionDigits: 2, minimumFractionDigits: 2 })), "the total of the goal that is tried");
  await owner.getByRole("button", { name: "Save goals" }).click();
  await owner.getByText("Goals of your own are set for: First-time buyers.").waitFor();
  assert.equal((await api(owner, "/goals")).value.data.find((goal) => goal.stage === "first-time-buyers").is_set, true);
  await owner.getByRole("button", { name: "Take the usual goals again" }).click();
  await owner.getByText(/^Goals of your own/).waitFor({ state: "detached" });
  step("a goal was tried, saved and taken back");

  await owner.goto(`${url}/settings?tab=thresholds`);
  const gap = owner.getByRole("spinbutton", { name: /^Usual gap/ });
  await gap.fill("10");
  await owner.getByRole("button", { name: "Save changes" }).click();
  await owner.getByText("Saved.").waitFor();
  const usual = async () => (await api(owner, "/settings")).value.rows.find((row) => row.setting === "thresholds.usual_gap_days");
  assert.deepEqual([(await usual()).value, (await usual()).origin], ["10", "quintile.toml"]);
  await gap.fill("");
  await owner.getByRole("button", { name: "Save changes" }).click();
  await owner.waitForFunction(() => document.querySelector("form button.main")?.disabled);
  assert.equal((await usual()).origin, "default");
  step("a threshold was set and comes from the data again");

  await owner.getByRole("link", { name: "By itself" }).click();
  await owner.getByLabel("Day: The report").selectOption("monday");
  await owner.getByLabel("Time: The report").fill("06:30");
  await owner.getByRole("button", { name: "Save changes" }).click();
  await owner.getByText("Saved.").waitFor();
  assert.equal((await api(owner, "/schedule")).value.report.rule, "monday 06:30");
  await owner.getByText(/^Next on /).waitFor();
  await owner.getByLabel("Day: The report").selectOption("");
  await owner.getByRole("button", { name: "Save changes" }).click();
  await owner.getByText(/^Next on /).waitFor({ state: "detached" });
  assert.equal((await api(owner, "/schedule")).value.report.rule, null);
  step("the report was put on Mondays, and taken off again");

  // The values there are stand behind the field, with their customers.
  await owner.goto(`${url}/segments/new?query=${encodeURIComponent("country = 'France'")}`);
  const country = owner.getByLabel("Value of Country");
  await country.fill("");
  await country.focus();
  await owner.locator("datalist option").first().waitFor({ state: "attached" });
  const most = (await api(owner, "/columns/country/values?limit=1")).value.rows[0];
  assert.equal(await owner.locator("datalist option").first().textContent(), `${most.value} (${most.customers.toLocaleString("en")} customers)`);
  await country.fill(most.value);
  await settled();
  assert.equal(await members(), most.customers, "a value has as many customers as it says");
  step(`the builder offers values with counts: ${most.value}, ${most.customers}`);
  owner.once("dialog", (dialog) => void dialog.accept());
  await owner.goto(`${url}/segments/the-best`);

  await owner.getByRole("link", { name: "Edit" }).click();
  await settled();
  const { tag } = await api(owner, "/segments/the-best");
  await api(owner, "/segments/the-best", { method: "PUT", headers: { "if-match": tag }, body: { name: "The best", query: `${first} AND amount_spent > 7000`, note: "of somebody else" } });
  await text.fill(`${first} AND amount_spent > 9000`);
  await settled();
  await owner.getByRole("button", { name: "Save changes" }).click();
  const conflict = owner.getByRole("dialog", { name: "Somebody else changed it too" });
  await conflict.getByText("amount_spent > 7000").waitFor();
  await conflict.getByText("amount_spent > 9000").waitFor();
  await conflict.getByRole("button", { name: "Save mine over it" }).click();
  await owner.getByRole("heading", { level: 1, name: "The best" }).waitFor();
  assert.ok((await api(owner, "/segments/the-best")).value.text.includes("9000"));
  await owner.getByRole("link", { name: "History" }).click();
  await owner.getByText("of somebody else").waitFor();
  step("two people edited one segment: both texts were shown, and the history has both");

  server.removeAllListeners("exit");
  server.kill("SIGKILL");
  await owner.getByRole("link", { name: "Segments" }).click();
  await owner.getByText(/This screen could not be loaded|The server cannot be reached/).waitFor();
  ({ server, url } = await serve());
  await owner.getByRole("button", { name: "Try again" }).click();
  await owner.getByRole("link", { name: /The best/ }).waitFor();
  step("the server was killed and started again: the page said so, and went on");

  await owner.getByRole("link", { name: "Settings" }).click();
  await owner.getByRole("link", { name: "People" }).click();
  await owner.getByLabel("E-mail").fill("viewer@shop.example");
  await owner.getByLabel("Name", { exact: true }).fill("Vera");
  await owner.getByRole("button", { name: "Invite somebody" }).click();
  const invitation = await owner.locator("code.secret").textContent();
  const viewer = await person();
  await viewer.goto(invitation);
  await viewer.getByLabel("Password").fill("another long password");
  await viewer.getByRole("button", { name: "Begin" }).click();
  await viewer.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  await viewer.goto(`${url}/segments/the-best`);
  await viewer.getByText(/members?$/i).first().waitFor();
  await viewer.getByRole("button", { name: /^Why is / }).first().waitFor();
  assert.equal(await viewer.getByRole("button", { name: "Export" }).count(), 0, "a viewer is offered no export");
  assert.equal((await api(viewer, "/segments/the-best/export")).status, 403, "and gets none");
  await viewer.goto(`${url}/import`);
  await viewer.getByText("You may not do this").waitFor();
  assert.equal((await viewer.getByRole("link", { name: "SQL" }).count()) + (await viewer.getByRole("link", { name: "Import", exact: true }).count()), 0);
  step("a viewer sees the segment, is offered no export and gets none");

  await owner.getByRole("link", { name: "Imports and data health" }).click();
  await owner.getByRole("button", { name: "Undo import 1" }).click();
  await owner.getByRole("dialog").getByRole("button", { name: "Undo", exact: true }).click();
  await owner.getByText("Import 1 is undone.").waitFor({ timeout: 300_000 });
  await owner.goto(`${url}/`);
  await owner.getByRole("heading", { name: "No data yet" }).waitFor();
  step("the import was undone, and there is no data again");

  await owner.getByRole("button", { name: "Sign out" }).click();
  await owner.getByText("Sign in to see your customers.").waitFor();
  assert.equal((await owner.evaluate(async () => (await fetch("/api/v1/session")).status)), 401);
  step("signed out, and the session is over");
} catch (error) {
  faults.push(error.stack);
  for (const [at, page] of browser.contexts().flatMap((context) => context.pages()).entries()) await page.screenshot({ path: join(folder, `fault-${at}.png`), fullPage: true }).catch(() => {});
} finally {
  await browser.close();
  server.removeAllListeners("exit");
  server.kill();
}
for (const fault of faults) console.error(fault);
console.log(`${steps} steps, ${faults.length} faults`);
process.exit(faults.length === 0 ? 0 : 1);
