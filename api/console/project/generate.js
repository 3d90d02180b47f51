// Dialog to generate content, with suggested hooks from the brand.

import { query } from "../api.js";
import { h } from "../dom.js";
import { formDialog, input } from "../forms.js";
import { call } from "../http.js";
import { go } from "../router.js";

const FORMATS = [["slideshow", "Slideshow"], ["image", "Picture"], ["video", "Video"]];
const ASPECTS = [["", "the format's default"], ["4:5", "4:5"], ["9:16", "9:16"], ["1:1", "1:1"]];

export async function generate(view, project) {
  const path = `/v1/projects/${project}`;
  const faces = view.may("influencers:read")
    ? (await call("GET", `${path}/influencers?${query({ status: "ready", limit: 50 })}`, {
      signal: view.signal
    })).items
    : [];
  const offered = h("div.hooks", h("span.hint", "Reading the brand …"));
  const hook = input("hook", "First line", { rows: 2, maxLength: 2000, autofocus: true }, { tag: "textarea",
    hint: "If empty, the content begins with the brand's words." });
  offer(path, offered, hook.querySelector("textarea"), view.signal);
  const made = await formDialog({ title: "Generate content", verb: "Generate", broad: true,
    next: "The draft appears immediately; rendering takes a few seconds.",
    fields: [hook, offered,
      h("div.pair", input("format", "Format", {}, { options: FORMATS }),
        input("aspect", "Aspect", {}, { options: ASPECTS }),
        input("influencerId", "Presented by", {}, {
          options: [["", "no presenter"], ...faces.map(one => [one.influencerId, one.name])]
        }),
        input("seconds", "Seconds", { type: "number", min: 8, max: 60, placeholder: "12" }, {
          hint: "For video only."
        }))], send: ({ seconds, ...values }, headers) => {
      const body = seconds && values.format === "video" ? { ...values, seconds: Number(seconds) } : values;
      return call("POST", `${path}/content`, { body, headers: headers(body) });
    } });
  if (made) go(["projects", project, "content", made.contentId]);
}

/** Show suggested hooks as buttons that fill the field, or the brand fields that are missing. */
async function offer(path, place, field, signal) {
  try {
    const { items } = await call("GET", `${path}/content/hooks`, { signal });
    place.replaceChildren(
      ...items.map(one =>
        h("button.small", { title: one.evidence.map(({ field: of, quote }) => `${of}: ${quote}`).join("\n"),
          onclick: () => {
            field.value = one.text;
            field.focus();
          } }, one.text)
      )
    );
  } catch (error) {
    if (signal.aborted) return;
    const missing = error.details?.missingFields;
    place.replaceChildren(
      h("span.why", missing
        ? `The brand lacks information. Set ${missing.join(", ")}, or read a website.`
        : error.message)
    );
  }
}
