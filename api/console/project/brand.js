// Brand tab: each field with its evidence and alternatives, and an editor.

import { badge, externalLink, h, notice } from "../dom.js";
import { formDialog, input } from "../forms.js";
import { call, getWithETag, once } from "../http.js";
import { FIELDS, SOURCES } from "../labels.js";
import { attempt } from "../states.js";
import { section } from "../table.js";
import { ago } from "../times.js";
import { ingests } from "./ingests.js";
import { logo } from "./logo.js";
import { quotes } from "./quotes.js";

const LISTS = new Set(["keywords", "colors", "platforms"]);

export async function brand(view, { id, into }) {
  const state = h("div"), fields = h("div");
  into.replaceChildren(state, fields);
  const part = { refresh: () => view.refresh() };
  await Promise.all([ingests(view, { id, into: state, ended: () => part.refresh() }),
    view.live(() => call("GET", `/v1/projects/${id}/brand`, { signal: view.signal }),
      data => card(view, data, part), { into: fields })]);
}

function card(view, { projectId, fields, media }, part) {
  const writes = view.may("projects:write");
  return section("Brand", {}, h("p.hint", "Values that you set override all ingests."),
    h("dl.brand",
      Object.entries(FIELDS).map(([name, label]) =>
        h("div", { key: name, "data-field": name }, h("dt", label),
          h("dd", drawField(projectId, name, fields[name], { media, writes, part })))
      )));
}

function drawField(id, name, { value, provenance, alternatives }, { media, writes, part }) {
  const isOwn = provenance?.source === "partner";
  return [
    provenance
      ? said(name, value, provenance, { media })
      : h("div.quiet", "Not found yet: run an ingest, or set it."),
    writes
    && h("div.line.acts",
      h("button.small", { ariaLabel: `${provenance ? "Edit" : "Set"} ${FIELDS[name]}`,
        onclick: ({ currentTarget }) => attempt(currentTarget, () => editField(id, name, part)) },
        provenance ? "Edit" : "Set"), isOwn && h("button.small.quietly", { onclick: event =>
          attempt(event.currentTarget, () =>
            setValue(id, name, null, part)) }, "Remove mine")),
    alternatives.length > 0
    && h("details.others",
      h("summary", `${alternatives.length} other ${alternatives.length === 1 ? "value" : "values"}`),
      alternatives.map((other, place) =>
        h("div.other", { key: place }, said(name, other.value, other.provenance, { media }),
          writes && h("button.small", { "data-take": name, onclick: event =>
            attempt(event.currentTarget, () =>
              setValue(id, name, other.value, part)) }, "Use this value"))
      ))
  ];
}

const said = (name, value, provenance, { media }) =>
  h("div.said", h("div.value", formatValue(name, value, media)), origin(provenance),
    quotes(name, value, provenance));

/** Show a value's source, URL, rule and confidence. */
const origin = ({ source, url, rule, confidence, at }) =>
  h("div.origin", badge(SOURCES[source], source === "partner" ? "cool" : "off"),
    source !== "partner"
      && [
        h("span.sure", { title: "Confidence" },
          h("span.bar", { ariaHidden: "true" }, h("i", { style: { width: `${confidence * 100}%` } })),
          `${Math.round(confidence * 100)} %`),
        h("code", { title: "The rule that found it" }, rule)
      ], url && externalLink(url), ago(at));

function formatValue(name, value, media) {
  if (name === "logoUrl") return value ? logo(value, media) : "none";
  if (name === "colors")
    return value.length
      ? h("div.swatches", value.map(color =>
        h("span.swatch", { key: color },
          h("i", { style: { background: /^#[0-9a-f]{3,8}$/i.test(color) ? color : "none" } }), color)
      ))
      : "none";
  if (name === "links")
    return Object.entries(value).map(([label, url]) =>
      h("div", { key: label }, `${label}: `, externalLink(url))
    );
  if (Array.isArray(value))
    return value.length ? value.map(word => h("span.chip", word)) : "none";
  return value || h("span.quiet", "intentionally empty");
}

async function setValue(id, name, value, part) {
  await call("PATCH", `/v1/projects/${id}`, { body: { brandContext: { [name]: value } }, headers: once() });
  notice(
    value === null
      ? `Your value is removed: the ingested ${FIELDS[name].toLowerCase()} is used again.`
      : `${FIELDS[name]} is saved.`,
    "good"
  );
  await part.refresh();
}

async function editField(id, name, part) {
  const { etag } = await getWithETag(`/v1/projects/${id}`),
    { value } = (await call("GET", `/v1/projects/${id}/brand`)).fields[name];
  const path = `brandContext.${name}`,
    long = ["appDescription", "icp", "audience", "brandVoice"].includes(name);
  const done = await formDialog({ title: FIELDS[name], verb: "Save", broad: true, etag,
    stale: () => part.refresh(), next: "Your value overrides all ingests until you remove it.",
    fields: name === "links" || LISTS.has(name)
      ? input(path, FIELDS[name], { value: lines(name, value), rows: 6, autofocus: true, spellcheck: false },
        { tag: "textarea", hint: name === "links" ? "One per line: name, space, URL." : "One per line." })
      : input(path, FIELDS[name], { value: value ?? "", autofocus: true, ...long ? { rows: 5 } : {} }, {
        tag: long ? "textarea" : "input",
        hint: "Leave it empty for an intentionally empty value."
      }), send: (values, headers) => {
      const body = { brandContext: { [name]: parseValue(name, values[path] ?? "") } };
      return call("PATCH", `/v1/projects/${id}`, { body, headers: headers(body) });
    } });
  if (done) await part.refresh();
}

function lines(name, value) {
  if (!value) return "";
  return name === "links"
    ? Object.entries(value).map(([label, url]) => `${label} ${url}`).join("\n")
    : value.join("\n");
}

function parseValue(name, text) {
  const said = text.split("\n").map(line => line.trim()).filter(Boolean);
  if (name === "links")
    return Object.fromEntries(said.map(line => [line.split(/\s+/)[0], line.split(/\s+/).slice(1).join(" ")]));
  return LISTS.has(name) ? said : text.trim();
}
