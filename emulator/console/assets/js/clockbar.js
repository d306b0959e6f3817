// The clock at the top: what time it is in the sandbox, and how it goes on.

import { icon, fill, h } from "./dom.js";
import { clockTime, counted, fullDay, number, seconds, setToday, span } from "./format.js";
import { busy, say } from "./toast.js";

const STEPS = [
  ["+1 min", { by: "1m" }, "1 minute"],
  ["+1 h", { by: "1h" }, "1 hour"],
  ["+1 d", { by: "1d" }, "1 day"],
];
const RATES = [1, 10, 60, 600, 3600];

export class ClockBar {
  constructor(element, app) {
    this.element = element;
    this.app = app;
    this.clock = null;
    this.read = performance.now();
    this.time = h("time", { class: "now" });
    this.day = h("span", { class: "day" });
    this.mode = h("span", { class: "mode" });
    this.buttons = [
      ...STEPS.map(([text, goal, words]) =>
        this.button(text, `Advance the clock by ${words}`, () => this.advance(goal)),
      ),
      this.button("Until idle", "Advance the clock until nothing is planned", () =>
        this.advance({ until: "idle" }),
      ),
    ];
    this.runButton = h("button", {
      type: "button",
      class: "icon",
      id: "run",
      onclick: (event) => busy(event.currentTarget, () => this.toggle()),
    });
    this.rate = h("select", {
      "aria-label": "Rate of the clock",
      onchange: () =>
        busy(this.rate, () => this.set({ mode: "real", rate: Number(this.rate.value) })),
    });
    fill(
      element,
      h("div", { class: "face" }, this.time, h("div", { class: "under" }, this.day, this.mode)),
      h("div", { class: "steps" }, this.buttons, this.runButton, this.rate),
    );
    app.live.on("clock", (clock) => this.show(clock));
    app.live.on("again", () => this.reload());
    setInterval(() => this.tick(), 250);
  }

  button(text, label, action) {
    return h(
      "button",
      {
        type: "button",
        "aria-label": label,
        title: label,
        onclick: (event) => busy(event.currentTarget, action),
      },
      text,
    );
  }

  async reload() {
    const { sandbox } = this.app;
    const clock = await sandbox.get("/clock").catch(() => null);
    if (clock && sandbox === this.app.sandbox) this.show(clock);
  }

  show(clock) {
    this.clock = clock;
    this.read = performance.now();
    const runs = clock.mode === "real";
    fill(this.runButton, icon(runs ? "pause" : "play"));
    this.runButton.setAttribute("aria-label", runs ? "Pause the clock" : "Let the clock run");
    this.runButton.title = this.runButton.getAttribute("aria-label");
    const rates = [...new Set([...RATES, clock.rate])].sort((a, b) => a - b);
    fill(
      this.rate,
      rates.map((rate) => h("option", { value: rate }, `${number(rate)}×`)),
    );
    this.rate.value = String(clock.rate);
    this.rate.title = `${number(clock.rate)} virtual seconds in each real second`;
    this.mode.textContent = runs
      ? clock.rate === 1
        ? "running"
        : `running, ${clock.rate}×`
      : "paused";
    this.element.dataset.mode = clock.mode;
    this.tick();
  }

  /** Tell no time: there is no such sandbox any more. */
  lose() {
    this.clock = null;
    for (const part of [this.time, this.day, this.mode]) part.textContent = "";
    this.mode.textContent = "no sandbox";
    this.element.dataset.mode = "none";
  }

  /** The sandbox's time, as far as one can know it here. */
  now() {
    if (!this.clock) return new Date();
    const elapsed = this.clock.mode === "real" ? performance.now() - this.read : 0;
    return new Date(new Date(this.clock.now).getTime() + elapsed * this.clock.rate);
  }

  tick() {
    if (!this.clock) return;
    const now = this.now();
    setToday(now);
    this.time.textContent = clockTime(now);
    this.time.dateTime = now.toISOString();
    this.day.textContent = `${fullDay(now)} UTC`;
  }

  async set(change) {
    this.show(await this.app.sandbox.put("/clock", change));
  }

  toggle() {
    const mode = this.clock.mode === "real" ? "manual" : "real";
    return this.set({ mode, rate: this.clock.rate });
  }

  async advance(goal) {
    const ledger = await this.app.sandbox.post("/clock/advance", goal);
    await this.reload();
    this.app.live.tell("again");
    say(told(ledger), { tone: ledger.callbacks.failed ? "warn" : "good" });
    return ledger;
  }
}

function told(ledger) {
  const { callbacks, reason } = ledger;
  const parts = [`${span(seconds(ledger.from, ledger.to))} passed`];
  parts.push(ledger.events ? counted(ledger.events, "thing") + " happened" : "nothing was due");
  if (callbacks.attempted) {
    const failed = callbacks.failed ? `, ${callbacks.failed} failed` : "";
    parts.push(`${counted(callbacks.attempted, "callback")} sent${failed}`);
  }
  if (reason.startsWith("max_")) parts.push("more is left: press again to go on");
  return `${parts.join("; ")}.`;
}
