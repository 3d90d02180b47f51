// Files of content: always of this host, whatever address an answer names.

import { h } from "./dom.js";

/** The file's address here. The page may load nothing from elsewhere. */
const here = (url) => `/media/${encodeURIComponent(url.split("/media/").pop())}`;

/** A picture, or the poster of a video: its thumbnail in lists, the file itself where it is looked at. */
export function picture(asset, { whole = false } = {}) {
  const small = asset.thumbnailUrl ?? (asset.kind === "image" ? asset.url : null);
  const source = whole ? asset.url : small;
  if (!source) return h("span", {}, asset.kind);
  return h("img", { src: here(source), alt: "", loading: "lazy", width: asset.width, height: asset.height });
}

export const film = (asset) =>
  h("video", {
    src: here(asset.url), controls: true, preload: asset.thumbnailUrl ? "none" : "metadata",
      playsInline: true,
    width: asset.width, height: asset.height,
      ...(asset.thumbnailUrl ? { poster: here(asset.thumbnailUrl) } : {}),
  });

export const portrait = (url) => h("img", { src: here(url), alt: "", loading: "lazy" });
