// Runs the tests beside the code (`*.test.ts`), which need no browser.

import { build } from "esbuild";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

const web = new URL("..", import.meta.url).pathname;
const tests = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? tests(join(folder, entry.name)) : entry.name.endsWith(".test.ts") ? [join(folder, entry.name)] : []));
const out = mkdtempSync(join(web, "node_modules", ".tests-"));
try {
  await build({ entryPoints: tests(join(web, "src")), outdir: out, bundle: true, platform: "node", format: "esm", outExtension: { ".js": ".mjs" } });
  const files = readdirSync(out, { recursive: true }).filter((name) => name.endsWith(".mjs")).map((name) => join(out, name));
  process.exitCode = spawnSync(process.execPath, ["--test", ...files], { stdio: "inherit" }).status ?? 1;
} finally {
  rmSync(out, { recursive: true });
}
