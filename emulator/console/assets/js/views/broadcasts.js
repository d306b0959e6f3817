// Broadcasts: how far each is, and how that came about.

import { all } from "../api.js";
import { fill, h, seldom } from "../dom.js";
import { counted, number, shortId, shortMoment } from "../format.js";
import { field } from "../forms.js";
import { badge, code, empty, facts, fold, head, linkButton, moment, section } from "../parts.js";
import { bar, legend, plot } from "../plot.js";
import { link } from "../route.js";
import { Split } from "../split.js";
import { actionButton, ask, say } from "../toast.js";

const MOST = 20_000;
const REDRAW = 500;
const OVER = ["completed", "failed", "cancelled"];

export function mount(app) {
  const provider = field({
    label: "Provider",
    options: [["", "All providers"], ...Object.entries(app.titles)],
  });
  provider.control.addEventListener("change", () =>
    split.filter({ provider: provider.control.value }),
  );
  const course = new Course(app);
  const split = new Split(app, {
    view: "broadcasts",
    title: "Broadcasts",
    noun: "broadcast",
    kind: "broadcast",
    path: "/broadcasts",
    query: (filters) => filters,
    tools: provider,
    list: {
      heights: [60, 64],
      row: (item) => row(app, item),
      empty: () =>
        empty(
          "No broadcasts yet.",
          "Send one with your client: it appears here with its progress.",
        ),
    },
    fetch: (id) => app.sandbox.get(`/broadcasts/${encodeURIComponent(id)}`),
    render: (broadcast) => render(app, broadcast, course),
    onFilters: (filters) => {
      provider.control.value = filters.provider ?? "";
    },
    onLeave: () => course.destroy(),
  });
  return split;
}

function nameOf(broadcast) {
  const { native } = broadcast;
  const text =
    native.text && typeof native.text === "object" ? Object.values(native.text)[0] : native.text;
  return broadcast.name ?? text ?? shortId(broadcast.id);
}

function row(app, broadcast) {
  return h(
    "span",
    { class: "stacked" },
    h(
      "span",
      { class: "line-1" },
      h("span", { class: "grow cut strong", dir: "auto" }, nameOf(broadcast)),
      badge(broadcast.status),
    ),
    h(
      "span",
      { class: "line-2" },
      bar(broadcast.counts, broadcast.total),
      h(
        "span",
        { class: "hint" },
        `${number(broadcast.total)} · ${app.title(broadcast.provider)} · ` +
          shortMoment(broadcast.created_at),
      ),
    ),
  );
}

function render(app, broadcast, course) {
  const { name } = app.sandbox;
  course.follow(broadcast);
  return [
    head(
      nameOf(broadcast),
      badge(broadcast.status),
      h(
        "span",
        { class: "c-tag" },
        [app.title(broadcast.provider), broadcast.channel].filter(Boolean).join(" · "),
      ),
    ),
    h(
      "div",
      { class: "row" },
      linkButton("Its messages", link(name, "messages", null, { q: `broadcast: ${broadcast.id}` })),
      linkButton(
        "Make a rule for it",
        link(name, "outcomes", "new", {
          provider: broadcast.provider,
          broadcast: broadcast.id,
          share: "0.1",
          outcome: "undelivered",
        }),
      ),
      OVER.includes(broadcast.status)
        ? null
        : actionButton("Cancel it", () => cancel(app, broadcast)),
    ),
    section(
      "Progress",
      h(
        "p",
        null,
        counted(broadcast.total, "recipient"),
        ", ",
        sum(broadcast.counts),
        " with a message",
      ),
      bar(broadcast.counts, broadcast.total),
      legend(broadcast.counts, broadcast.total),
    ),
    section("Over time", course.element),
    section(
      "About it",
      facts(
        ["Id", h("code", null, broadcast.id)],
        ["Created", moment(broadcast.created_at)],
        ["Scheduled for", broadcast.scheduled_at ? moment(broadcast.scheduled_at) : null],
        ["Account", broadcast.account],
      ),
    ),
    fold("As the vendor has it", code(broadcast.native, { name: "The vendor's own fields" })),
  ];
}

function sum(counts) {
  return number(Object.values(counts).reduce((total, count) => total + count, 0));
}

async function cancel(app, broadcast) {
  const isSure = await ask(
    "Cancel this broadcast?",
    "What has not been sent is never sent, as the vendor does it.",
    "Cancel the broadcast",
  );
  if (!isSure) return;
  await app.sandbox.post(`/broadcasts/${encodeURIComponent(broadcast.id)}/cancel`);
  say("The broadcast is cancelled.");
  app.live.tell("again");
}

/** The histories of one broadcast's messages, kept up to date, and their plot. */
class Course {
  constructor(app) {
    this.app = app;
    this.id = null;
    this.element = h("div", { class: "course" });
    this.histories = new Map();
    this.draw = seldom(() => this.show(), REDRAW);
    this.offs = [
      app.live.on("message", (message) => this.note(message)),
      app.live.on("again", () => (this.isStale = true)),
    ];
  }

  destroy() {
    for (const off of this.offs) off();
    this.draw.cancel();
    this.id = null;
  }

  note(message) {
    if (message.broadcast !== this.id) return;
    this.histories.set(message.id, message.history);
    this.draw();
  }

  follow(broadcast) {
    const isOther = broadcast.id !== this.id;
    if (!isOther && !this.isStale) return;
    this.isStale = false;
    this.id = broadcast.id;
    if (isOther) {
      this.histories = new Map();
      fill(this.element, h("p", { class: "hint" }, "Reading its messages…"));
    }
    this.read(broadcast.id).catch(() => {});
  }

  async read(id) {
    await all(this.app.sandbox, "/messages", { broadcast: id }, (items, total) => {
      if (id !== this.id) return false;
      for (const message of items) this.histories.set(message.id, message.history);
      this.left = total - items.length;
      this.show();
      return items.length < MOST;
    });
  }

  show() {
    const drawn = plot([...this.histories.values()]);
    fill(
      this.element,
      drawn ?? h("p", { class: "hint" }, "It has no messages yet."),
      this.left > 0 ? h("p", { class: "hint" }, `${number(this.left)} more are being read…`) : null,
    );
  }
}
