// Components shared by several screens.

import { h } from "./dom.js";
import { describe } from "./labels.js";
import { link } from "./router.js";

/** Show the used slots of a total. */
export const slotUsage = (running, slots) =>
  h("span.busy-of",
    h("i", { ariaHidden: "true" },
      h("b", { style: { width: `${slots ? Math.min(100, 100 * running / slots) : 0}%` } })),
    h("span", `${running} of ${slots}`));

/** Show a dot in the platform's color. */
export const platformDot = platform =>
  h("i", { className: "of", ariaHidden: "true", style: { background: describe(platform).view.color } });

/** Link to an object by its shortened id; the title is the whole id. */
export const idLink = (screen, whole,
  text = `…${
    whole?.slice(-8)
  }`) => (whole ? h("a.mono", { href: link([screen, whole]), title: whole }, text) : "–");

/** Show a value as JSON. */
export const json = value => h("pre.json", { tabIndex: 0 }, JSON.stringify(value, null, 2));

/** Format an API code as words: `publish_post` is “publish post”. */
export const words = code => String(code).replaceAll("_", " ");

/** Show the current attempt of the maximum; a dash before the first. */
export const attempts = ({ attempt, maxAttempts }) => (attempt > 0 ? `${attempt} of ${maxAttempts}` : "–");

/** Return the end of an id, its distinctive part. */
export const jobId = whole => `…${whole.slice(-8)}`;
