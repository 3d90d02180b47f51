// A project's influencers: who can present its content, with their portraits.

import { badge, h, notice } from "./dom.js";
import { call, once } from "./http.js";
import { every } from "./refresh.js";
import { portrait } from "./media.js";

const REFRESH_MS = 2000;
const MADE = ["pending", "training"];

/** A section with all of them; nothing for a key that may not read them. */
export function influencers(url, { signal, may, active }) {
  if (!may("influencers:read")) return null;
  const faces = h("div", { className: "faces" });
  const create = active && may("influencers:write") && h("button", { type: "button", className: "small", onclick: async () => {
    try {
      await call("POST", `${url}/influencers`, { body: {}, headers: once() });
      await show();
    } catch (error) {
      notice(error.message);
    }
  } }, "New influencer");
  const show = async () => faces.replaceChildren(...(await all(url, signal)).map(face), create || "");
  show().catch((error) => signal.aborted || notice(error.message));
  every(REFRESH_MS, async () => faces.querySelector(MADE.map((word) => `.badge.${word}`).join()) && show(), signal);
  return h("section", {}, h("h2", {}, "Influencers"), faces);
}

/** At most 50 of a project, newest first. */
export const all = async (url, signal) => (await call("GET", `${url}/influencers?limit=50`, { signal })).items;

const face = (one) => h("figure", { className: "face", title: one.errorMessage ?? one.brandVoice },
  one.imageUrl ? portrait(one.imageUrl) : h("span", { className: "blank" }),
  h("figcaption", {}, h("strong", {}, one.name), one.status !== "ready" && badge(one.status), h("span", { className: "quiet" }, one.language)));
