// Plain words for what the emulator says, and how good or bad a status is.

const TONES = {
  good: ["delivered", "read", "replied", "handled", "completed", "succeeded", "opened", "clicked"],
  bad: ["failed", "rejected", "undelivered", "errored", "bounced", "expired", "refused", "dropped"],
  moving: ["sent", "send", "wired", "enqueued", "started", "processing", "in_progress", "accepted"],
  waiting: ["pending", "queued", "scheduled", "initializing", "draft", "waiting"],
};
const TONE_OF = new Map(
  Object.entries(TONES).flatMap(([tone, words]) => words.map((word) => [word, tone])),
);

/** Return "good", "bad", "moving", "waiting", or "quiet" for a word that nobody foresaw. */
export function toneOf(status) {
  return TONE_OF.get(String(status).toLowerCase()) ?? "quiet";
}

export function toneOfAnswer(status) {
  if (status === null) return "waiting";
  return status < 300 ? "good" : "bad";
}

/** Whether a message with this status can be seen on the phone it was sent to. */
export function isSeen(message) {
  return message.direction === "in" || toneOf(message.status) === "good";
}

export const OUTCOMES = {
  delivered: "Sent, then delivered",
  read: "Delivered and read",
  replied: "Delivered, read and answered",
  rejected: "Refused before it is sent",
  undelivered: "Sent, then reported failed",
  stuck: "Sent, never reported again",
  pending: "Never leaves its first status",
  bounced_permanent: "E-mail bounces for good",
  bounced_transient: "E-mail bounces for now",
  flaky: "Fails at first, then is delivered",
};

export const CHANNELS = ["sms", "whatsapp", "email"];

export const EVIDENCE = {
  documented: "The vendor's pages say so",
  observed: "Seen on the vendor's server or in a client",
  assumed: "A guess: no source says so",
};

/** Return the address of the person in a message. */
export function personOf(message) {
  return (message.direction === "out" ? message.to : message.from) ?? "";
}

/** Return an address without a URN's scheme: `tel:+254…` is `+254…`. */
export function plainAddress(address) {
  return (address ?? "").replace(/^[a-z][a-z0-9]*:(?=.)/, "");
}

/** Return a person's address, the same however a vendor writes it. */
export function personKey(message) {
  return personOf(message)
    .replace(/^(tel|whatsapp|mailto):/, "")
    .replace(/^\+/, "");
}

/** Return what to call the person in a message. */
export function nameOf(message) {
  return message.contact?.name || plainAddress(personOf(message)) || "Nobody";
}
