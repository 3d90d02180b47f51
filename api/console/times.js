// Relative times, with the exact time as title.

import { h } from "./dom.js";

const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });
const EXACT = { dateStyle: "medium", timeStyle: "long" };

let offset = 0;

/** Set the offset of the sandbox's clock, in milliseconds. */
export function setOffset(milliseconds) {
  offset = milliseconds;
}

/** Return the organization's time in milliseconds: a sandbox has its own. */
export const now = () => Date.now() + offset;

/** Show a relative time; the title has the exact time in `zone` or the browser's zone, and in UTC. */
export function ago(iso, zone) {
  if (!iso) return "–";
  return h("time", { dateTime: iso, title: `${exact(iso, zone)} (${iso})` }, fromNow(iso, now()));
}

/** Show a relative real time, also in a sandbox: keys, the audit log, the read time of ingests. */
export function agoReal(iso) {
  if (!iso) return "–";
  return h("time", { dateTime: iso, "data-real": "", title: `${exact(iso)} (${iso})` },
    fromNow(iso, Date.now()));
}

export const exact = (iso, zone) =>
  new Intl.DateTimeFormat("en-GB", { ...EXACT, timeZone: zone }).format(new Date(iso));

function fromNow(iso, from) {
  const seconds = (new Date(iso) - from) / 1000;
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? UNITS.at(-1);
  return relative.format(Math.round(seconds / size), unit);
}

/** Format a duration in seconds, in its two largest units. */
export function duration(seconds) {
  if (seconds == null) return "–";
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86400)} d ${Math.round((seconds % 86400) / 3600)} h`;
}

/** Update the relative times of the page. */
export function tick() {
  for (const time of document.querySelectorAll("time[datetime]")) {
    const text = fromNow(time.dateTime, "real" in time.dataset ? Date.now() : now());
    if (time.firstChild?.data !== text) time.firstChild.data = text;
  }
}
