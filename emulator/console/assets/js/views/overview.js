// What there is, what comes next, what needs a look, and where to point a client.

import { fill, h, icon, seldom } from "../dom.js";
import { clockTime, counted, fullDay, number, seconds, shortId, span } from "../format.js";
import { badge, empty, linkButton, moment } from "../parts.js";
import { link } from "../route.js";
import { actionButton, copyable } from "../toast.js";
import { nameOf } from "../words.js";

const AGAIN = 1000;
const TILES = [
  ["messages", "Messages", "/messages"],
  ["broadcasts", "Broadcasts", "/broadcasts"],
  ["callbacks", "Callbacks", "/callbacks"],
  ["requests", "Requests", "/requests"],
];
const LATEST = 8;
// Not the stream of events: a large broadcast alone is more than it keeps, and nothing shows it.
const KEPT = [
  ["requests", "request"],
  ["callbacks", "callback"],
  ["sink", "callback in the sink", "callbacks in the sink"],
];

export function mount(app) {
  return new Overview(app);
}

class Overview {
  constructor(app) {
    this.app = app;
    this.tiles = TILES.map(([view, title, path]) => {
      const count = h("span", { class: "count" }, "–");
      return {
        view,
        path,
        count,
        element: h(
          "a",
          {
            class: "tile",
            href: link(app.sandbox.name, view),
          },
          icon(view),
          count,
          h("span", null, title),
        ),
      };
    });
    this.warnings = h("div", { class: "stack tight" });
    this.coming = h("div", { class: "stack tight" });
    this.latest = h("div");
    this.connect = h("div", { class: "connect" });
    this.element = h(
      "div",
      { class: "page" },
      h("h1", { tabindex: -1 }, "Overview"),
      h(
        "div",
        { class: "tiles" },
        this.tiles.map((tile) => tile.element),
      ),
      h(
        "div",
        { class: "columns" },
        card("Needs a look", this.warnings),
        card("Coming up", this.coming),
      ),
      card("Latest messages", this.latest),
      card("Point your client here", this.connect),
    );
    this.soon = seldom(() => this.read(), AGAIN);
    this.offs = ["again", "message", "broadcast", "callback", "request", "clock"].map((kind) =>
      app.live.on(kind, this.soon),
    );
    this.offs.push(app.live.on("sandbox", () => this.drawConnect()));
    this.drawConnect();
    this.ticking = setInterval(() => this.tick(), 1000);
  }

  destroy() {
    for (const off of this.offs) off();
    this.soon.cancel();
    clearInterval(this.ticking);
  }

  async update() {
    await this.read();
  }

  async read() {
    const { sandbox } = this.app;
    try {
      const [counts, failed, unmatched, faults, facts, broadcasts, messages] = await Promise.all([
        Promise.all(this.tiles.map((tile) => sandbox.count(tile.path))),
        sandbox.count("/callbacks", { state: "failed" }),
        sandbox.count("/requests", { matched: false }),
        sandbox.get("/faults"),
        sandbox.get(""),
        sandbox.get("/broadcasts", { limit: 20 }),
        sandbox.get("/messages", { limit: LATEST }),
      ]);
      this.tiles.forEach((tile, at) => {
        tile.count.textContent = number(counts[at]);
      });
      this.drawWarnings({ failed, unmatched, faults, ...facts });
      this.drawComing(facts.clock, broadcasts.items);
      this.drawLatest(messages.items);
    } catch {
      // The next news brings another try.
    }
  }

