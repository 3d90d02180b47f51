// Captions and thumbnails of posts' content, each fetched once.

import { call } from "../http.js";

const AT_ONCE = 40;

/** Return a function from posts to a map of their content; each call fetches at most forty missing items. */
export function captions(view, project) {
  const known = new Map();
  const keep = item => known.set(item.id, { text: item.hook || item.caption, asset: item.assets[0] ?? null });
  let listed = false;
  return async posts => {
    if (!listed) {
      const page = await call("GET", `/v1/projects/${project}/content?limit=200`, { signal: view.signal });
      page.items.forEach(keep);
      listed = true;
    }
    const missing = [...new Set(posts.map(({ contentId }) => contentId))].filter(id => !known.has(id)).slice(
      0,
      AT_ONCE
    );
    await Promise.all(missing.map(async id => {
      const item = await call("GET", `/v1/content/${id}`, { signal: view.signal }).catch(() => null);
      if (item) keep(item);
    }));
    return known;
  };
}
