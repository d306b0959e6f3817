// What clients asked and were answered; what they may have meant instead.

import { h, settled } from "../dom.js";
import { brief } from "../format.js";
import { field } from "../forms.js";
import { curl } from "../curl.js";
import { badge, code, empty, facts, fold, head, linkButton, moment, section } from "../parts.js";
import { link } from "../route.js";
import { Split } from "../split.js";
import { actionButton, ask, copyButton, say } from "../toast.js";
import { EVIDENCE, toneOfAnswer } from "../words.js";

const SHOW = [
  ["", "All"],
  ["unmatched", "Not found"],
  ["matched", "Found"],
];

export function mount(app) {
  const show = field({ label: "Show", options: SHOW });
  const path = field({ label: "Path", type: "search", placeholder: "/api/v2/*" });
  const filter = () => split.filter({ show: show.control.value, path: path.control.value.trim() });
  const typed = settled(filter, 250);
  show.control.addEventListener("change", filter);
  path.control.addEventListener("input", typed);
  const split = new Split(app, {
    view: "requests",
    title: "Requests",
    noun: "request",
    kind: "request",
    path: "/requests",
    query: ({ show: wanted, path: glob }) => ({
      matched: wanted ? wanted === "matched" : null,
      path: glob,
      bodies: false,
    }),
    tools: [show, path],
    above: h(
      "div",
      { class: "row end pad" },
      actionButton(
        "Forget all",
        async () => {
          if (!(await ask("Forget all requests?", "The journal starts anew.", "Forget them")))
            return;
          await app.sandbox.delete("/requests");
          app.live.tell("again");
          say("Forgotten.");
        },
        { class: "quiet" },
      ),
    ),
    list: {
      heights: [40, 64],
      row,
      empty: () =>
        empty(
          split.route.query.show || split.route.query.path
            ? "No request is like that."
            : "No requests yet.",
          "Point your client at an address from the overview; what it asks appears here.",
        ),
    },
    fetch: (id) => app.sandbox.get(`/requests/${encodeURIComponent(id)}`),
    render: (entry) => render(app, entry),
    onFilters: (filters) => {
      show.control.value = filters.show ?? "";
      if (path.control !== document.activeElement) path.control.value = filters.path ?? "";
    },
    onLeave: typed.cancel,
  });
  return split;
}

function row(entry) {
  return [
    h("span", { class: "c-time" }, brief(entry.at)),
    h("span", { class: "c-method" }, entry.method),
    h("span", { class: "c-text" }, entry.path),
    h("span", { class: "c-tag" }, entry.provider),
    entry.fault ? badge("fault", "waiting") : null,
    h("span", { class: "c-status short" }, badge(entry.status ?? "…", toneOfAnswer(entry.status))),
  ];
}

function render(app, entry) {
  const { name } = app.sandbox;
  const provider = app.facts()?.providers[entry.provider];
  const command = curl(entry, provider);
  return [
    head(
      `${entry.method} ${entry.path}`,
      badge(entry.status ?? "not answered yet", toneOfAnswer(entry.status)),
      h("span", { class: "c-tag" }, app.title(entry.provider)),
    ),
    h(
      "div",
      { class: "row" },
      copyButton(command, "Copy as curl"),
      linkButton(
        "Make a fault for it",
        link(name, "faults", "new", {
          provider: entry.provider,
          method: entry.method,
          path: entry.path,
        }),
      ),
    ),
    entry.hint ? h("p", { class: "warning", "data-tone": "warn" }, entry.hint) : null,
    entry.near.length
      ? section(
          "What may have been meant",
          h(
            "ul",
            { class: "plain" },
            entry.near.map((near) =>
              h(
                "li",
                { class: "line" },
                h("code", null, `${near.method} ${near.path}`),
                h("span", { class: "hint" }, near.operation),
              ),
            ),
          ),
        )
      : null,
    entry.unread.length
      ? section(
          "Given, and read by nobody",
          h(
            "ul",
            { class: "plain" },
            entry.unread.map((field_) =>
              h(
                "li",
                { class: "line" },
                h("code", null, field_.pointer),
                field_.suggestion
                  ? h("span", null, "Did you mean ", h("code", null, field_.suggestion), "?")
                  : h("span", { class: "hint" }, "The vendor reads nothing of this name"),
              ),
            ),
          ),
        )
      : null,
    section(
      "Asked",
      entry.body === null
        ? h("p", { class: "hint" }, "No body.")
        : code(entry.body, { name: "Body of the request" }),
    ),
    section(
      "Answered",
      entry.response === null
        ? h("p", { class: "hint" }, "No body.")
        : code(entry.response, { name: "Body of the answer" }),
    ),
    section(
      "About it",
      facts(
        ["At", moment(entry.at)],
        ["Took", entry.duration_ms === null ? null : `${Math.round(entry.duration_ms)} ms`],
        ["Operation", entry.operation],
        ["Account", entry.account],
        ["Evidence", entry.evidence ? `${entry.evidence}: ${EVIDENCE[entry.evidence]}` : null],
        [
          "Fault",
          entry.fault ? h("a", { href: link(name, "faults", entry.fault) }, entry.fault) : null,
        ],
        ...Object.entries(entry.query).map(([key, value]) => [
          `?${key}`,
          [value].flat().join(", "),
        ]),
      ),
    ),
    fold(
      "Headers",
      facts(
        ...Object.entries(entry.headers).map(([key, value]) => [
          key,
          h("code", null, [value].flat().join(", ")),
        ]),
      ),
    ),
    fold("As curl", code(command, { name: "Command" })),
  ];
}
