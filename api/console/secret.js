// A secret that is shown once: to copy now, or to lose.

import { openDialog } from "./dialog.js";
import { h, notice } from "./dom.js";

export const showSecret = ({ title, text, secret, more }) => openDialog(title, (close) => [
  h("p", {}, text),
  h("div", { className: "secret" }, h("code", {}, secret), h("button", {
    type: "button", autofocus: true,
    onclick: async () => {
      await navigator.clipboard?.writeText(secret).catch(() => {});
      notice("Copied.", "good");
    },
  }, "Copy")),
  h("p", { className: "hint" }, "It is shown this once. We keep nothing that it could be read from."), more,
  h("div", { className: "tools end" }, h("button", { type: "button", className: "primary", onclick: () => close() }, "I have it")),
], { className: "broad" });

/** A text of several lines to copy. */
export const snippet = (text, label) => h("div", { className: "snippet" }, h("pre", { className: "json", tabIndex: 0, ariaLabel: label }, text),
  h("button", {
    type: "button", className: "small", ariaLabel: `Copy ${label}`,
    onclick: async () => {
      await navigator.clipboard?.writeText(text).catch(() => {});
      notice("Copied.", "good");
    },
  }, "Copy"));
