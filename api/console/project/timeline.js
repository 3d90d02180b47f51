// Timeline of a post: each attempt, call, lost response and look-up, in order.

import { h, outside } from "../dom.js";
import { lasted } from "../times.js";
import { clock, shortDay } from "../zone.js";

const WORDS = {
  submitted: "A job was made for it", attempt_started: "An attempt began",
    step_committed: "A step was committed", cancel_requested: "Somebody asked to cancel it",
  attempt_ended: "The attempt ended", completed: "Its job completed", failed: "It failed",
    canceled: "It was canceled", scheduled: "It was scheduled",
  blocked: "It waits for an approval", released: "It was released", rescheduled: "It was moved",
    approved: "It was approved", rejected: "It was rejected",
  prepared: "It was prepared on the platform", call: "The call that publishes was made",
    answer_lost: "The platform's answer was lost", look_up: "It was looked for on the platform",
  not_sent: "It was not sent", accepted: "The platform accepted it", published: "It is live",
    draft_in_inbox: "It is in its owner's inbox",
  outcome_unknown: "Nobody knows whether it is live", resolved: "A person said what became of it",
};
const TONES = { published: "good", draft_in_inbox: "good", completed: "good", failed: "bad", canceled: "off",
  answer_lost: "busy", outcome_unknown: "busy", not_sent: "bad", rejected: "bad" };

/** Draw the entries of a timeline, oldest first. */
export const timeline = (items, zone) => h("ol", { className: "happened" }, items.map((entry, place) => {
  const gap = place ? (Date.parse(entry.at) - Date.parse(items[place - 1].at)) / 1000 : 0;
  const { day, time, second } = clock(entry.at, zone);
  return h("li", { key: place, className: TONES[entry.type] ?? "cool" },
    h("div", {}, WORDS[entry.type] ?? entry.type.replaceAll("_", " "), more(entry)),
    h("div", { className: "hint" }, h("span", { title: entry.at }, `${shortDay(day)}, ${time}:${second}`),
      gap >= 1 && ` after ${lasted(gap)}`, entry.attempt != null && `, attempt ${entry.attempt}`,
      entry.workerId && h("span", { title: `Worker ${entry.workerId}, fence ${entry.fence}` },
        ` of worker …${entry.workerId.slice(-6)}`)),
    (entry.message || entry.code) && h("div", { className: "hint" }, entry.message, entry.message && " ",
      entry.code && h("code", {}, entry.code)),
    said(entry, zone));
}));

const shown = (at, zone) => {
  const { day, time } = clock(at, zone);
  return `${shortDay(day)}, ${time}`;
};

/** Show an entry's details where its label leaves them open. */
function said({ type, details, externalUrl }, zone) {
  if (type === "rescheduled" && details?.from && details.to)
    return h("div", { className: "hint" }, `from ${shown(details.from, zone)} to ${shown(details.to, zone)}`);
  if (type === "resolved")
    return h("div", { className: "hint" }, details?.published ? "It is there." : "It isn't there.");
  return externalUrl ? h("div", { className: "hint" }, outside(externalUrl)) : null;
}

const more = ({ outcome, verdict, step }) => {
  const said = outcome ?? verdict ?? step;
  return said ? `: ${said.replaceAll("_", " ")}` : "";
};
