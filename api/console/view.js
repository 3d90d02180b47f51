// A screen that is open: its place on the page, its address, and what keeps it fresh.

import { h, say } from "./dom.js";
import { patch } from "./patch.js";
import { every } from "./refresh.js";
import { narrowed } from "./router.js";
import { failed, loading } from "./states.js";

const REFRESH_MS = 5000;

/** One opening of a screen. `signal` ends with it. */
export class View {
  constructor({ main, path, query, signal, who, may, status }) {
    Object.assign(this, { main, path, query, signal, who, may, status });
    this.parts = [];
  }

  /** What the tab is called, and a screen reader says on arrival. */
  title(text) {
    document.title = `${text} · Tenantry`;
  }

  /** This address with other filters, for a link. */
  with(changes) {
    return narrowed(changes);
  }

  narrow(changes) {
    location.hash = narrowed(changes);
  }

  /**
   * Draws what `load` answers, now and at each refresh: `draw` gives the nodes, and what is there takes
   * them over. A failure takes the place of the first drawing; later ones are told beside the drawing,
   * which stays.
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

  /** Everything of this screen, now. */
  async refresh() {
    await Promise.all(this.parts.map((part) => part.refresh()));
  }

  /** Draws anew what is known, as after a choice on the page. */
  redraw() {
    this.parts.forEach((part) => part.draw());
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
    say(error.message);
  }
}

/** The head of a screen: its name, what may be done here, and below it what narrows it. */
export const heading = (title, { tools = [], back, under } = {}) =>
  h("header", { className: "head" },
    back && h("a", { className: "back", href: back.href }, `← ${back.text}`),
    h("div", { className: "heading" }, h("h1", { tabIndex: -1 }, title),
      h("div", { className: "tools" }, tools)),
    under);

/** Links that narrow by one filter, one of which is chosen; `counts` are shown where they are known. */
export const tabs = (view, filter, choices, counts = {}) => {
  const chosen = view.query.get(filter) ?? "";
  return h("nav", { className: "tabs", ariaLabel: `By ${filter}` }, choices.map(([value, text]) =>
    h("a", { key: value, href: view.with({ [filter]: value }),
      ariaCurrent: value === chosen ? "true" : null }, text,
      counts[value] != null && h("span", { className: "count" }, counts[value].toLocaleString("en")))));
};

/** A choice of one filter, from pairs of value and text. */
export const choice = (view, filter, label, choices) => {
  const chosen = view.query.get(filter) ?? "";
  return h("select", { ariaLabel: label, onchange: (event) => view.narrow({ [filter]: event.target.value }) },
    choices.map(([value, text]) => h("option", { value, selected: value === chosen }, text)));
};

/** A field that narrows by its words once Enter is pressed or it is left. */
export const search = (view, filter, placeholder) =>
  h("input", {
    type: "search", placeholder, ariaLabel: placeholder, value: view.query.get(filter) ?? "",
      "data-search": "",
    onchange: (event) => view.narrow({ [filter]: event.target.value.trim() }),
  });
