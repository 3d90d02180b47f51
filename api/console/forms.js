// Form dialogs: the API's issues appear at their fields, and a repeated submit is idempotent.

import { openDialog } from "./dialog.js";
import { copyable, h } from "./dom.js";
import { once } from "./http.js";
import { noticeOf } from "./states.js";

let fieldCount = 0;

/** Return a function for request headers: an unchanged request keeps its Idempotency-Key. */
export function requestHeaders() {
  let last = null, headers = null;
  return (...request) => {
    const serialized = JSON.stringify(request);
    if (serialized !== last) [last, headers] = [serialized, once()];
    return headers;
  };
}

/** Draw a field with its label, a hint, and a slot for the API's issue. `name` is its path in the body. */
export function input(name, label, properties = {}, { hint, tag = "input", options } = {}) {
  const id = `field-${++fieldCount}`;
  const field = h(options ? "select" : tag, { id, name, "aria-describedby": `${id}-about`, ...properties },
    options?.map(([value, text]) => h("option", { value, selected: value === properties.value }, text)));
  return h("div.input", h("label", { htmlFor: id }, label), field,
    h("div", { id: `${id}-about` }, hint && h("div.hint", hint),
      h("div.issue", { "data-issue": name, role: "alert" })));
}

/** Draw checkboxes of {value, text, about, checked, disabled}; `name` collects the checked values. */
export const checkboxes = (name, legend, choices, { hint } = {}) =>
  h("fieldset", h("legend", legend), hint && h("div.hint", hint),
    h("div.ticks", choices.map(({ value, text, about, checked = false, disabled = false }) =>
      h("label.tick", h("input", { type: "checkbox", name, value, checked, disabled }),
        h("span", text, about && h("small.hint", about)))
    )), h("div.issue", { "data-issue": name, role: "alert" }));

/**
 * Open a form in a dialog; resolve to the result of `send`, or to undefined if it was closed.
 *
 * `send(values, headers, form)` gets the non-empty values and sends them with `headers(...request)`. `leave`
 * labels the cancel button. The dialog can't be closed during a request; if a browser closes it anyway (at a
 * second Esc), the result is still returned. With `etag` a concurrent change asks before it is overwritten;
 * `stale` reloads.
 */
export async function formDialog(
  { title, text, fields, verb, send, leave = "Cancel", danger = false, broad = false, next, etag, stale }
) {
  let sending = null, match = etag;
  const answer = await openDialog(title, close => {
    const problem = h("div.failed", { role: "alert", hidden: true });
    const cancel = h("button", { onclick: () => close() }, leave);
    const submit = h("button", { type: "submit", className: danger ? "danger" : "primary" }, verb);
    const same = requestHeaders(),
      headers = (...request) => (match ? { ...same(...request), "If-Match": match } : same(...request));
    const form = h("form", { noValidate: false, onsubmit: async event => {
      event.preventDefault();
      if (sending) return;
      clear(form, problem);
      cancel.disabled = submit.disabled = true;
      try {
        sending = send(valuesOf(form), headers, form);
        close(await sending);
      } catch (error) {
        showRefusal(form, problem, error, error.status === 412 && [h("button", { onclick: () => {
          close();
          stale?.();
        } }, "Reload"), h("button.danger", { onclick: () => {
          match = null;
          form.requestSubmit();
        } }, "Overwrite")]);
      }
      cancel.disabled = submit.disabled = false;
      sending = null;
    } }, text && h("p", text), fields, problem,
      h("div.tools.end", next && h("span.hint.next", next), cancel, submit));
    return form;
  }, { className: broad ? "broad" : "", holds: () => sending !== null });
  return answer ?? sending?.catch(noticeOf);
}

/**
 * Return the values that differ from the shown ones: unsent fields keep concurrent changes of other users.
 */
export const changed = (values, shown) =>
  Object.fromEntries(Object.entries(values).filter(([name, value]) => value !== shown[name]));

/** Return the form's values by name: a list for checkboxes, nothing for empty fields. */
function valuesOf(form) {
  const values = {};
  for (const [name, value] of new FormData(form)) {
    if (form.querySelector(`fieldset [type=checkbox][name="${CSS.escape(name)}"]`))
      (values[name] ??= []).push(value);
    else if (value !== "" && !(value instanceof File && !value.name)) values[name] = value;
  }
  return values;
}

function clear(form, problem) {
  problem.hidden = true;
  for (const slot of form.querySelectorAll("[data-issue]")) slot.textContent = "";
  for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
}

function showRefusal(form, problem, error, choices) {
  if (error.name === "AbortError") return;
  const left = (error.details?.issues ?? []).filter(issue => !showIssue(form, issue));
  const serialized = error.details?.issues?.length && !left.length;
  if (choices) {
    problem.replaceChildren(h("strong", "Someone else changed this after you opened it."),
      h("div", "Reload the current values, or overwrite them with yours."), h("div.tools", choices));
    problem.hidden = false;
    return;
  }
  problem.replaceChildren(
    h("strong", serialized ? "Correct the marked fields, and send again." : error.message),
    ...left.map(({ path, message }) => h("div", `${path} ${message}`)),
    ...error.requestId ? [copyable(error.requestId)] : []
  );
  problem.hidden = false;
  form.querySelector("[aria-invalid]")?.focus();
}

/**
 * Show an issue at its field, or at the field that its path begins with: `targets[0].mode` at `targets`.
 * Return whether there is one.
 */
function showIssue(form, { path, message }) {
  const slots = [...form.querySelectorAll("[data-issue]")];
  const slot = slots.find(one => one.dataset.issue === path)
    ?? slots.find(one =>
      path.startsWith(`${one.dataset.issue}.`) || path.startsWith(`${one.dataset.issue}[`)
    );
  if (!slot) return false;
  slot.textContent = message;
  form.querySelector(`[name="${CSS.escape(slot.dataset.issue)}"]`)?.setAttribute("aria-invalid", "true");
  return true;
}
