// Keyboard shortcuts: global ones, and navigation of table rows.

import { openDialog } from "./dialog.js";
import { h } from "./dom.js";

const EDITABLE = "input, textarea, select, [contenteditable]";
const GO_MS = 1500;

const rows = () => [...document.querySelectorAll("main .line-of, main .card-of")];

/** Listen for shortcuts. `frame` has the allowed screens and the global actions. */
export function listen(frame) {
  let going = 0;
  addEventListener("keydown", event => {
    if (event.defaultPrevented || event.altKey) return;
    if ((event.metaKey || event.ctrlKey) && event.key === "k") return runAction(event, frame.find);
    if (event.metaKey || event.ctrlKey) return;
    if (event.key === "Escape") return leave(event);
    if (event.target.closest(EDITABLE) && event.target.type !== "checkbox"
      || document.querySelector("dialog[open]")) return;
    if (Date.now() - going < GO_MS) {
      going = 0;
      const screen = frame.screens().find(({ key }) => key === event.key);
      if (screen) runAction(event, () => frame.open(screen));
      return;
    }
    if (event.key === "g") going = Date.now();
    const act =
      { "/": () => search(frame), j: () => moveBy(1), k: () => moveBy(-1), x: toggleSelection,
        "?": () => help(frame), r: frame.refresh }[event.key];
    if (act) runAction(event, act);
    else if (event.key === "Enter") openRow(event);
  });
}

function runAction(event, act) {
  event.preventDefault();
  act();
}

/** Leave a field or row. (Dialogs close themselves.) */
function leave(event) {
  if (document.querySelector("dialog[open]")) return;
  if (event.target.closest(`${EDITABLE}, .line-of, .card-of`)) event.target.blur();
}

function search(frame) {
  const field = document.querySelector("main [data-search]");
  if (!field) return frame.find();
  field.focus();
  field.select?.();
}

function moveBy(step) {
  const all = rows();
  const now = all.indexOf(document.activeElement?.closest(".line-of, .card-of"));
  const next =
    all[now < 0 ? (step > 0 ? 0 : all.length - 1) : Math.max(0, Math.min(all.length - 1, now + step))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

const currentRow = () =>
  document.activeElement?.matches(".line-of, .card-of") ? document.activeElement : null;

const toggleSelection = () => currentRow()?.querySelector("[data-pick]")?.click();

function openRow(event) {
  const row = currentRow();
  if (!row) return;
  event.preventDefault();
  if (row.dataset.href) location.hash = row.dataset.href;
  else row.click();
}

const SHORTCUTS = [["/", "Search this screen, or find anything"], ["Ctrl K", "Find a screen or an id"], ["j",
  "Next row"], ["k", "Previous row"], ["Enter", "Open the row"], ["x", "Select the row"], ["r",
  "Refresh now"], ["Esc", "Leave a field or dialog"], ["?", "This help"]];

export const help = frame =>
  openDialog("Keyboard",
    close => [
      h("dl.keys",
        [...SHORTCUTS, ...frame.screens().map(({ key, title }) => [`g ${key}`, title])].map(([key, text]) =>
          h("div", h("dt", key.split(" ").map(one => h("kbd", one))), h("dd", text))
        )),
      h("div.tools.end", h("button", { onclick: () => close() }, "Close"))
    ], { className: "broad" });
