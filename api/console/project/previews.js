// Preview of a post on its platform: media crop and caption cut.

import { h } from "../dom.js";
import { PLATFORMS } from "../labels.js";
import { film, picture } from "../media.js";

const clamp = (minimum, maximum) => natural => Math.min(maximum, Math.max(minimum, natural));

/**
 * Display rules by platform, from its pages or code, all read on 2026-11-27.
 *
 * `lines`: a text with more than `over` lines is cut to `seen` lines before “more”. `one` is the aspect ratio
 * of a single file, `grid` that of two, three and four together. Undocumented cuts are left out: TikTok and
 * Instagram publish no number.
 */
const SHAPES = {
  // A phone's screen; the whole image fits into it.
  tiktok: { one: () => 9 / 16, over: true },
  // developers.facebook.com/docs/instagram-platform/content-publishing: a carousel's images are cropped like
  // its first. The media reference accepts images between 4:5 and 1.91:1.
  instagram: { one: natural => natural, several: clamp(4 / 5, 1.91), slides: true },
  // github.com/bluesky-social/social-app: MAX_POST_LINES of lib/constants, AutoSizedImage, ImageLayoutGrid.
  bluesky: { lines: { over: 25, seen: 25 }, one: clamp(1 / 2, Infinity), grid: [2, 2, 3 / 2] },
  // github.com/mastodon/mastodon: status_content and media_gallery. A text over 706 px (32 lines) is cut to
  // 330 px: 15 lines.
  mastodon: { lines: { over: 32, seen: 15 }, one: natural => natural, grid: [3 / 2, 3 / 2, 3 / 2] }
};

/** Return the visible lines, and whether they are the whole text. */
export function cut(text, lines) {
  const all = text.split("\n");
  if (!lines || all.length <= lines.over) return { seen: text, whole: true };
  return { seen: all.slice(0, lines.seen).join("\n").trimEnd(), whole: false };
}

/** Draw the post as on its platform; `when` is a text. */
export function preview({ platform, handle, caption, assets, when }) {
  const shape = SHAPES[platform];
  const who = h("div.by",
    h("span.face", { ariaHidden: "true" }, (handle.replace(/^@/, "")[0] ?? "?").toUpperCase()),
    h("span.cut", h("strong", handle), h("span.hint", ` ${when}`)));
  const files = media(assets, shape);
  const words = captionOf(caption, shape.lines);
  const order = shape.over
    ? [files, h("div.over", { tabIndex: 0, role: "region", ariaLabel: "Caption" }, who, words)]
    : platform === "instagram"
    ? [who, files, words]
    : [who, words, files];
  return h("figure", { className: `preview ${platform}`, ariaLabel: `As ${PLATFORMS[platform]} shows it` },
    order, h("figcaption.unseen", `As ${PLATFORMS[platform]} shows it`));
}

function captionOf(text, lines) {
  const { seen, whole } = cut(text, lines);
  if (whole) return h("p.caption", highlight(text));
  return h("div.caption", highlight(seen), "… ",
    h("details", h("summary", "more"), h("p.caption", highlight(text))));
}

/** Highlight hashtags, mentions and URLs, as platforms do. */
const highlight = text =>
  text.split(/(#[\p{L}\p{N}_]+|@[\w.@-]+|https?:\/\/\S+)/u).map((piece,
    at) => (at % 2 ? h("span.tag", piece) : piece)
  );

function media(assets, shape) {
  if (!assets.length)
    return shape.over
      ? h("div.frames.none", { style: { "aspect-ratio": "9 / 16" } }, "Needs a video or pictures")
      : null;
  const shown = shape.grid ? assets.slice(0, 4) : assets, several = shown.length > 1 && !shape.grid;
  return h("div", { className: `frames ${shape.grid ? `grid n${shown.length}` : "slides"}`,
    style: { "aspect-ratio": String(aspect(shown, shape)) },
    ...several ? { tabIndex: 0, role: "region", ariaLabel: `${shown.length} pictures` } : {} },
    shown.map(asset =>
      h("div", { key: asset.assetId }, asset.kind === "video" ? film(asset) : picture(asset, { whole: true }))
    ), several && h("span.many", `1/${shown.length}`));
}

function aspect(shown, { one, several = one, grid }) {
  const [first] = shown, natural = first.width / first.height;
  if (shown.length === 1) return one(natural);
  return grid ? grid[shown.length - 2] : several(natural);
}
