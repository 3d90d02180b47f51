// Menu, refresh status and theme.

import { badge, flatten, h } from "./dom.js";
import { icon } from "./icons.js";
import { patch } from "./patch.js";
import { refreshing } from "./refresh.js";
import { link } from "./router.js";
import { exact } from "./times.js";

const THEME = "tenantry.theme";
const THEMES = { "": "System", light: "Light", dark: "Dark" };
const bar = document.getElementById("bar");

/** Draw the menu; `here` is the open screen, `clock` the text of the sandbox's clock. */
export function drawFrame({ who, screens, here, status, acts, clock }) {
  const groups = Map.groupBy(screens, ({ group }) => group);
  patch(bar,
    h("div.top", h("a.brandmark", { href: link([screens[0]?.name ?? ""]) }, mark(), "Tenantry"),
      h("button.quietly.menu", { ariaLabel: "Menu", "aria-controls": "menu",
        ariaExpanded: String(bar.classList.contains("opened")), onclick: acts.menu }, icon("menu"))),
    h("div", { id: "menu" },
      h("button.find", { onclick: acts.find }, icon("find"), h("span", "Find"), h("kbd", "/")),
      h("nav", { ariaLabel: "Screens" },
        [...groups].map(([group, all]) =>
          h("div.group", { key: group }, h("h2", group), h("ul", all.map(screen =>
            h("li", { key: screen.name },
              h("a", { href: link([screen.name]), ariaCurrent: screen === here ? "page" : null,
                title: `g ${screen.key}` }, icon(screen.icon), h("span", screen.title)))
          )))
        )), foot({ who, status, acts, clock })));
}

const foot = ({ who, status, acts, clock }) =>
  h("div.foot",
    clock
      && h("button.quietly", { title: "The sandbox's clock, in UTC",
        ariaLabel: `The sandbox's clock: ${clock}`, disabled: !acts.clock, onclick: acts.clock },
        icon("clock"), clock),
    h("button.quietly", { ariaPressed: String(refreshing.on), title: status.title, onclick: acts.still },
      h("span", { className: `pulse ${status.tone}` }), status.text),
    h("div.tools",
      h("button.quietly", { title: "Theme", ariaLabel: `Theme: ${THEMES[theme()]}`, onclick: acts.theme },
        icon("theme"), THEMES[theme()]),
      h("button.quietly", { title: "Keyboard (?)", ariaLabel: "Keyboard", onclick: acts.help },
        icon("help"))),
    h("div.who",
      h("div.whose", h("strong", { title: who.organizationName }, who.organizationName),
        who.env === "test" && badge("sandbox", "test")),
      h("button.quietly", { title: "Sign out", ariaLabel: "Sign out", onclick: acts.signOut },
        icon("leave"))));

const mark = () => h("span.mark", { ariaHidden: "true" });

const theme = () => sessionStorage.getItem(THEME) ?? "";

/** Apply the theme chosen in this tab, or the system's. */
export function applyTheme() {
  document.documentElement.dataset.theme = theme();
}

export function nextTheme() {
  const names = Object.keys(THEMES);
  sessionStorage.setItem(THEME, names[(names.indexOf(theme()) + 1) % names.length]);
  applyTheme();
}

/** Refresh status in the menu's foot. Calls `changed` on each change. */
export class Status {
  constructor(changed) {
    Object.assign(this, { changed, error: null, at: null });
  }

  get tone() {
    return !refreshing.on ? "off" : this.error ? "bad" : "good";
  }

  get text() {
    return !refreshing.on ? "Paused" : this.error ? "Stale" : "Live";
  }

  get title() {
    const seen = this.at ? `Refreshed ${exact(this.at)}. ` : "";
    return flatten([this.error && `${this.error.message} `, seen,
      refreshing.on ? "Click to pause refreshing." : "Click to resume refreshing."]).join("");
  }

  fresh() {
    const told = this.error !== null || this.at === null;
    Object.assign(this, { error: null, at: new Date().toISOString() });
    if (told) this.changed();
  }

  stale(error) {
    this.error = error;
    this.changed();
  }
}
