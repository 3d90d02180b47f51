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
  "react-router"].map(name => [name, name]);

export async function apps(view, { id, into }) {
  const path = `/v1/projects/${id}/sdk-apps`, top = h("div"), below = h("div");
  into.replaceChildren(top, below);
  await view.live(() => call("GET", `${path}?limit=50`, { signal: view.signal }),
    (
      { items }
    ) => [
      h("div.heading",
        h("p.hint",
          "Each app sends events with its own key. The key can only write events, so clients may contain it."),
        view.may("projects:write")
          && h("button.primary", { onclick: () => createApp(view, path) }, "New app")),
      items.length
        ? h("div.columns", items.map(app => card(view, path, app)))
        : empty("No SDK app yet",
          "Create one for each product that sends events. Its key is shown once, with a snippet to paste.")
    ], { into: top });
  const params = () => query({ appId: view.query.get("app"), limit: 25 });
  await view.live(() => call("GET", `/v1/projects/${id}/events?${params()}`, { signal: view.signal }),
    ({ items }) =>
      section("Recent events", {},
        listing({ label: "Recent events",
          heads: ["Event", "When", { text: "Person", className: "wide" }, { text: "Value",
            className: "number" }, { text: "App", className: "wide" }],
          rows: items.map(event => ({ key: `${event.appId} ${event.eventId}`,
            cells: [h("span.cut", { title: event.name }, event.name), ago(event.occurredAt),
              h("span.cut", event.appUserId ?? event.anonymousId ?? "–"),
              event.value == null ? "–" : `${event.value.toLocaleString("en")} ${event.currency ?? ""}`,
              `…${event.appId.slice(-8)}`] })
          ), none: empty("No event yet", "Events appear here seconds after an app sends them.") })), {
    into: below,
    milliseconds: 4000
  });
}

const card = (view, path, app) =>
  section(app.name, { key: app.appId, tools: idOf(app.appId) },
    h("p.hint", `${app.platform}: `, app.bundleId ?? app.androidPackage ?? app.webDomain),
    h("p", app.lastEventAt ? ["Last event ", ago(app.lastEventAt)] : "No event received yet."),
    h("div.line", h("button.small", { onclick: event =>
      attempt(event.currentTarget, () => install(path, app)) }, "Show install steps"),
      view.may("projects:write") && [h("button.small", { onclick: event =>
        attempt(event.currentTarget, () =>
          verifyTracking(path, app)) }, "Verify tracking"), h("button.small", { onclick: () =>
            rotateKey(view, path, app) }, "Rotate key…"), h("button.small.quietly", { onclick: () =>
            deleteApp(view, path, app) }, "Delete app")]));

async function createApp(view, path) {
  const created = await formDialog({ title: "New SDK app", verb: "Create app", next: "Its key is shown once.",
    fields: [input("name", "Name", { required: true, maxLength: 128, autofocus: true }),
      input("platform", "Platform", { value: "web" }, { options: PLATFORMS }),
      input("webDomain", "Domain", { maxLength: 253, placeholder: "app.example.com" }, { hint: "For web." }),
      input("bundleId", "Bundle id", { maxLength: 155, placeholder: "com.example.app" }, {
        hint: "For iOS."
      }),
      input("androidPackage", "Package", { maxLength: 150, placeholder: "com.example.app" }, {
        hint: "For Android."
      })], send: (body, headers) => call("POST", path, { body, headers: headers(body) }) });
  if (!created) return;
  await view.refresh();
  await showSecret({ title: `The key of ${created.name}`,
    text: "Store it in the app's build. It can only write events.", secret: created.apiKey });
  await install(path, created);
}

async function install(path, app) {
  const spec = await call("GET", `${path}/${app.appId}/install-spec`);
  await openDialog(`Install ${app.name}`,
    close => [
      ...spec.platforms.map(platform =>
        h("div.stack", h("h3", platform.platform), platform.dependency.map(dependency =>
          snippet(dependency.install, dependency.name)
        ), platform.envVars.length > 0 && snippet(platform.envVars.map(({ name, value }) =>
          `${name}=${value ?? ""}`
        ).join("\n"), "variables"), snippet(platform.initSnippet, "snippet"),
          platform.files.map(({ path: file, content }) =>
            h("div", h("div.hint", file), snippet(content, file))
          ))
      ),
      h("div.tools.end", h("button.primary", { onclick: () => close() }, "Close"))
    ], { className: "broad" });
}

async function verifyTracking(path, app) {
  const { jobId } = await call("POST", `${path}/${app.appId}/verify-tracking`, { body: {}, headers: once() });
  notice("Waiting a minute for events: use the app now.", "good",
    h("a.button.small", { href: `#/jobs/${jobId}` }, "Open job"));
}

async function rotateKey(view, path, app) {
  const done = await formDialog({ title: `Rotate the key of ${app.name}`, verb: "Rotate key", danger: true,
    next: "Keys before the current one stop working immediately.",
    fields: input("overlapHours", "Hours until the old key stops working", { type: "number", min: 0, max: 24,
      value: 24, required: true, autofocus: true }), send: ({ overlapHours }, headers) => {
      const body = { rotateKey: true, overlapHours: Number(overlapHours) };
      return call("PATCH", `${path}/${app.appId}`, { body, headers: headers(body) });
    } });
  if (!done) return;
  await view.refresh();
  await showSecret({ title: `The new key of ${app.name}`, text: "Store it in the app's build.",
    secret: done.apiKey });
}

async function deleteApp(view, path, app) {
  const done = await formDialog({ title: `Delete ${app.name}?`, verb: "Delete app", danger: true,
    text: "Its key stops working. Its events are kept.", fields: [],
    send: (_, headers) => call("DELETE", `${path}/${app.appId}`, { headers: headers("delete") }) });
  if (done) await view.refresh();
}
