// Placeholders of a screen: loading, empty and failed.

import { copyable, h, notice } from "./dom.js";
import { Refused } from "./http.js";

const NEXT = { 401: "Sign out and open the console with another key.",
  403: "Ask the key's creator for a key with the scope in the message.",
  404: "It was deleted, or belongs to another organization. Check the id.",
  429: "Wait a moment: the console retries automatically." };

/** Show placeholder lines while loading. */
export const loading = (lines = 6) =>
  h("div.loading", { role: "status" }, h("span.unseen", "Loading"), Array.from({ length: lines }, () =>
    h("div.bone", { ariaHidden: "true" })));

/** Show an empty state with the next step. */
export const empty = (title, text, ...actions) =>
  h("div.nothing", h("strong", title), text && h("p", text), actions.length > 0 && h("div.tools", actions));

/** Show an error, the next step, and the request id to copy. */
export const failed = (error, again) =>
  h("div.failed", { role: "alert" }, h("strong", error.message), h("p", whatNext(error)),
    h("div.tools", again && h("button", { onclick: again }, "Try again"), error.code && h("code", error.code),
      error.requestId && copyable(error.requestId)));

function whatNext(error) {
  if (!(error instanceof Refused)) return "Check that the server runs. The console retries automatically.";
  return NEXT[error.status]
    ?? (error.status >= 500 ? "Try again. If it persists, send your operator the request id." : "");
}

/** Show an error as a notice, with the request id to copy. */
export function noticeOf(error) {
  if (error.name === "AbortError") return;
  const issues = (error.details?.issues ?? []).map(({ path, message }) => h("div", `${path}: ${message}`));
  notice(error.message, "bad", issues, error.requestId && copyable(error.requestId));
}

/**
 * Run a button's action: the button is disabled meanwhile and gets its focus back; an error becomes a notice.
 */
export async function attempt(button, work) {
  const focused = document.activeElement === button;
  button.disabled = true;
  try {
    return await work();
  } catch (error) {
    noticeOf(error);
  } finally {
    button.disabled = false;
    if (focused && isNowhere(document.activeElement)) button.focus({ preventScroll: true });
  }
}

/** Check that the user has not moved the focus: it falls back here when a button is disabled. */
const isNowhere = element => element === document.body || element.id === "main";
