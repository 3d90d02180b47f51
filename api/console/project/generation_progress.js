// Progress of content being generated, with a stop button.

import { confirmed } from "../dialog.js";
import { h, notice } from "../dom.js";
import { call, once } from "../http.js";
import { attempt } from "../states.js";
import { section } from "../table.js";
import { stages } from "./job_stages.js";

const STAGES = { queued: "Queued", planning: "Planning", generating_visuals: "Drawing",
  finalizing: "Finishing" };

/** Show progress from the job's event stream, or from `progress` if the key may not read jobs. */
export function generationProgress(view, { shown, job, progress }) {
  const at = job ?? (progress && { stage: progress.stage, progress: progress.stageProgress });
  return section("Generating", {
    tools: view.may("jobs:cancel")
      && h("button.small", { disabled: Boolean(job?.cancelRequested), onclick: ({ currentTarget }) =>
        attempt(currentTarget, () => stop(view, shown)) }, job?.cancelRequested ? "Stopping" : "Stop…")
  }, at && stages(STAGES, at));
}

async function stop(view, { jobId, revision, assets }) {
  const kept = assets.length ? ` Revision ${revision} is kept.` : "";
  if (!await confirmed({ title: "Stop generating this content?", verb: "Stop generating", danger: true,
    text: `It stops at its next step; you can regenerate it later.${kept}` })) return;
  await call("POST", `/v1/jobs/${jobId}/cancel`, { headers: once() });
  notice("Stopping.", "good");
  await view.refresh();
}
