// A request of a client as a command to repeat it.

const OWN = new Set([
  "host",
  "content-length",
  "user-agent",
  "accept-encoding",
  "connection",
  "accept",
  "transfer-encoding",
]);
const MASKED = "…";

/**
 * Return the command for an entry of the journal.
 *
 * @param provider  its base URL and accounts: the journal hides keys, and here is one in full
 */
export function curl(entry, provider) {
  const query = new URLSearchParams(
    Object.entries(entry.query).flatMap(([name, values]) =>
      [values].flat().map((value) => [name, value]),
    ),
  );
  const tail = query.size ? `?${query}` : "";
  const parts = ["curl"];
  if (entry.method !== "GET") parts.push(`-X ${entry.method}`);
  parts.push(quoted(`${provider?.base_url ?? ""}${encodeURI(entry.path)}${tail}`));
  for (const [name, values] of Object.entries(entry.headers)) {
    if (OWN.has(name.toLowerCase())) continue;
    for (const value of [values].flat()) {
      parts.push(`-H ${quoted(`${name}: ${whole(value, entry.account, provider)}`)}`);
    }
  }
  if (entry.body_encoding) {
    parts.push("--data-binary @-");
    return `base64 -d <<'END' | ${joined(parts)}\n${entry.body}\nEND`;
  }
  if (entry.body !== null) parts.push(`--data-raw ${quoted(body(entry))}`);
  return joined(parts);
}

function joined(parts) {
  return parts.join(" \\\n  ");
}

function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function body(entry) {
  return typeof entry.body === "string" ? entry.body : JSON.stringify(entry.body);
}

// The whole of a hidden key: one of the account's that ends alike.
function whole(value, account, provider) {
  if (!value.includes(MASKED)) return value;
  const [before, end] = value.split(MASKED);
  const accounts = provider?.accounts ?? [];
  const own = accounts.filter((each) => each.id === account);
  const keys = [...own, ...accounts].flatMap((each) => each.keys.map((key) => key.key));
  // Of short ones the journal shows nothing.
  const isIt = (each) => (end ? each.length > 8 && each.endsWith(end) : each.length <= 8);
  const key = keys.find(isIt) ?? keys[0] ?? "KEY";
  return `${before}${key}`;
}
