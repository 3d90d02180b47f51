// View: an open screen, its URL, and its refreshing parts.

import { announce, h } from "./dom.js";
import { patch } from "./patch.js";
import { every } from "./refresh.js";
import { narrowed } from "./router.js";
import { failed, loading } from "./states.js";

const REFRESH_MS = 5000;

/** One opening of a screen. `signal` aborts when it is left. */
export class View {
  constructor({ main, path, query, signal, who, may, status }) {
    Object.assign(this, { main, path, query, signal, who, may, status });
    this.parts = [];
  }

  /** Set the tab's title, which is announced on arrival. */
  title(text) {
    document.title = `${text} · Tenantry`;
  }

  /** Return this URL with other filters. */
  with(changes) {
    return narrowed(changes);
  }

  narrow(changes) {
    location.hash = narrowed(changes);
  }

  /**
   * Draw the result of `load` with `draw`, now and at each refresh.
   *
   * An error replaces the first drawing; later errors show in the refresh status.
   */
  async live(load, draw, { into = this.main, milliseconds = REFRESH_MS } = {}) {
    const part = new Part(this, load, draw, into);
    this.parts.push(part);
    const slow = setTimeout(() => part.drawn || this.signal.aborted || patch(into, loading()), 120);
    await part.refresh();
    clearTimeout(slow);
    if (!this.signal.aborted) every(milliseconds, () => part.refresh(), this.signal);
    return part;
  }

  /** Refresh all parts. */
  async refresh() {
    await Promise.all(this.parts.map(part => part.refresh()));
  }

  /** Redraw without loading, for example after a local choice. */
  redraw() {
    for (const part of this.parts) part.draw();
  }
}

/** A part of a screen that refreshes in place. */
class Part {
  constructor(view, load, draw, into) {
    Object.assign(this, { view, load, drawing: draw, into, drawn: false });
  }

  async refresh() {
    try {
      this.data = await this.load();
    } catch (error) {
      return this.fail(error);
    }
    if (this.view.signal.aborted) return;
    this.drawn = true;
    this.draw();
    this.view.status.fresh();
  }

  draw() {
    if (this.drawn) patch(this.into, this.drawing(this.data));
  }

  fail(error) {
    if (this.view.signal.aborted) return;
    if (this.drawn) return this.view.status.stale(error);
    patch(this.into, failed(error, () => this.refresh()));
    announce(error.message);
  }
}

/** Draw a screen's head: title, tools, and filters below. */
export const heading = (title, { tools = [], back, under } = {}) =>
  h("header.head", back && h("a.back", { href: back.href }, `← ${back.text}`),
    h("div.heading", h("h1", { tabIndex: -1 }, title), h("div.tools", tools)), under);

/** Draw tabs for one filter; `counts` are optional. */
export const tabs = (view, filter, choices, counts = {}) => {
  const chosen = view.query.get(filter) ?? "";
  return h("nav.tabs", { ariaLabel: `By ${filter}` },
    choices.map(([value, text]) =>
      h("a", { key: value, href: view.with({ [filter]: value }),
        ariaCurrent: value === chosen ? "true" : null }, text,
        counts[value] != null && h("span.count", counts[value].toLocaleString("en")))
    ));
};

/** Draw a select for one filter, from pairs of value and text. */
export const choice = (view, filter, label, choices) => {
  const chosen = view.query.get(filter) ?? "";
  return h("select", { ariaLabel: label, onchange: event => view.narrow({ [filter]: event.target.value }) },
    choices.map(([value, text]) => h("option", { value, selected: value === chosen }, text)));
};

/** Draw a search field for one filter; it applies on Enter or blur. */
export const search = (view, filter, placeholder) =>
  h("input", { type: "search", placeholder, ariaLabel: placeholder, value: view.query.get(filter) ?? "",
    "data-search": "", onchange: event => view.narrow({ [filter]: event.target.value.trim() }) });
