// Page of one project: its head, its tabs, and the open tab.

import { project, uncache } from "../api.js";
import { badge, copyable, h } from "../dom.js";
import { call } from "../http.js";
import { link } from "../router.js";
import { attempt } from "../states.js";
import { heading } from "../view.js";
import { accounts } from "./accounts.js";
import { apps } from "./apps.js";
import { archive } from "./archive.js";
import { brand } from "./brand.js";
import { calendar } from "./calendar.js";
import { content } from "./content.js";
import { influencers } from "./influencers.js";
import { item } from "./item.js";
import { metrics } from "./metrics.js";
import { post } from "./post.js";
import { settings } from "./settings.js";

/** {name, title, scope, show(view, {id, head, project})}; `page` shows one object of the tab. */
export const TABS = [{ name: "brand", title: "Brand", scope: "projects:read", show: brand }, {
  name: "content",
  title: "Content",
  scope: "content:read",
  show: content,
  page: item
}, { name: "calendar", title: "Calendar", scope: "publish:read", show: calendar, page: post }, {
  name: "accounts",
  title: "Accounts",
  scope: "social:read",
  show: accounts
}, { name: "metrics", title: "Metrics", scope: "metrics:read", show: metrics }, { name: "influencers",
  title: "Influencers", scope: "influencers:read", show: influencers }, { name: "apps", title: "SDK apps",
  scope: "events:read", show: apps }, { name: "settings", title: "Settings", scope: "projects:read",
  show: settings }];

export async function projectPage(view) {
  const [id, name = "brand", thing] = view.path;
  const tabs = TABS.filter(({ scope }) => view.may(scope));
  const tab = tabs.find(one => one.name === name) ?? tabs[0];
  view.title(tab.title);
  const body = h("div.tab"), head = h("div");
  view.main.replaceChildren(head, body);
  await view.live(() => project(id, { signal: view.signal, fresh: true }), shown => {
    view.title(`${tab.title} · ${shown.name}`);
    return headOf(view, shown, tabs, tab);
  }, { into: head, milliseconds: 10000 });
  if (!head.querySelector("h1")) return;
  await (thing && tab.page ? tab.page : tab.show)(view, { id, into: body, thing });
}

function headOf(view, shown, tabs, tab) {
  const archived = shown.status === "archived";
  return [
    heading(h("span", shown.name, " ", archived && badge("archived")), {
      back: { href: link(["projects"]), text: "Projects" },
      tools: [copyable(shown.id, `…${shown.id.slice(-8)}`),
        view.may("projects:write") && actions(view, shown)]
    }),
    archived
    && h("div.banner", h("strong", "Archived."),
      " Nothing starts or is published. Reads and metrics still work."),
    h("nav.tabs", { ariaLabel: "Sections of the project" }, tabs.map(({ name, title }) =>
      h("a", { key: name, href: link(["projects", shown.id, name]),
        ariaCurrent: name === tab.name ? "page" : null }, title,
        name === "content" && shown.currentBlockedCount > 0
          && h("span.count", { title: "await approval" }, shown.currentBlockedCount))
    ))
  ];
}

const actions = (view, shown) =>
  shown.status === "archived"
    ? h("button", { onclick: event => attempt(event.currentTarget, () => unarchive(view, shown)) },
      "Un-archive")
    : h("button", { onclick: () => archive(view, shown) }, "Archive…");

async function unarchive(view, shown) {
  await call("PATCH", `/v1/projects/${shown.id}`, { body: { status: "active" } });
  uncache(shown.id);
  await view.refresh();
}
