// API keys of the organization: create, rotate, kill. A secret is shown once.

import { query } from "../api.js";
import { badge, h } from "../dom.js";
import { checkboxes, formDialog, input } from "../forms.js";
import { call } from "../http.js";
import { showSecret } from "../secret.js";
import { empty } from "../states.js";
import { listing, pager } from "../table.js";
import { agoReal } from "../times.js";
import { heading } from "../view.js";

const SCOPES = { "*": "all but operator scopes", "projects:read": "", "projects:write": "",
  "ingest:write": "read brands", "jobs:read": "", "jobs:cancel": "", "content:read": "", "content:write": "",
  "content:approve": "", "publish:read": "", "publish:write": "", "social:read": "", "social:write": "",
  "leased:write": "", "influencers:read": "", "influencers:write": "", "metrics:read": "",
  "metrics:write": "", "events:read": "", "events:read+pii": "with personal data", "events:write": "",
  "webhooks:read": "", "webhooks:write": "", "keys:write": "create and kill keys", "audit:read": "" };

export const apiKeys = { name: "keys", title: "API keys", group: "Settings", scope: "keys:write", key: "y",
  icon: "keys", ids: ["key"], async show(view) {
  view.title("API keys");
  const params = () => query({ cursor: view.query.get("cursor"), limit: 50 });
  await view.live(() => call("GET", `/v1/api-keys?${params()}`, { signal: view.signal }),
    page => [
      heading("API keys", { tools: h("button.primary", { onclick: () => createKey(view) }, "New key") }),
      listing({ label: "Keys",
        heads: [{ text: "Name", className: "name" }, "State", { text: "Scopes", className: "wide long" }, {
          text: "Created",
          className: "wide"
        }, { text: "Expires", className: "wide" }, { text: "", className: "acts" }],
        rows: page.items.map(key => ({ key: key.id, name: key.name, cells: cells(view, key) })),
        none: empty("No key yet", "Create a key for each program that calls the API.") }),
      pager(view, page)
    ]);
} };

const cells = (view,
  key) => [
  h("span", { title: key.keyId }, key.name, key.id === view.who.apiKeyId && [" ", badge("this key", "cool")]),
  key.killSwitch ? badge("killed", "bad") : key.overlapUntil ? badge("two secrets", "busy") : badge("active"),
  h("span.scopes", key.scopes.map(scope => h("code.chip", { key: scope }, scope))),
  agoReal(key.createdAt),
  key.expiresAt ? agoReal(key.expiresAt) : "never",
  !key.killSwitch && [h("button.small", { ariaLabel: `Rotate ${key.name}`, onclick: () =>
    rotateKey(view, key) }, "Rotate…"), " ",
    h("button.small.quietly", { ariaLabel: `Kill ${key.name}`, onclick: () =>
      killKey(view, key) }, "Kill…")]
];

async function createKey(view) {
  const created = await formDialog({ title: "New API key", verb: "Create key", broad: true,
    next: "Its secret is shown once.",
    fields: [
      input("name", "Name", { required: true, maxLength: 128, autofocus: true }, { hint: "Its purpose." }),
      checkboxes("scopes", "Scopes", Object.entries(SCOPES).filter(([scope]) =>
        scope === "*" ? view.who.scopes.includes("*") : view.may(scope)
      ).map(([value, about]) => ({ value, text: h("code", value), about }))),
      input("returnOrigins", "Return origins", { rows: 2, placeholder: "https://example.com" }, {
        tag: "textarea",
        hint: "Origins to which people return after connecting an account; one per line."
      })
    ], send: ({ returnOrigins, scopes = [], ...values }, headers) => {
      const body = { ...values, scopes,
        ...returnOrigins && { returnOrigins: returnOrigins.split(/\s+/).filter(Boolean) } };
      return call("POST", "/v1/api-keys", { body, headers: headers(body) });
    } });
  if (!created) return;
  await view.refresh();
  await showSecret({ title: `The key “${created.name}”`, text: "Store it with your program's secrets.",
    secret: created.apiKey });
}

async function rotateKey(view, key) {
  const done = await formDialog({ title: `Rotate ${key.name}`, verb: "Rotate key",
    next: "The key keeps its id and scopes.",
    fields: input("overlapHours", "Hours until the old secret stops working", { type: "number", min: 0,
      max: 24, value: 24, required: true, autofocus: true }),
    send: ({ overlapHours }, headers) =>
      call("POST", `/v1/api-keys/${key.id}/rotate`, { body: { overlapHours: Number(overlapHours) },
        headers: headers(overlapHours) }) });
  if (!done) return;
  await view.refresh();
  await showSecret({ title: `The new secret of “${key.name}”`,
    text: "The old secret works for the chosen hours.", secret: done.apiKey });
}

async function killKey(view, key) {
  const done = await formDialog({ title: `Kill ${key.name}?`, verb: "Kill key", danger: true,
    text: key.id === view.who.apiKeyId
      ? "This tab uses this key: you will be signed out. This is permanent."
      : "Its next request is refused. This is permanent.", fields: [],
    send: (_, headers) => call("POST", `/v1/api-keys/${key.id}/kill`, { headers: headers("kill") }) });
  if (done) await view.refresh();
}
