// Dialogs. What had the focus gets it back.

import { h, raiseNotices } from "./dom.js";

/**
 * Opens one with these children, by what `fill` gives for its closing; resolves to what it was closed with.
 * While it `holds`, neither Esc nor a click beside it closes it. A click that began inside, as a selection
 * does, never does.
 */
export function openDialog(title, fill, { className = "", holds = () => false } = {}) {
  const before = document.activeElement;
  return new Promise((resolve) => {
    let answer, pressed = null;
    const close = (value) => {
      answer = value;
      dialog.close();
    };
    const dialog = h("dialog", {
      className, ariaLabel: title,
      onclose: () => {
        raiseNotices();
        dialog.remove();
        if (before?.isConnected) before.focus({ preventScroll: true });
        resolve(answer);
      },
      oncancel: (event) => { if (holds()) event.preventDefault(); },
      onpointerdown: (event) => { pressed = event.target; },
      onclick: (event) => { if (event.target === dialog && pressed === dialog && !holds()) close(); },
    });
    dialog.append(h("div", { className: "inside" }, h("h2", {}, title), fill(close)));
    document.body.append(dialog);
    dialog.showModal();
    raiseNotices();
  });
}

/** Whether a person says yes. `danger` marks what can't be taken back; `leave` says no. */
export const confirmed = ({ title, text, verb, leave = "Cancel", danger = false }) =>
  openDialog(title, (close) => [
    h("p", {}, text),
    h("div", { className: "tools end" },
      h("button", { type: "button", autofocus: true, onclick: () => close(false) }, leave),
      h("button", { type: "button", className: danger ? "danger" : "primary", onclick: () => close(true) },
        verb)),
  ]);
