// Where callbacks go: endpoints, and trouble made for them on their way.

import { fill, h } from "./dom.js";
import { checkbox, field, filled, form, numeric } from "./forms.js";
import { badge, empty } from "./parts.js";
import { actionButton, ask, say } from "./toast.js";

export class Endpoints {
  constructor(app) {
    this.app = app;
    this.list = h("div", { class: "stack tight" });
    this.count = h("span", { class: "hint" });
    this.element = h(
      "details",
      { class: "endpoints" },
      h("summary", null, "Endpoints ", this.count),
      this.list,
      this.adding(),
    );
  }

  async read() {
    const { items } = await this.app.sandbox.get("/endpoints", { limit: 1000 });
    this.count.textContent = items.length ? `(${items.length})` : "(none yet)";
    fill(
      this.list,
      items.length
        ? items.map((endpoint) => this.row(endpoint))
        : empty("Nobody is told anything yet.", "Add the address of your webhook handler below."),
    );
  }

  row(endpoint) {
    const { sandbox } = this.app;
    const path = `/endpoints/${encodeURIComponent(endpoint.id)}`;
    const events = endpoint.events ? endpoint.events.join(", ") : "all events";
    const trouble = endpoint.adversary
      ? Object.entries(endpoint.adversary)
          .filter(([, value]) => value)
          .map(([name, value]) => `${name} ${value}`)
          .join(", ")
      : "";
    return h(
      "div",
      { class: "endpoint" },
      h(
        "div",
        { class: "grow" },
        h("code", { class: "wrap" }, endpoint.url),
        h(
          "p",
          { class: "hint" },
          `${this.app.title(endpoint.provider)} · ${events}`,
          trouble ? ` · trouble: ${trouble}` : "",
        ),
      ),
      endpoint.active ? null : badge("switched off", "waiting"),
      actionButton(
        endpoint.active ? "Switch off" : "Switch on",
        async () => {
          await sandbox.patch(path, { active: !endpoint.active });
          await this.read();
        },
        { class: "quiet", label: `Switch ${endpoint.active ? "off" : "on"} ${endpoint.url}` },
      ),
      actionButton(
        "Remove",
        async () => {
          if (
            !(await ask(
              "Remove this endpoint?",
              "What it is still owed is never sent.",
              "Remove it",
            ))
          ) {
            return;
          }
          await sandbox.delete(path);
          await this.read();
        },
        { class: "quiet", label: `Remove ${endpoint.url}` },
      ),
    );
  }

  adding() {
    const provider = field({
      label: "Provider",
      at: "/provider",
      options: Object.entries(this.app.titles),
    });
    const url = field({
      label: "Address of your handler",
      at: "/url",
      type: "url",
      required: true,
      placeholder: "http://127.0.0.1:8000/webhook",
    });
    const secret = field({ label: "Secret", at: "/secret", hint: "Left empty, one is drawn." });
    const events = field({
      label: "Events",
      at: "/events",
      hint: "Names with blanks between; left empty, all.",
    });
    const shares = ["duplicate", "drop", "bad_signature"].map((name) =>
      field({
        label: { duplicate: "Come twice", drop: "Get lost", bad_signature: "Wrongly signed" }[name],
        at: `/adversary/${name}`,
        inputmode: "decimal",
        placeholder: "0 to 1",
      }),
    );
    const delay = field({ label: "Come late by", at: "/adversary/delay", placeholder: "30s" });
    const shuffle = checkbox({ label: "Out of order", at: "/adversary/shuffle" });
    const own = h(
      "button",
      {
        type: "button",
        class: "quiet",
        onclick: () => {
          url.control.value =
            `${location.origin}/_emulator/sandboxes/` +
            `${encodeURIComponent(this.app.sandbox.name)}/sink/${provider.control.value}`;
        },
      },
      "Use the built-in receiver",
    );
    return h(
      "details",
      { class: "adding" },
      h("summary", null, "Add an endpoint"),
      form(
        {},
        async () => {
          const [duplicate, drop, badSignature] = shares.map((each) => numeric(each.control.value));
          const adversary = filled({
            duplicate,
            drop,
            bad_signature: badSignature,
            delay: delay.control.value,
            shuffle: shuffle.control.checked || undefined,
          });
          const names = events.control.value.split(/[\s,]+/).filter(Boolean);
          const made = await this.app.sandbox.post(
            "/endpoints",
            filled({
              provider: provider.control.value,
              url: url.control.value,
              secret: secret.control.value,
              events: names.length ? names : undefined,
              adversary,
            }),
          );
          url.control.value = "";
          say(`It is told from now on. Its secret is ${made.secret}`, { tone: "good" });
          await this.read();
        },
        provider,
        url,
        own,
        h("div", { class: "pair" }, secret, events),
        h(
          "details",
          null,
          h("summary", null, "Make trouble on the way"),
          h("div", { class: "pair" }, shares),
          h("div", { class: "pair" }, delay, shuffle),
        ),
        h("button", { class: "primary" }, "Add the endpoint"),
      ),
    );
  }
}
