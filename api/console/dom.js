// Elements from data. Text is only ever set as text, so nothing that a page or partner wrote becomes markup.

/** An element: properties (`on*` are listeners), then children: nodes, texts, lists of them; null is left out. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return element;
}

export const badge = (word) => h("span", { className: `badge ${word}` }, word);

export const table = (heads, rows, empty) =>
  rows.length
    ? h("div", { className: "scroll" },
        h("table", {},
          h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))),
          h("tbody", {}, rows)))
    : h("p", { className: "empty" }, empty);

export const row = (...cells) => h("tr", {}, cells.map((cell) => h("td", {}, cell)));

/** An id short enough for a table; the whole one is its title, and a click copies it. */
export const id = (whole) =>
  h("button", {
    type: "button", className: "id", title: `${whole}: click to copy`,
    onclick: () => navigator.clipboard?.writeText(whole),
  }, `…${whole.slice(-8)}`);

const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });

/** When, as one says it; the exact time is its title. */
export function ago(iso) {
  if (!iso) return "–";
  const seconds = (new Date(iso) - Date.now()) / 1000;
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? UNITS.at(-1);
  return h("time", { dateTime: iso, title: iso }, relative.format(Math.round(seconds / size), unit));
}

/** A link to another host, only where it is one: a page may name any scheme. */
export const outside = (url) =>
  /^https?:\/\//i.test(url)
    ? h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, url)
    : document.createTextNode(url);

export function notice(text, kind = "bad") {
  const line = h("div", { className: `notice ${kind}` }, text);
  document.getElementById("notices").append(line);
  setTimeout(() => line.remove(), 8000);
}
