// Quotes of a value's sources, with the value's words marked.

import { h } from "../dom.js";

const MAX_SHOWN = 4;

export function quotes(name, value, { evidence, parts, colors }) {
  if (parts?.length) {
    return h("ul.quotes", parts.map(({ part, value: word, quote }, place) =>
      h("li", { key: place }, h("span.hint", `${part}: `, h("strong", word)),
        h("blockquote", highlight(quote, [word])))
    ));
  }
  if (colors?.length && name === "colors") {
    return h("ul.quotes", colors.map(({ color, role, rule }, place) =>
      h("li.hint", { key: place }, `${color} is ${role}: `, h("code", rule))
    ));
  }
  if (!evidence.length) return null;
  const words = [value].flat().filter(word => typeof word === "string");
  const quote = (text, place) => h("blockquote", { key: place }, highlight(text, words));
  return h("div.quotes", evidence.slice(0, MAX_SHOWN).map(quote),
    evidence.length > MAX_SHOWN
      && h("details", h("summary", `${evidence.length - MAX_SHOWN} more places`),
        evidence.slice(MAX_SHOWN).map(quote)));
}

/** Return the text with each phrase marked, or, if none occurs, with the phrases' words marked. */
export function highlight(text, phrases) {
  const whole = findSpans(text, phrases);
  const found = whole.length
    ? whole
    : findSpans(text,
      phrases.flatMap(phrase => phrase.split(/[^\p{L}\p{N}]+/u).filter(word => word.length > 3)));
  const pieces = [];
  let at = 0;
  for (const [from, to] of found) {
    if (from < at) continue;
    pieces.push(text.slice(at, from), h("mark", text.slice(from, to)));
    at = to;
  }
  return [...pieces, text.slice(at)];
}

function findSpans(text, phrases) {
  const said = text.toLowerCase(), found = [];
  for (const phrase of new Set(phrases.map(one => one.trim().toLowerCase()).filter(one => one.length > 1))) {
    for (let at = said.indexOf(phrase); at >= 0; at = said.indexOf(phrase, at + phrase.length))
      found.push([at, at + phrase.length]);
  }
  return found.sort(([one, length], [other, otherLength]) => one - other || otherLength - length);
}
