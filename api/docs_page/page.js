// API reference page from /v1/openapi.json.

import { el, prose } from "/docs/dom.js";
import { resolver } from "/docs/fields.js";
import { badge, routeOf } from "/docs/route.js";

const METHODS = ["get", "post", "patch", "put", "delete", "head"];
const key = document.getElementById("key");
// Search texts of the operations.
const words = new Map();

function entryOf(method, path, operation) {
  const parts = path.split("/").slice(1).flatMap(part => [el("wbr"), `/${part}`]);
  return el("a", { href: `#${operation.operationId}`, title: operation.summary }, badge(method),
    el("span", parts));
}

function wordsOf(method, path, operation) {
  const names = operation.parameters.map(one => one.name);
  return [method, path, operation.operationId.replaceAll("_", " "), operation.tags[0], operation.summary,
    operation.description, ...names].join(" ").replaceAll("`", "").toLowerCase();
}

// Show the operations that contain each typed word, in any order.
function filter(typed) {
  const wanted = typed.toLowerCase().split(/\s+/).filter(Boolean);
  for (const [id, text] of words) {
    const hidden = !wanted.every(word => text.includes(word));
    document.getElementById(id).hidden = hidden;
    document.querySelector(`#index a[href="#${id}"]`).hidden = hidden;
  }
  for (const group of document.querySelectorAll("#index section, #routes section")) {
    group.hidden = !group.querySelector("a:not([hidden]), .route:not([hidden])");
  }
  document.getElementById("nothing").hidden = Boolean(document.querySelector("#index a:not([hidden])"));
}

function openTarget() {
  const target = document.getElementById(location.hash.slice(1));
  if (target?.matches(".route")) {
    target.open = true;
    target.scrollIntoView();
  }
}

function byTag(api) {
  const groups = new Map(api.tags.map(tag => [tag.name, []]));
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const method of METHODS.filter(name => methods[name]))
      groups.get(methods[method].tags[0]).push([method, path, methods[method]]);
  }
  return api.tags.map(tag => [tag, groups.get(tag.name)]);
}

function render(api) {
  const resolve = resolver(api);
  document.getElementById("version").textContent = api.info.version;
  document.getElementById("about").append(...prose(api.info.description));
  for (const [tag, found] of byTag(api)) {
    document.getElementById("index").append(
      el("section", el("h2", tag.name), found.map(one => entryOf(...one)))
    );
    document.getElementById("routes").append(
      el("section", el("h2", tag.name), prose(tag.description), found.map(one => routeOf(...one, resolve)))
    );
    for (const [method, path, operation] of found)
      words.set(operation.operationId, wordsOf(method, path, operation));
  }
}

key.value = sessionStorage.getItem("key") ?? "";
key.form.addEventListener("submit", event => event.preventDefault());
key.addEventListener("input", () => sessionStorage.setItem("key", key.value));
document.getElementById("filter").addEventListener("input", event => filter(event.target.value));
// Small screens show the index only while it has the focus.
document.getElementById("index").addEventListener("click", () => document.activeElement.blur());
window.addEventListener("hashchange", openTarget);
render(await (await fetch("/v1/openapi.json")).json());
openTarget();
document.body.dataset.ready = "yes";
