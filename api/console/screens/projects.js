// Projects: the list, and the page of one project.

import { query } from "../api.js";
import { badge, h } from "../dom.js";
import { formDialog, input } from "../forms.js";
import { call } from "../http.js";
import { projectPage } from "../project/page.js";
import { go, link } from "../router.js";
import { empty } from "../states.js";
import { listing, pager } from "../table.js";
import { ago } from "../times.js";
import { choice, heading, search } from "../view.js";

export const projects = { name: "projects", title: "Projects", group: "Build", scope: "projects:read",
  key: "p", icon: "projects", ids: ["prj"],
  show: view => (view.path.length ? projectPage(view) : list(view)) };

async function list(view) {
  view.title("Projects");
  const asked = () =>
    query({ status: view.query.get("status") ?? "active", search: view.query.get("search"),
      customerExternalId: view.query.get("customer"), cursor: view.query.get("cursor"), limit: 50 });
  await view.live(() => call("GET", `/v1/projects?${asked()}`, { signal: view.signal }),
    page => [
      heading("Projects", {
        tools: view.may("projects:write") && h("button.primary", { onclick: newProject }, "New project"),
        under: h("div.under", search(view, "search", "Search names"),
          choice(view, "status", "Status", [["", "Active"], ["archived", "Archived"], ["all", "All"]]),
          search(view, "customer", "Your customer id"))
      }),
      listing({ label: "Projects",
        heads: [{ text: "Name", className: "name" }, "Brand", { text: "Customer", className: "wide" }, {
          text: "Awaits approval",
          className: "wide number"
        }, { text: "Zone", className: "wide" }, { text: "Created", className: "wide" }],
        rows: page.items.map(project => ({ key: project.id, href: link(["projects", project.id]),
          name: project.name, cells: cells(project) })
        ), none: emptyState(view) }),
      pager(view, page)
    ]);
}

const cells =
  project => [
    h("span", h("a", { href: link(["projects", project.id]), title: project.name }, project.name),
      project.status === "archived" && [" ", badge("archived")]),
    brandOf(project),
    project.customerExternalId
      ? h("span.cut", { title: project.customerExternalId }, project.customerExternalId)
      : "–",
    project.currentBlockedCount
      ? h("a", { href: link(["projects", project.id, "content"], { show: "pending" }) },
        badge(String(project.currentBlockedCount), "pending"))
      : "–",
    project.timezone,
    ago(project.createdAt)
  ];

/** Show the brand's name, or the state of its ingests. */
function brandOf({ brandContext, ingestState }) {
  const states = Object.values(ingestState).filter(Boolean).map(({ status }) => status);
  if (states.includes("running")) return badge("reading", "running");
  if (states.includes("failed"))
    return h("span", brandContext?.appName, " ", badge("ingest failed", "failed"));
  return brandContext?.appName
    ? h("span.cut", { title: brandContext.appName }, brandContext.appName)
    : h("span.quiet", "not read yet");
}

const emptyState = view =>
  view.query.get("search") || view.query.get("customer") || view.query.get("status")
    ? empty("No matching project", "Search all projects, or use fewer words.",
      h("a.button", { href: link(["projects"], { status: "all" }) }, "Show all projects"))
    : empty("No project yet", "A project is one of your customers: their brand, their accounts, their posts.",
      view.may("projects:write") && h("button.primary", { onclick: newProject }, "New project"));

const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
const zones = () =>
  [...new Set([ZONE, "UTC", ...Intl.supportedValuesOf("timeZone")])].sort().map(
    zone => [zone, zone.replaceAll("_", " ")]
  );

async function newProject() {
  const made = await formDialog({ title: "New project", verb: "Create project",
    next: "Next: read its brand from a website, a repository or an app store.",
    fields: [input("name", "Name", { required: true, maxLength: 128, autofocus: true, autocomplete: "off" }),
      input("timezone", "Time zone", { value: ZONE }, { options: zones(),
        hint: "The zone of its calendar and daily figures." }),
      input("primaryLanguage", "Language", { required: true, value: "en", maxLength: 35 }, {
        hint: "A BCP 47 tag, e.g. en or de-AT."
      }),
      input("customerExternalId", "Your id of the customer", { maxLength: 255 }, {
        hint: "Optional: the id in your own system."
      })], send: (body, headers) => call("POST", "/v1/projects", { body, headers: headers(body) }) });
  if (made) go(["projects", made.id]);
}
