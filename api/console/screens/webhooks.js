// Webhook endpoints and their deliveries.

import { query } from "../api.js";
import { openDialog } from "../dialog.js";
import { badge, h, notice } from "../dom.js";
import { changed, checkboxes, formDialog, input } from "../forms.js";
import { call, getWithETag, once } from "../http.js";
import { link } from "../router.js";
import { showSecret, snippet } from "../secret.js";
import { attempt, empty } from "../states.js";
import { facts, listing, pager, section } from "../table.js";
import { ago } from "../times.js";
import { choice, heading, tabs } from "../view.js";

const TYPES = ["project.archived", "job.completed", "job.failed", "job.canceled", "content.generated",
  "content.approved", "content.rejected", "post.scheduled", "post.published", "post.draft_in_inbox",
  "post.failed", "post.canceled", "post.outcome_unknown", "social_account.connected",
  "social_account.needs_reauth", "social_account.revoked", "lease_request.assigned", "lease_request.rejected",
  "webhook_endpoint.disabled"];
const STATUSES = [["", "All"], ["pending", "Waiting"], ["delivering", "Delivering"], ["delivered",
  "Delivered"], ["failed", "Failed"], ["abandoned", "Abandoned"]];
const REASONS = { GONE: "It returned 410 (Gone).", FAILING: "All deliveries failed for days." };

export const webhooks = { name: "webhooks", title: "Webhooks", group: "Settings", scope: "webhooks:read",
  key: "h", icon: "webhooks", ids: ["we"],
  show: view => (view.path.length ? endpointPage(view, view.path[0]) : endpointList(view)) };

async function endpointList(view) {
  view.title("Webhooks");
  const params = () => query({ cursor: view.query.get("cursor"), limit: 50 });
  await view.live(() => call("GET", `/v1/webhook-endpoints?${params()}`, { signal: view.signal }),
    page => [
      heading("Webhooks", { tools: view.may("webhooks:write") && h("button.primary", { onclick: () =>
        createEndpoint(view) }, "New endpoint") }),
      listing({ label: "Endpoints",
        heads: [{ text: "Address", className: "name" }, "State", { text: "Events", className: "wide" }, {
          text: "Failures in a row",
          className: "wide number"
        }, { text: "Created", className: "wide" }],
        rows: page.items.map(endpoint => ({ key: endpoint.id, href: link(["webhooks", endpoint.id]),
          name: endpoint.url,
          cells: [h("a", { href: link(["webhooks", endpoint.id]), title: endpoint.url }, endpoint.url),
            badge(endpoint.status), endpoint.events.includes("*") ? "all" : `${endpoint.events.length} types`,
            endpoint.consecutiveFailureCount, ago(endpoint.createdAt)] })
        ),
        none: empty("No endpoint yet",
          "Create an endpoint to receive events instead of polling. To test on your machine: tenantry webhooks listen.") }),
      pager(view, page)
    ]);
}

async function endpointPage(view, id) {
  const path = `/v1/webhook-endpoints/${encodeURIComponent(id)}`, top = h("div"), below = h("div");
  view.title("Webhook");
  view.main.replaceChildren(top, below);
  await view.live(() => call("GET", path, { signal: view.signal }),
    endpoint => drawEndpoint(view, path, endpoint), { into: top });
  const params = () =>
    query({ status: view.query.get("status"), eventType: view.query.get("eventType"),
      cursor: view.query.get("cursor"), limit: 50 });
  await view.live(() => call("GET", `${path}/deliveries?${params()}`, { signal: view.signal }),
    page => deliveries(view, path, page), { into: below, milliseconds: 3000 });
}

