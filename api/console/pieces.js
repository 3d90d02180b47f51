// Small pieces that several screens show alike.

import { h } from "./dom.js";
import { link } from "./router.js";

/** How many of so many slots are taken. */
export const busyOf = (running, slots) =>
  h("span", { className: "busy-of" },
    h("i", { ariaHidden: "true" },
    h("b", { style: { width: `${slots ? Math.min(100, 100 * running / slots) : 0}%` } })),
    h("span", {}, `${running} of ${slots}`));

/** A link to one thing by its id, short; the whole id is its title. */
export const idLink = (screen, whole, text = `…${whole?.slice(-8)}`) =>
  (whole ? h("a", { href: link([screen, whole]), title: whole, className: "mono" }, text) : "–");

/** Any value of an answer as its JSON. */
export const json = (value) => h("pre", { className: "json", tabIndex: 0 }, JSON.stringify(value, null, 2));

/** A word of the API as one reads it: `publish_post` is “publish post”. */
export const words = (code) => String(code).replaceAll("_", " ");

/** Which of its attempts a job is in; none before the first. */
export const attempts = ({ attempt, maxAttempts }) => (attempt > 0 ? `${attempt} of ${maxAttempts}` : "–");

/** The end of an id, which is what tells it from others. */
export const jobId = (whole) => `…${whole.slice(-8)}`;
