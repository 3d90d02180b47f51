// Ingests of a project: the three sources, their progress, and the next step after a failure.

import { project, uncache } from "../api.js";
import { badge, h } from "../dom.js";
import { formDialog, input } from "../forms.js";
import { call } from "../http.js";
import { nextStep, SOURCES } from "../labels.js";
import { link } from "../router.js";
import { noticeOf } from "../states.js";
import { section } from "../table.js";
import { agoReal } from "../times.js";
import { followJobs, stages } from "./job_stages.js";

const STAGES = { queued: "Queued", fetching: "Fetching", analyzing: "Analyzing", saving: "Saving" };

/** Draw a card of each source; calls `ended` when an ingest has ended. */
export async function ingests(view, { id, into, ended }) {
  const live = followJobs(view, () => {
    uncache(id);
    return ended();
  });
  const begin = async (source, shown) => {
    const accepted = await ask(source, shown);
    if (accepted) live.watch(source, accepted.jobId);
    uncache(id);
    await view.refresh();
  };
  await view.live(() => project(id, { signal: view.signal }), shown => {
    for (const [source, state] of Object.entries(shown.ingestState)) {
      if (state?.status === "running") live.watch(source, state.jobId);
    }
    const starts = view.may("ingest:write") && shown.status === "active";
    return section("Sources", { className: "sources" },
      h("div.three",
        ["website", "github", "appstore"].map(source =>
          h("div.source", { key: source }, sourceOf(source, shown, live.of(source), starts && (() =>
            begin(source, shown).catch(noticeOf))))
        )));
  }, { into });
}

function sourceOf(source, shown, job, start) {
  const state = shown.ingestState[source];
  const status = job ? job.phase ?? "queued" : state?.status;
  return [h("div.heading", h("h3", SOURCES[source]), status && badge(status)),
    job
      ? stages(STAGES, job)
      : !state
      ? h("p.hint", ABOUT[source])
      : state.status === "failed"
      ? failure(source, state)
      : h("p.hint", state.completedAt ? ["Read ", agoReal(state.completedAt)] : "Canceled"),
    h("div.line",
      start && !job
        && h("button.small", { ariaLabel: `${state ? "Read again" : "Read"}: ${SOURCES[source]}`,
          onclick: start }, state ? "Read again" : "Read"),
      state && h("a.hint", { href: link(["jobs", state.jobId]) }, "Open job"))];
}

const ABOUT = { website: "Name, texts, colors and logo from a site's pages.",
  github: "Name and texts from a public repository.",
  appstore: "The app's page on the App Store or Google Play." };

/** Show the error and the next step. */
const failure = (source, { error, completedAt }) =>
  h("div.failures", h("p.why", error.message), h("p", nextStep(error, source)),
    h("p.hint", h("code", error.code), " ", agoReal(completedAt)));

const FORMS = {
  website:
    () => [
      input("url", "Address", { required: true, maxLength: 2048, inputMode: "url",
        placeholder: "https://example.com", autofocus: true }),
      input("maxPages", "Pages", { type: "number", min: 1, max: 25, value: 1 }, {
        hint: "More than one follows links of the same site."
      })
    ],
  github:
    () => [
      input("repoFullName", "Repository", { required: true, maxLength: 500, placeholder: "owner/name",
        autofocus: true }),
      input("branch", "Branch", { maxLength: 255 }, { hint: "Optional. If empty, the default branch." })
    ],
  appstore:
    () => [
      input("appStoreUrl", "Page of the app", { maxLength: 2048, placeholder: "A link of the store",
        autofocus: true }, { hint: "On the App Store or Google Play. Or fill in a name below." }),
      input("iosBundleId", "Bundle id (App Store)", { maxLength: 155, placeholder: "com.example.app" }),
      input("androidPackage", "Package (Google Play)", { maxLength: 150, placeholder: "com.example.app" }),
      input("countryCode", "Storefront", { maxLength: 16, value: "us" }, { hint: "Two-letter country code." })
    ]
};

/** Ask for a source and start its ingest; returns the running one if there is one. */
const ask = (source, { id }) =>
  formDialog({
    title: `Read the brand from ${
      { website: "a website", github: "a repository", appstore: "a store" }[source]
    }`,
    verb: "Read brand",
    next: "It takes a few seconds. Values that you set are kept.",
    fields: FORMS[source](),
    send: async (values, headers) => {
      const body = source === "website"
        ? { url: values.url, maxPages: Number(values.maxPages ?? 1),
          followLinks: Number(values.maxPages ?? 1) > 1 }
        : values;
      try {
        return await call("POST", `/v1/projects/${id}/ingest/${source}`, { body, headers: headers(body) });
      } catch (error) {
        if (error.details?.reason === "INGEST_RUNNING") return { jobId: error.details.jobId };
        throw error;
      }
    }
  });
