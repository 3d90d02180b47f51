// One operation: parameters and responses on one side, examples on the other.

import { block, el, inline, prose } from "/docs/dom.js";
import { field, fieldsOf } from "/docs/fields.js";
import { trying } from "/docs/send.js";

export const badge = method => el(`span.method ${method}`, method.toUpperCase());

export function routeOf(method, path, operation, resolve) {
  const inside = el("div.inside");
  const route = el("details.route", { id: operation.operationId },
    el("summary", badge(method), el("code", path), el("span.what", inline(operation.summary))), inside);
  route.addEventListener("toggle", () => {
    if (route.open && !inside.hasChildNodes()) inside.append(...detailsOf(method, path, operation, resolve));
  });
  return route;
}

function detailsOf(method, path, operation, resolve) {
  const bodies = Object.entries(operation.requestBody?.content ?? {});
  for (const [, content] of bodies) content.schema.resolved = resolve(content.schema);
  const [status, answer] = successOf(operation);
  const places = where =>
    operation.parameters.filter(one => where.includes(one.in)).map(one => parameter(one, resolve));
  return [
    el("div.words", prose(operation.description), list("Path and query", places(["path", "query"])),
      list("Headers", places(["header"])), bodies.map(([kind, content]) =>
        list(bodies.length > 1 ? `Body, ${kind}` : "Body", fieldsOf(content.schema, resolve, true))
      ), successesOf(operation).map(([each, success]) =>
        list(`Response ${each}`, answered(resolve(success), resolve))
      ), statuses(operation, resolve)),
    el("div.examples", el("h4", "Example"), trying(method, path, operation), example(status, resolve(answer)))
  ];
}

const contentOf = thing => Object.values(thing?.content ?? {})[0];

const successesOf = operation =>
  Object.entries(operation.responses).filter(([status]) => /^[23]/.test(status));

function answered(answer, resolve) {
  const shape = contentOf(answer)?.schema;
  return shape ? fieldsOf(shape, resolve, false) : [];
}

// Prefer a response with an example over one without a body.
function successOf(operation) {
  const found = successesOf(operation);
  return found.find(([, answer]) => contentOf(answer)?.example !== undefined) ?? found[0];
}

function parameter(one, resolve) {
  return field(one.name, one.name, one.schema, one.required, resolve, [], one.description);
}

function list(title, fields) {
  return fields.length > 0 && [el("h4", title), el("ul.fields", fields)];
}

function example(status, answer) {
  const told = contentOf(answer)?.example;
  const text = typeof told === "string" ? told : JSON.stringify(told, null, 2);
  return [el("h4", `Response ${status} ${answer.description}`), told !== undefined && block(text)];
}

function statuses(operation, resolve) {
  const rows = Object.entries(operation.responses).map(([status, answer]) =>
    el("li", el("p.head", el("code", status)), prose(resolve(answer).description))
  );
  return el("details.statuses", el("summary", "Every status and error"), el("ul.fields", rows));
}
