// Projects: the list, a new one, and one with its brand and where each field of it comes from.

import { ago, badge, h, id, notice, outside, row, table } from "./dom.js";
import { call, once } from "./http.js";
import { watch } from "./jobs.js";

const STAGES = ["queued", "fetching", "analyzing", "saving"];
const LABELS = {
  appName: "Name", tagline: "Tagline", appDescription: "Description", audience: "Audience", icp: "Ideal customer",
  brandVoice: "Voice", keywords: "Keywords", primaryLanguage: "Language", logoUrl: "Logo", colors: "Colors",
  links: "Links",
};

export async function projectsView(main, { query, signal, may }) {
  const list = h("tbody", {});
  const more = h("button", { type: "button", hidden: true }, "More");
  const asked = new URLSearchParams({ status: query.get("status") ?? "active" });
  if (query.get("search")) asked.set("search", query.get("search"));
  main.replaceChildren(
    h("div", { className: "heading" }, h("h1", {}, "Projects"), h("div", { className: "tools" }, filters(asked),
      may("projects:write") && h("button", { type: "button", className: "primary", onclick: () => newProject(main) }, "New project"))),
    h("div", { className: "scroll" }, h("table", {}, h("thead", {}, h("tr", {},
      ["Name", "Brand", "Customer", "Website", "Time zone", "Created"].map((head) => h("th", { scope: "col" }, head)))), list)),
    more);
  const load = async (cursor) => {
    if (cursor) asked.set("cursor", cursor);
    const page = await call("GET", `/v1/projects?${asked}`, { signal });
    list.append(...page.items.map(line));
    if (!list.children.length) list.append(h("tr", {}, h("td", { colSpan: 6, className: "empty" }, "No project here yet.")));
    more.hidden = !page.nextCursor;
    more.onclick = () => load(page.nextCursor).catch((error) => notice(error.message));
  };
  await load();
}

function filters(asked) {
  const search = h("input", { type: "search", placeholder: "Search names", ariaLabel: "Search names", value: asked.get("search") ?? "" });
  const status = h("select", { ariaLabel: "Status" }, ["active", "archived"].map((word) =>
    h("option", { value: word, selected: word === asked.get("status") }, word)));
  search.onchange = status.onchange = () => {
    location.hash = `#/projects?${new URLSearchParams({ search: search.value, status: status.value })}`;
  };
  return [search, status];
}

const line = (project) => row(
  h("a", { href: `#/projects/${project.id}` }, project.name), project.brandContext?.appName ?? "–",
  project.customerExternalId ?? "–", project.ingestState.website ? badge(project.ingestState.website.status) : "–",
  project.timezone, ago(project.createdAt));

function newProject(main) {
  const zones = Intl.supportedValuesOf?.("timeZone") ?? [];
  const field = (label, properties) => h("label", {}, label, h("input", properties));
  const form = h("form", { method: "dialog" },
    h("h2", {}, "New project"),
    field("Name", { name: "name", required: true, maxLength: 128 }),
    field("Time zone", { name: "timezone", required: true, value: Intl.DateTimeFormat().resolvedOptions().timeZone }),
    h("datalist", { id: "zones" }, zones.map((zone) => h("option", { value: zone }))),
    field("Language", { name: "primaryLanguage", required: true, value: "en" }),
    field("Your id of the customer (optional)", { name: "customerExternalId", maxLength: 255 }),
    h("div", { className: "tools" }, h("button", { type: "button", onclick: () => dialog.close() }, "Cancel"),
      h("button", { className: "primary" }, "Create")));
  form.querySelector("[name=timezone]").setAttribute("list", "zones");
  const dialog = h("dialog", { onclose: () => dialog.remove() }, form);
  const headers = once();
  form.onsubmit = async (event) => {
    event.preventDefault();
    const body = Object.fromEntries([...new FormData(form)].filter(([, value]) => value));
    try {
      const project = await call("POST", "/v1/projects", { body, headers });
      dialog.close();
      location.hash = `#/projects/${project.id}`;
    } catch (error) {
      notice(error.message);
    }
  };
  main.append(dialog);
  dialog.showModal();
}

