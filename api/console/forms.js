// Forms in dialogs: the API's refusal stands at the field that it names, and what was meant once happens
// once.

import { openDialog } from "./dialog.js";
import { copyable, h } from "./dom.js";
import { once } from "./http.js";
import { noticeOf } from "./states.js";

let numbers = 0;

/** Headers of one intent: the same request again is the same one, whatever became of the first. */
export function intent() {
  let last = null, headers = null;
  return (...request) => {
    const said = JSON.stringify(request);
    if (said !== last) [last, headers] = [said, once()];
    return headers;
  };
}

/** A field with its label, a hint, and room for what the API says of it. `name` is its path in the body. */
export function input(name, label, properties = {}, { hint, tag = "input", options } = {}) {
  const id = `field-${++numbers}`;
  const field = h(options ? "select" : tag, { id, name, "aria-describedby": `${id}-about`, ...properties },
    options?.map(([value, text]) => h("option", { value, selected: value === properties.value }, text)));
  return h("div", { className: "input" }, h("label", { htmlFor: id }, label), field,
    h("div", { id: `${id}-about` }, hint && h("div", { className: "hint" }, hint),
      h("div", { className: "issue", "data-issue": name, role: "alert" })));
}

/** Boxes to tick, from {value, text, about, checked, disabled}; the form has all values under `name`. */
export const ticks = (name, legend, choices, { hint } = {}) =>
  h("fieldset", {}, h("legend", {}, legend), hint && h("div", { className: "hint" }, hint),
    h("div", { className: "ticks" },
      choices.map(({ value, text, about, checked = false, disabled = false }) =>
      h("label", { className: "tick" }, h("input", { type: "checkbox", name, value, checked, disabled }),
        h("span", {}, text, about && h("small", { className: "hint" }, about))))),
    h("div", { className: "issue", "data-issue": name, role: "alert" }));

/**
 * A form in a dialog. `send(values, headers, form)` gets what was typed, without what is empty, and sends
 * it with `headers(...request)`; `leave` is what the button says that sends nothing. Resolves to what `send`
 * answered, or undefined where the dialog was closed. Nothing closes it while that is on its way; a browser
 * that does so nonetheless, as at a second Esc, loses no answer. What was changed since `etag` is changed
 * only once somebody says so; `stale` shows what it is by now.
 */
export async function formDialog({ title, text, fields, verb, send, leave = "Cancel", danger = false,
  broad = false, next, etag, stale }) {
  let sending = null, match = etag;
  const answer = await openDialog(title, (close) => {
    const problem = h("div", { className: "failed", role: "alert", hidden: true });
    const cancel = h("button", { type: "button", onclick: () => close() }, leave);
    const submit = h("button", { className: danger ? "danger" : "primary" }, verb);
    const same = intent(),
      headers = (...request) => (match ? { ...same(...request), "If-Match": match } : same(...request));
    const form = h("form", {
      noValidate: false,
      onsubmit: async (event) => {
        event.preventDefault();
        if (sending) return;
        clear(form, problem);
        cancel.disabled = submit.disabled = true;
        try {
          sending = send(typed(form), headers, form);
          close(await sending);
        } catch (error) {
          refused(form, problem, error, error.status === 412 && [
            h("button", { type: "button", onclick: () => { close(); stale?.(); } }, "Reload"),
            h("button", { type: "button", className: "danger",
              onclick: () => { match = null; form.requestSubmit(); } }, "Overwrite")]);
        }
        cancel.disabled = submit.disabled = false;
        sending = null;
      },
    }, text && h("p", {}, text), fields, problem,
    h("div", { className: "tools end" }, next && h("span", { className: "hint next" }, next),
      cancel, submit));
    return form;
  }, { className: broad ? "broad" : "", holds: () => sending !== null });
  return answer ?? sending?.catch(noticeOf);
}

/**
 * What of a form says something else than what it showed: what isn't sent stays, also where somebody else
 * has changed it meanwhile.
 */
export const changed = (values, shown) =>
  Object.fromEntries(Object.entries(values).filter(([name, value]) => value !== shown[name]));

/** What was typed, by name: a list where a name is ticked more often, nothing where nothing was said. */
function typed(form) {
  const values = {};
  for (const [name, value] of new FormData(form)) {
    if (form.querySelector(`fieldset [type=checkbox][name="${CSS.escape(name)}"]`)) (values[name] ??= []).push(value);
    else if (value !== "" && !(value instanceof File && !value.name)) values[name] = value;
  }
  return values;
}

function clear(form, problem) {
  problem.hidden = true;
  for (const slot of form.querySelectorAll("[data-issue]")) slot.textContent = "";
  for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
}

function refused(form, problem, error, choices) {
  if (error.name === "AbortError") return;
  const left = (error.details?.issues ?? []).filter((issue) => !placed(form, issue));
  const said = error.details?.issues?.length && !left.length;
  if (choices) {
    problem.replaceChildren(h("strong", {}, "Somebody else has changed this since you opened it."),
      h("div", {}, "See what it is now, or set it to what you typed all the same."),
      h("div", { className: "tools" }, choices));
    problem.hidden = false;
    return;
  }
  problem.replaceChildren(h("strong", {},
    said ? "Look at what is marked above, and send it again." : error.message),
    ...left.map(({ path, message }) => h("div", {}, `${path} ${message}`)),
    ...error.requestId ? [copyable(error.requestId)] : []);
  problem.hidden = false;
  form.querySelector("[aria-invalid]")?.focus();
}

/**
 * Whether the issue has a field, whose name is its path or begins it: `targets[0].mode` stands at
 * `targets`.
 */
function placed(form, { path, message }) {
  const slots = [...form.querySelectorAll("[data-issue]")];
  const slot = slots.find((one) => one.dataset.issue === path)
    ?? slots.find((one) =>
    path.startsWith(`${one.dataset.issue}.`) || path.startsWith(`${one.dataset.issue}[`));
  if (!slot) return false;
  slot.textContent = message;
  form.querySelector(`[name="${CSS.escape(slot.dataset.issue)}"]`)?.setAttribute("aria-invalid", "true");
  return true;
}
