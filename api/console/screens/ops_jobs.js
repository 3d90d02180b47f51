// Jobs of all organizations, for operators.

import { bulkActions } from "../bulk.js";
import { attempts, jobId, words } from "../components.js";
import { badge, h } from "../dom.js";
import { call } from "../http.js";
import { jobPage } from "../job_page.js";
import { PHASES } from "../labels.js";
import { link } from "../router.js";
import { empty } from "../states.js";
import { listing, pager } from "../table.js";
import { ago } from "../times.js";
import { heading, search, tabs } from "../view.js";
import { filters, narrowing } from "./jobs.js";

/** Phases of unfinished jobs: their status is `running`. */
const OPEN = ["scheduled", "queued", "running", "waiting"];
const FILTERS = ["organizationId", "projectId", "kind", "phase", "errorCode", "cursor"];

export const opsJobs = { name: "ops-jobs", title: "All jobs", group: "Operations", scope: "ops:read",
  key: "a", icon: "jobs", ids: ["job"], async show(view) {
  const [id] = view.path;
  if (id) return jobPage(view, id, { of: "/v1/ops/jobs", back: { href: "#/ops-jobs", text: "All jobs" } });
  view.title("All jobs");
  await view.live(() => load(view), data => draw(view, data));
} };

async function load({ query, signal }) {
  const { cursor, phase, ...of } = filters(query, FILTERS);
  const asked = new URLSearchParams({ limit: "50", ...filters(query, FILTERS) });
  const [page, counts] = await Promise.all([call("GET", `/v1/ops/jobs?${asked}`, { signal }),
    call("GET", `/v1/ops/jobs/counts?${new URLSearchParams(of)}`, { signal })]);
  return { page, counts: shown(counts) };
}

/** Format the counts for the tabs; a plus marks an incomplete count. */
function shown({ byPhase, moreOf }) {
  const all = Object.values(byPhase).reduce((sum, jobs) => sum + jobs, 0);
  const statusOf = phase => (OPEN.includes(phase) ? "running" : phase);
  const text = (jobs, more) => `${jobs.toLocaleString("en")}${more ? "+" : ""}`;
  return { "": text(all, moreOf.length > 0),
    ...Object.fromEntries(
      Object.entries(byPhase).map(([phase, jobs]) => [phase, text(jobs, moreOf.includes(statusOf(phase)))])
    ) };
}

/** Draw the phase, with the due time of a scheduled job. */
const phase =
  job => (job.phase === "scheduled" ? h("span.line", badge(job.phase), ago(job.runAt)) : badge(job.phase));

const HEADS = [{ text: "Job", className: "name" }, "Phase", { text: "Organization", className: "name wide" },
  { text: "Pool", className: "wide" }, { text: "Attempt", className: "number wide" }, { text: "Accepted",
  className: "wide" }, { text: "", className: "wide" }];

const draw = (view,
  { page, counts }) => [
  heading("All jobs", {
    tools: view.may("ops:write")
      && bulkActions(view, "/v1/ops/jobs", filters(view.query, FILTERS), ["Retry", "Cancel"]),
    under: [tabs(view, "phase", PHASES, counts),
      narrowing(view, search(view, "organizationId", "Organization, org_…"),
        search(view, "projectId", "Project, prj_…"))]
  }),
  listing({ label: "Jobs of all organizations", heads: HEADS,
    none: empty("No matching job", "Filter by an organization's id to search further back.",
      h("a.button", { href: "#/ops-jobs" }, "Clear filters")),
    rows: page.items.map(job => ({ key: job.jobId, href: link(["ops-jobs", job.jobId]),
      cells: [
        h("a", { href: link(["ops-jobs", job.jobId]), title: job.jobId }, words(job.kind), " ",
          h("span.mono.quiet", jobId(job.jobId))),
        phase(job),
        h("a", { href: view.with({ organizationId: job.organizationId }), title: job.organizationName },
          job.organizationName),
        job.pool,
        attempts(job),
        ago(job.createdAt),
        job.error && h("span.why", { title: job.error.message }, job.error.code)
      ] })
    ) }),
  pager(view, page)
];
