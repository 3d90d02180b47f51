// Audit log of the organization.

import { idLink, json } from "../components.js";
import { copyable, h } from "../dom.js";
import { call } from "../http.js";
import { empty } from "../states.js";
import { listing, pager } from "../table.js";
import { agoReal } from "../times.js";
import { heading, search } from "../view.js";

export const audit = { name: "audit", title: "Audit log", group: "Settings", scope: "audit:read", key: "l",
  icon: "audit", async show(view) {
  view.title("Audit log");
  const asked = new URLSearchParams([["limit", "50"],
    ...["action", "projectId", "apiKeyId", "since", "until", "cursor"].filter(name => view.query.get(name))
      .map(name => [name, view.query.get(name)])]);
  await view.live(() => call("GET", `/v1/audit-log?${asked}`, { signal: view.signal }),
    page => draw(view, page), { milliseconds: 15000 });
} };

const HEADS = ["Action", { text: "Subject", className: "name" }, { text: "Project", className: "wide" }, {
  text: "By key",
  className: "wide"
}, "When", { text: "Details", className: "long wide" }];

const draw = (view,
  page) => [
  heading("Audit log", {
    under: h("div.under", search(view, "action", "Action, e.g. api_key.killed"),
      search(view, "apiKeyId", "Key, key_…"), search(view, "projectId", "Project, prj_…"))
  }),
  listing({ label: "Audit log", heads: HEADS, none: empty("No entry", view.query.size
    ? "No entry matches these filters."
    : "Key changes, approvals and suspensions appear here.",
    view.query.size > 0 && h("a.button", { href: "#/audit" }, "Clear filters")),
    rows: page.items.map(entry => ({ key: entry.id,
      cells: [h("a", { href: view.with({ action: entry.action }) }, entry.action),
        h("span", { title: entry.subject }, entry.subject ?? "–"), idLink("projects", entry.projectId),
        entry.apiKeyId ? copyable(entry.apiKeyId, `…${entry.apiKeyId.slice(-8)}`) : "operator",
        agoReal(entry.createdAt),
        Object.keys(entry.details ?? {}).length > 0
        && h("details", h("summary", "Show"), json(entry.details))] })
    ) }),
  pager(view, page)
];
