// DOM elements from data. Strings become text nodes, so that no foreign text becomes markup.

const SVG = "http://www.w3.org/2000/svg";
const PROPERTIES = new WeakMap();

/** Return the properties that `h` or `s` created an element with; `patch` compares them. */
export const propertiesOf = element => PROPERTIES.get(element);
export const setProperties = (element, properties) => PROPERTIES.set(element, properties);

/**
 * Create an element such as "p.hint" (tag and classes) from properties, if any (`on*` are listeners, `style`
 * an object), and children: nodes, texts or lists; null is skipped. A button is no submit button by default.
 */
export function h(selector, ...content) {
  const [tag, ...classes] = selector.split(".");
  const defaults = tag === "button" ? { type: "button" } : {};
  if (classes.length) defaults.className = classes.join(" ");
  return create(document.createElement(tag), defaults, content);
}

/** Create an SVG element; all its properties are attributes. */
export const s = (tag, ...content) => create(document.createElementNS(SVG, tag), {}, content);

function create(element, properties, content) {
  if (content[0]?.constructor === Object) Object.assign(properties, content.shift());
  setProperties(element, properties);
  for (const [name, value] of Object.entries(properties)) assign(element, name, value);
  element.append(...flatten(content));
  return element;
}

export const flatten = children =>
  children.flat(Infinity).filter(child => child != null && child !== false && child !== "");

/** Set a property or listener of an element. */
export function assign(element, name, value) {
  if (name === "key") return;
  if (name === "style") { for (const rule in value) element.style.setProperty(rule, value[rule]); }
  else if (name.startsWith("on")) element[name] = value;
  else if (name in element && element.namespaceURI !== SVG) element[name] = value;
  else if (value == null || value === false) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? "" : value);
}

/** Remove a property set by `assign`. */
export function unassign(element, name, value) {
  if (name === "style") { for (const rule in value) element.style.removeProperty(rule); }
  else if (name.startsWith("on") || name.startsWith("aria") && name in element) element[name] = null;
  else if (name in element && element.namespaceURI !== SVG)
    element[name] = typeof value === "boolean" ? false : "";
  else element.removeAttribute(name);
}

export const badge = (word, tone = word) =>
  h("span", { className: `badge ${tone}` }, String(word).replaceAll("_", " "));

export const table = (heads, rows, empty) =>
  rows.length
    ? h("div.scroll", h("table", h("thead", h("tr", heads.map(head =>
      h("th", { scope: "col" }, head)
    ))), h("tbody", rows)))
    : h("p.empty", empty);

export const row = (...cells) => h("tr", cells.map(cell => h("td", cell)));

/** Show the end of an id; the title is the whole id, and a click copies it. */
export const id = whole => copyable(whole, `…${whole.slice(-8)}`);

/** Show a text that a click copies; `shown` is its label. */
export const copyable = (whole, shown = whole) =>
  h("button.id", { title: `${whole}: click to copy`, onclick: () => copy(whole) }, shown,
    h("span.unseen", ", copy"));

/**
 * Copy a text. Browsers refuse it on plain HTTP pages: then the text in `shown`, or in the notice, is
 * selected.
 */
export async function copy(text, shown) {
  try {
    await navigator.clipboard.writeText(text);
    notice(shown ? "Copied." : `Copied ${text}`, "good");
  } catch {
    const own = shown ? null : h("code", text);
    notice("The browser blocks copying here. The text is selected: copy it with the keyboard.", "bad", own);
    getSelection().selectAllChildren(shown ?? own);
  }
}

/** Link to another host if the URL is http(s); otherwise show it as text. */
export const externalLink = url =>
  /^https?:\/\//i.test(url)
    ? h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, url)
    : document.createTextNode(url);

const NOTICE_MS = 6000;

const notices = document.getElementById("notices");

/** Move the notices into the topmost dialog, so that they stay visible and clickable. */
export function raiseNotices() {
  const above = [...document.querySelectorAll("dialog:modal")].at(-1) ?? document.body;
  if (notices.parentNode !== above) above.append(notices);
}

/** Show a notice in the corner, also read aloud; errors stay twice as long. */
export function notice(text, kind = "bad", ...more) {
  const line = h("div", { className: `notice ${kind}` }, h("span", text), more);
  notices.append(line);
  setTimeout(() => line.remove(), kind === "bad" ? 2 * NOTICE_MS : NOTICE_MS);
}

/** Announce a text to screen readers. */
export function announce(text) {
  document.getElementById("said").textContent = text;
}
