// The form for one outcome rule.

import { h } from "./dom.js";
import { field, filled, form, numeric } from "./forms.js";
import { linkButton } from "./parts.js";
import { CHANNELS, OUTCOMES } from "./words.js";

const ANY = ["", "Any"];
const BY = [
  ["to", "is exactly"],
  ["to_prefix", "starts with"],
  ["to_suffix", "ends with"],
  ["to_pattern", "is like (pattern)"],
];
const STEPS = ["sent", "delivered", "read", "failed", "reply"];

/** Return the form; `given` is a rule, or what a link says of a new one. */
export function ruleForm(app, given, { save, cancel }) {
  const by = BY.map(([name]) => name).find((name) => given[name]) ?? "to";
  const parts = {
    outcome: field({
      label: "Outcome",
      at: "/outcome",
      value: given.outcome ?? "undelivered",
      options: Object.entries(OUTCOMES).map(([name, words]) => [name, `${name} – ${words}`]),
    }),
    provider: choice(app, "Provider", "/provider", given.provider, Object.entries(app.titles)),
    channel: choice(app, "Channel", "/channel", given.channel, [
      ...new Set([...CHANNELS, given.channel].filter(Boolean)),
    ]),
    by: field({ label: "The number or address", options: BY, value: by }),
    to: field({ label: "This", at: `/${by}`, value: given[by], placeholder: "60123456789" }),
    times: text("Only so many times", "/times", given.times, "3"),
    nth: text("Only these sends to a person", "/nth", given.nth, "1, 2"),
    share: text("Only a share", "/share", given.share, "0.1"),
    template: text("Template", "/template", given.template),
    text_pattern: text("Text like (pattern)", "/text_pattern", given.text_pattern),
    broadcast: text("Broadcast", "/broadcast", given.broadcast),
    account: text("Account", "/account", given.account),
    code: text("Error code", "/error/code", given.error?.code, "UNDELIVERABLE"),
    message: text("Error text", "/error/message", given.error?.message, "Absent subscriber"),
    reply: text("Text of the answer", "/reply/text", given.reply?.text, "YES"),
  };
  parts.by.control.addEventListener("change", () => {
    parts.to.control.dataset.at = `/${parts.by.control.value}`;
  });
  const delays = STEPS.map((step) => {
    const value = given.delays?.[step];
    return text(
      `Delay until ${step}`,
      `/delays/${step}`,
      value && typeof value === "object" ? JSON.stringify(value) : value,
      "90s, 2h",
    );
  });
  const more = h(
    "details",
    null,
    h("summary", null, "More conditions"),
    h(
      "div",
      { class: "grid" },
      parts.times,
      parts.nth,
      parts.share,
      parts.template,
      parts.text_pattern,
      parts.broadcast,
      parts.account,
    ),
  );
  const details = h(
    "details",
    null,
    h("summary", null, "Error, answer and delays"),
    h("div", { class: "grid" }, parts.code, parts.message, parts.reply, delays),
  );
  more.open = ["times", "nth", "share", "template", "text_pattern", "broadcast", "account"].some(
    (name) => given[name],
  );
  details.open = Boolean(given.error || given.reply || given.delays);
  return form(
    { class: "stack" },
    () => save(read(parts, delays)),
    h("div", { class: "grid" }, parts.outcome, parts.provider, parts.channel, parts.by, parts.to),
    more,
    details,
    h(
      "div",
      { class: "row" },
      h("button", { class: "primary" }, "Save the rule"),
      linkButton("Cancel", cancel, { class: "button quiet" }),
    ),
  );
}

function choice(app, label, at, value, options) {
  return field({ label, at, value: value ?? "", options: [ANY, ...options] });
}

function text(label, at, value, placeholder = "") {
  const shown = Array.isArray(value) ? value.join(", ") : (value ?? "");
  return field({ label, at, value: String(shown), placeholder });
}

function read(parts, delays) {
  const value = (name) => parts[name].control.value.trim();
  const nth = value("nth")
    ? value("nth")
        .split(/[\s,]+/)
        .filter(Boolean)
        .map(numeric)
    : undefined;
  const error =
    value("code") || value("message")
      ? { code: value("code"), message: value("message") }
      : undefined;
  const spans = Object.fromEntries(
    delays.map((each, at) => [STEPS[at], delay(each.control.value)]),
  );
  return filled({
    outcome: value("outcome"),
    provider: value("provider"),
    channel: value("channel"),
    [value("by")]: value("to"),
    times: numeric(value("times")),
    nth,
    share: numeric(value("share")),
    template: value("template"),
    text_pattern: value("text_pattern"),
    broadcast: value("broadcast"),
    account: value("account"),
    error,
    delays: filled(spans),
    reply: value("reply") ? { text: value("reply") } : undefined,
  });
}

function delay(typed) {
  if (!typed.trim().startsWith("{")) return numeric(typed);
  try {
    return JSON.parse(typed);
  } catch {
    return typed;
  }
}
