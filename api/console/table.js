// Tables with stable rows: j and k move, Enter opens.

import { h } from "./dom.js";

/**
 * Draw a table.
 *
 * `heads`: texts, or {text, className}; the cells get the class ("wide" is hidden on narrow screens). `rows`:
 * {key, href, cells}; Enter opens `href`. `seeded_pick`: {picked, all, changed}, for checkboxes.
 */
export function listing({ label, heads, rows, pick, none }) {
  if (!rows.length) return none;
  const columns = heads.map(head => (typeof head === "string" ? { text: head } : head));
  return h("div.scroll",
    h("table.listing", { ariaLabel: label },
      h("thead",
        h("tr", pick && h("th.pick", { scope: "col" }, selectAllBox(pick, rows)),
          columns.map(({ text, className = "" }) =>
            h("th", { scope: "col", className }, text || h("span.unseen", "Actions"))
          ))), h("tbody", rows.map(row => drawRow(row, columns, pick)))));
}

const drawRow = ({ key, href, cells, name }, heads, pick) =>
  h("tr.line-of", { key, tabIndex: -1, "data-href": href ?? null,
    ariaSelected: pick ? String(pick.picked.has(key)) : null, onclick: openFrom },
    pick
      && h("td.pick",
        h("input", { type: "checkbox", ariaLabel: `Select ${name ?? key}`, checked: pick.picked.has(key),
          "data-pick": "", onchange: event => {
            if (event.target.checked) pick.picked.add(key);
            else pick.picked.delete(key);
            pick.changed();
          } })), cells.map((cell, index) => h("td", { className: heads[index].className ?? "" }, cell)));

const selectAllBox = (pick, rows) =>
  h("input", { type: "checkbox", ariaLabel: "Select all on this page", checked: rows.every(({ key }) =>
    pick.picked.has(key)
  ), onchange: event => {
    for (const { key } of rows) {
      if (event.target.checked) pick.picked.add(key);
      else pick.picked.delete(key);
    }
    pick.changed();
  } });

/** Open a row on a click, except on links and fields in it, and at the end of a text selection. */
function openFrom(event) {
  const { href } = event.currentTarget.dataset;
  if (!href || event.target.closest("a, button, input, select, label, summary") || String(getSelection()))
    return;
  if (event.metaKey || event.ctrlKey) window.open(href);
  else location.hash = href;
}

/** Draw links to the first and the next page. */
export function pager(view, page) {
  const later = view.query.get("cursor");
  if (!later && !page.nextCursor) return null;
  return h("nav.pager", { ariaLabel: "Pages" },
    later && h("a.button", { href: view.with({ cursor: null }) }, "Newest"),
    page.nextCursor
      && h("a.button", { href: view.with({ cursor: page.nextCursor }), rel: "next" }, "Older →"));
}

/** Draw names and values, for the page of one object. */
export const facts = pairs =>
  h("dl.facts", pairs.filter(([, value]) =>
    value != null && value !== false
  ).map(([name, value]) => h("div", { key: name }, h("dt", name), h("dd", value))));

/** Draw a card with a heading. */
export const section = (title, { key = title, tools, className = "" } = {}, ...children) =>
  h("section", { key, className: `card ${className}`, ariaLabel: title },
    h("div.heading", h("h2", title), tools && h("div.tools", tools)), children);
