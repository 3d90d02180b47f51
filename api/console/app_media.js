// Files of a project's app, from which content is made: a partner's own, and what ingests met and suggest.

import { badge, h, notice } from "./dom.js";
import { call, once } from "./http.js";
import { every } from "./refresh.js";
import { film, picture } from "./media.js";

const KINDS = { logo: "Logo", screenshot: "Screenshot", demo_video: "Demo video", end_card: "End card" };
const REFRESH_MS = 2000;

/** A section with all of them, and a form for one more. */
export function appMedia(url, { signal, may, active }) {
  const files = h("div", { className: "files" });
  const writes = active && may("content:write");
  const show = async () => {
    const { items } = await call("GET", `${url}/app-media?limit=50`, { signal });
    files.replaceChildren(...items.length ? items.map((one) => shown(one, writes && (() => drop(one)))) : [h("span", { className: "quiet" }, "None yet: content shows the name alone.")]);
  };
  const drop = async (one) => {
    try {
      await call("DELETE", `${url}/app-media/${one.assetId}`, { headers: once() });
      await show();
    } catch (error) {
      notice(error.message);
    }
  };
  show().catch((error) => signal.aborted || notice(error.message));
  every(REFRESH_MS, async () => files.querySelector(".badge.fetching") && show(), signal);
  return h("section", {}, h("h2", {}, "Files of the app"), files, writes && upload(url, show));
}

const shown = (one, drop) => h("figure", { className: "file", title: one.error?.message ?? one.sourceUrl ?? "" },
  h("div", { className: "thumb" }, one.status !== "ready" ? h("span", {}, badge(one.status)) : one.mimeType.startsWith("video/") ? film(one) : picture({ ...one, kind: "image" })),
  h("figcaption", {}, h("span", {}, KINDS[one.kind] ?? one.kind), one.origin === "suggested" && badge("suggested"), one.current && badge("current"),
    drop && h("button", { type: "button", className: "small", onclick: drop }, "Drop")));

function upload(url, after) {
  const kind = h("select", { name: "kind", ariaLabel: "Kind" }, Object.entries(KINDS).map(([value, text]) => h("option", { value }, text)));
  const file = h("input", { type: "file", name: "file", required: true, accept: "image/*,video/mp4,video/quicktime", ariaLabel: "File" });
  const send = h("button", { className: "small" }, "Upload");
  const form = h("form", {
    className: "line", onsubmit: async (event) => {
      event.preventDefault();
      send.disabled = true;
      try {
        await call("POST", `${url}/app-media`, { form: new FormData(form), headers: once() });
        form.reset();
        await after();
      } catch (error) {
        notice(error.message);
      }
      send.disabled = false;
    },
  }, kind, file, send);
  return form;
}
