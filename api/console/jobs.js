// Jobs: the list, what may be done to one, and one that is watched while it runs.

import { ago, badge, h, id, notice, row, table } from "./dom.js";
import { call, follow, once } from "./http.js";
import { every } from "./refresh.js";

const STATUSES = ["", "running", "completed", "failed", "canceled"];
const REFRESH_MS = 3000;

export async function jobsView(main, { query, signal, may }) {
  const status = query.get("status") ?? "";
  const list = h("section", {});
  main.replaceChildren(
    h("div", { className: "heading" },
      h("h1", {}, "Jobs"),
      h("nav", { className: "tabs", ariaLabel: "Status" }, STATUSES.map((each) =>
        h("a", { href: `#/jobs?status=${each}`, ariaCurrent: each === status ? "page" : null }, each || "all")))),
    list);
  const show = async () => {
    const page = await call("GET", `/v1/jobs?limit=50${status && `&status=${status}`}`, { signal });
    list.replaceChildren(jobTable(page.items, { may, after: show }));
  };
  await show();
  every(REFRESH_MS, show, signal);
}

export const jobTable = (jobs, { may, after }) =>
  table(["Job", "Kind", "Project", "Status", "Stage", "Progress", "Try", "Created", ""], jobs.map((job) =>
    row(id(job.jobId), job.kind, project(job.projectId), badge(job.status), job.stage, bar(job),
      `${job.attempt} of ${job.maxAttempts}`, ago(job.createdAt), [job.error && h("span", { className: "why", title: job.error.message }, job.error.code),
        ...actions(job, { may, after })])),
  "No job here.");

const project = (whole) => whole ? h("a", { href: `#/projects/${whole}`, title: whole }, `…${whole.slice(-8)}`) : "–";

function actions(job, { may, after }) {
  const act = (verb) => h("button", {
    type: "button", className: "small", onclick: async (event) => {
      event.target.disabled = true;
      try {
        await call("POST", `/v1/jobs/${job.jobId}/${verb}`, { headers: once() });
        await after();
      } catch (error) {
        notice(error.message);
        event.target.disabled = false;
      }
    },
  }, verb);
  if (job.status === "running") return may("jobs:cancel") && !job.cancelRequested ? [act("cancel")] : [];
  return job.status === "completed" ? [] : [act("retry")];
}

const bar = (job) => h("progress", { max: 1, value: job.progress, ariaLabel: `${Math.round(job.progress * 100)} %` });

/** A panel that follows one job to its end; what it ended as. */
export async function watch(panel, jobId, stages, signal) {
  let seen = null;
  for await (const job of follow(jobId, signal)) {
    seen = job;
    panel.replaceChildren(watched(job, stages));
  }
  return seen;
}

function watched(job, stages) {
  const reached = job.status === "completed" ? stages.length : stages.indexOf(job.stage);
  return h("div", { className: "watched" },
    h("div", { className: "line" }, badge(job.status), id(job.jobId), h("span", {}, job.error?.message ?? "")),
    h("progress", { max: 1, value: job.progress, ariaLabel: "Progress" }),
    h("ol", { className: "stages" }, stages.map((stage, place) =>
      h("li", { className: place < reached ? "done" : place === reached ? "now" : "" }, stage))));
}
