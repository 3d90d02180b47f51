// A project's content: the list with what is being made, and one item with its files, words and decisions.

import { appMedia } from "./app_media.js";
import { ago, badge, h, id, notice, row, table } from "./dom.js";
import { call, once } from "./http.js";
import { generateForm } from "./generate.js";
import { influencers } from "./influencers.js";
import { watch } from "./jobs.js";
import { film, picture } from "./media.js";
import { every } from "./refresh.js";

const STAGES = ["queued", "planning", "generating_visuals", "finalizing"];
const FILTERS = { all: "", "to approve": "approvalStatus=pending", completed: "status=completed", failed: "status=failed" };
const REFRESH_MS = 2000;
const MAKING = ["queued", "processing"];

export async function contentView(main, { path, query, signal, may }) {
  const url = `/v1/projects/${path}`;
  const here = `#/projects/${path}/content`;
  const chosen = query.get("show") ?? "all";
  const project = await call("GET", url, { signal });
  const cards = h("section", { className: "cards" });
  const more = h("button", { type: "button", hidden: true }, "More");
  const form = h("div", {});
  const active = project.status === "active";
  const generate = active && may("content:write") && h("button", {
    type: "button", className: "primary",
    onclick: () => form.replaceChildren(form.children.length ? "" : generateForm(url, { signal, may, started: (made) => { location.hash = `${here}/${made.contentId}`; } })),
  }, "Generate");
  main.replaceChildren(
    h("p", {}, h("a", { href: `#/projects/${path}` }, `← ${project.name}`)),
    h("div", { className: "heading" }, h("h1", {}, "Content"), h("nav", { className: "tabs", ariaLabel: "Status" },
      Object.keys(FILTERS).map((name) => h("a", { href: `${here}?show=${name}`, ariaCurrent: name === chosen ? "page" : null }, name))), generate),
    form, cards, more, influencers(url, { signal, may, active }) ?? "", appMedia(url, { signal, may, active }));
  let shown = 0;
  const load = async (cursor) => {
    const asked = [`limit=${Math.max(24, cursor ? 24 : shown)}`, FILTERS[chosen], cursor && `cursor=${cursor}`].filter(Boolean).join("&");
    const page = await call("GET", `${url}/content?${asked}`, { signal });
    const items = page.items.map((item) => card(item, here));
    if (cursor) cards.append(...items);
    else cards.replaceChildren(...items.length ? items : [h("p", { className: "empty" }, "No content here yet.")]);
    shown = cards.children.length;
    more.hidden = !page.nextCursor;
    more.onclick = () => load(page.nextCursor).catch((error) => notice(error.message));
    if (may("jobs:read")) await Promise.all(page.items.filter(isMade).slice(0, 8).map((item) => progress(item, cards, signal)));
  };
  await load();
  every(REFRESH_MS, async () => cards.querySelector("progress") && shown <= 24 && load(), signal);
}

const isMade = (item) => MAKING.includes(item.status) && item.jobId;

function card(item, here) {
  const first = item.assets[0];
  return h("a", { className: "card item", href: `${here}/${item.id}`, "data-id": item.id },
    h("div", { className: "thumb" }, first ? picture(first) : h("span", {}, item.status === "completed" ? item.caption.slice(0, 140) : item.format),
      item.assets.length > 1 && h("span", { className: "count" }, item.assets.length)),
    h("div", { className: "line" }, badge(item.status), decided(item), h("span", { className: "quiet" }, item.format)),
    isMade(item) && h("progress", { max: 1, value: 0, ariaLabel: "Progress" }),
    h("div", { className: "excerpt" }, item.lastError?.message ?? item.hook ?? item.caption),
    h("div", { className: "quiet" }, ago(item.createdAt)));
}

const decided = (item) => item.approvalStatus !== "not_required" && badge(item.approvalStatus);

/** How far the job is that makes an item, on its card. */
async function progress(item, cards, signal) {
  const job = await call("GET", `/v1/jobs/${item.jobId}`, { signal });
  const bar = cards.querySelector(`[data-id="${CSS.escape(item.id)}"] progress`);
  if (bar) bar.value = job.progress;
}