function drawEndpoint(view, path, endpoint) {
  const writes = view.may("webhooks:write");
  return [
    heading(h("span", endpoint.url, " ", badge(endpoint.status)), {
      back: { href: link(["webhooks"]), text: "Webhooks" },
      tools: writes && [h("button", { onclick: event =>
        attempt(event.currentTarget, async () => {
          await call("POST", `${path}/test`, { headers: once() });
          notice("Test event queued.", "good");
          await view.refresh();
        }) }, "Send test event"), h("button", { onclick: event =>
          attempt(event.currentTarget, () => togglePaused(view, path, endpoint)) },
          endpoint.status === "active" ? "Pause" : "Resume"), h("button", { onclick: ({ currentTarget }) =>
            attempt(currentTarget, () =>
              editEndpoint(view, path)) }, "Edit…"), h("button", { onclick: () =>
            rotateSecret(view, path) }, "Rotate secret…"), h("button.quietly", { onclick: () =>
            deleteEndpoint(path, endpoint) }, "Delete…")]
    }),
    endpoint.disabledReason
    && h("div.banner.bad", h("strong", "Disabled. "), REASONS[endpoint.disabledReason],
      " Fix it, then resume it. New events are sent; missed ones can be sent again below."),
    section("Endpoint", {}, facts([["Purpose", endpoint.description], ["Events", endpoint.events.includes("*")
      ? "all"
      : endpoint.events.map(type =>
        h("code.chip", { key: type }, type)
      )], ["Project", endpoint.projectId
      ? h("a", { href: link(["projects", endpoint.projectId]) }, `…${endpoint.projectId.slice(-8)}`)
      : "all"], ["Failures in a row", endpoint.consecutiveFailureCount], ["Failing since",
      endpoint.failingSince && ago(endpoint.failingSince)], ["Two secrets until",
      endpoint.secretOverlapUntil && ago(endpoint.secretOverlapUntil)], ["Created",
      ago(endpoint.createdAt)]]))
  ];
}

const deliveries = (view, path, page) =>
  section("Deliveries", {
    tools: [choice(view, "eventType", "Event", [["", "All types"], ...TYPES.map(type => [type, type])]),
      view.may("webhooks:write") && h("button.small", { onclick: () =>
        replaySince(view, path) }, "Send again since…")]
  }, tabs(view, "status", STATUSES),
    listing({ label: "Deliveries",
      heads: ["Event", "State", { text: "Response", className: "number" }, { text: "Attempts",
        className: "number" }, { text: "Last attempt", className: "wide" }, { text: "Next attempt",
        className: "wide" }, { text: "", className: "acts" }],
      rows: page.items.map(delivery => ({ key: delivery.id, name: delivery.eventType,
        cells: [
          h("span", { title: delivery.eventId }, delivery.eventType,
            delivery.replayOf && h("span.hint", " again")),
          badge(delivery.status),
          delivery.responseStatus ?? delivery.errorCode ?? "–",
          delivery.attempts,
          ago(delivery.lastAttemptAt),
          ago(delivery.nextAttemptAt),
          [
            view.may("webhooks:write") && delivery.status !== "delivering"
            && h("button.small", {
              ariaLabel: `${delivery.endedAt ? "Send again" : "Send now"}: ${delivery.eventType}`,
              onclick: event => attempt(event.currentTarget, () => replay(view, delivery))
            }, delivery.endedAt ? "Send again" : "Send now"),
            h("button.small.quietly", { ariaLabel: `Show event: ${delivery.eventType}`,
              onclick: ({ currentTarget }) => attempt(currentTarget, () => showSent(delivery)) },
              "Show event")
          ]
        ] })
      ), none: empty("No delivery yet", "Send a test event, or wait for an event.") }), pager(view, page));

async function showSent({ eventId, eventType }) {
  const event = await call("GET", `/v1/webhook-events/${eventId}`);
  await openDialog(eventType,
    close => [snippet(JSON.stringify(event, null, 2), "the event"),
      h("div.tools.end", h("button", { autofocus: true, onclick: () => close() }, "Close"))], {
    className: "broad"
  });
}

async function replay(view, delivery) {
  await call("POST", `/v1/webhook-deliveries/${delivery.id}/replay`, { headers: once() });
  notice("Queued again with the same event id.", "good");
  await view.refresh();
}

