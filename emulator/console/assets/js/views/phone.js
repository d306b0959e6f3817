// A person's phone: what arrived on it, and what the person answers.

import { fill, h, icon, seldom } from "../dom.js";
import { field, form } from "../forms.js";
import { counted, shortMoment } from "../format.js";
import { badge, empty, linkButton, medium } from "../parts.js";
import { go, link } from "../route.js";
import { actionButton, say } from "../toast.js";
import { isSeen, nameOf, personKey, toneOf } from "../words.js";

const RECENT = 1000;
const TALK = 200;
const AGAIN = 600;

export function mount(app) {
  return new Phone(app);
}

class Phone {
  constructor(app) {
    this.app = app;
    this.id = null;
    this.people = [];
    this.filter = h("input", {
      type: "search",
      id: "person",
      placeholder: "Name or number",
      autocomplete: "off",
      oninput: () => this.drawPeople(),
      onkeydown: (event) => {
        if (event.key === "Enter") this.dial();
      },
    });
    this.list = h("ul", { class: "people" });
    this.panel = h("section", { class: "detail", "aria-label": "The phone" });
    this.element = h(
      "div",
      { class: "split phone" },
      h(
        "section",
        { class: "side-list", "aria-label": "People" },
        h(
          "div",
          { class: "list-head" },
          h("h1", { tabindex: -1 }, "Phone"),
          h(
            "div",
            { class: "field search" },
            h("label", { for: "person" }, "Find a person"),
            this.filter,
          ),
        ),
        this.list,
      ),
      this.panel,
    );
    this.peopleSoon = seldom(() => this.readPeople(), 3000);
    this.talkSoon = seldom(() => this.readTalk(), AGAIN);
    this.offs = [
      app.live.on("message", (message) => {
        this.peopleSoon();
        if (personKey(message) === this.id) this.talkSoon();
      }),
      app.live.on("again", () => {
        this.peopleSoon();
        if (this.id) this.talkSoon();
      }),
    ];
  }

  destroy() {
    for (const off of this.offs) off();
    this.peopleSoon.cancel();
    this.talkSoon.cancel();
  }

  async update(route) {
    if (!this.people.length) await this.readPeople();
    if (route.id === this.id && this.panel.firstChild) return;
    this.id = route.id;
    this.shown = null;
    this.element.dataset.open = String(route.id !== null);
    this.drawPeople();
    if (this.id === null) {
      fill(
        this.panel,
        h(
          "div",
          { class: "nothing" },
          h(
            "p",
            null,
            "Pick a person to hold " +
              "their phone, or type a number and press Enter: anybody can write in.",
          ),
        ),
      );
      return;
    }
    this.drawPhone();
    await this.readTalk();
  }

  dial() {
    const typed = this.filter.value.trim();
    const known = this.matching()[0];
    const target = /^\+?[\d\s-]{5,}$|@|:/.test(typed)
      ? typed.replace(/[\s-]/g, "").replace(/^\+/, "")
      : known?.address;
    if (target) go(link(this.app.sandbox.name, "phone", target));
  }

  async readPeople() {
    const { items } = await this.app.sandbox.get("/messages", { limit: RECENT });
    const people = new Map();
    for (const message of items) {
      const address = personKey(message);
      if (address && !people.has(address)) {
        people.set(address, { address, name: nameOf(message), last: message });
      }
    }
    this.people = [...people.values()];
    this.drawPeople();
  }

  matching() {
    const wanted = this.filter.value.trim().toLowerCase().replace(/^\+/, "");
    return this.people.filter(
      ({ name, address }) => name.toLowerCase().includes(wanted) || address.includes(wanted),
    );
  }

  drawPeople() {
    const people = this.matching().slice(0, 200);
    const focus = this.list.contains(document.activeElement)
      ? document.activeElement.getAttribute("href")
      : null;
    fill(
      this.list,
      people.length
        ? people.map((person) =>
            h(
              "li",
              null,
              h(
                "a",
                {
                  class: "person",
                  href: link(this.app.sandbox.name, "phone", person.address),
                  "aria-current": person.address === this.id ? "true" : null,
                },
                h("span", { class: "strong" }, person.name),
                h("span", { class: "hint cut", dir: "auto" }, person.last.text ?? ""),
              ),
            ),
          )
        : h(
            "li",
            null,
            empty(
              this.people.length ? "Nobody of that name." : "Nobody has been written to yet.",
              "Type a number and press Enter to write from it.",
            ),
          ),
    );
    if (focus) this.list.querySelector(`[href="${CSS.escape(focus)}"]`)?.focus();
  }

  async readTalk() {
    const { id } = this;
    const { sandbox } = this.app;
    const [sent, received] = await Promise.all([
      sandbox.get("/messages", { to: id, direction: "out", limit: TALK }),
      sandbox.get("/messages", { from: id, direction: "in", limit: TALK }),
    ]);
    const talk = [...sent.items, ...received.items].sort(
      (a, b) => new Date(a.created_at) - new Date(b.created_at),
    );
    const text = JSON.stringify(talk);
    if (id !== this.id || text === this.shown) return;
    this.shown = text;
    this.drawTalk(talk);
  }

