// HTTP client of the public API, with the typed key.

const KEY = "tenantry.key";

export const session = { get key() {
  return sessionStorage.getItem(KEY);
}, open(key) {
  sessionStorage.setItem(KEY, key);
}, close() {
  sessionStorage.removeItem(KEY);
} };

/** A response with a status of 4xx or 5xx. */
export class Refused extends Error {
  constructor(status, { code, message, requestId, details }) {
    super(message);
    Object.assign(this, { status, code, requestId, details });
  }
}

/** Send a request and return the JSON; `body` is sent as JSON, `form` as multipart. Throws `Refused`. */
export async function call(method, path, { body, form, headers = {}, signal } = {}) {
  return (await send(method, path, { body, form, headers, signal })).json();
}

/** Return a resource with its ETag for `If-Match`. */
export async function getWithETag(path, { signal } = {}) {
  const answer = await send("GET", path, { signal });
  return { value: await answer.json(), etag: answer.headers.get("ETag") };
}

/** Return a new Idempotency-Key, so that retries of one click are the same request. */
export const once = () => ({ "Idempotency-Key": String(crypto.getRandomValues(new Uint32Array(4))) });

/** Yield each version of a job until it ends; reconnects with `Last-Event-ID`. */
export async function* follow(jobId, signal) {
  let last = "0";
  for (;;) {
    const answer = await send("GET", `/v1/jobs/${jobId}/events`, { headers: { "Last-Event-ID": last },
      signal });
    for await (const event of events(answer.body)) {
      last = event.id;
      yield event.job;
      if (event.job.status !== "running") return;
    }
    if (answer.status === 204) return;
    await new Promise(resolve => setTimeout(resolve, 1000));
  }
}

async function send(method, path, { body, form, headers = {}, signal }) {
  const sent = { Authorization: `Bearer ${session.key}`, ...headers };
  if (body) sent["Content-Type"] = "application/json";
  const answer = await fetch(path, { method, headers: sent, body: form ?? (body && JSON.stringify(body)),
    signal }).catch(rethrow);
  if (!answer.ok) throw await refusalOf(answer);
  return answer;
}

function rethrow(error) {
  throw error.name === "AbortError" ? error : new Error("The API can't be reached.");
}

async function refusalOf(answer) {
  const said = await answer.json().catch(() => ({}));
  return new Refused(answer.status, said.error ?? { message: `The API returned ${answer.status}.` });
}

async function* events(body) {
  let text = "";
  for await (const chunk of chunks(body)) {
    const blocks = (text + chunk).split("\n\n");
    text = blocks.pop();
    for (const block of blocks) {
      const match = block.match(/^id: (\d+)\ndata: (.*)$/s);
      if (match) yield { id: match[1], job: JSON.parse(match[2]) };
    }
  }
}

async function* chunks(body) {
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (let part = await reader?.read(); part && !part.done; part = await reader.read()) yield part.value;
  } finally {
    reader?.cancel().catch(() => {});
  }
}
