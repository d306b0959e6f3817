// What becomes of messages: the rules in their order, an editor, and a dry run.

import { fill, h, settled } from "../dom.js";
import { counted, span } from "../format.js";
import { field, form } from "../forms.js";
import { badge, empty, linkButton } from "../parts.js";
import { ruleForm } from "../ruleform.js";
import { go, link } from "../route.js";
import { magicNumbers, showDefaults } from "../defaults.js";
import { actionButton, ask, say } from "../toast.js";
import { CHANNELS } from "../words.js";

const CONDITIONS = {
  provider: "at",
  account: "account",
  channel: "by",
  to: "to",
  to_prefix: "to numbers from",
  to_suffix: "to numbers ending",
  to_pattern: "to numbers like",
  template: "template",
  text_pattern: "text like",
  broadcast: "broadcast",
  nth: "send number",
  times: "times",
  share: "share",
};
export function mount(app, route) {
  return new Outcomes(app, route);
}

class Outcomes {
  constructor(app) {
    this.app = app;
    this.rules = [];
    this.list = h("ol", { class: "rules" });
    this.editor = h("div");
    this.defaults = h("div");
    const { name } = app.sandbox;
    this.element = h(
      "div",
      { class: "page" },
      h(
        "div",
        { class: "row between" },
        h("h1", { tabindex: -1 }, "Outcomes"),
        linkButton("Add a rule", link(name, "outcomes", "new"), { class: "button primary" }),
      ),
      this.editor,
      h(
        "div",
        { class: "columns wide-left" },
        h(
          "section",
          { class: "card" },
          h("h2", null, "Rules"),
          h("p", { class: "hint" }, "For every message the first rule that matches decides."),
          this.list,
        ),
        h(
          "div",
          { class: "stack" },
          h("section", { class: "card" }, h("h2", null, "Try it"), this.dryRun()),
          h(
            "section",
            { class: "card" },
            h("h2", null, "When no rule matches"),
            this.defaults,
            magicNumbers(),
          ),
        ),
      ),
    );
    this.again = settled(() => this.read(), 400);
    // A message that a rule decides about counts as a hit.
    this.offs = ["again", "message"].map((kind) => app.live.on(kind, this.again));
    showDefaults(app, this.defaults);
  }

  destroy() {
    for (const off of this.offs) off();
    this.again.cancel();
  }

  async update(route) {
    await this.read();
    const key = JSON.stringify([route.id, route.query]);
    if (key === this.shown) return;
    this.shown = key;
    this.drawEditor(route);
  }

  async read() {
    const { items } = await this.app.sandbox.get("/outcomes", { limit: 1000 });
    const text = JSON.stringify(items);
    if (text === this.text) return;
    this.text = text;
    this.rules = items;
    fill(
      this.list,
      items.length
        ? items.map((rule, at) => this.rule(rule, at))
        : h(
            "li",
            null,
            empty(
              "No rules yet.",
              "Every message goes as the box beside says. Add a " +
                "rule to make some fail, be read or be answered.",
            ),
          ),
    );
  }

  rule(rule, at) {
    const { name } = this.app.sandbox;
    const last = this.rules.length - 1;
    const id = rule.id;
    return h(
      "li",
      { class: "rule" },
      h(
        "div",
        { class: "grow" },
        h("p", null, badge(rule.outcome, "accent"), " ", describe(rule)),
        h("p", { class: "hint" }, id, " · ", counted(rule.hits, "hit"), extras(rule)),
      ),
      h(
        "div",
        { class: "row" },
        at > 0
          ? actionButton("↑", () => this.move(at, at - 1), {
              class: "quiet",
              label: `Move ${id} up`,
            })
          : null,
        at < last
          ? actionButton("↓", () => this.move(at, at + 1), {
              class: "quiet",
              label: `Move ${id} down`,
            })
          : null,
        linkButton("Edit", link(name, "outcomes", id), {
          class: "button quiet",
          "aria-label": `Edit ${id}`,
        }),
        actionButton("Remove", () => this.remove(rule), { class: "quiet", label: `Remove ${id}` }),
      ),
    );
  }

  async put(rules) {
    await this.app.sandbox.put("/outcomes", { rules: rules.map(({ hits, ...rule }) => rule) });
    await this.read();
  }

  async replace(id, rule) {
    const at = this.rules.findIndex((each) => each.id === id);
    try {
      await this.put(this.rules.map((each, place) => (place === at ? { ...rule, id } : each)));
    } catch (error) {
      // The form knows its fields as those of one rule.
      for (const each of error.errors ?? []) {
        each.pointer = each.pointer.replace(`/rules/${at}`, "");
      }
      throw error;
    }
  }

