// Posts of all projects, in the order of their creation.

import { query } from "../api.js";
import { badge, h } from "../dom.js";
import { call } from "../http.js";
import { PLATFORMS, POSTS } from "../labels.js";
import { go, link } from "../router.js";
import { empty } from "../states.js";
import { listing, pager } from "../table.js";
import { ago } from "../times.js";
import { heading, tabs } from "../view.js";

const TABS = [["", "All"],
  ...["queued", "blocked", "publishing", "published", "failed", "outcome_unknown", "canceled"].map(
    status => [status, POSTS[status].word[0].toUpperCase() + POSTS[status].word.slice(1)]
  )];

export const posts = { name: "posts", title: "Posts", group: "Build", scope: "publish:read", key: "b",
  icon: "calendar", ids: ["sp"], async show(view) {
  view.title("Posts");
  const [id] = view.path;
  if (id)
    return go(["projects",
      (await call("GET", `/v1/scheduled-posts/${encodeURIComponent(id)}`, { signal: view.signal })).projectId,
      "calendar", id]);
  const asked = () =>
    query({ status: view.query.get("status"), cursor: view.query.get("cursor"), limit: 50 });
  await view.live(() => call("GET", `/v1/scheduled-posts?${asked()}`, { signal: view.signal }),
    page => [heading("Posts of all projects", { under: tabs(view, "status", TABS) }),
      listing({ label: "Posts",
        heads: ["Time", "State", "Platform", { text: "Details", className: "wide long" }, { text: "Project",
          className: "wide" }],
        rows: page.items.map(post => ({ key: post.id,
          href: link(["projects", post.projectId, "calendar", post.id]), name: post.id, cells: cells(post) })
        ), none: empty("No matching post", "Schedule a post in a project's calendar or content.") }),
      pager(view, page)]);
} };

const cells =
  post => [
    h("a", { href: link(["projects", post.projectId, "calendar", post.id]) },
      ago(post.publishedAt ?? post.scheduledFor)),
    badge(POSTS[post.status].word, POSTS[post.status].tone),
    PLATFORMS[post.platform],
    post.waiting?.message ?? post.lastError?.message ?? post.cancelReason?.replaceAll("_", " ")
      ?? POSTS[post.status].next,
    h("a", { href: link(["projects", post.projectId]) }, `…${post.projectId.slice(-8)}`)
  ];
