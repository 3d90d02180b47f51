// Preview of a post on its platform: media crop and caption cut.

import { h } from "../dom.js";
import { describe } from "../labels.js";
import { film, picture } from "../media.js";

const clamp = ([minimum, maximum], natural) => Math.min(maximum ?? Infinity, Math.max(minimum ?? 0, natural));

/** Return the visible lines, and whether they are the whole text. */
export function cut(text, lines) {
  const all = text.split("\n");
  if (!lines || all.length <= lines.over) return { seen: text, whole: true };
  return { seen: all.slice(0, lines.seen).join("\n").trimEnd(), whole: false };
}

/** Draw the post as on its platform; `when` is a text. */
export function preview({ platform, handle, caption, assets, when }) {
  const { view, title } = describe(platform);
  const who = h("div.by",
    h("span.face", { ariaHidden: "true" }, (handle.replace(/^@/, "")[0] ?? "?").toUpperCase()),
    h("span.cut", h("strong", handle), h("span.hint", ` ${when}`)));
  const files = media(assets, view);
  const words = captionOf(caption, view.lines);
  const order = view.order === "over"
    ? [files, h("div.over", { tabIndex: 0, role: "region", ariaLabel: "Caption" }, who, words)]
    : view.order === "files_first"
    ? [who, files, words]
    : [who, words, files];
  const marks = [view.hasSquareFace && "square-face", view.isWhole && "fit-whole"].filter(Boolean).join(" ");
  return h("figure", { className: `preview ${platform} ${marks}`, ariaLabel: `As ${title} shows it` }, order,
    h("figcaption.unseen", `As ${title} shows it`));
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

function media(assets, view) {
  if (!assets.length)
    return view.order === "over"
      ? h("div.frames.none", { style: { "aspect-ratio": "9 / 16" } }, "Needs a video or pictures")
      : null;
  const shown = view.grid ? assets.slice(0, 4) : assets, several = shown.length > 1 && !view.grid;
  return h("div", { className: `frames ${view.grid ? `grid n${shown.length}` : "slides"}`,
    style: { "aspect-ratio": String(aspect(shown, view)) },
    ...several ? { tabIndex: 0, role: "region", ariaLabel: `${shown.length} pictures` } : {} },
    shown.map(asset =>
      h("div", { key: asset.assetId }, asset.kind === "video" ? film(asset) : picture(asset, { whole: true }))
    ), several && h("span.many", `1/${shown.length}`));
}

function aspect(shown, { single, several, grid }) {
  const [first] = shown, natural = first.width / first.height;
  if (shown.length === 1) return clamp(single, natural);
  return grid ? grid[shown.length - 2] : clamp(several ?? single, natural);
}