  async move(from, to) {
    const rules = [...this.rules];
    rules.splice(to, 0, ...rules.splice(from, 1));
    await this.put(rules);
    say("Moved. Hits are counted anew.");
  }

  async remove(rule) {
    if (
      !(await ask(
        "Remove this rule?",
        "Messages that it has decided about keep their fate.",
        "Remove it",
      ))
    )
      return;
    await this.app.sandbox.delete(`/outcomes/${encodeURIComponent(rule.id)}`);
    await this.read();
  }

  drawEditor(route) {
    const { name } = this.app.sandbox;
    if (route.id === null) {
      fill(this.editor);
      return;
    }
    const known = this.rules.find((rule) => rule.id === route.id);
    const isNew = route.id === "new" && !known;
    if (!known && !isNew) {
      fill(
        this.editor,
        h("p", { class: "problem", role: "alert" }, `There is no rule ${route.id} any more.`),
      );
      return;
    }
    const heading = h("h2", { tabindex: -1 }, isNew ? "New rule" : `Rule ${route.id}`);
    fill(
      this.editor,
      h(
        "section",
        { class: "card editor" },
        heading,
        ruleForm(this.app, isNew ? route.query : known, {
          save: async (rule) => {
            if (isNew) await this.app.sandbox.post("/outcomes", rule);
            else await this.replace(route.id, rule);
            say(
              isNew
                ? "The rule stands in front of all others."
                : "The rule is changed. Hits are counted anew.",
            );
            await this.read();
            go(link(name, "outcomes"));
          },
          cancel: link(name, "outcomes"),
        }),
      ),
    );
    heading.focus();
  }

  dryRun() {
    const provider = field({
      label: "Provider",
      at: "/provider",
      options: Object.entries(this.app.titles),
    });
    const to = field({ label: "To", at: "/to", required: true, placeholder: "60123456789" });
    const channel = field({
      label: "Channel",
      at: "/channel",
      options: [["", "By the address"], ...CHANNELS],
    });
    const text = field({ label: "Text", at: "/text" });
    const result = h("div", { role: "status", class: "stack tight" });
    return h(
      "div",
      { class: "stack" },
      form(
        { class: "stack dry-run" },
        async () => {
          const body = {
            provider: provider.control.value,
            to: to.control.value,
            text: text.control.value,
          };
          if (channel.control.value) body.channel = channel.control.value;
          fill(result, explained(this.app, await this.app.sandbox.post("/outcomes/explain", body)));
        },
        h("div", { class: "pair" }, provider, channel),
        to,
        text,
        h("button", null, "What would happen?"),
      ),
      result,
    );
  }
}

function describe(rule) {
  const parts = Object.entries(CONDITIONS)
    .filter(([name]) => rule[name] != null)
    .map(([name, words]) => [
      h("span", { class: "hint" }, `${words} `),
      h("code", null, [rule[name]].flat().join(", ")),
      " ",
    ]);
  return parts.length ? parts : h("span", { class: "hint" }, "every message");
}

function extras(rule) {
  const delays = Object.keys(rule.delays ?? {});
  return [
    rule.error ? ` · ${rule.error.code} ${rule.error.message}` : "",
    delays.length ? ` · own delay for ${delays.join(", ")}` : "",
    rule.reply ? ` · answers “${rule.reply.text}”` : "",
  ];
}

function explained(app, found) {
  const why = {
    rule: [
      "by the rule ",
      h("a", { href: link(app.sandbox.name, "outcomes", found.rule) }, found.rule),
    ],
    magic: "by its magic digits",
    default: "by default",
  }[found.source];
  return [
    h("p", null, badge(found.outcome, "accent"), " ", why),
    found.approximated
      ? h("p", { class: "hint" }, "The vendor cannot say this; the nearest it knows is used.")
      : null,
    h(
      "ol",
      { class: "timeline" },
      found.timeline.map((step) =>
        h(
          "li",
          null,
          badge(step.status),
          h("span", { class: "hint" }, step.after ? `after ${span(step.after)}` : "at once"),
        ),
      ),
    ),
    found.candidates.length
      ? h(
          "ul",
          { class: "plain hint" },
          found.candidates.map((candidate) =>
            h(
              "li",
              null,
              h("code", null, candidate.rule),
              ": ",
              candidate.matched ? "matches" : candidate.reason,
            ),
          ),
        )
      : null,
  ];
}
