// Opens a page in jsdom with its scripts, until the end of the input: `node open_page.mjs MODULES ADDRESS`.
import { createRequire } from "node:module";

const [modules, address] = process.argv.slice(2);
const { JSDOM, VirtualConsole } = createRequire(`${modules}/`)("jsdom");

const page = await JSDOM.fromURL(address, {
  // Discards the console's output about lost responses.
  runScripts: "dangerously",
  resources: "usable",
  virtualConsole: new VirtualConsole()
});
process.stdin.resume().on("end", () => {
  page.window.close();
  process.exit(0);
});
