// Finder: a dialog that opens a screen by name, or an object by id.

import { openDialog } from "./dialog.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { patch } from "./patch.js";
import { link } from "./router.js";

/** Open the finder and go to the chosen entry. */
export async function find(screens) {
  const href = await openDialog("Find", close => {
    const results = h("ul.found", { id: "found", role: "listbox", ariaLabel: "Found" });
    let chosen = 0, hits = [];
    const draw = () => {
      hits = matches(screens, field.value.trim());
      chosen = Math.min(chosen, Math.max(0, hits.length - 1));
      field.setAttribute("aria-activedescendant", hits.length ? `found-${chosen}` : "");
      patch(results,
        hits.map(({ text, hint, href: to, image }, index) =>
          h("li", { key: to, id: `found-${index}`, role: "option", ariaSelected: String(index === chosen),
            onclick: () => close(to) }, icon(image), h("span", text), h("small", hint))
        ));
    };
    const field = h("input", { type: "text", autofocus: true, autocomplete: "off",
      placeholder: "A screen, or an id such as job_… or prj_…", ariaLabel: "Find", role: "combobox",
      "aria-controls": "found", ariaExpanded: "true", ariaAutoComplete: "list", oninput: () => {
        chosen = 0;
        draw();
      }, onkeydown: event => {
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (step && hits.length) {
          chosen = (chosen + step + hits.length) % hits.length;
          event.preventDefault();
          draw();
        } else if (event.key === "Enter") {
          event.preventDefault();
          if (hits[chosen]) close(hits[chosen].href);
        }
      } });
    draw();
    return [field, results];
  }, { className: "finder" });
  if (href) location.hash = href;
}

function matches(screens, words) {
  const prefix = words.match(/^([a-z]+)_[0-9A-Za-z-]{8,}$/)?.[1];
  if (prefix) {
    return screens.filter(({ ids }) => ids?.includes(prefix)).map(({ name, title, icon: image }) => ({
      text: words,
      hint: title,
      href: link([name, words]),
      image
    }));
  }
  return screens.filter(({ title }) => title.toLowerCase().includes(words.toLowerCase())).map((
    { name, title, key, icon: image }
  ) => ({ text: title, hint: `g ${key}`, href: link([name]), image }));
}
