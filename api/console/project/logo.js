// Logo URL of a brand with its known size; files of other hosts are never loaded.

import { externalLink, h } from "../dom.js";

export function logo(url, media) {
  const met = media?.find(one => one.url === url);
  return h("div", externalLink(url), met?.width && h("span.hint", ` ${met.width} × ${met.height}`));
}
