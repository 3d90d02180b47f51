// SDK apps tab: event senders, their install instructions, and recent events.

import { query } from "../api.js";
import { openDialog } from "../dialog.js";
import { h, id as idOf, notice } from "../dom.js";
import { formDialog, input } from "../forms.js";
import { call, once } from "../http.js";
import { showSecret, snippet } from "../secret.js";
import { attempt, empty } from "../states.js";
import { listing, section } from "../table.js";
import { ago } from "../times.js";

const PLATFORMS = ["web", "ios", "android", "react-native", "flutter", "expo", "nextjs", "vite",
  "react-router"].map((name) => [name, name]);

export async function apps(view, { id, into }) {
  const path = `/v1/projects/${id}/sdk-apps`, top = h("div", {}), below = h("div", {});
  into.replaceChildren(top, below);
  await view.live(() => call("GET", `${path}?limit=50`, { signal: view.signal }), ({ items }) => [
    h("div", { className: "heading" },
      h("p", { className: "hint" },
      "Each sends events with a key of its own, that may lie in a client: it writes events, and reads nothing."),
      view.may("projects:write")
        && h("button", { type: "button", className: "primary", onclick: () => make(view, path) }, "New app")),
    items.length ? h("div", { className: "columns" }, items.map((one) => card(view, path, one)))
      : empty("No SDK app yet",
        "Make one for each product that sends events: its key is shown once, with the snippet to paste."),
  ], { into: top });
  const asked = () => query({ appId: view.query.get("app"), limit: 25 });
  await view.live(() => call("GET", `/v1/projects/${id}/events?${asked()}`, { signal: view.signal }),
    ({ items }) =>
    section("Recent events", {}, listing({
      label: "Recent events",
        heads: ["Event", "When", { text: "Person", className: "wide" },
        { text: "Value", className: "number" }, { text: "App", className: "wide" }],
      rows: items.map((one) => ({ key: `${one.appId} ${one.eventId}`, cells: [
        h("span", { className: "cut", title: one.name }, one.name), ago(one.occurredAt),
          h("span", { className: "cut" }, one.appUserId ?? one.anonymousId ?? "–"),
        one.value == null ? "–" : `${one.value.toLocaleString("en")} ${one.currency ?? ""}`,
          `…${one.appId.slice(-8)}`] })),
      none: empty("No event yet", "The first ones turn up here within seconds of being sent."),
    })), { into: below, milliseconds: 4000 });
}

const card = (view, path, one) => section(one.name, { key: one.appId, tools: idOf(one.appId) },
  h("p", { className: "hint" }, `${one.platform}: `, one.bundleId ?? one.androidPackage ?? one.webDomain),
  h("p", {}, one.lastEventAt ? ["Last event ", ago(one.lastEventAt)] : "No event has come yet."),
  h("div", { className: "line" },
    h("button", { type: "button", className: "small",
      onclick: (event) => attempt(event.currentTarget, () => install(path, one)) }, "How to install"),
    view.may("projects:write") && [
      h("button", { type: "button", className: "small",
        onclick: (event) => attempt(event.currentTarget, () => listen(path, one)) }, "Check that it sends"),
      h("button", { type: "button", className: "small", onclick: () => rotate(view, path, one) }, "New key…"),
      h("button", { type: "button", className: "small quietly", onclick: () => drop(view, path, one) },
        "Delete"),
    ]));

async function make(view, path) {
  const made = await formDialog({
    title: "New SDK app", verb: "Create app", next: "Its key is shown once.",
    fields: [
      input("name", "Name", { required: true, maxLength: 128, autofocus: true }),
      input("platform", "Platform", { value: "web" }, { options: PLATFORMS }),
      input("webDomain", "Domain", { maxLength: 253, placeholder: "app.example.com" },
        { hint: "Of a web page." }),
      input("bundleId", "Bundle id", { maxLength: 155, placeholder: "com.example.app" },
        { hint: "Of an app at Apple." }),
      input("androidPackage", "Package", { maxLength: 150, placeholder: "com.example.app" },
        { hint: "Of an app on Android." }),
    ],
    send: (body, headers) => call("POST", path, { body, headers: headers(body) }),
  });
  if (!made) return;
  await view.refresh();
  await showSecret({ title: `The key of ${made.name}`,
    text: "Put it where the app is built. It only writes events.", secret: made.apiKey });
  await install(path, made);
}

async function install(path, one) {
  const spec = await call("GET", `${path}/${one.appId}/install-spec`);
  await openDialog(`Install ${one.name}`, (close) => [
    ...spec.platforms.map((platform) => h("div", { className: "stack" }, h("h3", {}, platform.platform),
      platform.dependency.map((each) => snippet(each.install, each.name)),
      platform.envVars.length > 0
        && snippet(platform.envVars.map(({ name, value }) => `${name}=${value ?? ""}`).join("\n"),
        "variables"),
      snippet(platform.initSnippet, "snippet"),
        platform.files.map(({ path: where, content }) =>
        h("div", {}, h("div", { className: "hint" }, where), snippet(content, where))))),
    h("div", { className: "tools end" },
      h("button", { type: "button", className: "primary", onclick: () => close() }, "Close")),
  ], { className: "broad" });
}

async function listen(path, one) {
  const { jobId } = await call("POST", `${path}/${one.appId}/verify-tracking`, { body: {}, headers: once() });
  notice("Listening for a minute: use the app now.", "good",
    h("a", { className: "button small", href: `#/jobs/${jobId}` }, "What is heard"));
}

async function rotate(view, path, one) {
  const done = await formDialog({
    title: `A new key for ${one.name}`, verb: "Make a new key", danger: true,
      next: "A key from before the last one ends at once.",
    fields: input("overlapHours", "Hours that the old one works on",
      { type: "number", min: 0, max: 24, value: 24, required: true, autofocus: true }),
    send: ({ overlapHours }, headers) => {
      const body = { rotateKey: true, overlapHours: Number(overlapHours) };
      return call("PATCH", `${path}/${one.appId}`, { body, headers: headers(body) });
    },
  });
  if (!done) return;
  await view.refresh();
  await showSecret({ title: `The new key of ${one.name}`, text: "Put it where the app is built.",
    secret: done.apiKey });
}

async function drop(view, path, one) {
  const done = await formDialog({
    title: `Delete ${one.name}?`, verb: "Delete", danger: true,
      text: "Its key opens nothing from then on. The events that it sent stay.", fields: [],
    send: (_, headers) => call("DELETE", `${path}/${one.appId}`, { headers: headers("delete") }),
  });
  if (done) await view.refresh();
}
