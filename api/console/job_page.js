// Page of one job: its phase, result and timeline.

import { appendOnlyReader } from "./api.js";
import { attempts, idLink, json, words } from "./components.js";
import { confirmed } from "./dialog.js";
import { announce, badge, copyable, h } from "./dom.js";
import { call, once } from "./http.js";
import { link } from "./router.js";
import { attempt } from "./states.js";
import { facts, section } from "./table.js";
import { ago, duration, now } from "./times.js";
import { heading } from "./view.js";

const REFRESH_MS = 2000;

/** Show a job; `of` is the path of its list, the organization's or the operators'. */
export async function jobPage(view, id, { of, back }) {
  view.title(`Job ${id.slice(-8)}`);
  const path = `${of}/${encodeURIComponent(id)}`;
  const own = of === "/v1/jobs", { signal } = view;
  const timeline = appendOnlyReader(`${path}/timeline`, { signal });
  await view.live(async () => {
    const [job, events] = await Promise.all([call("GET", path, { signal }), timeline()]);
    return { job, events };
  }, ({ job, events }) => draw(view, job, events, { own, back }), { milliseconds: REFRESH_MS });
}

/** Return the run time since the first attempt, without the wait before it. */
function runTime({ finishedAt }, events) {
  const first = events.find(({ type }) => type === "attempt_started");
  return first && duration(Math.max(0, new Date(finishedAt ?? now()) - new Date(first.at)) / 1000);
}

/** Return the due time; the partners' API has it in `waiting`. */
const dueAt = ({ phase, runAt, waiting }) =>
  runAt ?? (["scheduled", "waiting"].includes(phase) ? waiting?.until : null);

function draw(view, job, events, { own, back }) {
  const list = own ? "jobs" : "ops-jobs";
  return [
    heading([words(job.kind), " ", badge(job.phase)], { back,
      tools: [own && actions(view, job), copyable(job.jobId)] }),
    job.waiting
    && section("Why it waits", { className: "waiting" }, h("p", job.waiting.message),
      job.waiting.until && h("p.quiet", "The wait ends ", ago(job.waiting.until))),
    job.error
    && h("section.failed", { key: "error", role: "group", ariaLabel: "Why it failed" },
      h("strong", job.error.message), h("p", nextStep(job, own)), h("div.tools", h("code", job.error.code))),
    job.phase === "running"
    && section("Progress", {},
      h("div.line", h("progress.long", { max: 1, value: job.progress, ariaLabel: "Progress" }),
        `${words(job.stage)}, ${Math.round(job.progress * 100)} %`)),
    section("Facts", {},
      facts([["Organization",
        job.organizationName && h("span", { title: job.organizationId }, job.organizationName)], ["Pool",
        job.pool], ["Project", job.projectId && (own ? idLink("projects", job.projectId) : jobsOf(job))], [
        "Due",
        dueAt(job) && ago(dueAt(job))
      ], ["Attempt", job.attempt > 0 && attempts(job)], ["Accepted", ago(job.createdAt)], ["Ended",
        job.finishedAt && ago(job.finishedAt)], [job.finishedAt ? "Duration" : "Running for",
        (job.finishedAt || job.phase === "running") && runTime(job, events)], ["Deadline",
        !job.finishedAt && job.deadlineAt && ago(job.deadlineAt)], ["Retry of",
        job.retryOf && idLink(list, job.retryOf)], ["Cancel", job.cancelRequested && "requested"]])),
    events.length > 0
    && section("Timeline", {}, h("ol.timeline", events.map((one, index) =>
      event(one, `${index} ${one.type}`, list)
    ))),
    job.args && section("Arguments", {}, json(job.args)),
    job.result && section("Result", {}, json(job.result))
  ];
}

/** Check for a post that may be live: a retry could publish it twice. */
const isUnclear = ({ error }) => error?.code === "OUTCOME_UNKNOWN";

/** Return the next step after a failure. */
const nextStep = (job,
  own) => (isUnclear(job)
    ? ["The post may be live: check the account, then record the outcome", own
      ? h("span", " at the ",
        h("a", { href: link(["posts"], { status: "outcome_unknown" }) }, "post with the unclear outcome"),
        ".")
      : "."]
    : job.error.retryable
    ? "A retry may succeed."
    : "A retry would fail again: change the request.");

/** Link to the project's jobs: an operator's key can't open projects. */
const jobsOf = ({ organizationId, projectId }) =>
  h("a.mono", { href: link(["ops-jobs"], { organizationId, projectId }), title: projectId },
    `…${projectId.slice(-8)}`);

/** Draw one event of the timeline. */
function event({ at, type, attempt: which, outcome, step, code, message, workerId, retryOf }, key, list) {
  const more = [which && `attempt ${which}`, outcome && words(outcome), step && words(step), code].filter(
    Boolean
  ).join(", ");
  return h("li", { key }, ago(at),
    h("span", h("strong", words(type)), more && ` · ${more}`, message && h("div.quiet", message)),
    workerId ? copyable(workerId, `on …${workerId.slice(-6)}`) : retryOf && idLink(list, retryOf));
}

function actions(view, job) {
  const act = (verb, text, danger) =>
    h("button", { className: danger ? "danger" : "primary", onclick: async ({ currentTarget }) => {
      if (danger
        && !await confirmed({ title: `${verb} this job?`, text, verb: `${verb} job`, leave: "Keep job",
          danger })) return;
      const answer = await attempt(currentTarget, () =>
        call("POST", `/v1/jobs/${encodeURIComponent(job.jobId)}/${verb.toLowerCase()}`, { headers: once() }));
      if (!answer)
        return;
      announce(`${verb}: done`);
      if (verb === "Retry")
        location.hash = `#/jobs/${answer.jobId}`;
      else await view.refresh();
    } }, `${verb} job`);
  if (job.status === "running")
    return view.may("jobs:cancel") && !job.cancelRequested
      && act("Cancel", "A waiting job ends immediately, a running job at its next step.", true);
  return job.status !== "completed" && !isUnclear(job) && act("Retry", "", false);
}
