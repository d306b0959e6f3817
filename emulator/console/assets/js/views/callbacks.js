// Callbacks: what was sent to whom, what came of it, and the same again.

import { h } from "../dom.js";
import { brief, counted, shortId } from "../format.js";
import { field, form } from "../forms.js";
import { badge, code, empty, facts, fold, head, moment, section } from "../parts.js";
import { link } from "../route.js";
import { Split } from "../split.js";
import { actionButton, say } from "../toast.js";
import { toneOfAnswer } from "../words.js";
import { Endpoints } from "../endpoints.js";

const STATES = [
  ["", "All"],
  ["failed", "Failed"],
  ["pending", "Not done yet"],
  ["succeeded", "Succeeded"],
];

export function mount(app) {
  const state = field({ label: "State", options: STATES });
  state.control.addEventListener("change", () => split.filter({ state: state.control.value }));
  const endpoints = new Endpoints(app);
  const split = new Split(app, {
    view: "callbacks",
    title: "Callbacks",
    noun: "callback",
    kind: "callback",
    path: "/callbacks",
    query: (filters) => filters,
    tools: state,
    above: endpoints.element,
    list: {
      heights: [40, 64],
      row,
      empty: () =>
        empty(
          split.route.query.state ? "No callback is in this state." : "No callbacks yet.",
          "Add an endpoint above and send a message: its news go there, signed as the vendor signs.",
        ),
    },
    fetch: (id) => read(app, id),
    render: (found) => render(app, found),
    onFilters: (filters) => {
      state.control.value = filters.state ?? "";
    },
  });
  endpoints.read();
  return split;
}

function row(callback) {
  const tries = callback.attempts.length;
  return [
    h("span", { class: "c-time" }, brief(callback.created_at)),
    h("span", { class: "c-who" }, callback.event),
    h("span", { class: "c-text" }, callback.url.replace(/^https?:\/\//, "")),
    h("span", { class: "c-tag" }, tries ? counted(tries, "try", "tries") : "not sent yet"),
    h("span", { class: "c-status" }, badge(callback.state)),
  ];
}

async function read(app, id) {
  const callback = await app.sandbox.get(`/callbacks/${encodeURIComponent(id)}`);
  const message = await app.sandbox
    .get(`/messages/${encodeURIComponent(callback.subject)}`)
    .catch(() => null);
  return { callback, message };
}

function render(app, { callback, message }) {
  return [
    head(
      callback.event,
      badge(callback.state),
      h("span", { class: "c-tag" }, app.title(callback.provider)),
    ),
    h(
      "div",
      { class: "row" },
      actionButton("Send it again", () => again(app, callback, {})),
    ),
    section("Attempts", attempts(callback)),
    section("Signature", signature(callback.signature)),
    section(
      "Body, exactly as sent",
      code(callback.body, { name: "Exact body", exact: true }),
      fold("With indents", code(callback.body, { name: "Body with indents" })),
    ),
    section(
      "About it",
      facts(
        ["To", h("code", null, callback.url)],
        ["Made", moment(callback.created_at)],
        [
          "About",
          message
            ? h(
                "a",
                { href: link(app.sandbox.name, "messages", message.id) },
                `Message ${shortId(message.id)}`,
              )
            : callback.subject,
        ],
        ["Endpoint", callback.endpoint],
        ...Object.entries(callback.headers).map(([name, value]) => [name, h("code", null, value)]),
      ),
    ),
    fold("Edit and send", edit(app, callback)),
  ];
}

function attempts(callback) {
  if (!callback.attempts.length) {
    return h("p", { class: "hint" }, "None yet. Advance the clock to let it leave.");
  }
  return h(
    "ol",
    { class: "plain attempts" },
    callback.attempts.map((attempt) =>
      h(
        "li",
        null,
        h(
          "div",
          { class: "line" },
          moment(attempt.at),
          badge(attempt.status ?? "no answer", toneOfAnswer(attempt.status ?? 599)),
          h("span", { class: "grow" }, attempt.error ?? ""),
          h("span", { class: "hint" }, `${Math.round(attempt.duration_ms)} ms`),
        ),
        attempt.response
          ? h(
              "pre",
              { class: "answer", tabindex: 0, role: "region", "aria-label": "What was answered" },
              attempt.response,
            )
          : null,
      ),
    ),
  );
}

function signature(found) {
  if (!found) {
    return h("p", { class: "hint" }, "This vendor signs no callbacks, or the endpoint is gone.");
  }
  return h(
    "div",
    { class: "stack tight" },
    h(
      "p",
      null,
      badge(found.is_genuine ? "genuine" : "altered", found.is_genuine ? "good" : "bad"),
      found.is_genuine
        ? " It fits the body and the endpoint's secret."
        : " It does not fit the body: a handler that checks it must refuse.",
    ),
    h("p", { class: "wrap" }, h("code", null, `${found.header}: ${found.value}`)),
  );
}

function edit(app, callback) {
  const url = field({ label: "Send to", at: "/url", value: callback.url });
  const body = field({
    label: "Body, exactly as it is sent",
    at: "/body",
    area: true,
    rows: 8,
    value: callback.body,
    hint: "Another body is signed anew, unless a signature stands below.",
  });
  const headers = field({
    label: "Other headers",
    at: "/headers",
    area: true,
    rows: 2,
    placeholder: "X-Name: value",
    hint: "One in each line; one of the same name takes its place.",
  });
  return form(
    {},
    async () => {
      const change = { body: body.control.value };
      if (url.control.value !== callback.url) change.url = url.control.value;
      const pairs = headers.control.value
        .split("\n")
        .filter((line) => line.includes(":"))
        .map((line) => [
          line.slice(0, line.indexOf(":")).trim(),
          line.slice(line.indexOf(":") + 1).trim(),
        ]);
      if (pairs.length) change.headers = Object.fromEntries(pairs);
      await again(app, callback, change);
    },
    url,
    body,
    headers,
    h("button", { class: "primary" }, "Send the edited callback"),
  );
}

async function again(app, callback, change) {
  const sent = await app.sandbox.post(
    `/callbacks/${encodeURIComponent(callback.id)}/redeliver`,
    change,
  );
  const last = sent.attempts[sent.attempts.length - 1];
  say(last.status ? `The receiver answered ${last.status}.` : `Not delivered: ${last.error}.`, {
    tone: last.status && last.status < 300 ? "good" : "warn",
  });
  document.activeElement?.blur();
  app.live.tell("again");
}
