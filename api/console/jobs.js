// A job that is watched while it runs.

import { badge, h, id } from "./dom.js";
import { follow } from "./http.js";

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
    h("div", { className: "line" }, badge(job.status), id(job.jobId),
      h("span", {}, job.error?.message ?? "")),
    h("progress", { max: 1, value: job.progress, ariaLabel: "Progress" }),
    h("ol", { className: "stages" }, stages.map((stage, place) =>
      h("li", { className: place < reached ? "done" : place === reached ? "now" : "" }, stage))));
}
