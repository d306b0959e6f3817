// What tests need of the emulator: a sandbox each, and a handler for callbacks.

import { createServer } from "node:http";

const EMULATOR = process.env.EMULATOR_URL ?? "http://127.0.0.1:4600";

async function ask(method, path, body) {
  const answer = await fetch(`${EMULATOR}/_emulator/sandboxes${path}`, {
    method,
    headers: { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

/** A sandbox for a test alone, deleted at its end; `t` is what node:test hands to the test. */
export async function openSandbox(t, wish = { fixture: "reference" }) {
  const { name, providers } = await ask("POST", "", wish);
  t.after(() => ask("DELETE", `/${name}`));
  return {
    /** Where a vendor is, and the first key of its first account. */
    access: (vendor) => ({
      baseUrl: providers[vendor].base_url,
      key: providers[vendor].accounts[0].keys[0].key,
    }),
    get: (path) => ask("GET", `/${name}${path}`),
    post: (path, body) => ask("POST", `/${name}${path}`, body),
    advance: (goal) => ask("POST", `/${name}/clock/advance`, goal),
  };
}

/** A handler on a port of its own; `handle(headers, body)` returns the status to answer with. */
export async function openHandler(t, handle) {
  const server = createServer(async (request, response) => {
    const parts = await request.toArray();
    response.writeHead(handle(request.headers, Buffer.concat(parts))).end();
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  t.after(() => server.close());
  return `http://127.0.0.1:${server.address().port}/`;
}
