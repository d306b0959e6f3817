// Where in the console one is: `#/sandbox/view/id?filters`. Every place has a link.

/** Return the place that an address names; what it leaves out is null. */
export function read(hash = location.hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  const [sandbox, view, ...rest] = path.split("/").map(decoded);
  return {
    sandbox: sandbox || "default",
    view: view || "overview",
    id: rest.length ? rest.join("/") : null,
    query: Object.fromEntries(new URLSearchParams(query)),
  };
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Return the link to a place. */
export function link(sandbox, view, id = null, query = {}) {
  const pairs = Object.entries(query).filter(([, value]) => value != null && value !== "");
  const place = [sandbox, view, ...(id === null ? [] : [id])].map(encodeURIComponent).join("/");
  return `#/${place}${pairs.length ? `?${new URLSearchParams(pairs)}` : ""}`;
}

/** Go to a place; `replace` leaves the one before out of the history. */
export function go(target, { replace = false } = {}) {
  if (target === location.hash) return;
  if (!replace) {
    location.hash = target;
    return;
  }
  history.replaceState(null, "", target);
  window.dispatchEvent(new HashChangeEvent("hashchange"));
}
