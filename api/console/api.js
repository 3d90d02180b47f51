// API helpers shared by several screens.

import { call } from "./http.js";

/** Fetch the items of a list, at most `most`; `more` is set if there are further ones. */
export async function all(path, { most = 1000, signal } = {}) {
  const items = [];
  let cursor = null;
  const joint = path.includes("?") ? "&" : "?";
  do {
    const page = await call("GET",
      `${path}${joint}limit=${Math.min(200, most)}${cursor ? `&cursor=${cursor}` : ""}`, { signal });
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor && items.length < most);
  return { items, more: cursor !== null };
}

/** Return a reader of an append-only list: each call continues after the last full page. */
export function appendOnlyReader(path, { signal }) {
  const cached = [];
  let cursor = null;
  return async () => {
    for (;;) {
      const from = cursor;
      const { items, nextCursor } = await call("GET", `${path}?${query({ limit: 200, cursor: from })}`, {
        signal
      });
      if (!nextCursor) return [...cached, ...items];
      if (from !== cursor) continue;
      cached.push(...items);
      cursor = nextCursor;
    }
  };
}

/** Build a query string without empty values. */
export const query = filters =>
  new URLSearchParams(Object.entries(filters).filter(([, value]) => value != null && value !== ""))
    .toString();

const projects = new Map();

/** Fetch a project, cached for 3 s: each of its screens requests it. */
export function project(id, { signal, fresh = false } = {}) {
  const cached = projects.get(id);
  if (cached && !fresh && Date.now() - cached.at < 3000) return cached.request;
  const request = call("GET", `/v1/projects/${encodeURIComponent(id)}`, { signal });
  projects.set(id, { request, at: Date.now() });
  request.catch(() => projects.delete(id));
  return request;
}

export const uncache = id => projects.delete(id);
