// Page of one content item: files, text, evidence, platform fit and approval.

import { project, uncache } from "../api.js";
import { badge, h, id as idOf, notice } from "../dom.js";
import { formDialog, input } from "../forms.js";
import { call, once } from "../http.js";
import { FIELDS, MAKERS, PLATFORMS } from "../labels.js";
import { film, picture } from "../media.js";
import { DESCRIPTIONS } from "../platforms.js";
import { go, link } from "../router.js";
import { attempt } from "../states.js";
import { section } from "../table.js";
import { ago } from "../times.js";
import { approvalBadge } from "./content.js";
import { generationProgress } from "./generation_progress.js";
import { followJobs } from "./job_stages.js";
import { highlight } from "./quotes.js";
import { schedule } from "./schedule.js";

const UNFINISHED = ["queued", "processing"];

export async function item(view, { id, into, thing }) {
  const path = `/v1/content/${encodeURIComponent(thing)}`;
  const live = followJobs(view, () => view.refresh());
  await view.live(async () => {
    const shown = await call("GET", path, { signal: view.signal });
    const progress = UNFINISHED.includes(shown.status) && !view.may("jobs:read")
      ? await call("GET", `${path}/progress`, { signal: view.signal }).catch(() => null)
      : null;
    return { shown, progress, project: await project(id, { signal: view.signal }) };
  }, found => {
    if (UNFINISHED.includes(found.shown.status)) live.watch(thing, found.shown.jobId);
    return drawItem(view, path, { ...found, job: live.of(thing) });
  }, { into });
}

function drawItem(view, path, { shown, job, progress, project: of }) {
  return [
    h("div.heading",
      h("div.line", h("a", { href: link(["projects", of.id, "content"]) }, "← Content"),
        h("strong", shown.format.replace("_", " ")), shown.status !== "completed" && badge(shown.status),
        approvalBadge(shown), idOf(shown.id)), h("div.tools", tools(view, path, shown, of))),
    UNFINISHED.includes(shown.status) && generationProgress(view, { shown, job, progress }),
    shown.lastError
    && h("div.failed", { role: "alert" }, h("strong", shown.lastError.message),
      h("div", h("code", shown.lastError.code))),
    h("div.split", h("div.stack", gallery(shown.assets), provenance(shown.provenance ?? [])),
      h("div.stack", text(view, path, shown), disclosure(view, path, shown),
        shown.decision && decision(shown.decision), shown.fits && fits(shown.fits)))
  ];
}

const gallery = assets =>
  assets.length > 0
  && h("div.gallery.card", { tabIndex: 0, role: "region", ariaLabel: "Files" }, assets.map(asset =>
    h("div", { key: asset.assetId }, asset.kind === "video" ? film(asset) : picture(asset, { whole: true }))
  ));

function tools(view, path, shown, of) {
  const active = of.status === "active", done = shown.status === "completed";
  const pending = done && shown.approvalStatus === "pending" && view.may("content:approve") && active;
  return [
    shown.creativeType === "generated" && !UNFINISHED.includes(shown.status)
    && shown.approvalStatus !== "rejected" && active && view.may("content:write")
    && h("button", { onclick: () => regenerate(view, path) }, "Regenerate content"),
    pending && h("button", { onclick: () => reject(view, path, shown) }, "Reject…"),
    pending
    && h("button.primary", { onclick: event =>
      attempt(event.currentTarget, () => approve(view, path, shown)) }, "Approve"),
    done && active && shown.approvalStatus !== "rejected" && view.may("publish:write")
    && h("button", { className: pending ? "" : "primary", onclick: () =>
      schedule(view, of, { content: shown }) }, "Schedule…")
  ];
}

async function approve(view, path, shown) {
  await call("POST", `${path}/approve`, { body: { revision: shown.revision }, headers: once() });
  notice("Approved. Its posts are published on schedule.", "good");
  await openNext(view, shown);
}

async function reject(view, path, shown) {
  const done = await formDialog({ title: "Reject this content?", verb: "Reject content", danger: true,
    next: "This is final. Its waiting posts are canceled.",
    fields: input("reason", "Reason", { required: true, maxLength: 1000, rows: 3, autofocus: true }, {
      tag: "textarea",
      hint: "The author sees this reason."
    }), send: ({ reason }, headers) => {
      const body = { reason, revision: shown.revision };
      return call("POST", `${path}/reject`, { body, headers: headers(body) });
    } });
  if (done) await openNext(view, shown);
}

/** Open the next item of the approval queue, if this one was opened from it. */
async function openNext(view, shown) {
  uncache(shown.projectId);
  const { items } = await call("GET",
    `/v1/projects/${shown.projectId}/content?approvalStatus=pending&limit=1`, { signal: view.signal });
  if (items.length && view.query.get("queue"))
    return go(["projects", shown.projectId, "content", items[0].id], { queue: 1 });
  await view.refresh();
}

