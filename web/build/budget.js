// What a browser loads before it shows anything: the entry and what it imports at once. More than 60 kB of script, packed, is an error.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const LIMIT = 60_000;
const dist = new URL("../dist/", import.meta.url).pathname;
const manifest = JSON.parse(readFileSync(join(dist, "manifest.json"), "utf8"));
const packed = (file) => gzipSync(readFileSync(join(dist, file))).length;

const first = new Set();
const add = (name) => {
  if (!first.has(name)) {
    first.add(name);
    (manifest[name].imports ?? []).forEach(add);
  }
};
add("index.html");
add("src/screens/Overview.svelte");

const chunks = [...first].map((name) => manifest[name]);
const script = chunks.reduce((sum, chunk) => sum + packed(chunk.file), 0);
const style = chunks.flatMap((chunk) => chunk.css ?? []).reduce((sum, file) => sum + packed(file), 0);
console.log(`first paint: ${(script / 1000).toFixed(1)} kB of script and ${(style / 1000).toFixed(1)} kB of style, packed`);
if (script > LIMIT) {
  console.error(`that is more than ${LIMIT / 1000} kB of script; load what is not seen at first later, by import()`);
  process.exit(1);
}