  drawPhone() {
    this.name = h(
      "h2",
      { tabindex: -1 },
      this.people.find((each) => each.address === this.id)?.name ?? this.id,
    );
    this.screen = h("ol", { class: "screen", tabindex: 0, "aria-label": "Messages on the phone" });
    this.rest = h("p", { class: "hint" });
    const { name } = this.app.sandbox;
    fill(
      this.panel,
      h("a", { class: "back", href: link(name, "phone") }, icon("back"), "All people"),
      h(
        "div",
        { class: "handset" },
        h(
          "header",
          { class: "handset-head" },
          this.name,
          this.name.textContent === this.id ? null : h("p", { class: "hint" }, this.id),
        ),
        this.screen,
        this.rest,
        this.replyForm(),
      ),
      linkButton(
        "All messages with this person",
        link(name, "messages", null, { q: `to: ${this.id}` }),
        { class: "button quiet" },
      ),
    );
    if (this.element.contains(document.activeElement) === false) this.name.focus();
  }

  drawTalk(talk) {
    const seen = talk.filter(isSeen);
    const away = talk.filter((message) => !isSeen(message));
    const under = away.filter((message) => toneOf(message.status) !== "bad");
    const lost = away.length - under.length;
    fill(
      this.screen,
      seen.length
        ? seen.map((message) => this.bubble(message))
        : h(
            "li",
            { class: "empty" },
            h("p", { class: "strong" }, "Nothing has arrived yet."),
            h(
              "p",
              null,
              under.length ? "Advance the clock to let it arrive." : "Write something below.",
            ),
          ),
    );
    this.screen.scrollTop = this.screen.scrollHeight;
    const parts = [];
    if (under.length) parts.push(`${counted(under.length, "message")} still on the way`);
    if (lost) parts.push(`${counted(lost, "message")} never arrived`);
    this.rest.textContent = parts.join(", ") + (parts.length ? "." : "");
    this.setSenders(talk);
  }

  bubble(message) {
    const { header, cards = [], subject } = message.native ?? {};
    const incoming = message.direction === "in";
    return h(
      "li",
      { class: `bubble ${incoming ? "mine" : "theirs"}` },
      subject ? h("p", { class: "strong" }, subject) : null,
      header?.value && !message.media.includes(header.value)
        ? h("p", { class: "strong" }, header.value)
        : null,
      message.media.map(medium),
      h("p", null, message.text ?? ""),
      (Array.isArray(cards) ? cards : []).map((card) =>
        h(
          "div",
          { class: "card-in" },
          (card.body ?? []).map((line) => h("p", null, line)),
          this.choices(message, card.buttons),
        ),
      ),
      incoming
        ? null
        : this.choices(message, message.native?.buttons, message.native?.quick_replies),
      h(
        "span",
        { class: "hint" },
        `${shortMoment(message.created_at)} · ` +
          `${this.app.title(message.provider)} ${message.channel}`,
        incoming ? null : [" ", badge(message.status)],
      ),
    );
  }

  choices(message, ...lists) {
    const choices = lists
      .flat()
      .filter(Boolean)
      .map(choiceOf)
      .filter(({ text }) => text);
    if (!choices.length) return null;
    return h(
      "div",
      { class: "row choices" },
      choices.map(({ text, isAnswer }) =>
        isAnswer
          ? actionButton(text, () =>
              this.write(message.provider, message.account, text, message.id),
            )
          : h("span", { class: "hint wrap" }, text),
      ),
    );
  }

  replyForm() {
    this.text = field({ label: "Reply", at: "/text", area: true, rows: 2, name: "text" });
    this.text.control.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey) {
        event.preventDefault();
        this.reply.requestSubmit();
      }
    });
    this.sender = field({ label: "To", at: "/provider", options: [["", "–"]] });
    this.reply = form(
      { class: "stack reply" },
      async () => {
        const text = this.text.control.value.trim();
        if (!text) return;
        const [provider, account] = JSON.parse(this.sender.control.value);
        await this.write(provider, account, text);
        this.text.control.value = "";
      },
      this.sender,
      this.text,
      h("button", { class: "primary" }, "Send"),
    );
    this.setSenders([]);
    return this.reply;
  }

  // Whom the person can write to: first whoever wrote last.
  setSenders(talk) {
    const before = this.sender.control.value;
    const choices = new Map();
    for (const message of [...talk].reverse()) {
      choices.set(JSON.stringify([message.provider, message.account]), message);
    }
    const facts = this.app.facts();
    for (const [slug, provider] of Object.entries(facts?.providers ?? {})) {
      for (const account of provider.accounts) {
        const value = JSON.stringify([slug, account.id]);
        if (!choices.has(value)) choices.set(value, null);
      }
    }
    const names = (value) => {
      const [slug, id] = JSON.parse(value);
      const account = facts?.providers[slug]?.accounts.find((each) => each.id === id);
      return `${account?.name ?? id} · ${this.app.title(slug)}`;
    };
    fill(
      this.sender.control,
      [...choices.keys()].map((value) => h("option", { value }, names(value))),
    );
    if (choices.has(before) && this.isChosen) this.sender.control.value = before;
    this.sender.control.onchange = () => {
      this.isChosen = true;
    };
  }

  async write(provider, account, text, inReplyTo) {
    const body = { provider, account, from: this.id, text };
    if (inReplyTo) body.in_reply_to = inReplyTo;
    await this.app.sandbox.post("/inbound", body);
    say("Sent from the phone.");
    this.shown = null;
    await this.readTalk();
  }
}

// Vendors write what can be tapped as texts or as objects. Links and numbers to call answer nothing.
function choiceOf(given) {
  if (typeof given !== "object") return { text: String(given), isAnswer: true };
  const text = given.text ?? given.title ?? given.value ?? "";
  return { text: String(text), isAnswer: !/url|phone|call/i.test(given.type ?? "") };
}
