// Progress of running jobs by stage.

import { h } from "../dom.js";
import { follow } from "../http.js";

const RETRY_MS = 5000;

/** Follow jobs by name over event streams; call `ended` after each. Retries a failed stream later. */
export function followJobs(view, ended) {
  const live = new Map();
  const forget = (name, jobId) => {
    if (live.get(name)?.jobId === jobId) live.delete(name);
  };
  const watch = async (name, jobId) => {
    if (live.get(name)?.jobId === jobId || !view.may("jobs:read")) return;
    live.set(name, { jobId, stage: "queued", progress: 0 });
    try {
      for await (const job of follow(jobId, view.signal)) {
        live.set(name, job);
        view.redraw();
      }
    } catch {
      return setTimeout(forget, RETRY_MS, name, jobId);
    }
    forget(name, jobId);
    if (!view.signal.aborted) await ended();
  };
  return { watch, of: name => live.get(name) };
}

/** Show the stages; `names` maps each stage code to its label, in order. */
export function stages(names, { stage, progress }) {
  const codes = Object.keys(names), now = codes.indexOf(stage);
  return h("div.watched", h("progress", { max: 1, value: progress, ariaLabel: "Progress" }),
    h("ol.stages",
      codes.map((code, place) =>
        h("li", { key: code, className: place < now ? "done" : place === now ? "now" : "",
          ariaCurrent: place === now ? "step" : null }, names[code])
      )));
}
