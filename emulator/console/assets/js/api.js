// The control API. Whatever the console does is one of these calls.

const ROOT = new URL("../../", import.meta.url).pathname;

/** An answer that is no success, as a problem document says it. */
export class Problem extends Error {
  constructor(status, document) {
    super(document.detail || document.title || `The emulator answered ${status}.`);
    this.status = status;
    this.errors = document.errors ?? [];
  }
}

/** Return what a call answers; `query` leaves out what is empty. Throws a Problem. */
export async function call(method, path, { query, body, signal } = {}) {
  const options = { method, signal, headers: { Accept: "application/json" } };
  if (body !== undefined) {
    options.body = typeof body === "string" ? body : JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  const response = await reach(ROOT + path + search(query), options);
  const text = await response.text();
  // The page itself asks for the token.
  if (response.status === 401) location.reload();
  if (!response.ok) throw new Problem(response.status, parsed(text));
  return text ? JSON.parse(text) : null;
}

async function reach(url, options) {
  try {
    return await fetch(url, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, { detail: "The emulator does not answer. Is it still running?" });
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

function search(query) {
  const pairs = Object.entries(query ?? {}).filter(([, value]) => value != null && value !== "");
  return pairs.length ? `?${new URLSearchParams(pairs)}` : "";
}

/** The calls about one sandbox. */
export class Sandbox {
  constructor(name) {
    this.name = name;
    this.path = `sandboxes/${encodeURIComponent(name)}`;
  }

  get(path, query, signal) {
    return call("GET", this.path + path, { query, signal });
  }

  post(path, body = {}, query) {
    return call("POST", this.path + path, { body, query });
  }

  put(path, body) {
    return call("PUT", this.path + path, { body });
  }

  patch(path, body) {
    return call("PATCH", this.path + path, { body });
  }

  delete(path) {
    return call("DELETE", this.path + path);
  }

  /** Return how many items a list has. */
  async count(path, query) {
    return (await this.get(path, { ...query, limit: 1 })).total;
  }

  get eventsUrl() {
    return `${ROOT}${this.path}/events`;
  }
}

/** Return all items of a list, page by page; `more` is shown what has come so far. */
export async function all(sandbox, path, query, more = () => true) {
  const items = [];
  let cursor = null;
  do {
    const page = await sandbox.get(path, { ...query, limit: 1000, cursor });
    items.push(...page.items);
    cursor = page.next;
    if (!more(items, page.total)) break;
  } while (cursor);
  return items;
}
