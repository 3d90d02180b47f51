// Timeline of a post: each attempt, call, lost response and look-up, in order.

import { externalLink, h } from "../dom.js";
import { duration } from "../times.js";
import { clock, shortDay } from "../zone.js";

const LABELS = { submitted: "Job created", attempt_started: "Attempt started",
  step_committed: "Step committed", cancel_requested: "Cancel requested", attempt_ended: "Attempt ended",
  completed: "Job completed", failed: "Failed", canceled: "Canceled", scheduled: "Scheduled",
  blocked: "Waiting for approval", released: "Released", rescheduled: "Moved", approved: "Approved",
  rejected: "Rejected", prepared: "Prepared on the platform", call: "Publish call sent",
  answer_lost: "Platform's response lost", look_up: "Searched on the platform", not_sent: "Not sent",
  accepted: "Accepted by the platform", published: "Published", draft_in_inbox: "In the owner's inbox",
  outcome_unknown: "Outcome unknown", resolved: "Outcome recorded by a person" };
const TONES = { published: "good", draft_in_inbox: "good", completed: "good", failed: "bad", canceled: "off",
  answer_lost: "busy", outcome_unknown: "busy", not_sent: "bad", rejected: "bad" };

/** Draw the entries of a timeline, oldest first. */
export const timeline = (items, zone) =>
  h("ol.happened", items.map((entry, place) => {
    const gap = place ? (Date.parse(entry.at) - Date.parse(items[place - 1].at)) / 1000 : 0;
    const { day, time, second } = clock(entry.at, zone);
    return h("li", { key: place, className: TONES[entry.type] ?? "cool" },
      h("div", LABELS[entry.type] ?? entry.type.replaceAll("_", " "), suffix(entry)),
      h("div.hint", h("span", { title: entry.at }, `${shortDay(day)}, ${time}:${second}`),
        gap >= 1 && ` after ${duration(gap)}`, entry.attempt != null && `, attempt ${entry.attempt}`,
        entry.workerId
          && h("span", { title: `Worker ${entry.workerId}, fence ${entry.fence}` },
            ` of worker …${entry.workerId.slice(-6)}`)),
      (entry.message || entry.code)
        && h("div.hint", entry.message, entry.message && " ", entry.code && h("code", entry.code)),
      said(entry, zone));
  }));

const localTime = (at, zone) => {
  const { day, time } = clock(at, zone);
  return `${shortDay(day)}, ${time}`;
};

/** Show an entry's details where its label leaves them open. */
function said({ type, details, externalUrl }, zone) {
  if (type === "rescheduled" && details?.from && details.to)
    return h("div.hint", `from ${localTime(details.from, zone)} to ${localTime(details.to, zone)}`);
  if (type === "resolved")
    return h("div.hint", details?.published ? "It is live." : "It is not live.");
  return externalUrl ? h("div.hint", externalLink(externalUrl)) : null;
}

const suffix = ({ outcome, verdict, step }) => {
  const said = outcome ?? verdict ?? step;
  return said ? `: ${said.replaceAll("_", " ")}` : "";
};
