// All messages of all vendors: search, conversation, timeline, and why it went so.

import { h, settled } from "../dom.js";
import { brief, clockTime, seconds, shortId, shortMoment, span } from "../format.js";
import { field, form } from "../forms.js";
import {
  badge,
  code,
  direction,
  empty,
  facts,
  fold,
  head,
  linkButton,
  medium,
  moment,
  section,
} from "../parts.js";
import { link } from "../route.js";
import { Split } from "../split.js";
import { say } from "../toast.js";
import { nameOf, OUTCOMES, personKey, personOf, plainAddress } from "../words.js";

const WORDS = ["to", "from", "status", "provider", "direction", "broadcast", "text"];
const TYPING = 250;
const TALK = 6;

/** Return the control API's filters for what was typed: `to: 60123 status: failed hello`. */
export function parseSearch(typed) {
  const found = {};
  const words = [];
  const unknown = [];
  // A word with a colon takes what follows it, with or without a blank between.
  const pattern = /(?:([a-z_]+):\s*)?(?:"([^"]*)"|(\S+))/gi;
  for (const [, name, quoted, plain] of typed.matchAll(pattern)) {
    const value = quoted ?? plain;
    if (name === undefined) words.push(value);
    else if (WORDS.includes(name.toLowerCase())) found[name.toLowerCase()] = value;
    else unknown.push(name);
  }
  if (words.length) found.text = [found.text, ...words].filter(Boolean).join(" ");
  return { query: found, unknown };
}

export function mount(app) {
  const search = field({
    label: "Search messages",
    type: "search",
    placeholder: "to: status: provider: text:",
    suggestions: [
      "status: failed",
      "status: delivered",
      "direction: in",
      ...Object.keys(app.titles).map((slug) => `provider: ${slug}`),
    ],
  });
  search.classList.add("search");
  const notice = h("p", { class: "hint", role: "status", hidden: true });
  const typed = settled(() => split.filter({ q: search.control.value.trim() }), TYPING);
  search.control.addEventListener("input", typed);
  const split = new Split(app, {
    view: "messages",
    title: "Messages",
    noun: "message",
    kind: "message",
    path: "/messages",
    query: (filters) => parseSearch(filters.q ?? "").query,
    tools: search,
    above: notice,
    list: { heights: [40, 64], row, empty: () => nothing(split.route.query.q) },
    fetch: (id) => read(app, id),
    render: (found) => render(app, found),
    onFilters: (filters) => {
      if (search.control !== document.activeElement) search.control.value = filters.q ?? "";
      const { unknown } = parseSearch(filters.q ?? "");
      notice.hidden = unknown.length === 0;
      notice.textContent =
        `There is no search word ${unknown.join(", ")}: ` + `use ${WORDS.join(", ")}.`;
    },
    onLeave: typed.cancel,
  });
  return split;
}

function row(message) {
  return [
    h("span", { class: "c-time" }, brief(message.created_at)),
    direction(message),
    h("span", { class: "c-who" }, nameOf(message)),
    h("span", { class: "c-text", dir: "auto" }, message.text ?? message.template ?? ""),
    h("span", { class: "c-tag" }, message.channel),
    h("span", { class: "c-status" }, badge(message.status)),
  ];
}

function nothing(typed) {
  return typed
    ? empty(
        "No message is like that.",
        "Search words: to: from: status: provider: direction: " +
          "broadcast: text:, or just words of the text. A blank search shows all.",
      )
    : empty("No messages yet.", "Send one with your client, or let somebody write from the Phone.");
}

async function read(app, id) {
  const { sandbox } = app;
  const message = await sandbox.get(`/messages/${encodeURIComponent(id)}`);
  const person = personOf(message);
  const { provider } = message;
  const [sent, received, callbacks, why] = await Promise.all([
    person
      ? sandbox.get("/messages", { provider, to: person, direction: "out", limit: TALK })
      : none,
    person
      ? sandbox.get("/messages", { provider, from: person, direction: "in", limit: TALK })
      : none,
    sandbox.get("/callbacks", { subject: message.id, limit: 20 }),
    explain(sandbox, message),
  ]);
  const talk = [...sent.items, ...received.items]
    .sort((a, b) => new Date(a.created_at) - new Date(b.created_at))
    .slice(-TALK);
  return { message, talk, callbacks: callbacks.items, why };
}

const none = { items: [] };

// What today's rules would say; the message itself knows what decided when it was made.
async function explain(sandbox, message) {
  if (message.direction !== "out" || !message.to) return null;
  const { provider, account, channel, template, broadcast } = message;
  const asked = { provider, account, channel, to: message.to, text: message.text ?? "" };
  if (template) asked.template = template;
  if (broadcast) asked.broadcast = broadcast;
  return sandbox.post("/outcomes/explain", asked).catch(() => null);
}

