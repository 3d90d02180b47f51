// DOM patching: applies a new drawing to the existing elements, which keep focus, scroll, selection and
// input.

import { assign, flatten, propertiesOf, setProperties, unassign } from "./dom.js";

/** Make the children of `parent` match `nodes`. A node with a `key` keeps its element when it moves. */
export function patch(parent, ...nodes) {
  const focused = document.activeElement;
  children(parent, flatten(nodes).map(asNode));
  if (focused && focused !== document.body && focused !== document.activeElement) {
    (focused.isConnected ? focused : document.getElementById("main")).focus({ preventScroll: true });
  }
}

const asNode = child => (child instanceof Node ? child : document.createTextNode(child));
const keyOf = node => propertiesOf(node)?.key;

function children(parent, wanted) {
  const left = [...parent.childNodes];
  const keyed = new Map(left.filter(node => keyOf(node) != null).map(node => [keyOf(node), node]));
  const chosen = wanted.map(node => match(node, keyed, left));
  const stays = new Set(chosen);
  for (const node of left) if (!stays.has(node)) node.remove();
  let place = parent.firstChild;
  chosen.forEach((node, index) => {
    if (node === place) place = place.nextSibling;
    else parent.insertBefore(node, place);
    if (node !== wanted[index]) take(node, wanted[index]);
  });
}

/** Return the existing element for a drawn one, or the drawn one; each element is used once. */
function match(node, keyed, left) {
  const key = keyOf(node);
  if (key != null) {
    const found = keyed.get(key);
    keyed.delete(key);
    return found?.nodeName === node.nodeName ? found : node;
  }
  const index = left.findIndex(one => one.nodeName === node.nodeName && keyOf(one) == null && known(one));
  return index < 0 || !known(node) ? node : left.splice(index, 1)[0];
}

const known = node => node.nodeType === Node.TEXT_NODE || propertiesOf(node) !== undefined;

function take(node, drawn) {
  if (node.nodeType === Node.TEXT_NODE) {
    if (node.data !== drawn.data) node.data = drawn.data;
    return;
  }
  properties(node, propertiesOf(node), propertiesOf(drawn));
  setProperties(node, propertiesOf(drawn));
  children(node, [...drawn.childNodes]);
}

function properties(node, before, after) {
  for (const [name, value] of Object.entries(before)) {
    if (!(name in after) || (name === "style" && differs(value, after.style))) unassign(node, name, value);
  }
  for (const [name, value] of Object.entries(after))
    if (differs(before[name], value)) assign(node, name, value);
}

const differs = (one, other) =>
  one !== other && (typeof other !== "object" || JSON.stringify(one) !== JSON.stringify(other));
