// Dialog of a secret that is shown once.

import { openDialog } from "./dialog.js";
import { copy, h } from "./dom.js";

/** Show a secret. Only the button closes the dialog, as confirmation that the secret is stored. */
export function showSecret({ title, text, secret, more }) {
  const shown = h("code", secret);
  return openDialog(title,
    close => [h("p", text),
      h("div.secret", shown, h("button", { autofocus: true, onclick: () => copy(secret, shown) }, "Copy")),
      h("p.hint", "It is shown only once and can't be recovered."), more,
      h("div.tools.end", h("button.primary", { onclick: () => close() }, "I have stored it"))], {
    className: "broad",
    holds: () => true
  });
}

/** Show a multi-line text with a copy button. */
export function snippet(text, label) {
  const shown = h("pre.json", { tabIndex: 0, ariaLabel: label }, text);
  return h("div.snippet", shown,
    h("button.small", { ariaLabel: `Copy ${label}`, onclick: () => copy(text, shown) }, "Copy"));
}
