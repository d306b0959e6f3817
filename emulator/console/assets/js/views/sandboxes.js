// Worlds of their own: make, fork, keep, put back, remove them; their addresses and keys.

import { call, Sandbox } from "../api.js";
import { fill, h } from "../dom.js";
import { clockTime, counted, fullDay } from "../format.js";
import { field, filled, form, numeric } from "../forms.js";
import { badge, linkButton } from "../parts.js";
import { go, link } from "../route.js";
import { actionButton, ask, copyable, say } from "../toast.js";

const FIXTURES = ["demo", "reference", "empty"];

export function mount(app) {
  return new Sandboxes(app);
}

class Sandboxes {
  constructor(app) {
    this.app = app;
    this.list = h("div", { class: "stack" });
    this.element = h(
      "div",
      { class: "page" },
      h("h1", { tabindex: -1 }, "Sandboxes"),
      h(
        "p",
        { class: "hint" },
        "Each is a world of its own: accounts, messages, clock, rules. " +
          "Nothing crosses from one to another.",
      ),
      h(
        "div",
        { class: "columns wide-left" },
        this.list,
        h(
          "div",
          { class: "stack" },
          h("section", { class: "card" }, h("h2", null, "New sandbox"), this.making()),
          h("section", { class: "card" }, h("h2", null, "Load a snapshot"), this.loading()),
        ),
      ),
    );
    this.offs = [
      app.live.on("sandbox", () => this.draw()),
      app.live.on("again", () => this.draw()),
    ];
  }

  destroy() {
    for (const off of this.offs) off();
  }

  async update() {
    await this.refresh();
  }

  async refresh() {
    await this.app.readSandboxes();
    this.draw();
  }

  draw() {
    const text = JSON.stringify(this.app.sandboxes.map(({ clock, ...rest }) => rest));
    if (text === this.text) return;
    this.text = text;
    fill(
      this.list,
      this.app.sandboxes.map((each) => this.card(each)),
    );
  }

  card(shown) {
    const { name } = shown;
    const isHere = name === this.app.sandbox.name;
    const sandbox = new Sandbox(name);
    const run = (text, action, attributes = {}) =>
      actionButton(text, action, { label: `${text}: ${name}`, ...attributes });
    return h(
      "section",
      { class: "card" },
      h(
        "div",
        { class: "row between" },
        h("h2", null, name, " ", isHere ? badge("shown now", "accent") : null),
        isHere
          ? null
          : linkButton("Show it", link(name, "overview"), {
              class: "button primary",
              "aria-label": `Show ${name}`,
            }),
      ),
      h(
        "p",
        { class: "hint" },
        `${fullDay(shown.clock.now)} ${clockTime(shown.clock.now)} UTC, ` +
          `${shown.clock.mode === "real" ? "running" : "paused"}; seed ${shown.seed}; ` +
          `${counted(shown.clock.pending, "thing")} planned`,
      ),
      h(
        "div",
        { class: "row" },
        run("Fork", () => this.fork(name)),
        run("Save a snapshot", () => save(sandbox)),
        run("Reset", () => this.reset(sandbox, {}, "It goes back to what it was made from.")),
        run("Empty", () => this.reset(sandbox, { to: "empty" }, "Even its accounts and keys go.")),
        name === "default" ? null : run("Delete", () => this.remove(sandbox), { class: "danger" }),
      ),
      h("details", null, h("summary", null, "Addresses and keys"), this.keys(shown)),
    );
  }

  keys(shown) {
    return h(
      "div",
      {
        class: "scroll",
        tabindex: 0,
        role: "region",
        "aria-label": `Addresses and keys of ${shown.name}`,
      },
      Object.entries(shown.providers).map(([slug, provider]) =>
        h(
          "div",
          { class: "stack tight" },
          h("h3", null, this.app.title(slug)),
          copyable(
            provider.base_url,
            `Copy the address of ${this.app.title(slug)} in ${shown.name}`,
          ),
          h(
            "ul",
            { class: "plain" },
            provider.accounts.map((account) =>
              h(
                "li",
                null,
                account.name,
                ": ",
                account.keys.map((key) => [h("code", null, key.key), ` ${key.name} `]),
              ),
            ),
          ),
        ),
      ),
    );
  }

  async fork(name) {
    const made = await call("POST", "sandboxes", { body: { from: name } });
    say(`${made.name} is a copy of ${name} as it is now.`);
    await this.refresh();
  }

  async reset(sandbox, body, details) {
    const word = body.to ? "Empty" : "Reset";
    if (
      !(await ask(
        `${word} ${sandbox.name}?`,
        `${details} What happened in it is lost.`,
        `${word} it`,
      ))
    ) {
      return;
    }
    await sandbox.post("/reset", body);
    say(body.to ? "It is empty." : "It is as it was at first.");
    await this.refresh();
    this.app.live.tell("again");
  }

  async remove(sandbox) {
    if (!(await ask(`Delete ${sandbox.name}?`, "All that is in it is lost.", "Delete it"))) return;
    // First, so that nobody is told of its end who has just wished for it.
    if (sandbox.name === this.app.sandbox.name) go(link("default", "sandboxes"));
    await call("DELETE", sandbox.path);
    say(`${sandbox.name} is gone.`);
    await this.refresh();
  }

  making() {
    const name = field({
      label: "Name",
      at: "/name",
      hint: "Left empty, one is drawn.",
      placeholder: "my-sandbox",
    });
    const fixture = field({ label: "Starts with", at: "/fixture", options: FIXTURES });
    const seed = field({
      label: "Seed",
      at: "/seed",
      inputmode: "numeric",
      hint: "Decides all that is drawn.",
    });
    return form(
      {},
      async () => {
        const made = await call("POST", "sandboxes", {
          body: filled({
            name: name.control.value.trim(),
            fixture: fixture.control.value,
            seed: numeric(seed.control.value),
          }),
        });
        say(`${made.name} is made.`);
        name.control.value = "";
        await this.refresh();
      },
      name,
      h("div", { class: "pair" }, fixture, seed),
      h("button", null, "Make it"),
    );
  }

  loading() {
    const file = field({ label: "File", type: "file", accept: ".json,application/json" });
    const name = field({
      label: "Into the sandbox",
      at: "/name",
      value: this.app.sandbox.name,
      hint: "One that is there is replaced; another one is made.",
    });
    return form(
      {},
      async () => {
        const [chosen] = file.control.files;
        if (!chosen) throw new Error("Choose a file that was saved here.");
        const target = new Sandbox(name.control.value.trim());
        await call("PUT", `${target.path}/snapshot`, { body: await chosen.text() });
        say(`${target.name} continues the snapshot.`);
        await this.refresh();
        this.app.live.tell("again");
      },
      file,
      name,
      h("button", null, "Load it"),
    );
  }
}

async function save(sandbox) {
  const document_ = await sandbox.get("/snapshot");
  const url = URL.createObjectURL(
    new Blob([JSON.stringify(document_)], { type: "application/json" }),
  );
  h("a", { href: url, download: `${sandbox.name}.json` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
  say("Saved among your downloads.");
}
