// Page of one post: preview, state and history.

import { appendOnlyReader, project } from "../api.js";
import { badge, externalLink, h, id as idOf, notice } from "../dom.js";
import { checkboxes, formDialog, input } from "../forms.js";
import { call, once } from "../http.js";
import { AI_LABELS, AUDIENCES, describe, PLATFORMS, POSTS } from "../labels.js";
import { link } from "../router.js";
import { attempt } from "../states.js";
import { facts, section } from "../table.js";
import { ago } from "../times.js";
import { inZone } from "../zone.js";
import { preview } from "./previews.js";
import { openMove } from "./schedule.js";
import { timeline } from "./timeline.js";

export async function post(view, { id, into, thing }) {
  const path = `/v1/scheduled-posts/${encodeURIComponent(thing)}`;
  const history = appendOnlyReader(`${path}/timeline`, { signal: view.signal });
  let chosen = null;
  await view.live(async () => {
    const [shown, of] = await Promise.all([call("GET", path, { signal: view.signal }),
      project(id, { signal: view.signal })]);
    const [content, account, happened] = await Promise.all([
      view.may("content:read")
        ? call("GET", `/v1/content/${shown.contentId}`, { signal: view.signal })
        : null,
      view.may("social:read")
        ? call("GET", `/v1/social-accounts/${shown.socialAccountId}`, { signal: view.signal })
        : null,
      history()
    ]);
    return { shown, of, content, account, happened };
  }, found =>
    drawPost(view, path, found, { platform: chosen ?? found.shown.platform, choose: platform => {
      chosen = platform;
      view.redraw();
    } }), { into });
}

function drawPost(view, path, { shown, of, content, account, happened }, { platform, choose }) {
  const { tone, word, next } = POSTS[shown.status];
  const caption = shown.captionOverride ?? content?.caption ?? "";
  return [
    h("div.heading",
      h("div.line",
        h("a", { href: link(["projects", of.id, "calendar"], { day: shown.scheduledFor.slice(0, 10) }) },
          "← Calendar"), h("strong", account?.handle ?? PLATFORMS[shown.platform]), badge(word, tone),
        idOf(shown.id)), h("div.tools", tools(view, path, shown, of))),
    h("div.split",
      h("div.stack", state(shown, of, next), section("History", {}, timeline(happened, of.timezone)),
        section("Details", {},
          facts([["Account", account && h("span", account.handle, ` on ${PLATFORMS[shown.platform]}`)], [
            "Content",
            content
            && h("a", { href: link(["projects", of.id, "content", content.id]) },
              content.hook || content.caption.slice(0, 60) || content.format)
          ], ["Job",
            shown.jobId && h("a", { href: link(["jobs", shown.jobId]) }, `…${shown.jobId.slice(-8)}`)], [
            "Mode",
            shown.mode
          ], ["Seen by", audience(shown)], ["AI label",
            shown.aiLabel ? AI_LABELS[shown.aiLabel] : "unknown: sent by an older release"], [
            "On the platform",
            shown.externalUrl && externalLink(shown.externalUrl)
          ], ["Created", ago(shown.createdAt, of.timezone)], ["Changed",
            ago(shown.updatedAt, of.timezone)]]))),
      section("Preview", { className: "looks" },
        h("div.tabs", { role: "group", ariaLabel: "Platform" },
          Object.entries(PLATFORMS).map(([name, text]) =>
            h("button.quietly.small", { key: name, "data-platform": name,
              ariaPressed: String(name === platform), onclick: () => choose(name) }, text)
          )),
        content?.fits?.[platform] && content.fits[platform] !== "ok" && h("p.why", content.fits[platform]),
        platform === shown.platform && shown.aiLabel === "labelled"
          && h("p.line", badge("AI-generated", "cool"),
            h("span.hint", `${PLATFORMS[platform]} shows its AI label.`)),
        preview({ platform, handle: account?.handle ?? "account", caption, assets: content?.assets ?? [],
          when: inZone(shown.publishedAt ?? shown.scheduledFor, of.timezone) })))
  ];
}

