// Sandbox clock: its time, the base of all relative times, and a dialog to advance it.

import { notice } from "./dom.js";
import { formDialog, input } from "./forms.js";
import { call } from "./http.js";
import { exact, now, setOffset } from "./times.js";

const POLL_MS = 2000;
const SHORT = { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit",
  timeZone: "UTC" };
const STEPS = [["1h", "an hour"], ["1d", "a day"], ["7d", "a week"], ["30d", "30 days"]];

/** Read the sandbox's clock and use it in this tab; return null for a live organization. */
export async function readClock(who) {
  if (who.env !== "test") {
    setOffset(0);
    return null;
  }
  const clock = await call("GET", "/v1/sandbox/clock");
  setOffset(clock.offsetSeconds * 1000);
  return clock;
}

/** Return the menu's text for the clock. */
export const clockText = ({ status }) =>
  status === "advancing" ? "advancing …" : new Intl.DateTimeFormat("en-GB", SHORT).format(new Date(now()));

/** Ask for a time, advance the clock, and wait for it. Calls `changed` at the begin and the end. */
export async function advance(changed) {
  const before = await call("GET", "/v1/sandbox/clock");
  const done = await formDialog({ title: "Advance the sandbox's clock", verb: "Advance clock",
    text: `Its time is ${
      exact(before.now, "UTC")
    }. Everything due in between runs: posts, retries, figures. The clock can't go back.`,
    next: "At most 400 days in total.",
    fields: [
      input("advance", "By", { value: "1d", autofocus: true }, { options: [...STEPS, ["", "until …"]] }),
      input("now", "Until, in UTC", { type: "datetime-local", step: 1 }, { hint: "Used with “until …”." })
    ], send: ({ advance: by, now: until }, headers) => {
      const body = by ? { advance: by } : { now: until && `${until.length < 19 ? `${until}:00` : until}Z` };
      return call("POST", "/v1/sandbox/clock", { body, headers: headers(body) });
    } });
  if (!done) return;
  notice("The clock is advancing. Writes wait until it arrives.", "good");
  await changed(done);
  const arrived = await waitUntilReady(changed);
  notice(summary(arrived), "good");
}

async function waitUntilReady(changed) {
  for (;;) {
    await new Promise(resolve => setTimeout(resolve, POLL_MS));
    const clock = await call("GET", "/v1/sandbox/clock").catch(error => {
      if (error.status === 401) throw error;
    });
    if (clock?.status !== "ready") continue;
    setOffset(clock.offsetSeconds * 1000);
    await changed(clock);
    return clock;
  }
}

const summary = ({ now, duePosts, dueJobs }) =>
  `It is ${exact(now, "UTC")}: ${count(duePosts, "post")} and ${count(dueJobs, "job")} became due.`;

const count = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;
