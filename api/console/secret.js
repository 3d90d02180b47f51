// A secret that is shown once: to copy now, or to lose.

import { openDialog } from "./dialog.js";
import { copy, h } from "./dom.js";

/** Only its button closes it: nothing else says that the secret is kept. */
export function showSecret({ title, text, secret, more }) {
  const shown = h("code", {}, secret);
  return openDialog(title, (close) => [
    h("p", {}, text),
    h("div", { className: "secret" }, shown,
      h("button", { type: "button", autofocus: true, onclick: () => copy(secret, shown) }, "Copy")),
    h("p", { className: "hint" }, "It is shown this once. We keep nothing that it could be read from."), more,
    h("div", { className: "tools end" },
      h("button", { type: "button", className: "primary", onclick: () => close() }, "I have it")),
  ], { className: "broad", holds: () => true });
}

/** A text of several lines to copy. */
export function snippet(text, label) {
  const shown = h("pre", { className: "json", tabIndex: 0, ariaLabel: label }, text);
  return h("div", { className: "snippet" }, shown,
    h("button", { type: "button", className: "small", ariaLabel: `Copy ${label}`,
    onclick: () => copy(text, shown) }, "Copy"));
}
