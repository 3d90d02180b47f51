// Organizations for operators: tier, usage and suspension.

import { confirmed, openDialog } from "../dialog.js";
import { announce, badge, copyable, h } from "../dom.js";
import { formDialog, input } from "../forms.js";
import { call, once } from "../http.js";
import { attempt, empty } from "../states.js";
import { facts, listing, pager } from "../table.js";
import { ago } from "../times.js";
import { heading } from "../view.js";

const TIERS = [["standard", "Standard"], ["pilot", "Pilot"], ["partner", "Partner"]];

export const organizations = { name: "organizations", title: "Organizations", group: "Operations",
  scope: "ops:read", key: "z", icon: "organizations", async show(view) {
  view.title("Organizations");
  const cursor = view.query.get("cursor");
  await view.live(
    () =>
      call("GET", `/v1/ops/organizations?limit=50${cursor ? `&cursor=${cursor}` : ""}`, {
        signal: view.signal
      }),
    page => draw(view, page)
  );
} };

const HEADS = [{ text: "Name", className: "name" }, { text: "Tier", className: "wide" }, "State", {
  text: "Since",
  className: "wide"
}, { text: "Organization", className: "wide" }, { text: "Sandbox", className: "wide" }, { text: "",
  className: "acts" }];

function draw(view, page) {
  const writes = view.may("ops:write");
  return [
    heading("Organizations", { tools: writes && h("button.primary", { onclick: () =>
      create(view) }, "New organization") }),
    listing({ label: "Organizations", heads: HEADS,
      none: empty("No organization yet",
        "Create one, then its first key on the server with `tenantry keys create`."),
      rows: page.items.map(one => ({ key: one.id,
        cells: [h("span", { title: one.name }, one.name), one.tier,
          badge(one.suspended ? "suspended" : "active"), ago(one.createdAt),
          copyable(one.id, `…${one.id.slice(-8)}`), copyable(one.sandboxId, `…${one.sandboxId.slice(-8)}`),
          acts(view, one, writes)] })
      ) }),
    pager(view, page)
  ];
}

const acts = (view, one, writes) =>
  h("span.tools.end", h("button.small", { onclick: ({ currentTarget }) =>
    usage(one, currentTarget) }, "Show usage"), writes && h("button.small", { onclick: () =>
      retier(view, one) }, "Change tier"), writes && h("button.small", { onclick: ({ currentTarget }) =>
        suspend(view, one, currentTarget) }, one.suspended ? "Resume" : "Suspend"));

/** Show the current usage and its limits. */
async function usage(one, button) {
  const found = await attempt(button, () => call("GET", `/v1/ops/organizations/${one.id}/usage`));
  if (found)
    await openDialog(`Usage of ${one.name}`,
      close => [
        facts([["Tier", found.tier], ["Projects",
          `${number(found.projects.active)} active, ${number(found.projects.archived)} archived`], [
          "Events today",
          part(found.events.count.used, found.events.count.limit)
        ], ["Bytes of events today", part(found.events.bytes.used, found.events.bytes.limit, bytes)], [
          "Storage",
          part(found.storage.usedBytes, found.storage.limitBytes, bytes)
        ], ["API keys", part(found.apiKeys.used, found.apiKeys.limit)], ["Webhook endpoints",
          part(found.webhookEndpoints.used, found.webhookEndpoints.limit)]]),
        listing({ label: "Jobs by pool", heads: ["Pool", "Running", "Waiting"], none: null,
          rows: found.pools.map(pool => ({ key: pool.name,
            cells: [pool.name, part(pool.running, pool.maxRunning), part(pool.queued, pool.maxQueued)] })
          ) }),
        listing({ label: "Budgets by measured cost", heads: ["Budget", "Traffic", "Used"], none: null,
          rows: found.budgets.map(one => ({ key: `${one.traffic} ${one.resource}`, cells: budget(one) })) }),
        h("div.tools.end", h("button", { autofocus: true, onclick: () => close() }, "Close"))
      ], { className: "broad" });
}

const RESOURCES = { cpu: "CPU", database: "Database time", bytes: "Bytes" };
const TRAFFIC = { keys: "API keys", public: "Apps and public files" };

/** Draw a budget's cells; the use is unknown while Redis is away. */
function budget({ resource, traffic, available, capacity }) {
  const show = resource === "bytes" ? bytes : seconds;
  const used = available == null ? "unknown" : part(capacity - available, capacity, show);
  return [RESOURCES[resource], TRAFFIC[traffic], used];
}

const number = value => value.toLocaleString("en");
const bytes = value => `${(value / 1e9).toLocaleString("en", { maximumFractionDigits: 1 })} GB`;

const seconds = value => `${value.toLocaleString("en", { maximumFractionDigits: 1 })} s`;

/** Show usage of a limit, if there is one; 90 % and more is highlighted. */
const part = (used, limit, show = number) =>
  limit == null
    ? `${show(used)}, no limit`
    : h("span.line",
      h("meter", { max: limit, value: used, high: 0.9 * limit,
        ariaLabel: `${show(used)} of ${show(limit)}` }),
      h("span", { className: used >= 0.9 * limit ? "why" : "" }, `${show(used)} of ${show(limit)}`));

async function create(view) {
  const made = await formDialog({ title: "New organization", verb: "Create organization",
    text: "It gets its own sandbox. Create its first key on the server with `tenantry keys create`.",
    fields: [input("name", "Name", { required: true, maxLength: 128 }),
      input("tier", "Tier", {}, { options: TIERS })],
    send: (body, headers) => call("POST", "/v1/ops/organizations", { body, headers: headers(body) }) });
  if (!made) return;
  announce(`Created ${made.name}`);
  await view.refresh();
}

async function retier(view, one) {
  const changed = await formDialog({ title: "Change the tier", verb: "Change tier", text: one.name,
    fields: input("tier", "Tier", { value: one.tier }, { options: TIERS,
      hint: "The new rate limits and caps apply from the next request." }),
    send: (body, headers) =>
      call("PATCH", `/v1/ops/organizations/${one.id}`, { body, headers: headers(body) }) });
  if (changed) await view.refresh();
}

async function suspend(view, one, button) {
  const verb = one.suspended ? "Resume" : "Suspend";
  const text = one.suspended
    ? `The keys of “${one.name}” work again, and its jobs continue.`
    : `All keys of “${one.name}” and its sandbox are refused, and its jobs wait, including posts.`;
  if (!await confirmed({ title: `${verb} the organization?`, text, verb, danger: !one.suspended })) return;
  await attempt(button,
    () =>
      call("PATCH", `/v1/ops/organizations/${one.id}`, { body: { suspended: !one.suspended },
        headers: once() }));
  await view.refresh();
}
