// URL router: `#/jobs/job_123?status=failed`. Filters are part of the URL, the key never is.

/** Parse the URL into screen name, path and filters. */
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

/** Build a URL without empty filters; several values are joined by commas. */
export function link(path, filters = {}) {
  const said = Object.entries(filters).filter(([, value]) =>
    value != null && value !== "" && String(value) !== ""
  );
  const search = new URLSearchParams(said.map(([name, value]) => [name, String(value)])).toString();
  return `#/${path.map(encodeURIComponent).join("/")}${search && `?${search}`}`;
}

/** Return the current URL with changed filters, at the first page. */
export function narrowed(changes) {
  const { name, path, query } = address();
  return link([name, ...path], { ...Object.fromEntries(query), cursor: null, ...changes });
}

export function go(path, filters) {
  location.hash = link(path, filters);
}