async function regenerate(view, path) {
  const done = await formDialog({ title: "Regenerate this content", verb: "Regenerate",
    next: "A new revision replaces this one. Approved content needs approval again.",
    fields: [
      input("hook", "First line", { maxLength: 2000, rows: 2, autofocus: true }, { tag: "textarea",
        hint: "If empty, the content begins with the brand's words." }),
      input("seed", "Seed", { type: "number", min: 0 }, {
        hint: "Optional. The same seed gives the same result."
      })
    ], send: ({ hook, seed }, headers) => {
      const body = { ...hook && { hook }, ...seed && { seed: Number(seed) } };
      return call("POST", `${path}/regenerate`, { body, headers: headers(body) });
    } });
  if (done) await view.refresh();
}

const text = (view, path, shown) =>
  section("Text", {
    tools: view.may("content:write") && !UNFINISHED.includes(shown.status)
      && shown.approvalStatus !== "rejected"
      && h("button.small", { onclick: () => edit(view, path, shown) }, "Edit caption")
  }, shown.hook && h("p.hook", shown.hook), h("p.caption", shown.caption || h("span.quiet", "No caption.")),
    h("p.hint", `Revision ${shown.revision}, ${shown.creativeType}, `, ago(shown.createdAt)));

async function edit(view, path, shown) {
  const done = await formDialog({ title: "Edit caption", verb: "Save", broad: true,
    etag: `"${shown.revision}"`, stale: () => view.refresh(),
    next: shown.approvalStatus === "approved"
      ? "It needs approval again; its posts wait for it."
      : "Waiting posts use the new caption.",
    fields: input("caption", "Caption", { value: shown.caption, rows: 8, maxLength: 5000, autofocus: true }, {
      tag: "textarea"
    }), send: ({ caption = "" }, headers) => {
      const body = { caption };
      return call("PATCH", path, { body, headers: headers(body) });
    } });
  if (done) await view.refresh();
}

/** Titles of the platforms with an AI label. */
const LABELLING = Object.values(DESCRIPTIONS).filter(({ hasAiLabel }) => hasAiLabel).map(({ title }) =>
  title
);

/** Show whether its posts carry the platforms' AI label. Partners declare AI content of their own. */
const disclosure = (view, path, shown) =>
  section("AI label", {
    tools: view.may("content:write") && !UNFINISHED.includes(shown.status)
      && shown.approvalStatus !== "rejected"
      && (shown.creativeType === "uploaded" || shown.madeBy === "clip")
      && h("button.small", { onclick: event =>
        attempt(event.currentTarget, () => toggleLabel(view, path, shown)) },
        shown.aiGenerated ? "Remove AI label" : "Add AI label")
  },
    h("div.line", badge(shown.aiGenerated ? "AI-generated" : "no label", shown.aiGenerated ? "cool" : "off"),
      h("span.hint", shown.madeBy ? MAKERS[shown.madeBy] : shown.creativeType)), h("p.hint", shown.aiGenerated
      ? `${LABELLING.join(" and ")} show their AI label on its posts, where supported.`
      : "Its posts carry no AI label."));

async function toggleLabel(view, path, shown) {
  const body = { aiGenerated: !shown.aiGenerated };
  await call("PATCH", path, { body, headers: { ...once(), "If-Match": `"${shown.revision}"` } });
  notice(shown.approvalStatus === "approved" ? "Saved. It needs approval again." : "Saved.", "good");
  await view.refresh();
}

const decision = ({ decision: said, note, decidedAt }) =>
  section("Decision", {}, h("div.line", badge(said), ago(decidedAt)),
    h("p.caption", note || h("span.quiet", "No note.")));

const fits = said =>
  section("Platform fit", {}, h("ul.fits", Object.entries(said).map(([platform, word]) =>
    h("li", { key: platform }, h("strong", PLATFORMS[platform] ?? platform),
      word === "ok" ? badge("fits", "good") : h("span", badge("not accepted", "bad"), h("p.hint", word)))
  )));

/** Show each line with the brand's words as evidence. */
function provenance(all) {
  if (!all.length) return null;
  const lines = Map.groupBy(all, ({ line, rule }) => `${rule} ${line}`);
  return section("Sources of its text", {},
    h("ul.quotes.lines",
      [...lines.values()].map((same, place) =>
        h("li", { key: place }, h("div.line", h("strong", same[0].line), badge(same[0].rule, "off")),
          same.filter(({ quote }) => quote).map(({ field, quote }, at) =>
            h("blockquote", { key: at }, field && h("span.hint", `${FIELDS[field] ?? field}: `),
              highlight(quote, [same[0].line]))
          ))
      )));
}
