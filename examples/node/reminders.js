// The program under test: reminds people by WhatsApp through Cuedesk, and hears what became of it.
// It knows nothing of the emulator: base URL and key come from outside.

import { createHmac, timingSafeEqual } from "node:crypto";

const TRIES = 3;

/** Send a reminder to each person; return the broadcast as Cuedesk shows it. */
export async function remind({ baseUrl, key }, id, people) {
  const body = JSON.stringify({
    from: "447576209857",
    // Asked again with the same id, Cuedesk answers as before and sends nothing twice.
    client_unique_identifier: id,
    template: {
      name: "monthly_newsletter",
      locale: "en",
      body: { payload_variables: ["first_name"], fallbacks: ["you"] },
    },
    payload: people.map(({ phone, name }) => ({ identifier: phone, first_name: name })),
  });
  const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
  const answer = await persist(() =>
    fetch(`${baseUrl}/v2/broadcasts`, { method: "POST", headers, body, signal: AbortSignal.timeout(5000) }),
  );
  const told = await answer.json();
  if (!answer.ok) throw new Error(`Cuedesk refused: ${JSON.stringify(told)}`);
  return told.broadcast;
}

/** Ask again where nothing came back, or a 5xx. */
async function persist(ask) {
  for (let left = TRIES - 1; ; left -= 1) {
    try {
      const answer = await ask();
      if (answer.status < 500 || left === 0) return answer;
      await answer.body?.cancel();
    } catch (error) {
      if (left === 0) throw error;
    }
  }
}

/** Say whether a callback is genuine. The body has to be as it came: a Buffer, not parsed JSON. */
export function isGenuine(secret, headers, body) {
  const made = createHmac("sha256", secret).update(body).digest();
  const given = Buffer.from(headers["x-cue-signature"] ?? "", "hex");
  return given.length === made.length && timingSafeEqual(given, made);
}
