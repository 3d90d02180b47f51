// Modal dialogs. Closing returns the focus.

import { h, raiseNotices } from "./dom.js";

/**
 * Open a dialog with the children that `fill(close)` returns; resolve to the value passed to `close`.
 *
 * While `holds()` is true, neither Esc nor a click on the backdrop closes it. A click that began
 * inside never closes it.
 */
export function openDialog(title, fill, { className = "", holds = () => false } = {}) {
  const before = document.activeElement;
  return new Promise(resolve => {
    let answer, pressed = null;
    const close = value => {
      answer = value;
      dialog.close();
    };
    const dialog = h("dialog", { className, ariaLabel: title, onclose: () => {
      raiseNotices();
      dialog.remove();
      if (before?.isConnected) before.focus({ preventScroll: true });
      resolve(answer);
    }, oncancel: event => {
      if (holds()) event.preventDefault();
    }, onpointerdown: event => {
      pressed = event.target;
    }, onclick: event => {
      if (event.target === dialog && pressed === dialog && !holds()) close();
    } });
    dialog.append(h("div.inside", h("h2", title), fill(close)));
    document.body.append(dialog);
    dialog.showModal();
    raiseNotices();
  });
}

/** Ask for confirmation; resolve to a boolean. `danger`: irreversible; `leave`: the no button. */
export const confirmed = ({ title, text, verb, leave = "Cancel", danger = false }) =>
  openDialog(title, close => [h("p", text), h("div.tools.end", h("button", { autofocus: true, onclick: () =>
    close(false) }, leave), h("button", { className: danger ? "danger" : "primary", onclick: () =>
      close(true) }, verb))]);