/** Return the audience. A post without a required one is from an older release and is not sent. */
function audience({ privacyLevel, platform, mode }) {
  if (privacyLevel) return AUDIENCES[privacyLevel];
  return describe(platform).hasAudience && mode === "direct"
    ? "not chosen: cancel the post, and schedule it again with an audience"
    : null;
}

/** Show the state, and the reason of a wait. */
const state = (shown, of, next) =>
  h("section", { className: `card state ${POSTS[shown.status].tone}`, ariaLabel: "State" },
    h("div.at",
      h("span", { title: shown.scheduledFor }, inZone(shown.publishedAt ?? shown.scheduledFor, of.timezone)),
      h("span.hint", ` ${of.timezone}`)), h("p", shown.waiting?.message ?? next),
    shown.waiting?.until && h("p.hint", "The wait ends ", ago(shown.waiting.until, of.timezone)),
    shown.schedulePassed && h("p.why", "It was approved after its scheduled time: move it to a new time."),
    shown.captionPending && h("p.why", "Its custom caption awaits approval."),
    shown.lastError && h("p.why", shown.lastError.message, " ", h("code", shown.lastError.code)),
    shown.cancelReason && h("p.hint", `Canceled: ${shown.cancelReason.replaceAll("_", " ")}`));

function tools(view, path, shown, of) {
  const waits = ["queued", "blocked"].includes(shown.status) && of.status === "active",
    writes = view.may("publish:write");
  return [
    shown.status === "outcome_unknown" && writes && h("button.primary", { onclick: () =>
      resolve(view, path) }, "Record the outcome…"),
    shown.captionPending && view.may("content:approve")
    && [h("button", { onclick: () => rejectCaption(view, path) }, "Reject caption…"),
      h("button.primary", { onclick: event =>
        attempt(event.currentTarget, async () => {
          await call("POST", `${path}/approve`, { body: {}, headers: once() });
          notice("The caption is approved.", "good");
          await view.refresh();
        }) }, "Approve caption")],
    ["queued", "blocked"].includes(shown.status) && writes
    && h("button", { onclick: () => cancel(view, path) }, "Cancel post…"),
    waits && writes && h("button.primary", { onclick: () => openMove(view, shown, of) }, "Move post…")
  ];
}

const refreshAfter = async (view, done, said) => {
  if (!done) return;
  notice(said, "good");
  await view.refresh();
};

const cancel = async (view, path) =>
  refreshAfter(view,
    await formDialog({ title: "Cancel this post?", verb: "Cancel post", leave: "Keep post", danger: true,
      next: "It is never published. Its content is kept.",
      fields: input("reason", "Reason", { maxLength: 500, autofocus: true }, { hint: "Optional." }),
      send: (body, headers) => call("DELETE", path, { body, headers: headers(body) }) }), "Canceled.");

const rejectCaption = async (view, path) =>
  refreshAfter(view,
    await formDialog({ title: "Reject the custom caption?", verb: "Reject caption", danger: true,
      next: "This cancels the post.",
      fields: input("reason", "Reason", { required: true, maxLength: 1000, autofocus: true }),
      send: (body, headers) => call("POST", `${path}/reject`, { body, headers: headers(body) }) }),
    "Rejected: the post is canceled.");

const resolve = async (view, path) =>
  refreshAfter(view,
    await formDialog({ title: "Is the post live?", verb: "Record outcome",
      next: "Nothing is sent again automatically.", text: "Check the account on its platform first.",
      fields: [
        checkboxes("published", "", [{ value: "yes", text: "Yes, it is live" }], {
          hint: "If unchecked, it is not live."
        }),
        input("externalUrl", "URL of the post", { maxLength: 2048 }, { hint: "Optional." })
      ], send: ({ published, externalUrl }, headers) => {
        const body = { published: Boolean(published), ...published && externalUrl && { externalUrl } };
        return call("POST", `${path}/resolve`, { body, headers: headers(body) });
      } }), "Outcome recorded.");