export async function projectView(main, { path, signal, may }) {
  const url = `/v1/projects/${path}`;
  const project = await call("GET", url, { signal });
  const brand = h("section", { className: "card" });
  const panel = h("div", {});
  main.replaceChildren(
    h("p", {}, h("a", { href: "#/projects" }, "← Projects")),
    h("div", { className: "heading" }, h("h1", {}, project.name, " ", badge(project.status)),
      h("div", { className: "tools" }, may("content:read") && h("a", { href: `#/projects/${project.id}/content` }, "Content →"), id(project.id))),
    h("dl", { className: "facts" }, [
      ["Customer", project.customerExternalId ?? "–"], ["Time zone", project.timezone],
      ["Language", project.primaryLanguage], ["Created", ago(project.createdAt)], ["Changed", ago(project.updatedAt)],
    ].map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))),
    failures(project.ingestState),
    project.status === "active" && may("ingest:write") ? ingestForm(url, (jobId) => run(jobId)) : "",
    panel, brand);
  const show = async () => brand.replaceChildren(...brandCard((await call("GET", `${url}/brand`, { signal })).fields));
  const run = (jobId) => watch(panel, jobId, STAGES, signal).then(show).catch((error) => signal.aborted || notice(error.message));
  await show();
  const website = project.ingestState.website;
  if (website?.status === "running" && may("jobs:read")) run(website.jobId);
}

const SOURCES = { website: "Website", github: "GitHub", appstore: "App store" };

/** What of the last ingests failed, why, and what to do about it. */
function failures(states) {
  const failed = Object.entries(SOURCES).filter(([source]) => states[source]?.status === "failed");
  return failed.length ? h("section", { className: "card failures" }, failed.map(([source, label]) => {
    const { error, jobId, completedAt } = states[source];
    return h("div", { className: "line" }, badge("failed"), h("strong", {}, label),
      h("span", {}, `${error.message}.`, error.retryable ? " Reading it again may do." : ""), h("code", {}, error.code), ago(completedAt), id(jobId));
  })) : "";
}

function ingestForm(url, started) {
  const page = h("input", { type: "text", inputMode: "url", required: true, maxLength: 2048, placeholder: "https://example.com", ariaLabel: "Website" });
  return h("form", {
    className: "card ingest", onsubmit: async (event) => {
      event.preventDefault();
      try {
        const { jobId } = await call("POST", `${url}/ingest/website`, { body: { url: page.value }, headers: once() });
        started(jobId);
      } catch (error) {
        notice(error.message);
        if (error.details?.reason === "INGEST_RUNNING") started(error.details.jobId);
      }
    },
  }, h("label", {}, "Read the brand from a website", page), h("button", { className: "primary" }, "Read"));
}

function brandCard(fields) {
  const known = Object.entries(LABELS).filter(([name]) => fields[name].provenance);
  if (!known.length) return [h("h2", {}, "Brand"), h("p", { className: "empty" }, "Nobody said anything yet: read a website.")];
  return [h("h2", {}, "Brand"), h("dl", { className: "brand" }, known.map(([name, label]) => {
    const { value, provenance, alternatives } = fields[name];
    return h("div", {}, h("dt", {}, label), h("dd", {}, said(name, value, provenance),
      alternatives.length > 0 && h("details", {}, h("summary", {}, `${alternatives.length} more`),
        alternatives.map((other) => said(name, other.value, other.provenance)))));
  }))];
}

const said = (name, value, provenance) => h("div", { className: "said" },
  h("div", { className: "value" }, shown(name, value)),
  h("div", { className: "origin" }, badge(provenance.source),
    provenance.source !== "partner" && h("meter", { min: 0, max: 1, value: provenance.confidence, title: `confidence ${provenance.confidence}` }),
    provenance.url && outside(provenance.url), ago(provenance.at)));

function shown(name, value) {
  if (name === "logoUrl") return value ? outside(value) : "none";
  if (name === "links") return Object.entries(value).map(([label, url]) => h("div", {}, `${label}: `, outside(url)));
  if (Array.isArray(value)) return value.length ? value.map((word) => h("span", { className: "chip" }, word)) : "none";
  return value || "none";
}
