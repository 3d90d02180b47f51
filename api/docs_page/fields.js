// Fields of a schema, with nested ones below.

import { el, inline, prose } from "/docs/dom.js";

// Return a resolver of `$ref`; siblings of a reference override the target.
export function resolver(api) {
  return function resolve(thing) {
    if (!thing?.$ref) return thing ?? {};
    const { $ref, ...beside } = thing;
    return { ...resolve($ref.slice(2).split("/").reduce((found, name) => found[name], api)), ...beside };
  };
}

export function kindOf(schema, resolve) {
  const found = resolve(schema);
  if (found.anyOf) return found.anyOf.map(one => kindOf(one, resolve)).join(" or ");
  if (found.type === "array") return `array of ${plural(kindOf(found.items ?? {}, resolve))}`;
  if (isMap(found))
    return found.additionalProperties === true
      ? "object"
      : `object of ${plural(kindOf(found.additionalProperties, resolve))}`;
  if (found.format === "binary") return "file";
  return found.format === "date-time" ? "time" : found.type ?? "any";
}

const plural = kind => (/^(string|integer|number|object|file|time)$/.test(kind) ? `${kind}s` : kind);
const isMap = found => found.type === "object" && !found.properties && found.additionalProperties;

// Return the nested object schemas with their paths.
function shapesIn(schema, resolve, path = "") {
  const found = resolve(schema);
  if (found.anyOf) return found.anyOf.flatMap(one => shapesIn(one, resolve, path));
  if (found.type === "array") return shapesIn(found.items ?? {}, resolve, `${path}[]`);
  if (isMap(found) && found.additionalProperties !== true)
    return shapesIn(found.additionalProperties, resolve, `${path}.*`);
  return found.properties ? [[path, found]] : [];
}

function valuesOf(schema, resolve) {
  const found = resolve(schema);
  return found.enum
    ?? [...(found.anyOf ?? []), ...(found.items ? [found.items] : [])].flatMap(one => valuesOf(one, resolve));
}

function boundsOf(schema, resolve) {
  const found = resolve(schema);
  return [range(found.minimum, found.maximum, ""), range(found.minLength, found.maxLength, " characters"),
    range(found.minItems, found.maxItems, " items"),
    found.default === undefined ? null : `default \`${found.default}\``,
    ...(found.anyOf ?? []).flatMap(one => boundsOf(one, resolve))].filter(Boolean);
}

function range(least, most, unit) {
  if (least === undefined && most === undefined) return null;
  if (most === undefined) return unit && least === 1 ? "not empty" : `at least ${least}${unit}`;
  return least === undefined ? `at most ${most}${unit}` : `${least} to ${most}${unit}`;
}

// Render the fields; `asked` marks required ones.
export function fieldsOf(schema, resolve, asked, prefix = "") {
  return shapesIn(schema, resolve, prefix).flatMap(([path, shape]) =>
    Object.entries(shape.properties).map(([name, about]) => {
      const whole = path ? `${path}.${name}` : name;
      const must = asked && (shape.required ?? []).includes(name);
      return field(name, whole, about, must, resolve, fieldsOf(about, resolve, asked, whole));
    })
  );
}

export function field(name, whole, schema, must, resolve, inside = [], about) {
  const [values, bounds] = [valuesOf(schema, resolve), boundsOf(schema, resolve)];
  const item = el("li",
    el("p.head", el("code", name), " ", el("span.kind", kindOf(schema, resolve)),
      must && el("span.must", " required")), prose(about ?? resolve(schema).description),
    values.length > 0 && el("p.values", values.flatMap(one => [el("code", one), " "])),
    bounds.length > 0 && el("p.bounds", inline(bounds.join(", "))),
    inside.length > 0 && el("ul.fields", inside));
  item.dataset.field = whole;
  return item;
}