function render(app, { message, talk, callbacks, why }) {
  const { name } = app.sandbox;
  const person = plainAddress(personOf(message));
  return [
    head(
      nameOf(message),
      badge(message.status),
      h("span", { class: "c-tag" }, `${app.title(message.provider)} · ${message.channel}`),
    ),
    h("p", { class: "text" }, message.text ?? h("em", null, "No text")),
    message.media.length ? h("div", { class: "row" }, message.media.map(medium)) : null,
    message.error
      ? h("p", { class: "problem" }, `${message.error.code}: ${message.error.message}`)
      : null,
    h(
      "div",
      { class: "row" },
      message.direction === "out"
        ? linkButton(
            "Make a rule from this message",
            link(name, "outcomes", "new", ruleFrom(message)),
          )
        : null,
      person ? linkButton("See on the phone", link(name, "phone", personKey(message))) : null,
    ),
    section("Timeline", timeline(message)),
    message.direction === "out" ? section("Why it went so", reason(app, message, why)) : null,
    section("Conversation", conversation(app, message, talk)),
    section(
      "Callbacks",
      callbacks.length
        ? h(
            "ul",
            { class: "plain" },
            callbacks.map((callback) =>
              h(
                "li",
                null,
                h(
                  "a",
                  { class: "line", href: link(name, "callbacks", callback.id) },
                  moment(callback.created_at),
                  h("span", { class: "grow" }, callback.event),
                  badge(callback.state),
                ),
              ),
            ),
          )
        : h("p", { class: "hint" }, "None: no endpoint wants news of this message."),
    ),
    section(
      "About it",
      facts(
        ["Id", h("code", null, message.id)],
        ["From", message.from],
        ["To", message.to],
        ["Account", message.account],
        ["Template", message.template],
        [
          "Broadcast",
          message.broadcast
            ? h(
                "a",
                { href: link(name, "broadcasts", message.broadcast) },
                shortId(message.broadcast),
              )
            : null,
        ],
      ),
    ),
    message.direction === "out" ? fold("Force a status", push(app, message)) : null,
    fold("As the vendor has it", code(message.native, { name: "The vendor's own fields" })),
  ];
}

export function ruleFrom(message) {
  const { provider, channel, template } = message;
  return {
    provider,
    channel,
    to: plainAddress(message.to),
    template,
    outcome: message.outcome ?? "undelivered",
  };
}

function timeline(message) {
  const start = message.history[0]?.at;
  return h(
    "ol",
    { class: "timeline" },
    message.history.map((step, at) => {
      const before = message.history[at - 1];
      const after = before ? seconds(before.at, step.at) : 0;
      return h(
        "li",
        null,
        badge(step.status),
        moment(step.at, clockTime(step.at)),
        h("span", { class: "hint" }, before ? `after ${span(after)}` : shortMoment(start)),
      );
    }),
  );
}

const SOURCES = {
  magic: "Its number ends in magic digits.",
  default: "No rule wanted it, so the sandbox's default decided.",
};

function reason(app, message, why) {
  if (!message.outcome) {
    return h(
      "p",
      { class: "hint" },
      "It came with the fixture as it is: nothing was decided here.",
    );
  }
  const decided = message.decided_by ?? {};
  return h(
    "div",
    { class: "stack tight" },
    h(
      "p",
      null,
      h("strong", null, message.outcome),
      ` – ${OUTCOMES[message.outcome] ?? ""}. `,
      decided.source === "rule"
        ? [
            "Decided by the rule ",
            h("a", { href: link(app.sandbox.name, "outcomes", decided.rule) }, decided.rule),
            ".",
          ]
        : (SOURCES[decided.source] ?? ""),
    ),
    why ? nextTime(app, why) : null,
  );
}

function nextTime(app, why) {
  return h(
    "div",
    { class: "stack tight" },
    h(
      "p",
      { class: "hint" },
      "Sent alone now, it would be ",
      h("strong", null, why.outcome),
      why.rule ? ` by the rule ${why.rule}.` : ".",
    ),
    why.candidates.length
      ? h(
          "ul",
          { class: "plain hint" },
          why.candidates.map((candidate) =>
            h(
              "li",
              null,
              h("a", { href: link(app.sandbox.name, "outcomes", candidate.rule) }, candidate.rule),
              `: ${candidate.matched ? "matches" : candidate.reason}`,
            ),
          ),
        )
      : null,
  );
}

function conversation(app, message, talk) {
  return h(
    "ol",
    { class: "talk" },
    talk.map((each) =>
      h(
        "li",
        { class: each.direction, "aria-current": each.id === message.id ? "true" : null },
        h(
          "a",
          { href: link(app.sandbox.name, "messages", each.id) },
          each.text || each.template || "(no text)",
        ),
        h("span", { class: "hint" }, `${shortMoment(each.created_at)} · ${each.status}`),
      ),
    ),
  );
}

function push(app, message) {
  const status = field({
    label: "Status",
    at: "/status",
    required: true,
    suggestions: ["sent", "delivered", "read", "failed"],
    hint: "In the vendor's words. What follows from it happens at once.",
  });
  const reasonCode = field({ label: "Error code", at: "/error" });
  const words = field({ label: "Error text" });
  return form(
    {},
    async () => {
      const body = { status: status.control.value.trim() };
      if (reasonCode.control.value) {
        body.error = { code: reasonCode.control.value, message: words.control.value };
      }
      await app.sandbox.post(`/messages/${encodeURIComponent(message.id)}/status`, body);
      status.control.blur();
      say(`It is ${body.status} now.`);
      app.live.tell("again");
    },
    status,
    h("div", { class: "pair" }, reasonCode, words),
    h("button", null, "Set the status"),
  );
}
