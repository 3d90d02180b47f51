// Content tab: items awaiting approval, in progress, and finished.

import { query } from "../api.js";
import { badge, h } from "../dom.js";
import { call } from "../http.js";
import { picture } from "../media.js";
import { link } from "../router.js";
import { empty } from "../states.js";
import { pager } from "../table.js";
import { ago } from "../times.js";
import { tabs } from "../view.js";
import { files } from "./files.js";
import { generate } from "./generate.js";
import { upload } from "./upload.js";

export const SHOWN = { "": {}, pending: { approvalStatus: "pending" },
  approved: { approvalStatus: "approved" }, rejected: { approvalStatus: "rejected" },
  failed: { status: "failed" } };
export const SHOWN_TABS = [["", "All"], ["pending", "To approve"], ["approved", "Approved"], ["rejected",
  "Rejected"], ["failed", "Failed"]];
const UNFINISHED = ["queued", "processing"];
const PROGRESS_MS = 10000, WATCHED = 3;

export async function content(view, { id, into }) {
  const list = h("div"), more = h("div");
  into.replaceChildren(list, more);
  await contentList(view, { path: `/v1/projects/${id}/content`, into: list, project: id });
  if (view.may("content:read")) await files(view, { id, into: more });
}

/** Draw cards of content, of one project or of all. */
export async function contentList(view, { path, into, project }) {
  const progress = progressReader(view),
    params = () =>
      query({ ...SHOWN[view.query.get("show") ?? ""], cursor: view.query.get("cursor"), limit: 48 });
  await view.live(async () => {
    const page = await call("GET", `${path}?${params()}`, { signal: view.signal });
    return { ...page, progress: await progress(page.items.filter(isUnfinished).slice(0, WATCHED)) };
  },
    page => [
      h("div.heading", tabs(view, "show", SHOWN_TABS),
        project && view.may("content:write") && h("div.tools", h("button", { onclick: () =>
          upload(project) }, "Upload content"), h("button.primary", { onclick: () =>
            generate(view, project) }, "Generate content"))),
      page.items.length
        ? h("div.cards", page.items.map(item => card(item, isUnfinished(item) && page.progress[item.id])))
        : emptyState(view.query.get("show") ?? ""),
      pager(view, page)
    ], { into });
}

/** Return a reader of progress by id. It polls rarely: all clients of a key share its rate limit. */
function progressReader(view) {
  let known = {}, next = 0;
  return async items => {
    if (!items.length || Date.now() < next) return known;
    next = Date.now() + PROGRESS_MS;
    const responses = await Promise.all(
      items.map(({ id }) =>
        call("GET", `/v1/content/${id}/progress`, { signal: view.signal }).catch(() => null)
      )
    );
    return known = Object.fromEntries(responses.filter(Boolean).map(one => [one.contentId, one]));
  };
}

const isUnfinished = item => UNFINISHED.includes(item.status);

function emptyState(show) {
  if (show === "pending")
    return empty("Nothing awaits approval", "New content that needs approval appears here.");
  return show
    ? empty("No matching content", "Choose another tab.")
    : empty("No content yet", "Generate content from the brand, or upload pictures or a video.");
}

export function card(item, progress) {
  const [first] = item.assets;
  return h("a.card.item.card-of", { key: item.id,
    href: link(["projects", item.projectId, "content", item.id]), "data-id": item.id },
    h("div.thumb",
      first ? picture(first) : h("span", item.status === "completed" ? item.caption : item.format),
      item.assets.length > 1
        && h("span.many", { title: `${item.assets.length} pictures` }, item.assets.length),
      first?.kind === "video" && h("span.plays", { ariaHidden: "true" }, "▶")),
    h("div.line", item.status !== "completed" && badge(item.status), approvalBadge(item),
      h("span.hint", item.format.replace("_", " "))),
    progress
      && h("progress", { max: 1, value: progress.stageProgress,
        ariaLabel: `${progress.stage}: ${Math.round(progress.stageProgress * 100)} %` }),
    h("div.excerpt", item.lastError?.message ?? (item.hook || item.caption || "No text")),
    h("div.hint", ago(item.createdAt)));
}

export const approvalBadge = item => item.approvalStatus !== "not_required" && badge(item.approvalStatus);
