// Influencers tab: drawn presenters with their portraits.

import { badge, h, notice } from "../dom.js";
import { changed, formDialog, input } from "../forms.js";
import { call, getWithETag } from "../http.js";
import { portrait } from "../media.js";
import { attempt, empty } from "../states.js";

const GENDERS = [["", "any"], ["female", "female"], ["male", "male"], ["non_binary", "non-binary"]];
const AGES = [["", "any"], ["teen", "teen"], ["young_adult", "young adult"], ["adult", "adult"], ["mid_adult",
  "middle-aged"], ["mature", "mature"], ["senior", "senior"]];

export async function influencers(view, { id, into }) {
  const path = `/v1/projects/${id}/influencers`;
  await view.live(() => call("GET", `${path}?limit=50`, { signal: view.signal }),
    (
      { items }
    ) => [
      h("div.heading",
        h("p.hint",
          "Influencers are drawn and depict no real person. Content that shows one discloses this."),
        view.may("influencers:write")
          && h("button.primary", { onclick: () => createInfluencer(view, path) }, "New influencer")),
      items.length
        ? h("div.people", items.map(one => person(view, one)))
        : empty("No influencer yet", "The first ingest creates one for the brand, or create one yourself.")
    ], { into, milliseconds: 3000 });
}

const formatCode = text => text.replaceAll("_", " ");

const person = (view, one) =>
  h("article.card.person", { key: one.influencerId, ariaLabel: one.name },
    one.imageUrl ? portrait(one.imageUrl) : h("span.blank", { ariaHidden: "true" }),
    h("div.stack", h("div.line", h("h2", one.name), one.status !== "ready" && badge(one.status)),
      h("p.hint", `${formatCode(one.gender)}, ${formatCode(one.ageRange)}, speaks ${one.language}`),
      one.errorMessage ? h("p.why", one.errorMessage) : h("p.excerpt", one.brandVoice),
      one.topics.length > 0 && h("div", one.topics.slice(0, 5).map(topic => h("span.chip", topic))),
      view.may("influencers:write") && h("div.line", h("button.small", { onclick: ({ currentTarget }) =>
        attempt(currentTarget, () =>
          edit(view, one.influencerId)) }, "Edit"),
        one.status === "ready" && h("button.small", { onclick: () =>
          clone(view, one) }, "Clone"), h("button.small.quietly", { onclick: () =>
            deleteInfluencer(view, one) }, "Delete"))));

async function refreshAfter(view, done, said) {
  if (!done) return;
  notice(said, "good");
  await view.refresh();
}

const createInfluencer = async (view, path) =>
  refreshAfter(view,
    await formDialog({ title: "New influencer", verb: "Create influencer",
      next: "The portrait is ready in a few seconds.",
      fields: [
        input("prompt", "Description", { rows: 2, maxLength: 1000,
          placeholder: "A young woman, warm and funny", autofocus: true }, { tag: "textarea",
          hint: "Optional. It is not stored or shown." }),
        h("div.pair", input("gender", "Gender", {}, { options: GENDERS }),
          input("ageRange", "Age", {}, { options: AGES })),
        input("name", "Name", { maxLength: 128 }, { hint: "Optional: a common first name of its language." })
      ], send: (body, headers) => call("POST", path, { body, headers: headers(body) }) }),
    "The portrait is being drawn.");

async function edit(view, id) {
  const path = `/v1/influencers/${id}`, { value: one, etag } = await getWithETag(path);
  await refreshAfter(view,
    await formDialog({ title: one.name, verb: "Save", etag, stale: () => view.refresh(),
      next: "Existing content does not change.",
      fields: [input("name", "Name", { value: one.name, required: true, maxLength: 128, autofocus: true }),
        input("brandVoice", "Voice", { value: one.brandVoice, rows: 4, maxLength: 4000 }, {
          tag: "textarea"
        }), input("language", "Language", { value: one.language, maxLength: 35 })],
      send: (values, headers) => {
        const body = changed(values, one);
        return call("PATCH", path, { body, headers: headers(body) });
      } }), "Saved.");
}

const clone = async (view, one) =>
  refreshAfter(view,
    await formDialog({ title: `Clone ${one.name}`, verb: "Clone influencer",
      next: "A different gender or age changes the face.",
      fields: [input("name", "Name", { required: true, maxLength: 128, autofocus: true }),
        h("div.pair", input("gender", "Gender", {}, { options: [["", "the same"], ...GENDERS.slice(1)] }),
          input("ageRange", "Age", {}, { options: [["", "the same"], ...AGES.slice(1)] }))],
      send: ({ name, ...overrides }, headers) => {
        const body = { name, overrides };
        return call("POST", `/v1/influencers/${one.influencerId}/clone`, { body, headers: headers(body) });
      } }), "The portrait is being drawn.");

const deleteInfluencer = async (view, one) =>
  refreshAfter(view,
    await formDialog({ title: `Delete ${one.name}?`, verb: "Delete influencer", danger: true,
      text: "Content with this influencer does not change.", fields: [], send: (_, headers) =>
        call("DELETE", `/v1/influencers/${one.influencerId}`, { headers: headers("delete") }) }), "Deleted.");
