// Who is signed in, and which view the address names.

import { contentView, itemView } from "./content.js";
import { badge, h, notice } from "./dom.js";
import { call, Refused, session } from "./http.js";
import { jobsView } from "./jobs.js";
import { poolsView } from "./ops.js";
import { projectsView, projectView } from "./projects.js";

const bar = document.getElementById("bar"), main = document.getElementById("main");
let who = null, leaving = new AbortController();

/** As the API grants: `*` is every scope but the operators'. */
const may = (scope) => who.scopes.includes(scope) || (who.scopes.includes("*") && !scope.startsWith("ops:"));

const TABS = [["projects", "Projects", "projects:read"], ["jobs", "Jobs", "jobs:read"], ["pools", "Pools", "ops:read"]];
const VIEWS = { projects: projectsView, jobs: jobsView, pools: poolsView };

async function start() {
  if (!session.key) return signIn();
  try {
    who = await call("GET", "/v1/whoami");
    await route();
  } catch (error) {
    if (error.status === 401) session.close();
    signIn(error.message);
  }
}

async function route() {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  const [place, search] = location.hash.replace(/^#\/?/, "").split("?");
  const [noun, path, things, part] = place.split("/");
  const tabs = TABS.filter(([, , scope]) => may(scope));
  const tab = tabs.some(([name]) => name === noun) ? noun : tabs[0]?.[0];
  showBar(tabs, tab);
  if (!tab) return main.replaceChildren(h("p", { className: "empty" }, "This key may read nothing that the console shows."));
  const view = tab === "projects" && path ? ofProject(things, part) : VIEWS[tab];
  try {
    await view(main, { path, part, query: new URLSearchParams(search), signal, may });
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof Refused) main.replaceChildren(h("p", { className: "empty" }, error.message));
    else notice("The API can't be reached.");
  }
}

/** One project, its content, or an item of it. */
const ofProject = (things, part) => (things !== "content" ? projectView : part ? itemView : contentView);

function showBar(tabs, tab) {
  bar.replaceChildren(
    h("a", { className: "brandmark", href: "#/projects" }, "Tenantry"),
    h("nav", { ariaLabel: "Views" }, tabs.map(([name, label]) =>
      h("a", { href: `#/${name}`, ariaCurrent: name === tab ? "page" : null }, label))),
    h("div", { className: "who" }, who.organizationName, badge(who.env),
      h("button", { type: "button", className: "small", onclick: signOut }, "Sign out")));
}

function signIn(message) {
  const key = h("input", { type: "password", name: "key", required: true, autocomplete: "off", placeholder: "lp_live_…", ariaLabel: "API key" });
  bar.replaceChildren(h("span", { className: "brandmark" }, "Tenantry"));
  main.replaceChildren(h("form", {
    className: "card sign-in", onsubmit: (event) => {
      event.preventDefault();
      session.open(key.value.trim());
      start();
    },
  }, h("h1", {}, "Console"), h("label", {}, "API key", key), message && h("p", { className: "why" }, message),
  h("button", { className: "primary" }, "Open"),
  h("p", { className: "hint" }, "Kept in this tab alone, and gone when it closes.")));
  key.focus();
}

function signOut() {
  leaving.abort();
  session.close();
  signIn();
}

addEventListener("hashchange", () => who && session.key && route());
start();
