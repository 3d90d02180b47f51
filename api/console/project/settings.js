// Settings tab: project facts and approval policy.

import { project, uncache } from "../api.js";
import { copyable, h, notice } from "../dom.js";
import { changed, checkboxes, formDialog, input } from "../forms.js";
import { call, getWithETag } from "../http.js";
import { attempt } from "../states.js";
import { facts, section } from "../table.js";
import { exact } from "../times.js";

export async function settings(view, { id, into }) {
  await view.live(
    async () => ({ of: await project(id, { signal: view.signal }), policy: view.may("content:read")
      ? await call("GET", `/v1/projects/${id}/approval-policy`, { signal: view.signal })
      : null }),
    (
      { of, policy }
    ) => [
      section("Project", {
        tools: view.may("projects:write") && h("button.small", { onclick: ({ currentTarget }) =>
          attempt(currentTarget, () =>
            editProject(view, of.id)) }, "Edit")
      },
        facts([["Name", of.name], ["Id", copyable(of.id)], ["Time zone", of.timezone], ["Language",
          of.primaryLanguage], ["Your customer", of.customerExternalId ?? "–"], ["Created",
          exact(of.createdAt, of.timezone)], ["Changed", exact(of.updatedAt, of.timezone)]])),
      policy
      && section("Approval policy", { tools: view.may("content:approve") && h("button.small", { onclick: () =>
        editPolicy(view, of, policy) }, "Change policy") }, h("p", policyText(policy)),
        h("p.hint",
          `${policy.currentBlockedCount} ${
            policy.currentBlockedCount === 1 ? "item awaits" : "items await"
          } a decision now.`))
    ],
    { into }
  );
}

function policyText({ requiresApproval, firstNPostsBlocked }) {
  if (requiresApproval) return "All new content needs approval before publication.";
  return firstNPostsBlocked
    ? `New content needs approval until ${firstNPostsBlocked} items are approved.`
    : "New content is published without approval.";
}

async function editProject(view, id) {
  const { value: of, etag } = await getWithETag(`/v1/projects/${id}`);
  const zones = [...new Set([of.timezone, "UTC", ...Intl.supportedValuesOf("timeZone")])].sort();
  const done = await formDialog({ title: "Edit project", verb: "Save", etag, stale: () => view.refresh(),
    next: "A new zone moves no post: each keeps its instant.",
    fields: [input("name", "Name", { value: of.name, required: true, maxLength: 128, autofocus: true }),
      input("timezone", "Time zone", { value: of.timezone }, {
        options: zones.map(zone => [zone, zone.replaceAll("_", " ")])
      }), input("primaryLanguage", "Language", { value: of.primaryLanguage, required: true, maxLength: 35 }),
      input("customerExternalId", "Your id of the customer", { value: of.customerExternalId ?? "",
        maxLength: 255 })], send: ({ customerExternalId = null, ...values }, headers) => {
      const body = changed({ ...values, customerExternalId }, of);
      return call("PATCH", `/v1/projects/${of.id}`, { body, headers: headers(body) });
    } });
  if (!done) return;
  uncache(of.id);
  notice("Saved.", "good");
  await view.refresh();
}

async function editPolicy(view, of, policy) {
  const done = await formDialog({ title: "Approval policy", verb: "Save",
    next: "Existing content does not change.",
    fields: [
      checkboxes("requiresApproval", "Always", [{ value: "yes", text: "All new content needs approval",
        checked: policy.requiresApproval }]),
      input("firstNPostsBlocked", "Or at first", { type: "number", min: 0, max: 50,
        value: policy.firstNPostsBlocked, required: true }, {
        hint: "Until this many items are approved; 0: never."
      })
    ], send: ({ requiresApproval, firstNPostsBlocked }, headers) => {
      const body = changed({ requiresApproval: Boolean(requiresApproval),
        firstNPostsBlocked: Number(firstNPostsBlocked) }, policy);
      return call("PATCH", `/v1/projects/${of.id}/approval-policy`, { body, headers: headers(body) });
    } });
  if (!done) return;
  notice("Saved. It applies to new content.", "good");
  await view.refresh();
}
