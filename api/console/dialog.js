// Dialogs: a question, and a form. What had the focus gets it back.

import { copyable, h } from "./dom.js";

/** Opens one with these children, by what `fill` gives for its closing; resolves to what it was closed with. */
export function openDialog(title, fill, { className = "" } = {}) {
  const before = document.activeElement;
  return new Promise((resolve) => {
    let answer;
    const close = (value) => {
      answer = value;
      dialog.close();
    };
    const dialog = h("dialog", {
      className, ariaLabel: title,
      onclose: () => {
        dialog.remove();
        if (before?.isConnected) before.focus({ preventScroll: true });
        resolve(answer);
      },
      onclick: (event) => { if (event.target === dialog) close(); },
    });
    dialog.append(h("div", { className: "inside" }, h("h2", {}, title), fill(close)));
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Whether a person says yes. `danger` marks what can't be taken back. */
export const confirmed = ({ title, text, verb, danger = false }) =>
  openDialog(title, (close) => [
    h("p", {}, text),
    h("div", { className: "tools end" },
      h("button", { type: "button", autofocus: true, onclick: () => close(false) }, "Cancel"),
      h("button", { type: "button", className: danger ? "danger" : "primary", onclick: () => close(true) }, verb)),
  ]);

/**
 * A form whose fields `fields` are elements with names; `send` gets their values and may throw, which is told in
 * the dialog: what was typed stays. Resolves to what `send` answered, or undefined.
 */
export const asked = ({ title, text, fields, verb, send, danger = false }) =>
  openDialog(title, (close) => {
    const problem = h("div", { className: "failed", role: "alert", hidden: true });
    const submit = h("button", { className: danger ? "danger" : "primary" }, verb);
    return h("form", {
      onsubmit: async (event) => {
        event.preventDefault();
        submit.disabled = true;
        try {
          close(await send(Object.fromEntries(new FormData(event.target))));
        } catch (error) {
          told(problem, error);
          submit.disabled = false;
        }
      },
    }, text && h("p", {}, text), fields, problem,
    h("div", { className: "tools end" }, h("button", { type: "button", onclick: () => close() }, "Cancel"), submit));
  });

function told(problem, error) {
  const issues = (error.details?.issues ?? []).map(({ path, message }) => h("div", {}, `${path}: ${message}`));
  problem.replaceChildren(h("strong", {}, error.message), ...issues, ...error.requestId ? [copyable(error.requestId)] : []);
  problem.hidden = false;
}

/** A field with its label. */
export const field = (label, properties, { hint, tag = "input", options } = {}) =>
  h("label", {}, label,
    h(options ? "select" : tag, properties, options?.map(([value, text]) =>
      h("option", { value, selected: value === properties.value }, text))),
    hint && h("span", { className: "hint" }, hint));
