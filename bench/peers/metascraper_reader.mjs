// metascraper with its rules for four fields: reads the pages one by one, in `passes` passes.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { performance } from "node:perf_hooks";

const [modules, path, passes] = process.argv.slice(2);
const require = createRequire(`${modules}/`);
const rules = ["publisher", "title", "description", "lang"].map((name) => require(`metascraper-${name}`)());
const metascraper = require("metascraper")(rules);
const pages = JSON.parse(readFileSync(path, "utf8"));

// Generated pages are at `.example`, which its URL check would refuse.
async function read({ url, html }) {
  try {
    const found = await metascraper({ url, html, validateUrl: false });
    return { name: found.publisher, title: found.title, description: found.description, language: found.lang };
  } catch {
    return null;
  }
}

for (let pass = 0; pass < Number(passes); pass += 1) {
  const found = [];
  const each_ms = [];
  const cpu_ms = [];
  const started = performance.now();
  for (const page of pages) {
    const begun = performance.now();
    const before = process.cpuUsage();
    found.push(await read(page));
    each_ms.push(performance.now() - begun);
    const { user, system } = process.cpuUsage(before);
    cpu_ms.push((user + system) / 1000);
  }
  const seconds = (performance.now() - started) / 1000;
  process.stdout.write(`${JSON.stringify({ found, each_ms, cpu_ms, seconds })}\n`);
}
