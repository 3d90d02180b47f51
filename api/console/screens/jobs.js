// Jobs of the organization: counts by phase, filters and bulk actions.

import { bulkActions } from "../bulk.js";
import { attempts, idLink, jobId, words } from "../components.js";
import { confirmed } from "../dialog.js";
import { announce, badge, h } from "../dom.js";
import { call, once } from "../http.js";
import { jobPage } from "../job_page.js";
import { KINDS } from "../kinds.js";
import { PHASES } from "../labels.js";
import { link } from "../router.js";
import { empty, noticeOf } from "../states.js";
import { listing, pager } from "../table.js";
import { ago, now } from "../times.js";
import { choice, heading, search, tabs } from "../view.js";

const WITHIN = { "": "Any time", 3600: "Last hour", 86400: "Last day", 604800: "Last week" };
const FILTERS = ["kind", "phase", "stage", "projectId", "errorCode", "cursor"];

export const jobs = { name: "jobs", title: "Jobs", group: "Build", scope: "jobs:read", key: "j", icon: "jobs",
  ids: ["job"], async show(view) {
  const [id] = view.path;
  if (id) return jobPage(view, id, { of: "/v1/jobs", back: { href: "#/jobs", text: "Jobs" } });
  view.title("Jobs");
  const picked = new Set();
  const parts = { view, picked, pick: { picked, changed: () => view.redraw() } };
  await view.live(() => load(view), data => draw(parts, data));
} };

async function load({ query, signal }) {
  const params = new URLSearchParams({ limit: "50", ...filters(query) });
  const of = new URLSearchParams(
    ["kind", "projectId"].filter(name => query.get(name)).map(name => [name, query.get(name)])
  );
  const [page, counts] = await Promise.all([call("GET", `/v1/jobs?${params}`, { signal }),
    call("GET", `/v1/jobs/counts?${of}`, { signal })]);
  return { page, counts };
}

/** Return the API filters from the URL, with `within` as a start time. */
export function filters(query, names = FILTERS) {
  const said = Object.fromEntries(names.map(name => [name, query.get(name)]).filter(([, value]) => value));
  const within = Number(query.get("within"));
  return within
    ? { ...said, since: new Date(now() - within * 1000).toISOString().replace(/\.\d+/, "") }
    : said;
}

const HEADS = [{ text: "Job", className: "name" }, { text: "Phase" }, { text: "Stage", className: "wide" }, {
  text: "Project",
  className: "wide"
}, { text: "Attempt", className: "number wide" }, { text: "Accepted", className: "wide" }, { text: "",
  className: "wide" }];

function draw({ view, picked, pick }, { page, counts }) {
  const total = Object.values(counts.byPhase).reduce((sum, jobs) => sum + jobs, 0);
  const acts = view.may("jobs:cancel");
  for (const key of picked) if (!page.items.some(({ jobId: one }) => one === key)) picked.delete(key);
  return [
    heading("Jobs", {
      tools: bulkActions(view, "/v1/jobs", filters(view.query), ["Retry", ...acts ? ["Cancel"] : []]),
      under: [tabs(view, "phase", PHASES, { "": total, ...counts.byPhase }),
        narrowing(view, search(view, "projectId", "Project, prj_…"))]
    }),
    picked.size > 0 && selectionActions(view, page.items.filter(job => picked.has(job.jobId)), picked),
    listing({ label: "Jobs", heads: HEADS, pick: acts && pick, none: emptyState(view),
      rows: page.items.map(job => ({ key: job.jobId, name: `${job.kind} ${job.jobId}`,
        href: link(["jobs", job.jobId]), cells: cells(job) })
      ) }),
    pager(view, page)
  ];
}

export const narrowing = (view, ...more) =>
  h("div.under",
    h("input", { type: "search", placeholder: "Find a job by its id", ariaLabel: "Find a job by its id",
      "data-search": "", spellcheck: false, onchange: ({ target }) => {
        const id = target.value.trim();
        if (id) location.hash = link([location.hash.slice(2).split(/[/?]/)[0], id]);
      } }), choice(view, "kind", "Kind", [["", "Any kind"], ...KINDS.map(kind => [kind, words(kind)])]),
    choice(view, "within", "Accepted", Object.entries(WITHIN)), more,
    search(view, "errorCode", "Error code"));

export const cells =
  job => [
    h("a", { href: link([location.hash.slice(2).split(/[/?]/)[0], job.jobId]), title: job.jobId },
      words(job.kind), " ", h("span.mono.quiet", jobId(job.jobId))),
    badge(job.phase),
    job.phase === "running" ? stage(job) : "",
    idLink("projects", job.projectId),
    attempts(job),
    ago(job.createdAt),
    job.error && h("span.why", { title: job.error.message }, job.error.code)
  ];

const stage = job =>
  h("span.line", words(job.stage),
    job.progress > 0
      && h("progress", { max: 1, value: job.progress, ariaLabel: `${Math.round(job.progress * 100)} %` }));

const emptyState = view =>
  view.query.size
    ? empty("No matching job", "Jobs are kept for 30 days after they end. Try fewer filters.",
      h("a.button", { href: "#/jobs" }, "Clear filters"))
    : empty("No job yet",
      "Every longer operation is a job: read a website, generate content, or schedule a post.");

/** Draw the actions for the selected jobs. */
function selectionActions(view, chosen, picked) {
  const open = chosen.filter(({ status, cancelRequested }) => status === "running" && !cancelRequested);
  const ended = chosen.filter(({ status }) => ["failed", "canceled"].includes(status));
  const act = (verb, jobs, danger) =>
    jobs.length > 0 && h("button", { className: danger ? "danger small" : "small", onclick: async () => {
      const what = `${verb} ${jobs.length === 1 ? "one job" : `${jobs.length} jobs`}`;
      const text = danger
        ? "Waiting jobs end immediately, running jobs at their next step. Jobs that can't be canceled continue."
        : "Each is retried as a new job.";
      if (!await confirmed({ title: `${what}?`, text, verb: what, leave: "Keep jobs", danger })) return;
      await runEach(jobs, verb.toLowerCase());
      picked.clear();
      await view.refresh();
    } }, `${verb} ${jobs.length}`);
  return h("div.chosen", { key: "chosen", role: "status" }, h("strong", `${chosen.length} selected`),
    act("Retry", ended), act("Cancel", open, true), h("button.quietly.small", { onclick: () => {
      picked.clear();
      view.redraw();
    } }, "Clear selection"));
}

async function runEach(jobs, verb) {
  let done = 0;
  for (const { jobId: one } of jobs) {
    try {
      await call("POST", `/v1/jobs/${encodeURIComponent(one)}/${verb}`, { headers: once() });
      done += 1;
    } catch (error) {
      noticeOf(error);
    }
  }
  announce(`${done} of ${jobs.length}: ${verb}`);
}
