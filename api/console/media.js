// Media files of content, always loaded from this host.

import { h } from "./dom.js";

/** Return the file's path on this host: the page may load nothing from other hosts. */
const localUrl = url => `/media/${encodeURIComponent(url.split("/media/").pop())}`;

/** Show an image or a video's poster: the thumbnail, or with `whole` the file itself. */
export function picture(asset, { whole = false } = {}) {
  const small = asset.thumbnailUrl ?? (asset.kind === "image" ? asset.url : null);
  const source = whole ? asset.url : small;
  if (!source) return h("span", asset.kind);
  return h("img", { src: localUrl(source), alt: "", loading: "lazy", width: asset.width,
    height: asset.height });
}

export const film = asset =>
  h("video", { src: localUrl(asset.url), controls: true, preload: asset.thumbnailUrl ? "none" : "metadata",
    playsInline: true, width: asset.width, height: asset.height,
    ...(asset.thumbnailUrl ? { poster: localUrl(asset.thumbnailUrl) } : {}) });

export const portrait = url => h("img", { src: localUrl(url), alt: "", loading: "lazy" });
