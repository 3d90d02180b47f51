// Formatter of JavaScript: dprint's TypeScript plugin, the formatter of `deno fmt`.
//
//     node format.mjs MODULES check|write FILE...

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

const [modules, mode, ...files] = process.argv.slice(2);
const require = createRequire(`${modules}/`);
const { createContext } = require("@dprint/formatter");

const context = createContext({ lineWidth: 110, indentWidth: 2 });
context.addPlugin(readFileSync(require("@dprint/typescript").getPath()), { quoteStyle: "preferDouble",
  quoteProps: "preserve", useBraces: "maintain", preferHanging: true, preferSingleLine: true,
  trailingCommas: "never", "arrowFunction.useParentheses": "preferNone" });

for (const file of files) {
  const text = readFileSync(file, "utf8");
  const formatted = context.formatText({ filePath: file, fileText: text });
  if (formatted === text) continue;
  if (mode === "write") writeFileSync(file, formatted);
  else process.exitCode = 1;
  console.log(mode === "write" ? `formatted ${file}` : `would format ${file}`);
}
