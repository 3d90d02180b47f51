// Bulk retry and cancel of all jobs that match a filter: counts them, then works page by page until stopped.

import { openDialog } from "./dialog.js";
import { announce, h } from "./dom.js";
import { call, once } from "./http.js";
import { attempt, noticeOf } from "./states.js";

/** Pause before a retry after a 429. */
const RETRY_MS = 3000;

const VERBS = {
  Retry: { phases: ["failed", "canceled"], unless: "stage", leave: "Cancel", done: "retried",
    text: "Each job is retried once, as a new job. A post with a past time is published immediately.",
    result: ({ retried, skipped }) => ({ changed: retried.length, skipped }) },
  Cancel: { phases: ["scheduled", "queued", "running", "waiting"], unless: "errorCode", leave: "Keep jobs",
    done: "canceled or stopping", danger: true,
    text:
      "Waiting jobs end immediately, running jobs at their next step. Jobs that can't be canceled continue.",
    result: ({ jobIds }) => ({ changed: jobIds.length, skipped: [] }) }
};

/** Return the bulk buttons of a list; `verbs` are the allowed ones. */
export const bulkActions = (view, path, filters, verbs) =>
  verbs.filter(verb => VERBS[verb].phases.includes(filters.phase) && !filters[VERBS[verb].unless]).map(verb =>
    h("button", { key: verb, className: VERBS[verb].danger ? "danger" : "", onclick: ({ currentTarget }) =>
      begin(view, path, filters, verb, currentTarget) }, `${verb} all matching jobs`)
  );

async function begin(view, path, filters, verb, button) {
  const batch = await attempt(button, () => count(path, filters, verb));
  if (!batch) return;
  if (!batch.matched) return announce(`No job to ${verb.toLowerCase()}`);
  await openDialog(`${verb} ${countText(batch)}?`, close => confirmation(batch, close), {
    holds: () => batch.runs
  });
  await view.refresh();
}

/**
 * Count the matching jobs up to the newest one: jobs that fail later, for example retries, stay untouched.
 */
async function count(path, { cursor, ...filters }, verb) {
  const { items: [newest] } = await call("GET", `${path}?${new URLSearchParams({ ...filters, limit: 1 })}`);
  if (!newest) return { matched: 0 };
  const { phase, kind, stage, projectId, organizationId, errorCode, since } = filters;
  const body = { projectId, organizationId, since,
    until: new Date(Date.parse(newest.createdAt) + 1).toISOString(), kinds: kind && [kind],
    ...verb === "Retry" ? { errorCode, statuses: [phase] } : { phases: [phase], stages: stage && [stage] } };
  const url = `${path}/${verb.toLowerCase()}`;
  return { verb, url, body, runs: false,
    ...await call("POST", url, { body: { ...body, dryRun: true }, headers: once() }) };
}

const jobs = value => `${value.toLocaleString("en")} ${value === 1 ? "job" : "jobs"}`;
const countText = (
  { matched, capped }
) => (capped ? `${matched.toLocaleString("en")} jobs or more` : jobs(matched));

function confirmation(batch, close) {
  const { text, danger, leave } = VERBS[batch.verb], inside = h("div.all");
  inside.append(h("p", text),
    h("div.tools.end", h("button", { autofocus: true, onclick: () => close() }, leave),
      h("button", { className: danger ? "danger" : "primary", onclick: () => run(inside, batch, close) },
        `${batch.verb} ${countText(batch)}`)));
  return inside;
}

async function run(inside, batch, close) {
  const state = { changed: 0, processed: 0, codes: new Map(), stopped: false };
  const bar = h("progress", { max: batch.matched, value: 0, ariaLabel: "Progress" }),
    status = h("span", { role: "status" });
  const stop = h("button", { onclick: () => {
    state.stopped = stop.disabled = true;
  } }, "Stop");
  inside.replaceChildren(h("div.line", bar, status), h("div.tools.end", stop));
  stop.focus();
  batch.runs = true;
  try {
    for await (const { changed, skipped } of pages(batch, state)) {
      state.changed += changed;
      state.processed += changed + skipped.length;
      for (const { code } of skipped) state.codes.set(code, (state.codes.get(code) ?? 0) + 1);
      bar.value = state.processed;
      status.textContent = `${state.processed.toLocaleString("en")} of ${countText(batch)}`;
    }
  } catch (error) {
    state.stopped = true;
    noticeOf(error);
  }
  batch.runs = false;
  inside.replaceChildren(...results(batch, state),
    h("div.tools.end", h("button.primary", { autofocus: true, onclick: () => close() }, "Close")));
  inside.querySelector("button").focus();
}

/** Yield the result of each call. A call with a 429 is repeated as the same request. */
async function* pages({ verb, url, body }, state) {
  for (let cursor, on = true; on && !state.stopped;) {
    const answer = await callWithRetry(state, { body: { ...body, cursor }, headers: once() }, url);
    if (!answer) return;
    const result = VERBS[verb].result(answer);
    yield result;
    cursor = answer.nextCursor ?? undefined;
    on = Boolean(cursor) || Boolean(answer.more && result.changed);
  }
}

async function callWithRetry(state, request, url) {
  while (!state.stopped) {
    try {
      return await call("POST", url, request);
    } catch (error) {
      if (error.status !== 429) throw error;
      await new Promise(resolve => setTimeout(resolve, RETRY_MS));
    }
  }
  return null;
}

const results = ({ verb }, { changed, processed, codes, stopped }) =>
  [
    h("p", { role: "status" }, h("strong", jobs(changed)),
      ` ${VERBS[verb].done}${stopped ? `; stopped after ${processed.toLocaleString("en")}` : ""}.`),
    codes.size > 0
    && h("table.listing", { ariaLabel: "Skipped" },
      h("thead", h("tr", h("th", { scope: "col" }, "Skipped"), h("th.number", { scope: "col" }, "Jobs"))),
      h("tbody", [...codes].map(([code, times]) =>
        h("tr", h("td", h("code", code)), h("td.number", times.toLocaleString("en")))
      )))
  ].filter(Boolean);
