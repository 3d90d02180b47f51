// A form that asks for new content, with hooks that the brand can carry.

import { h, notice } from "./dom.js";
import { call, once } from "./http.js";
import { all } from "./influencers.js";

const FORMATS = { slideshow: "Slideshow", image: "Image", video: "Video" };
const ASPECTS = ["", "4:5", "9:16", "1:1"];

/** `started` gets the answer: the job, and the content that it makes. */
export function generateForm(url, { signal, may, started }) {
  const format = select("Format", Object.entries(FORMATS));
  const aspect = select("Aspect", ASPECTS.map((word) => [word, word || "the format's own"]));
  const presenter = select("Presented by", [["", "nobody"]]);
  const seconds = h("input", { type: "number", min: 8, max: 60, value: 12 });
  const length = h("label", { hidden: true }, "Seconds", seconds);
  const hook = h("textarea", { rows: 2, maxLength: 2000, placeholder: "Leave it empty, and the brand's own words open it" });
  const offered = h("div", { className: "hooks" }, h("span", { className: "quiet" }, "Reading the brand …"));
  format.field.onchange = () => { length.hidden = format.field.value !== "video"; };
  const headers = once();
  const form = h("form", {
    className: "card generate", onsubmit: async (event) => {
      event.preventDefault();
      const body = { format: format.field.value };
      if (hook.value.trim()) body.hook = hook.value;
      if (aspect.field.value) body.aspect = aspect.field.value;
      if (presenter.field.value) body.influencerId = presenter.field.value;
      if (!length.hidden) body.seconds = Number(seconds.value);
      try {
        started(await call("POST", `${url}/content`, { body, headers }));
      } catch (error) {
        notice(error.message);
        Object.assign(headers, once());
      }
    },
  }, h("div", { className: "fields" }, format.label, aspect.label, presenter.label, length),
  h("label", {}, "First line", hook), offered, h("div", { className: "tools" }, h("button", { className: "primary" }, "Generate")));
  offer(url, offered, hook, signal);
  if (may("influencers:read")) choices(url, presenter.field, signal);
  return form;
}

function select(label, choices) {
  const field = h("select", {}, choices.map(([value, text]) => h("option", { value }, text)));
  return { field, label: h("label", {}, label, field) };
}

async function choices(url, field, signal) {
  try {
    const ready = (await all(url, signal)).filter(({ status }) => status === "ready");
    field.append(...ready.map((one) => h("option", { value: one.influencerId }, one.name)));
  } catch (error) {
    if (!signal.aborted) notice(error.message);
  }
}

/** Hooks as buttons that fill the line; where the brand can carry none, what it lacks. */
async function offer(url, place, hook, signal) {
  try {
    const { items } = await call("GET", `${url}/content/hooks`, { signal });
    place.replaceChildren(...items.map((one) => h("button", {
      type: "button", className: "small", title: one.evidence.map(({ field, quote }) => `${field}: ${quote}`).join("\n"),
      onclick: () => { hook.value = one.text; },
    }, one.text)));
  } catch (error) {
    if (signal.aborted) return;
    const missing = error.details?.missingFields;
    place.replaceChildren(h("span", { className: "why" }, missing ? `The brand says too little to begin with: set ${missing.join(", ")}, or read a website.` : error.message));
  }
}
