// What several screens ask of the API.

import { call } from "./http.js";

/** The items of a list, at most `most` of them, and whether there are more. */
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

/** Reads a list that grows at its end: what was read stays, and each call goes on from the last full page. */
export function growing(path, { signal }) {
  const kept = [];
  let cursor = null;
  return async () => {
    for (;;) {
      const from = cursor;
      const { items, nextCursor } = await call("GET", `${path}?${query({ limit: 200, cursor: from })}`,
        { signal });
      if (!nextCursor) return [...kept, ...items];
      if (from !== cursor) continue;
      kept.push(...items);
      cursor = nextCursor;
    }
  };
}

/** A query of what is said of it. */
export const query = (filters) =>
  new URLSearchParams(Object.entries(filters).filter(([, value]) =>
  value != null && value !== "")).toString();

const projects = new Map();

/** A project as it was within the last seconds: each of its screens asks. */
export function project(id, { signal, fresh = false } = {}) {
  const kept = projects.get(id);
  if (kept && !fresh && Date.now() - kept.at < 3000) return kept.asked;
  const asked = call("GET", `/v1/projects/${encodeURIComponent(id)}`, { signal });
  projects.set(id, { asked, at: Date.now() });
  asked.catch(() => projects.delete(id));
  return asked;
}

export const forget = (id) => projects.delete(id);