  drawWarnings({ failed, unmatched, faults, clock, dropped }) {
    const { name } = this.app.sandbox;
    const found = [];
    if (failed) {
      found.push(
        warning(
          "bad",
          `${counted(failed, "callback")} could not be delivered`,
          link(name, "callbacks", null, { state: "failed" }),
          "See why",
        ),
      );
    }
    if (unmatched) {
      found.push(
        warning(
          "bad",
          `${counted(unmatched, "request")} asked for something the vendor ` + "does not have",
          link(name, "requests", null, { show: "unmatched" }),
          "See what was near",
        ),
      );
    }
    if (faults.total) {
      found.push(
        warning(
          "warn",
          `${counted(faults.total, "fault")} can spoil requests`,
          link(name, "faults"),
          "See faults",
        ),
      );
    }
    if (clock.mode === "manual" && clock.pending) {
      found.push(
        warning(
          "warn",
          `The clock is paused with ${counted(clock.pending, "thing")} ` + "planned",
          null,
          null,
        ),
      );
    }
    const gone = KEPT.filter(([name]) => dropped[name]);
    if (gone.length) {
      const words = gone.map(([name, ...nouns]) => counted(dropped[name], ...nouns)).join(", ");
      found.push(
        warning("warn", `Not kept any more, by the setting keep: ${words}`, null, null),
      );
    }
    fill(this.warnings, found.length ? found : h("p", { class: "calm" }, "Nothing needs a look."));
  }

  drawComing(clock, broadcasts) {
    const { sandbox } = this.app;
    this.due = clock.next_due;
    this.countdown = h("span", { class: "hint" });
    const scheduled = broadcasts
      .filter((each) => each.scheduled_at && new Date(each.scheduled_at) > new Date(clock.now))
      .sort((one, other) => new Date(one.scheduled_at) - new Date(other.scheduled_at));
    const next = clock.next_due
      ? h(
          "div",
          { class: "row between" },
          h(
            "div",
            null,
            h(
              "p",
              null,
              "Next: ",
              h("strong", null, clockTime(clock.next_due)),
              " ",
              fullDay(clock.next_due),
            ),
            this.countdown,
          ),
          actionButton("Go there", () => this.app.clock.advance({ to: this.due }), {
            label: "Advance the clock to what is due next",
          }),
        )
      : h("p", { class: "calm" }, "Nothing is planned.");
    fill(
      this.coming,
      next,
      clock.pending
        ? h(
            "p",
            { class: "hint" },
            `${counted(clock.pending, "thing")} planned` +
              (clock.in_flight ? `, ${clock.in_flight} under way` : ""),
          )
        : null,
      scheduled.slice(0, 5).map((each) =>
        h(
          "a",
          {
            class: "line",
            href: link(sandbox.name, "broadcasts", each.id),
          },
          badge(each.status),
          h("span", { class: "grow" }, each.name ?? shortId(each.id)),
          moment(each.scheduled_at),
        ),
      ),
    );
    this.tick();
  }

  tick() {
    if (!this.due || !this.countdown) return;
    const left = seconds(this.app.clock.now(), this.due);
    this.countdown.textContent = left > 0 ? `in ${span(left)}` : "due now";
  }

  drawLatest(messages) {
    const { name } = this.app.sandbox;
    fill(
      this.latest,
      messages.length
        ? messages.map((message) =>
            h(
              "a",
              {
                class: "line",
                href: link(name, "messages", message.id),
              },
              moment(message.created_at),
              h("span", { class: "who" }, nameOf(message)),
              h("span", { class: "grow cut", dir: "auto" }, message.text ?? message.template ?? ""),
              badge(message.status),
            ),
          )
        : empty("No messages yet.", "Send one with your client: the addresses and keys are below."),
    );
  }

  drawConnect() {
    const facts = this.app.facts();
    fill(
      this.connect,
      Object.entries(facts?.providers ?? {}).map(([slug, provider]) => {
        const account = provider.accounts.find((each) => each.keys.length);
        const key = account?.keys[0]?.key;
        return h(
          "div",
          { class: "stack tight" },
          h("h3", null, this.app.title(slug)),
          copyable(provider.base_url, `Copy the address of ${this.app.title(slug)}`),
          key ? copyable(key, `Copy a key of ${this.app.title(slug)}`) : null,
          h("p", { class: "hint" }, account ? `Key of ${account.name}` : provider.accounts.length ? "No key yet" : "No account yet"),
        );
      }),
    );
  }
}

function card(title, content) {
  return h("section", { class: "card" }, h("h2", null, title), content);
}

function warning(tone, text, href, action) {
  return h(
    "div",
    { class: "warning", "data-tone": tone },
    h("span", { class: "grow" }, text),
    href ? linkButton(action, href, { class: "button quiet" }) : null,
  );
}
