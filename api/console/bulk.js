// Bulk retry and cancel of all jobs that match a filter: counts them, then works page by page until stopped.

import { openDialog } from "./dialog.js";
import { h, say } from "./dom.js";
import { call, once } from "./http.js";
import { attempt, noticeOf } from "./states.js";

/** Pause before a retry after a 429. */
const AGAIN_MS = 3000;

const VERBS = {
  Retry: {
    of: ["failed", "canceled"], not: "stage", leave: "Cancel", done: "retried",
    text: "Each job is retried once, as a new job. A post with a past time is published immediately.",
    came: ({ retried, skipped }) => ({ changed: retried.length, skipped }),
  },
  Cancel: {
    of: ["scheduled", "queued", "running", "waiting"], not: "errorCode", leave: "Keep jobs", done: "canceled or stopping", danger: true,
    text: "Waiting jobs end immediately, running jobs at their next step. Jobs that can't be canceled continue.",
    came: ({ jobIds }) => ({ changed: jobIds.length, skipped: [] }),
  },
};

/**
 * Return the bulk buttons. `path` is the list's, `filters` are its current filters, `verbs` the allowed ones.
 */
export const allThatMatch = (view, path, filters, verbs) =>
  verbs.filter((verb) => VERBS[verb].of.includes(filters.phase) && !filters[VERBS[verb].not]).map((verb) =>
    h("button", {
      key: verb, type: "button", className: VERBS[verb].danger ? "danger" : "",
      onclick: ({ currentTarget }) => begin(view, path, filters, verb, currentTarget),
    }, `${verb} all matching jobs`));

async function begin(view, path, filters, verb, button) {
  const asked = await attempt(button, () => count(path, filters, verb));
  if (!asked) return;
  if (!asked.matched) return say(`No job to ${verb.toLowerCase()}`);
  await openDialog(`${verb} ${many(asked)}?`, (close) => question(asked, close), { holds: () => asked.runs });
  await view.refresh();
}

/**
 * Count the matching jobs up to the newest one: jobs that fail later, for example retries, stay untouched.
 */
async function count(path, { cursor, ...filters }, verb) {
  const { items: [newest] } = await call("GET", `${path}?${new URLSearchParams({ ...filters, limit: 1 })}`);
  if (!newest) return { matched: 0 };
  const { phase, kind, stage, projectId, organizationId, errorCode, since } = filters;
  const body = {
    projectId, organizationId, since, until: new Date(Date.parse(newest.createdAt) + 1).toISOString(),
    kinds: kind && [kind],
    ...verb === "Retry" ? { errorCode, statuses: [phase] } : { phases: [phase], stages: stage && [stage] },
  };
  const to = `${path}/${verb.toLowerCase()}`;
  return { verb, to, body, runs: false,
    ...await call("POST", to, { body: { ...body, dryRun: true }, headers: once() }) };
}

const jobs = (value) => `${value.toLocaleString("en")} ${value === 1 ? "job" : "jobs"}`;
const many = ({ matched, capped }) =>
  (capped ? `${matched.toLocaleString("en")} jobs or more` : jobs(matched));

function question(asked, close) {
  const { text, danger, leave } = VERBS[asked.verb], inside = h("div", { className: "all" });
  inside.append(h("p", {}, text), h("div", { className: "tools end" },
    h("button", { type: "button", autofocus: true, onclick: () => close() }, leave),
    h("button", { type: "button", className: danger ? "danger" : "primary",
      onclick: () => run(inside, asked, close) }, `${asked.verb} ${many(asked)}`)));
  return inside;
}

async function run(inside, asked, close) {
  const so = { changed: 0, looked: 0, codes: new Map(), stopped: false };
  const bar = h("progress", { max: asked.matched, value: 0, ariaLabel: "Progress" }),
    told = h("span", { role: "status" });
  const stop = h("button", { type: "button", onclick: () => { so.stopped = stop.disabled = true; } }, "Stop");
  inside.replaceChildren(h("div", { className: "line" }, bar, told),
    h("div", { className: "tools end" }, stop));
  stop.focus();
  asked.runs = true;
  try {
    for await (const { changed, skipped } of pages(asked, so)) {
      so.changed += changed;
      so.looked += changed + skipped.length;
      for (const { code } of skipped) so.codes.set(code, (so.codes.get(code) ?? 0) + 1);
      bar.value = so.looked;
      told.textContent = `${so.looked.toLocaleString("en")} of ${many(asked)}`;
    }
  } catch (error) {
    so.stopped = true;
    noticeOf(error);
  }
  asked.runs = false;
  inside.replaceChildren(...results(asked, so),
    h("div", { className: "tools end" },
    h("button", { type: "button", className: "primary", autofocus: true, onclick: () => close() }, "Close")));
  inside.querySelector("button").focus();
}

/** Yield the result of each call. A call with a 429 is repeated as the same request. */
async function* pages({ verb, to, body }, so) {
  for (let cursor, on = true; on && !so.stopped;) {
    const answer = await patiently(so, { body: { ...body, cursor }, headers: once() }, to);
    if (!answer) return;
    const came = VERBS[verb].came(answer);
    yield came;
    cursor = answer.nextCursor ?? undefined;
    on = Boolean(cursor) || Boolean(answer.more && came.changed);
  }
}

async function patiently(so, request, to) {
  while (!so.stopped) {
    try {
      return await call("POST", to, request);
    } catch (error) {
      if (error.status !== 429) throw error;
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
  return null;
}

const results = ({ verb }, { changed, looked, codes, stopped }) => [
  h("p", { role: "status" }, h("strong", {}, jobs(changed)),
    ` ${VERBS[verb].done}${stopped ? `; stopped after ${looked.toLocaleString("en")}` : ""}.`),
  codes.size > 0 && h("table", { className: "listing", ariaLabel: "Skipped" },
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Skipped"),
      h("th", { scope: "col", className: "number" }, "Jobs"))),
    h("tbody", {}, [...codes].map(([code, times]) =>
      h("tr", {}, h("td", {}, h("code", {}, code)),
      h("td", { className: "number" }, times.toLocaleString("en")))))),
].filter(Boolean);