export async function itemView(main, { path, part, signal, may }) {
  const url = `/v1/content/${part}`;
  const body = h("div", { className: "whole" }), panel = h("div", {});
  main.replaceChildren(h("p", {}, h("a", { href: `#/projects/${path}/content` }, "← Content")), panel, body);
  const started = (jobId) => follow(jobId).catch((error) => signal.aborted || notice(error.message));
  const show = async () => {
    const item = await call("GET", url, { signal });
    body.replaceChildren(...whole(item, { url, may, after: show, started }));
    return item;
  };
  const follow = async (jobId) => {
    if (!may("jobs:read")) return;
    await watch(panel, jobId, STAGES, signal);
    panel.replaceChildren();
    await show();
  };
  const item = await show();
  if (isMade(item)) await follow(item.jobId);
}

function whole(item, { url, may, after, started }) {
  return [
    h("div", { className: "heading" }, h("h1", {}, item.format, " ", badge(item.status), " ", decided(item)), id(item.id)),
    item.lastError && h("section", { className: "card failures" }, h("span", { className: "why" }, item.lastError.message), h("code", {}, item.lastError.code)),
    h("section", { className: "gallery" }, item.assets.map((asset) => (asset.kind === "video" ? film(asset) : picture(asset, { whole: true })))),
    !isMade(item) && h("section", { className: "card" }, h("h2", {}, "Caption"), h("p", { className: "caption" }, item.caption || "–"),
      item.decision && h("p", { className: "hint" }, `${item.decision.decision}: ${item.decision.note ?? "no note"}`)),
    decide(item, { url, may, after }),
    anew(item, { url, may, started }),
    item.fits && h("section", { className: "card" }, h("h2", {}, "Where it fits"), h("dl", { className: "brand" },
      Object.entries(item.fits).map(([platform, said]) =>
        h("div", {}, h("dt", {}, platform), h("dd", {}, said === "ok" ? badge("fits") : h("span", { className: "why" }, said)))))),
    evidence(item.provenance ?? []),
  ].filter(Boolean);
}

/** A row for each line, however many words it rests on. */
function evidence(provenance) {
  if (!provenance.length) return null;
  const lines = Map.groupBy(provenance, ({ line, rule }) => `${rule} ${line}`);
  return h("section", { className: "evidence" }, h("h2", {}, "Where its words are from"), table(["Line", "By", "Words of the brand"],
    [...lines.values()].map((all) => row(all[0].line, badge(all[0].rule),
      all.map(({ field, quote }) => h("div", {}, field ? [h("span", { className: "quiet" }, `${field} `), h("q", {}, quote)] : "–")))), ""));
}

/** What a reviewer may do. */
function decide(item, { url, may, after }) {
  if (item.approvalStatus !== "pending" || item.status !== "completed" || !may("content:approve")) return null;
  const { revision } = item;
  const note = h("input", { type: "text", maxLength: 1000, placeholder: "Note", ariaLabel: "Note" });
  const send = (verb, body) => sent(async () => {
    await call("POST", `${url}/${verb}`, { body, headers: once() });
    await after();
  });
  return h("form", {
    className: "card decide", onsubmit: (event) => {
      event.preventDefault();
      send("approve", note.value ? { revision, note: note.value } : { revision });
    },
  }, h("label", {}, "Your decision on this revision", note), h("div", { className: "tools" },
    h("button", { type: "button", onclick: () => (note.value ? send("reject", { revision, reason: note.value }) : notice("Say why in the note.")) }, "Reject"),
    h("button", { className: "primary" }, "Approve")));
}

/** Another revision of what we made, of what the brand says now; the item stays as it is until that is there. */
function anew(item, { url, may, started }) {
  if (item.creativeType !== "generated" || item.approvalStatus === "rejected" || isMade(item) || !may("content:write")) return null;
  const hook = h("input", { type: "text", maxLength: 2000, placeholder: "As before", ariaLabel: "First line" });
  return h("form", {
    className: "card decide", onsubmit: (event) => {
      event.preventDefault();
      const body = hook.value.trim() ? { hook: hook.value } : {};
      sent(async () => started((await call("POST", `${url}/regenerate`, { body, headers: once() })).jobId));
    },
  }, h("label", {}, "First line of a new revision", hook), h("div", { className: "tools" }, h("button", {}, "Regenerate")));
}

const sent = (work) => work().catch((error) => notice(error.message));
