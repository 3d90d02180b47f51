// Shows /v1/openapi.json. Text reaches the page as text nodes only, never as markup.

const METHODS = ['get', 'post', 'patch', 'put', 'delete'];
const key = document.getElementById('key');

function el(tag, attributes = {}, ...children) {
  const made = Object.assign(document.createElement(tag), attributes);
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

// Paragraphs, lists and `code`: as much Markdown as the document uses.
function prose(text = '') {
  return text.split(/\n{2,}/).filter(Boolean).map((block) => {
    const lines = block.split('\n');
    return lines.every((line) => line.startsWith('- '))
      ? el('ul', {}, lines.map((line) => el('li', {}, inline(line.slice(2)))))
      : el('p', {}, inline(lines.join(' ')));
  });
}

function inline(text) {
  return text.split('`').map((part, turn) => (turn % 2 ? el('code', {}, part) : part));
}

function resolver(api) {
  return function resolve(thing) {
    if (!thing?.$ref) return thing ?? {};
    return resolve(thing.$ref.slice(2).split('/').reduce((found, name) => found[name], api));
  };
}

function kindOf(schema, resolve) {
  if (schema.$ref) return kindOf(resolve(schema), resolve);
  if (schema.anyOf) return schema.anyOf.map((one) => kindOf(one, resolve)).join(' | ');
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(' | ');
  if (schema.type === 'array') return `array of ${kindOf(schema.items ?? {}, resolve)}`;
  return schema.title ?? schema.type ?? 'any';
}

function limitsOf(schema) {
  const words = {
    minimum: 'at least', maximum: 'at most', minLength: 'min length', maxLength: 'max length',
    minItems: 'min items', maxItems: 'max items', format: 'format', default: 'default',
  };
  return Object.entries(words)
    .filter(([name]) => schema[name] !== undefined)
    .map(([name, word]) => `${word} ${JSON.stringify(schema[name])}`)
    .join(', ');
}

function row(name, schema, required, about, resolve) {
  const limits = limitsOf(schema.$ref ? resolve(schema) : schema);
  return el('tr', {},
    el('td', {}, el('code', {}, name), required ? el('span', { className: 'must' }, ' required') : null),
    el('td', { className: 'kind' }, kindOf(schema, resolve)),
    el('td', {}, prose(about ?? schema.description ?? resolve(schema).description), limits ? el('p', {}, limits) : null));
}

function table(title, rows) {
  return rows.length ? [el('h4', {}, title), el('table', {}, rows)] : [];
}

// `asked` marks the fields of a body: which must be there and what the others default to.
function fieldsOf(schema, resolve, asked, prefix = '', depth = 0) {
  const object = objectIn(schema, resolve);
  if (!object?.properties || depth > 2) return [];
  return Object.entries(object.properties).flatMap(([name, field]) => {
    const { default: _, ...answered } = field;
    const required = asked && (object.required ?? []).includes(name);
    return [
      row(prefix + name, asked ? field : answered, required, undefined, resolve),
      ...fieldsOf(field, resolve, asked, `${prefix}${name}.`, depth + 1),
    ];
  });
}

function objectIn(schema, resolve) {
  const found = resolve(schema);
  if (found.anyOf) return found.anyOf.map((one) => objectIn(one, resolve)).find((one) => one?.properties);
  return found.type === 'array' ? objectIn(found.items ?? {}, resolve) : found;
}

function exampleOf(schema, resolve) {
  const found = resolve(schema);
  if (found.examples) return found.examples[0];
  if (found.default !== undefined) return found.default;
  if (found.enum) return found.enum[0];
  if (found.anyOf) return exampleOf(found.anyOf[0], resolve);
  if (found.properties) {
    return Object.fromEntries((found.required ?? []).map((name) => [name, exampleOf(found.properties[name], resolve)]));
  }
  return { array: [], object: {}, integer: found.minimum ?? 0, number: 0, boolean: false }[found.type] ?? 'text';
}

function answersOf(operation, resolve) {
  return Object.entries(operation.responses).map(([status, answer]) => {
    const said = resolve(answer);
    const shape = Object.values(said.content ?? {})[0]?.schema;
    return el('tr', {},
      el('td', {}, el('code', {}, status)),
      el('td', { className: 'kind' }, shape ? kindOf(shape, resolve) : ''),
      el('td', {}, prose(said.description)));
  });
}

function curl(method, url, body) {
  const words = [`curl -X ${method.toUpperCase()} '${location.origin}${url}'`];
  words.push(`-H 'Authorization: Bearer ${key.value || '$API_KEY'}'`);
  if (method !== 'get') words.push(`-H 'Idempotency-Key: ${crypto.randomUUID?.() ?? Date.now()}'`);
  if (body) words.push("-H 'Content-Type: application/json'", `-d '${body.replaceAll("'", "'\\''")}'`);
  return words.join(' \\\n  ');
}

async function send(method, url, body, output) {
  const headers = { Authorization: `Bearer ${key.value}` };
  if (body) headers['Content-Type'] = 'application/json';
  const answer = await fetch(url, { method: method.toUpperCase(), headers, body: body || undefined });
  const text = await answer.text();
  const shown = ['x-request-id', 'location', 'etag', 'ratelimit'].filter((name) => answer.headers.has(name));
  output.textContent = [
    `${answer.status} ${answer.statusText}`,
    ...shown.map((name) => `${name}: ${answer.headers.get(name)}`), '', pretty(text),
  ].join('\n');
  output.parentElement.hidden = false;
}

function pretty(text) {
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
}

function trying(method, path, operation, resolve) {
  const url = el('input', { value: path, size: 60, ariaLabel: 'Path and query' });
  const schema = operation.requestBody?.content['application/json'].schema;
  const body = schema
    ? el('textarea', { value: JSON.stringify(exampleOf(schema, resolve), null, 2), ariaLabel: 'Body' })
    : null;
  const snippet = el('code');
  const output = el('code');
  const show = () => { snippet.textContent = curl(method, url.value, body?.value); };
  for (const input of [url, body, key]) input?.addEventListener('input', show);
  show();
  const button = el('button', { type: 'button' }, 'Send');
  button.addEventListener('click', () => send(method, url.value, body?.value, output));
  return [
    el('h4', {}, 'Try'), el('p', {}, url, ' ', button), body, el('pre', {}, snippet),
    el('pre', { hidden: true }, output),
  ];
}

function detailsOf(method, path, operation, resolve) {
  const parameters = operation.parameters.map((one) => row(one.name, one.schema, one.required, one.description, resolve));
  const body = operation.requestBody?.content['application/json'].schema;
  const success = Object.entries(operation.responses).find(([status]) => status.startsWith('2'));
  const shape = Object.values(resolve(success?.[1]).content ?? {})[0]?.schema;
  return [
    prose(operation.description),
    table('Parameters', parameters),
    table('Body', body ? fieldsOf(body, resolve, true) : []),
    table(`Answer ${success?.[0] ?? ''}`, shape ? fieldsOf(shape, resolve, false) : []),
    table('Statuses', answersOf(operation, resolve)),
    trying(method, path, operation, resolve),
  ].flat();
}

function routeOf(method, path, operation, resolve) {
  const inside = el('div');
  const route = el('details', { className: 'route', id: operation.operationId },
    el('summary', {}, el('span', { className: 'method' }, method.toUpperCase()), el('code', {}, path),
      el('span', { className: 'what' }, inline(operation.summary))), inside);
  route.addEventListener('toggle', () => {
    if (route.open && !inside.hasChildNodes()) inside.append(...detailsOf(method, path, operation, resolve).filter(Boolean));
  });
  return route;
}

function entryOf(method, path, operation) {
  const parts = path.split('/').slice(1).flatMap((part) => [el('wbr'), `/${part}`]);
  return el('a', { href: `#${operation.operationId}` },
    el('span', { className: 'method' }, method.toUpperCase()), el('span', {}, parts));
}

function openTarget() {
  const target = document.getElementById(location.hash.slice(1));
  if (target) { target.open = true; target.scrollIntoView(); }
}

function filter(words) {
  for (const link of document.querySelectorAll('#index a')) {
    const hidden = !link.textContent.toLowerCase().includes(words.toLowerCase());
    link.hidden = hidden;
    document.getElementById(link.hash.slice(1)).hidden = hidden;
  }
}

function render(api) {
  const resolve = resolver(api);
  const groups = new Map();
  const partners = ([path]) => (path.startsWith('/v1/') ? 0 : 1);
  for (const [path, methods] of Object.entries(api.paths).sort((a, b) => partners(a) - partners(b))) {
    for (const method of METHODS.filter((name) => methods[name])) {
      const operation = methods[method];
      const tag = operation.tags[0];
      groups.set(tag, [...(groups.get(tag) ?? []), [method, path, operation]]);
    }
  }
  document.getElementById('version').textContent = api.info.version;
  document.getElementById('about').append(...prose(api.info.description));
  for (const [tag, found] of groups) {
    document.getElementById('index').append(el('h2', {}, tag), ...found.map((one) => entryOf(...one)));
    document.getElementById('routes').append(
      el('section', {}, el('h2', {}, tag), ...found.map((one) => routeOf(...one, resolve))));
  }
}

key.value = sessionStorage.getItem('key') ?? '';
key.form.addEventListener('submit', (event) => event.preventDefault());
key.addEventListener('input', () => sessionStorage.setItem('key', key.value));
document.getElementById('filter').addEventListener('input', (event) => filter(event.target.value));
window.addEventListener('hashchange', openTarget);
render(await (await fetch('/v1/openapi.json')).json());
openTarget();
