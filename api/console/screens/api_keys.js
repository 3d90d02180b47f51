// API keys of the organization: create, rotate, kill. A secret is shown once.

import { query } from "../api.js";
import { badge, h } from "../dom.js";
import { formDialog, input, ticks } from "../forms.js";
import { call } from "../http.js";
import { showSecret } from "../secret.js";
import { empty } from "../states.js";
import { listing, pager } from "../table.js";
import { reallyAgo } from "../times.js";
import { heading } from "../view.js";

const SCOPES = {
  "*": "everything but operating the platform", "projects:read": "", "projects:write": "",
    "ingest:write": "read brands", "jobs:read": "", "jobs:cancel": "",
  "content:read": "", "content:write": "", "content:approve": "", "publish:read": "", "publish:write": "",
    "social:read": "", "social:write": "", "leased:write": "",
  "influencers:read": "", "influencers:write": "", "metrics:read": "", "metrics:write": "",
    "events:read": "", "events:read+pii": "people's own data too", "events:write": "",
  "webhooks:read": "", "webhooks:write": "", "keys:write": "make and kill keys", "audit:read": "",
};

export const apiKeys = {
  name: "keys", title: "API keys", group: "Settings", scope: "keys:write", key: "y", icon: "keys",
    ids: ["key"],
  async show(view) {
    view.title("API keys");
    const asked = () => query({ cursor: view.query.get("cursor"), limit: 50 });
    await view.live(() => call("GET", `/v1/api-keys?${asked()}`, { signal: view.signal }), (page) => [
      heading("API keys", { tools: h("button",
        { type: "button", className: "primary", onclick: () => make(view) }, "New key") }),
      listing({
        label: "Keys", heads: [{ text: "Name", className: "name" }, "State",
          { text: "Scopes", className: "wide long" }, { text: "Made", className: "wide" },
          { text: "Ends", className: "wide" }, { text: "", className: "acts" }],
        rows: page.items.map((one) => ({ key: one.id, name: one.name, cells: cells(view, one) })),
          none: empty("No key", ""),
      }),
      pager(view, page),
    ]);
  },
};

const cells = (view, one) => [
  h("span", { title: one.keyId }, one.name, one.id === view.who.apiKeyId && [" ", badge("this one", "cool")]),
  one.killSwitch ? badge("killed", "bad") : one.overlapUntil ? badge("two secrets", "busy") : badge("active"),
  h("span", { className: "scopes" },
    one.scopes.map((scope) => h("code", { key: scope, className: "chip" }, scope))),
  reallyAgo(one.createdAt), one.expiresAt ? reallyAgo(one.expiresAt) : "never",
  !one.killSwitch && [h("button",
    { type: "button", className: "small", ariaLabel: `Rotate ${one.name}`,
    onclick: () => rotate(view, one) }, "Rotate…"), " ",
    h("button", { type: "button", className: "small quietly", ariaLabel: `Kill ${one.name}`,
      onclick: () => kill(view, one) }, "Kill…")],
];

async function make(view) {
  const made = await formDialog({
    title: "New API key", verb: "Make key", broad: true, next: "Its secret is shown once.",
    fields: [
      input("name", "Name", { required: true, maxLength: 128, autofocus: true }, { hint: "What it is for." }),
      ticks("scopes", "It may",
        Object.entries(SCOPES).filter(([scope]) =>
        scope === "*" ? view.who.scopes.includes("*")
        : view.may(scope)).map(([value, about]) => ({ value, text: h("code", {}, value), about }))),
      input("returnOrigins", "Return origins", { rows: 2, placeholder: "https://example.com" },
        { tag: "textarea", hint: "Where people come back to after they connected an account; one in a line." }),
    ],
    send: ({ returnOrigins, scopes = [], ...values }, headers) => {
      const body = { ...values, scopes,
        ...returnOrigins && { returnOrigins: returnOrigins.split(/\s+/).filter(Boolean) } };
      return call("POST", "/v1/api-keys", { body, headers: headers(body) });
    },
  });
  if (!made) return;
  await view.refresh();
  await showSecret({ title: `The key “${made.name}”`, text: "Put it where its program keeps its secrets.",
    secret: made.apiKey });
}

async function rotate(view, one) {
  const done = await formDialog({
    title: `Rotate ${one.name}`, verb: "Rotate", next: "It keeps its id and its scopes.",
    fields: input("overlapHours", "Hours that the old secret works on",
      { type: "number", min: 0, max: 24, value: 24, required: true, autofocus: true }),
    send: ({ overlapHours }, headers) =>
      call("POST", `/v1/api-keys/${one.id}/rotate`,
      { body: { overlapHours: Number(overlapHours) }, headers: headers(overlapHours) }),
  });
  if (!done) return;
  await view.refresh();
  await showSecret({ title: `The new secret of “${one.name}”`,
    text: "The old one works on for as long as you said.", secret: done.apiKey });
}

async function kill(view, one) {
  const done = await formDialog({
    title: `Kill ${one.name}?`, verb: "Kill the key", danger: true,
    text: one.id === view.who.apiKeyId
      ? "This is the key that this tab uses: the console closes with it. It is for good."
      : "Its next request is refused. It is for good.", fields: [],
    send: (_, headers) => call("POST", `/v1/api-keys/${one.id}/kill`, { headers: headers("kill") }),
  });
  if (done) await view.refresh();
}
