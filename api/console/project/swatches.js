// A logo where its picture may be shown: files of other hosts are named, and load nothing.

import { h, outside } from "../dom.js";

export function logo(url, media) {
  const met = media?.find((one) => one.url === url);
  return h("div", {}, outside(url),
    met?.width && h("span", { className: "hint" }, ` ${met.width} × ${met.height}`));
}