async function replaySince(view, path) {
  const done = await formDialog({ title: "Send events again", verb: "Send events",
    next: "Each event keeps its id, so that receivers can drop duplicates.",
    fields: [
      input("since", "Since", { type: "datetime-local", required: true, autofocus: true }, {
        hint: "In this browser's zone; at most 30 days ago."
      }),
      checkboxes("includeDelivered", "", [{ value: "yes", text: "Include delivered events" }])
    ], send: ({ since, includeDelivered }, headers) => {
      const body = { since: new Date(since).toISOString(), includeDelivered: Boolean(includeDelivered) };
      return call("POST", `${path}/replay`, { body, headers: headers(body) });
    } });
  if (!done) return;
  notice(
    `${done.deliveries} deliveries queued.${
      done.continueSince ? ` More remain since ${done.continueSince}.` : ""
    }`,
    "good"
  );
  await view.refresh();
}

const fieldsOf =
  endpoint => [
    input("url", "Address", { required: true, maxLength: 2048, placeholder: "https://example.com/hooks",
      value: endpoint?.url ?? "", autofocus: true }, { hint: "A public https URL on port 443." }),
    input("description", "Purpose", { maxLength: 500, value: endpoint?.description ?? "" }),
    checkboxes("events", "Events", [{ value: "*", text: "All, including those of later releases",
      checked: endpoint?.events.includes("*") ?? true },
      ...TYPES.map(type => ({ value: type, text: h("code", type),
        checked: endpoint?.events.includes(type) })
      )])
  ];

async function createEndpoint(view) {
  const created = await formDialog({ title: "New endpoint", verb: "Create endpoint", broad: true,
    next: "Its signing secret is shown once.", fields: fieldsOf(), send: (values, headers) => {
      const body = { events: [], ...values };
      return call("POST", "/v1/webhook-endpoints", { body, headers: headers(body) });
    } });
  if (!created) return;
  await view.refresh();
  await showSecret({ title: "The signing secret",
    text: "Verify each delivery with it, using a Standard Webhooks library.",
    secret: created.signingSecret });
}

async function editEndpoint(view, path) {
  const { value: endpoint, etag } = await getWithETag(path);
  const done = await formDialog({ title: "Edit endpoint", verb: "Save", broad: true, etag,
    stale: () => view.refresh(), fields: fieldsOf(endpoint),
    send: ({ description = null, events = [], url }, headers) => {
      const same = [...events].sort().join() === [...endpoint.events].sort().join();
      const body = { ...changed({ url, description }, endpoint), ...same ? {} : { events } };
      return call("PATCH", path, { body, headers: headers(body) });
    } });
  if (done) await view.refresh();
}

async function togglePaused(view, path, endpoint) {
  await call("PATCH", path, { body: { status: endpoint.status === "active" ? "paused" : "active" },
    headers: once() });
  notice(endpoint.status === "active" ? "Paused: deliveries wait." : "Active: deliveries continue.", "good");
  await view.refresh();
}

async function rotateSecret(view, path) {
  const done = await formDialog({ title: "Rotate the signing secret", verb: "Rotate secret",
    text: "Both secrets sign for 24 hours, so that your server can switch.", fields: [],
    send: (_, headers) => call("POST", `${path}/rotate-secret`, { headers: headers("rotate") }) });
  if (!done) return;
  await view.refresh();
  await showSecret({ title: "The new signing secret", text: "The old secret also signs for 24 hours.",
    secret: done.signingSecret });
}

async function deleteEndpoint(path, endpoint) {
  const done = await formDialog({ title: "Delete this endpoint?", verb: "Delete endpoint", danger: true,
    text: `Waiting deliveries to ${endpoint.url} are dropped.`, fields: [],
    send: (_, headers) => call("DELETE", path, { headers: headers("delete") }) });
  if (done) location.hash = link(["webhooks"]);
}
