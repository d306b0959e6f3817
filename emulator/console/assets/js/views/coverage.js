// What is imitated of each vendor, how we know of it, and what was used of it here.

import { fill, h } from "../dom.js";
import { counted, number } from "../format.js";
import { field } from "../forms.js";
import { badge, empty } from "../parts.js";
import { go, link } from "../route.js";
import { EVIDENCE } from "../words.js";

const TONES = { documented: "good", observed: "moving", assumed: "waiting" };

export function mount(app) {
  return new Coverage(app);
}

class Coverage {
  constructor(app) {
    this.app = app;
    this.used = new Map();
    const providers = Object.entries(app.titles);
    this.provider = field({ label: "Provider", options: [["", "All providers"], ...providers] });
    this.evidence = field({ label: "Evidence", options: [["", "All"], ...Object.keys(EVIDENCE)] });
    this.used_ = field({
      label: "Used here",
      options: [
        ["", "All"],
        ["yes", "Used"],
        ["no", "Not used yet"],
      ],
    });
    this.path = field({ label: "Path or name", type: "search" });
    for (const each of [this.provider, this.evidence, this.used_]) {
      each.control.addEventListener("change", () => this.filter());
    }
    this.path.control.addEventListener("input", () => this.filter());
    this.summary = h("div", { class: "summary" });
    this.tables = h("div", { class: "stack" });
    this.element = h(
      "div",
      { class: "page" },
      h("h1", { tabindex: -1 }, "Coverage"),
      h(
        "p",
        { class: "hint" },
        "Every operation of the vendors that is imitated, and what our " +
          "knowledge of it rests on. Uses are counted among the latest 1,000 requests of this sandbox.",
      ),
      this.summary,
      h("div", { class: "filters" }, this.provider, this.evidence, this.used_, this.path),
      this.tables,
    );
  }

  filter() {
    go(
      link(this.app.sandbox.name, "coverage", null, {
        provider: this.provider.control.value,
        evidence: this.evidence.control.value,
        used: this.used_.control.value,
        path: this.path.control.value,
      }),
      { replace: true },
    );
  }

  async update(route) {
    if (!this.isRead) {
      this.isRead = true;
      const { items } = await this.app.sandbox.get("/requests", { limit: 1000, bodies: false });
      for (const { provider, operation } of items) {
        const key = `${provider} ${operation}`;
        this.used.set(key, (this.used.get(key) ?? 0) + 1);
      }
    }
    this.draw(route.query);
  }

  draw({ provider = "", evidence = "", used = "", path = "" }) {
    this.provider.control.value = provider;
    this.evidence.control.value = evidence;
    this.used_.control.value = used;
    if (this.path.control !== document.activeElement) this.path.control.value = path;
    const wanted = path.toLowerCase();
    const tables = this.app.providers
      .filter((each) => !provider || each.slug === provider)
      .map((each) => ({
        each,
        operations: each.operations.filter(
          (operation) =>
            (!evidence || operation.evidence === evidence) &&
            (!used || (used === "yes") === this.usesOf(each, operation) > 0) &&
            `${operation.path} ${operation.id}`.toLowerCase().includes(wanted),
        ),
      }))
      .filter(({ operations }) => operations.length);
    this.drawSummary();
    fill(
      this.tables,
      tables.length
        ? tables.map(({ each, operations }) => this.table(each, operations))
        : empty("No operation is like that.", "Widen the filters above."),
    );
  }

  usesOf(provider, operation) {
    return this.used.get(`${provider.slug} ${operation.id}`) ?? 0;
  }

  drawSummary() {
    fill(
      this.summary,
      this.app.providers.map((provider) => {
        const counts = {};
        for (const { evidence } of provider.operations)
          counts[evidence] = (counts[evidence] ?? 0) + 1;
        return h(
          "div",
          { class: "tile" },
          h("strong", null, provider.name),
          h("span", null, counted(provider.operations.length, "operation")),
          h(
            "span",
            { class: "hint" },
            Object.entries(counts)
              .map(([word, count]) => `${number(count)} ${word}`)
              .join(", "),
          ),
        );
      }),
    );
  }

  table(provider, operations) {
    return h(
      "section",
      { class: "card" },
      h("h2", null, provider.name),
      h(
        "div",
        {
          class: "scroll",
          tabindex: 0,
          role: "region",
          "aria-label": `Operations of ${provider.name}`,
        },
        h(
          "table",
          null,
          h(
            "thead",
            null,
            h(
              "tr",
              null,
              ["Operation", "Call", "Evidence", "Used", "Source, and when it was read"].map(
                (text) => h("th", { scope: "col" }, text),
              ),
            ),
          ),
          h(
            "tbody",
            null,
            operations.map((operation) =>
              h(
                "tr",
                null,
                h("th", { scope: "row" }, operation.id),
                h("td", null, h("code", null, `${operation.method} ${operation.path}`)),
                h(
                  "td",
                  null,
                  h(
                    "span",
                    { title: EVIDENCE[operation.evidence] },
                    badge(operation.evidence, TONES[operation.evidence]),
                  ),
                ),
                h("td", null, number(this.usesOf(provider, operation))),
                h("td", { class: "source" }, source(operation)),
              ),
            ),
          ),
        ),
      ),
    );
  }
}

function source({ source: where, read_on: day }) {
  const said = day ? h("span", { class: "hint" }, ` ${day}`) : null;
  if (!/^https?:\/\//.test(where ?? "")) return [where ?? "–", said];
  return [
    h("a", { href: where, target: "_blank", rel: "noopener noreferrer" }, new URL(where).host),
    said,
  ];
}
