// A post as its platform shows it: how the media are cropped, and where the caption is cut.

import { h } from "../dom.js";
import { film, picture } from "../media.js";
import { PLATFORMS } from "../words.js";

/** Characters that are seen before “more”, the widest and the tallest aspect of media, and how several are laid out. */
const SHAPES = {
  tiktok: { cut: 100, ratio: () => 9 / 16, over: true },
  instagram: { cut: 125, ratio: (natural) => Math.min(1.91, Math.max(4 / 5, natural)), slides: true },
  bluesky: { cut: 300, ratio: (natural) => Math.min(2, Math.max(0.5, natural)), grid: true },
  mastodon: { cut: 500, ratio: () => 16 / 9, grid: true },
};

const segments = new Intl.Segmenter("en", { granularity: "grapheme" });

/** A text's first characters as a reader counts them, and whether that is all. */
export function cut(text, most) {
  const all = [...segments.segment(text)];
  return all.length <= most ? { seen: text, whole: true } : { seen: all.slice(0, most).map(({ segment }) => segment).join("").trimEnd(), whole: false };
}

/** The post on its platform; `when` is a text. */
export function preview({ platform, handle, caption, assets, when }) {
  const shape = SHAPES[platform];
  const who = h("div", { className: "by" }, h("span", { className: "face", ariaHidden: "true" }, (handle.replace(/^@/, "")[0] ?? "?").toUpperCase()), h("span", { className: "cut" }, h("strong", {}, handle), h("span", { className: "hint" }, ` ${when}`)));
  const files = media(assets, shape);
  const words = captionOf(caption, shape.cut);
  const order = shape.over ? [files, h("div", { className: "over" }, who, words)] : platform === "instagram" ? [who, files, words] : [who, words, files];
  return h("figure", { className: `preview ${platform}`, ariaLabel: `As ${PLATFORMS[platform]} shows it` }, order,
    h("figcaption", { className: "unseen" }, `As ${PLATFORMS[platform]} shows it`));
}

function captionOf(text, most) {
  const { seen, whole } = cut(text, most);
  if (whole) return h("p", { className: "caption" }, tagged(text));
  return h("div", { className: "caption" }, tagged(seen), "… ", h("details", {}, h("summary", {}, "more"), h("p", { className: "caption" }, tagged(text))));
}

/** Hashtags, names and addresses stand out, as platforms have it. */
const tagged = (text) => text.split(/(#[\p{L}\p{N}_]+|@[\w.@-]+|https?:\/\/\S+)/u).map((piece, at) => (at % 2 ? h("span", { className: "tag" }, piece) : piece));

function media(assets, shape) {
  if (!assets.length) return shape.over ? h("div", { className: "frames none", style: { "aspect-ratio": "9 / 16" } }, "Needs a video or pictures") : null;
  const shown = shape.grid ? assets.slice(0, 4) : assets;
  const [first] = shown;
  const ratio = shown.length > 1 && shape.grid ? 16 / 9 : shape.ratio(first.width / first.height);
  const several = shown.length > 1 && !shape.grid;
  return h("div", {
    className: `frames ${shape.grid ? `grid n${shown.length}` : "slides"}`, style: { "aspect-ratio": String(ratio) },
    ...several ? { tabIndex: 0, role: "region", ariaLabel: `${shown.length} pictures` } : {},
  }, shown.map((asset) => h("div", { key: asset.assetId }, asset.kind === "video" ? film(asset) : picture(asset, { whole: true }))),
  several && h("span", { className: "many" }, `1/${shown.length}`));
}
