// Elements from data. Text is only ever set as text, so nothing that a page or partner wrote becomes markup.

const SVG = "http://www.w3.org/2000/svg";
const GIVEN = new WeakMap();

/** What `h` or `s` made an element with, which a later drawing of it is compared to. */
export const given = (element) => GIVEN.get(element);
export const give = (element, properties) => GIVEN.set(element, properties);

/**
 * An element: properties (`on*` are listeners, `style` an object), then children: nodes, texts, lists of
 * them; null is left out.
 */
export function h(tag, properties = {}, ...children) {
  return made(document.createElement(tag), properties, children);
}

/** The same of a drawing; all of its properties are attributes. */
export function s(tag, properties = {}, ...children) {
  return made(document.createElementNS(SVG, tag), properties, children);
}

function made(element, properties, children) {
  give(element, properties);
  for (const [name, value] of Object.entries(properties)) assign(element, name, value);
  element.append(...flat(children));
  return element;
}

export const flat = (children) =>
  children.flat(Infinity).filter((child) => child != null && child !== false && child !== "");

/** Sets one property of an element, a listener too. */
export function assign(element, name, value) {
  if (name === "key") return;
  if (name === "style") Object.entries(value).forEach(([rule, said]) =>
    element.style.setProperty(rule, said));
  else if (name.startsWith("on")) element[name] = value;
  else if (name in element && element.namespaceURI !== SVG) element[name] = value;
  else if (value == null || value === false) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? "" : value);
}

/** Takes back what `assign` has set. */
export function withdraw(element, name, value) {
  if (name === "style") Object.keys(value).forEach((rule) => element.style.removeProperty(rule));
  else if (name.startsWith("on") || name.startsWith("aria") && name in element) element[name] = null;
  else if (name in element && element.namespaceURI !== SVG) element[name] = typeof value === "boolean"
    ? false : "";
  else element.removeAttribute(name);
}

export const badge = (word, tone = word) =>
  h("span", { className: `badge ${tone}` }, String(word).replaceAll("_", " "));

export const table = (heads, rows, empty) =>
  rows.length
    ? h("div", { className: "scroll" },
        h("table", {},
          h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))),
          h("tbody", {}, rows)))
    : h("p", { className: "empty" }, empty);

export const row = (...cells) => h("tr", {}, cells.map((cell) => h("td", {}, cell)));

/** An id short enough for a table; the whole one is its title, and a click copies it. */
export const id = (whole) => copyable(whole, `…${whole.slice(-8)}`);

/** A text that a click copies; `shown` is what of it is shown. */
export const copyable = (whole, shown = whole) =>
  h("button", {
    type: "button", className: "id", title: `${whole}: click to copy`, onclick: () => copy(whole),
  }, shown, h("span", { className: "unseen" }, ", copy"));

/**
 * Copies a text. A browser may refuse, and does where the page came by plain HTTP: then `shown`, or the
 * notice's own, is selected.
 */
export async function copy(text, shown) {
  try {
    await navigator.clipboard.writeText(text);
    notice(shown ? "Copied." : `Copied ${text}`, "good");
  } catch {
    const own = shown ? null : h("code", {}, text);
    notice("The browser lets no page copy here. It is selected: copy it yourself.", "bad", own);
    getSelection().selectAllChildren(shown ?? own);
  }
}

/** A link to another host, only where it is one: a page may name any scheme. */
export const outside = (url) =>
  /^https?:\/\//i.test(url)
    ? h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, url)
    : document.createTextNode(url);

const NOTICE_MS = 6000;

const notices = document.getElementById("notices");

/** Puts the notices where they are seen and clicked: in the dialog above all else, while there is one. */
export function raiseNotices() {
  const above = [...document.querySelectorAll("dialog:modal")].at(-1) ?? document.body;
  if (notices.parentNode !== above) above.append(notices);
}

/** A line in the corner, which is also read aloud; an error's stays twice as long. */
export function notice(text, kind = "bad", ...more) {
  const line = h("div", { className: `notice ${kind}` }, h("span", {}, text), more);
  notices.append(line);
  setTimeout(() => line.remove(), kind === "bad" ? 2 * NOTICE_MS : NOTICE_MS);
}

/** Says to a screen reader what has changed. */
export function say(text) {
  document.getElementById("said").textContent = text;
}

export { ago } from "./times.js";
