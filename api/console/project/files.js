// Media files of a project's app: uploaded ones, and suggestions of ingests.

import { badge, h } from "../dom.js";
import { formDialog, input } from "../forms.js";
import { call, once } from "../http.js";
import { film, picture } from "../media.js";
import { attempt } from "../states.js";
import { section } from "../table.js";

const KINDS = { logo: "Logo", screenshot: "Screenshot", photo: "Photo", demo_video: "Demo video",
  end_card: "End card" };

export async function files(view, { id, into }) {
  const path = `/v1/projects/${id}/app-media`;
  await view.live(() => call("GET", `${path}?limit=50`, { signal: view.signal }),
    ({ items }) =>
      section("Files of the app", {
        tools: view.may("content:write")
          && h("button.small", { onclick: () => add(view, path) }, "Add a file")
      }, items.length
        ? h("div.files", items.map(one =>
          figure(view, path, one)
        ))
        : h("p.hint",
          "Generated content uses the app's logo, screenshots and photos. Add files, or run an ingest for suggestions.")),
    { into });
}

const figure = (view, path, one) =>
  h("figure.file", { key: one.assetId, title: one.error?.message ?? one.sourceUrl ?? "" },
    h("div.thumb", one.status !== "ready"
      ? h("span", badge(one.status))
      : one.mimeType.startsWith("video/")
      ? film(one)
      : picture({ ...one, kind: "image" })),
    h("figcaption", h("span", KINDS[one.kind] ?? one.kind),
      one.role && one.role !== one.kind && badge(one.role), one.origin === "suggested" && badge("suggested"),
      one.current && badge("in use", "good"),
      view.may("content:write")
        && h("button.small.quietly", { ariaLabel: `Remove ${KINDS[one.kind]}`, onclick: event =>
          attempt(event.currentTarget, async () => {
            await call("DELETE", `${path}/${one.assetId}`, { headers: once() });
            await view.refresh();
          }) }, "Remove")));

async function add(view, path) {
  const headers = once();
  const made = await formDialog({ title: "Add a file of the app", verb: "Add file",
    next: "New content uses the newest file of each kind.",
    fields: [input("kind", "Kind", { value: "logo" }, { options: Object.entries(KINDS) }),
      input("file", "File", { type: "file", accept: "image/*,video/mp4,video/quicktime", required: true })],
    send: ({ kind, file }) => {
      const form = new FormData();
      form.append("kind", kind);
      form.append("file", file);
      return call("POST", path, { form, headers });
    } });
  if (made) await view.refresh();
}
