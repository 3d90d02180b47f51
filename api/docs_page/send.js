// Form to try an operation: inputs, the curl command, and Send.

import { block, el } from "/docs/dom.js";

const key = document.getElementById("key");
const SHOWN = ["x-request-id", "location", "etag", "retry-after", "ratelimit"];

// Inputs keep their values across operations of this tab, so that an id is typed once.
function input(one) {
  return el("input", { id: `in-${Math.random()}`, name: one.name, placeholder: String(one.example ?? ""),
    value: sessionStorage.getItem(one.name) ?? "", autocomplete: "off", spellcheck: false,
    oninput: event => sessionStorage.setItem(one.name, event.target.value) });
}

export function trying(method, path, operation) {
  const places = operation.parameters.filter(one => one.in !== "header").map(one => [one, input(one)]);
  const [kind, content] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  const form = kind === "multipart/form-data";
  const body = content && !form
    ? el("textarea", { value: JSON.stringify(content.example, null, 2), ariaLabel: "Body",
      spellcheck: false })
    : null;
  const parts = form
    ? Object.entries(content.schema.resolved.properties).map(([name, about]) =>
      part(name, about, content.example)
    )
    : [];
  const asked = { method: method.toUpperCase(), url: () => urlOf(path, places), body, parts,
    keyed: operation.security.length > 0 };
  const snippet = el("code");
  const output = block("");
  output.hidden = true;
  const show = () => {
    snippet.textContent = curl(asked);
  };
  for (const one of [...places.map(([, made]) => made), body, key, ...parts.map(([, made]) => made)])
    one?.addEventListener("input", show);
  show();
  const button = el("button", { type: "button", onclick: () => send(asked, output, button) }, "Send");
  return [el("pre.snippet", { tabIndex: 0 }, snippet),
    el("details.try", el("summary", "Try it here"),
      places.map(([one, made]) => labelled(one.name, made, one.required)),
      parts.map(([name, made]) => labelled(name, made)), body && [el("label", "Body"), body], el("p", button),
      output)];
}

function labelled(name, made, required = false) {
  return el("p.place",
    el("label", { htmlFor: made.id }, el("code", name), required && el("span.must", " required")), made);
}

function part(name, about, example) {
  const file = about.items?.format === "binary";
  const made = file
    ? el("input", { type: "file", multiple: true })
    : input({ name: `part ${name}`, example: example?.[name] });
  Object.assign(made, { id: `in-${Math.random()}`, name });
  return [name, made, example?.[name]];
}

const filled = made => made.value || made.placeholder;

function urlOf(path, places) {
  const query = new URLSearchParams();
  let found = path;
  for (const [one, made] of places) {
    if (one.in === "path") found = found.replace(`{${one.name}}`, encodeURIComponent(filled(made)));
    else if (filled(made)) query.set(one.name, filled(made));
  }
  return query.size ? `${found}?${query}` : found;
}

const quoted = text => `'${text.replaceAll("'", "'\\''")}'`;

function curl({ method, url, body, parts, keyed }) {
  const lines = [`curl ${method === "GET" ? "" : `-X ${method} `}${quoted(location.origin + url())}`];
  if (method === "HEAD") lines[0] = `curl -I ${quoted(location.origin + url())}`;
  if (keyed) lines.push(`-H "Authorization: Bearer ${key.value || "$KEY"}"`);
  if (keyed && !["GET", "HEAD"].includes(method)) lines.push('-H "Idempotency-Key: $(uuidgen)"');
  if (body) lines.push("-H 'Content-Type: application/json'", `-d ${quoted(body.value)}`);
  for (const [name, made, example] of parts) lines.push(...partsOf(name, made, example));
  return lines.join(" \\\n  ");
}

function partsOf(name, made, example) {
  if (made.type !== "file") return filled(made) ? [`-F ${quoted(`${name}=${filled(made)}`)}`] : [];
  const names = made.files.length ? [...made.files].map(file => file.name) : example ?? [];
  return names.map(file => `-F ${quoted(`${name}=@${file}`)}`);
}

function formOf(parts) {
  const form = new FormData();
  for (const [name, made] of parts) {
    if (made.type === "file") { for (const file of made.files) form.append(name, file); }
    else if (made.value) form.append(name, made.value);
  }
  return form;
}

async function send({ method, url, body, parts, keyed }, output, button) {
  const headers = keyed ? { Authorization: `Bearer ${key.value}` } : {};
  if (body) headers["Content-Type"] = "application/json";
  button.disabled = true;
  try {
    const answer = await fetch(url(), { method, headers,
      body: body?.value ?? (parts.length ? formOf(parts) : undefined), redirect: "manual" });
    output.firstChild.textContent = await told(answer);
  } catch (error) {
    output.firstChild.textContent = `No response: ${error.message}`;
  } finally {
    button.disabled = false;
    output.hidden = false;
  }
}

async function told(answer) {
  if (answer.type === "opaqueredirect") return "Redirect to another page, as a browser would follow it.";
  const kind = answer.headers.get("content-type") ?? "";
  const text = /^(image|video)/.test(kind) ? `(${kind})` : pretty(await answer.text());
  const shown = SHOWN.filter(name => answer.headers.has(name)).map(name =>
    `${name}: ${answer.headers.get(name)}`
  );
  return [`${answer.status} ${answer.statusText}`, ...shown, "", text].join("\n");
}

export function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
