// Content of all projects.

import { h } from "../dom.js";
import { call } from "../http.js";
import { contentList } from "../project/content.js";
import { go } from "../router.js";
import { heading } from "../view.js";

export const content = { name: "content", title: "Content", group: "Build", scope: "content:read", key: "c",
  icon: "content", ids: ["cnt"], async show(view) {
  view.title("Content");
  const [id] = view.path;
  if (id)
    return go(["projects",
      (await call("GET", `/v1/content/${encodeURIComponent(id)}`, { signal: view.signal })).projectId,
      "content", id]);
  const list = h("div.tab");
  view.main.replaceChildren(heading("Content of all projects"), list);
  await contentList(view, { path: "/v1/content", into: list });
} };
