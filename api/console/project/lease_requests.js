// Lease requests of a project to the platform's operators, and their answers.

import { badge, h, notice } from "../dom.js";
import { formDialog, input } from "../forms.js";
import { call } from "../http.js";
import { PLATFORMS } from "../labels.js";
import { listing, section } from "../table.js";
import { ago } from "../times.js";

const HEADS = [{ text: "Niche", className: "name" }, "Status", { text: "Has", className: "number" }, {
  text: "Platform",
  className: "wide"
}, { text: "Requested", className: "wide" }, { text: "Answer", className: "wide long" }];

/** Draw the requests, if there are any. */
export const leaseRequests = (view, { id, into }) =>
  view.live(
    () => call("GET", `/v1/projects/${id}/leased-accounts/requests?limit=20`, { signal: view.signal }),
    ({ items }) =>
      items.length > 0
      && section("Lease requests", {},
        listing({ label: "Lease requests", heads: HEADS,
          rows: items.map(one => ({ key: one.requestId, name: one.niche,
            cells: [h("span", { title: one.note ?? one.niche }, one.niche), badge(one.status),
              `${one.assignedSocialAccountIds.length} of ${one.count}`, PLATFORMS[one.platform] ?? "any",
              ago(one.submittedAt), one.reason ?? "–"] })
          ) })),
    { into, milliseconds: 10000 }
  );

export async function requestAccounts(view, id) {
  const done = await formDialog({ title: "Request accounts", verb: "Send request",
    next: "The operators' answer appears here.",
    text:
      "Accounts of the platform's operators, leased to this project. You schedule posts to them like to your own.",
    fields: [
      input("niche", "Niche", { required: true, maxLength: 200, autofocus: true,
        placeholder: "home baking, in German" }),
      input("count", "How many", { type: "number", min: 1, max: 50, value: 1, required: true }),
      input("platform", "Platform", {}, { options: [["", "any"], ...Object.entries(PLATFORMS)] }),
      input("note", "Note", { rows: 3, maxLength: 2000 }, { tag: "textarea" })
    ], send: ({ count, ...values }, headers) => {
      const body = { ...values, count: Number(count) };
      return call("POST", `/v1/projects/${id}/leased-accounts/request`, { body, headers: headers(body) });
    } });
  if (!done) return;
  notice("Request sent: the answer appears here.", "good");
  await view.refresh();
}
