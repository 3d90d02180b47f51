// The address of a screen: `#/jobs/job_123?status=failed`. Filters are in it, the key never is.

/** What the address names: a screen, what follows it, and its filters. */
export function address() {
  const [place, search] = location.hash.replace(/^#\/?/, "").split("?");
  const [name, ...path] = place.split("/").map(decoded);
  return { name, path, query: new URLSearchParams(search) };
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** An address; a filter that is empty is left out, and one of several values is joined by commas. */
export function link(path, filters = {}) {
  const said = Object.entries(filters).filter(([, value]) =>
    value != null && value !== "" && String(value) !== "");
  const search = new URLSearchParams(said.map(([name, value]) => [name, String(value)])).toString();
  return `#/${path.map(encodeURIComponent).join("/")}${search && `?${search}`}`;
}

/** The address that is open with other filters. Another filter begins at the first page. */
export function narrowed(changes) {
  const { name, path, query } = address();
  return link([name, ...path], { ...Object.fromEntries(query), cursor: null, ...changes });
}

export function go(path, filters) {
  location.hash = link(path, filters);
}
