// Account leases for operators: partners' requests, and offered accounts.

import { confirmed } from "../dialog.js";
import { announce, badge, copyable, h } from "../dom.js";
import { checkboxes, formDialog, input } from "../forms.js";
import { call, once } from "../http.js";
import { attempt, empty } from "../states.js";
import { listing, pager } from "../table.js";
import { ago } from "../times.js";
import { choice, heading, tabs } from "../view.js";

const PARTS = [["", "Requests"], ["offers", "Offers"]];
const STATUSES = [["", "Any status"], ["requested", "Requested"], ["partial", "Partly assigned"], ["assigned",
  "Assigned"], ["rejected", "Rejected"]];

export const leases = { name: "leases", title: "Leases", group: "Operations", scope: "ops:read", key: "e",
  icon: "leases", async show(view) {
  view.title("Leases");
  const offers = view.query.get("part") === "offers";
  const filters = new URLSearchParams(
    ["status", "cursor"].filter(name => view.query.get(name)).map(name => [name, view.query.get(name)])
  );
  if (offers) filters.delete("status");
  await view.live(
    () =>
      call("GET", `/v1/ops/${offers ? "leasable-accounts" : "lease-requests"}?limit=50&${filters}`, {
        signal: view.signal
      }),
    page => (offers ? drawOffers : drawRequests)(view, page)
  );
} };

const send = async (view, path, body, button) => {
  await attempt(button, () => call("POST", path, { body, headers: once() }));
  await view.refresh();
};

const REQUESTS = [{ text: "Niche", className: "name" }, "Status", { text: "Has", className: "number wide" }, {
  text: "Platform",
  className: "wide"
}, { text: "Organization", className: "wide" }, { text: "Requested", className: "wide" }, { text: "",
  className: "acts" }];

function drawRequests(view, page) {
  return [
    heading("Leases", { tools: choice(view, "status", "Status", STATUSES),
      under: tabs(view, "part", PARTS) }),
    listing({ label: "Lease requests", heads: REQUESTS,
      none: empty("No request",
        "Partners' requests appear here; they send POST /v1/projects/{id}/leased-accounts/request."),
      rows: page.items.map(one => ({ key: one.requestId,
        cells: [h("span", { title: one.note ?? one.niche }, one.niche), badge(one.status),
          `${one.assignedSocialAccountIds.length} of ${one.count}`, one.platform ?? "any",
          copyable(one.organizationId, `…${one.organizationId.slice(-8)}`), ago(one.submittedAt),
          requestActions(view, one)] })
      ) }),
    pager(view, page)
  ];
}

/** Draw the actions of a request, or the reason of its rejection. */
function requestActions(view, one) {
  if (one.reason != null) return h("span.quiet", { title: one.reason }, one.reason);
  if (!["requested", "partial"].includes(one.status) || !view.may("ops:write")) return null;
  return h("span.tools.end", h("button.small", { onclick: () => assign(view, one) }, "Assign"),
    h("button.small", { onclick: () => reject(view, one) }, "Reject"));
}

async function assign(view, one) {
  const { items } = await call("GET", "/v1/ops/leasable-accounts?limit=200", { signal: view.signal });
  const free = items.filter(({ lease, platform }) => !lease && (!one.platform || platform === one.platform));
  const choices = free.map(account => ({ value: account.socialAccountId,
    text: `${account.handle} on ${account.platform}`, about: account.niche })
  );
  const done = await formDialog({ title: "Assign accounts", verb: "Assign accounts",
    text: `${one.count - one.assignedSocialAccountIds.length} more requested for “${one.niche}”.`,
    fields: choices.length
      ? checkboxes("socialAccountIds", "Accounts", choices)
      : h("p.quiet", "No offered account is free. Offer an account first."),
    send: ({ socialAccountIds = [] }, headers) =>
      call("POST", `/v1/ops/lease-requests/${one.requestId}/assign`, { body: { socialAccountIds },
        headers: headers(socialAccountIds) }) });
  if (done) announce("Assigned");
  await view.refresh();
}

async function reject(view, one) {
  await formDialog({ title: "Reject the request", verb: "Reject request", danger: true,
    text: "The partner sees the reason. Assigned accounts stay assigned.",
    fields: input("reason", "Reason", { required: true, maxLength: 500 }),
    send: (body, headers) =>
      call("POST", `/v1/ops/lease-requests/${one.requestId}/reject`, { body, headers: headers(body) }) });
  await view.refresh();
}

const OFFERS = [{ text: "Account", className: "name" }, { text: "Platform", className: "wide" }, {
  text: "Niche",
  className: "name wide"
}, { text: "Leased by", className: "" }, { text: "Since", className: "wide" }, { text: "",
  className: "acts" }];

function drawOffers(view, page) {
  return [
    heading("Leases", { tools: view.may("ops:write") && h("button.primary", { onclick: () =>
      offer(view) }, "Offer an account"), under: tabs(view, "part", PARTS) }),
    listing({ label: "Offered accounts", heads: OFFERS,
      none: empty("No offered account",
        "Offer a connected account of your organization, to assign it to requests."),
      rows: page.items.map(one => ({ key: one.socialAccountId,
        cells: [h("span", { title: one.socialAccountId }, one.handle), one.platform,
          h("span", { title: one.niche }, one.niche), one.lease
          ? copyable(one.lease.organizationId, `…${one.lease.organizationId.slice(-8)}`)
          : badge("free", "good"), one.lease ? ago(one.lease.since) : "–",
          view.may("ops:write") && (one.lease ? recall(view, one) : withdraw(view, one))] })
      ) }),
    pager(view, page)
  ];
}

async function offer(view) {
  const done = await formDialog({ title: "Offer an account", verb: "Offer account",
    text: "While it is offered, only its lessees can post to it.",
    fields: [input("socialAccountId", "Account", { required: true, placeholder: "sa_…" }),
      input("niche", "Niche", { required: true, maxLength: 200 }, {
        hint: "Its topic, e.g. “home baking, in German”."
      })],
    send: (body, headers) => call("POST", "/v1/ops/leasable-accounts", { body, headers: headers(body) }) });
  if (done) announce("Offered");
  await view.refresh();
}

const recall = (view, one) =>
  h("button.small", { onclick: async ({ currentTarget }) => {
    if (!await confirmed({ title: `Recall ${one.handle}?`,
      text: "The tenant loses it immediately, and its waiting posts are canceled.", verb: "Recall",
      danger: true })) return;
    await send(view, `/v1/ops/leases/${one.lease.socialAccountId}/recall`, undefined, currentTarget);
  } }, "Recall");

const withdraw = (view, one) =>
  h("button.small", { onclick: async ({ currentTarget }) => {
    if (!await confirmed({ title: `Withdraw ${one.handle}?`, text: "Only your organization can use it again.",
      verb: "Withdraw" })) return;
    await attempt(currentTarget,
      () => call("DELETE", `/v1/ops/leasable-accounts/${one.socialAccountId}`, { headers: once() }));
    await view.refresh();
  } }, "Withdraw");
