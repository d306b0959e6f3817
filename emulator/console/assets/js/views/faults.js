// What becomes of requests: errors, delays and lost connections, on purpose.

import { fill, h, settled } from "../dom.js";
import { counted, span } from "../format.js";
import { field, filled, form, numeric } from "../forms.js";
import { badge, empty, linkButton } from "../parts.js";
import { go, link } from "../route.js";
import { actionButton, ask, say } from "../toast.js";

const NAMES = [
  "unauthorized",
  "forbidden",
  "not_found",
  "rate_limited",
  "server_error",
  "insufficient_credit",
  "enqueue_failed",
  "template_rejected",
];
const KINDS = [
  ["error", "A documented error"],
  ["status", "Any answer"],
  ["delay", "A slow answer"],
  ["drop-before", "No answer, nothing done"],
  ["drop-after", "No answer, but done"],
  ["malformed", "A broken body"],
];

export function mount(app) {
  return new Faults(app);
}

class Faults {
  constructor(app) {
    this.app = app;
    this.list = h("ol", { class: "rules" });
    this.editor = h("div");
    this.clear = actionButton(
      "Remove all",
      async () => {
        if (
          !(await ask("Remove all faults?", "Requests are served as usual again.", "Remove them"))
        ) {
          return;
        }
        await app.sandbox.delete("/faults");
        await this.read();
      },
      { class: "quiet" },
    );
    this.element = h(
      "div",
      { class: "page" },
      h(
        "div",
        { class: "row between" },
        h("h1", { tabindex: -1 }, "Faults"),
        linkButton("Add a fault", link(app.sandbox.name, "faults", "new"), {
          class: "button primary",
        }),
      ),
      this.editor,
      h(
        "section",
        { class: "card" },
        h("div", { class: "row between" }, h("h2", null, "What goes wrong"), this.clear),
        h("p", { class: "hint" }, "Of several faults that match a request, the oldest acts."),
        this.list,
      ),
    );
    this.again = settled(() => this.read(), 400);
    this.offs = ["again", "request"].map((kind) => app.live.on(kind, this.again));
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
    fill(this.editor, route.id === "new" ? this.drawEditor(route.query) : null);
    this.editor.querySelector("h2")?.focus();
  }

  async read() {
    const { items } = await this.app.sandbox.get("/faults", { limit: 1000 });
    const text = JSON.stringify(items);
    if (text === this.text) return;
    this.text = text;
    this.clear.hidden = items.length === 0;
    fill(
      this.list,
      items.length
        ? items.map((fault) => this.row(fault))
        : h(
            "li",
            null,
            empty(
              "No faults: every request is served.",
              "Add one to see what your client does when the vendor is slow, refuses or hangs up.",
            ),
          ),
    );
  }

  row(fault) {
    const conditions = [fault.method, fault.path ?? "every path"].filter(Boolean).join(" ");
    const limits = [
      fault.times == null ? null : `at most ${counted(fault.times, "time")}`,
      fault.skip ? `after ${fault.skip}` : null,
      fault.share == null ? null : `share ${fault.share}`,
    ]
      .filter(Boolean)
      .join(", ");
    return h(
      "li",
      { class: "rule" },
      h(
        "div",
        { class: "grow" },
        h(
          "p",
          null,
          badge(what(fault.fault), "accent"),
          " ",
          h(
            "span",
            { class: "hint" },
            fault.provider ? this.app.title(fault.provider) : "every provider",
          ),
          " ",
          h("code", null, conditions),
        ),
        h(
          "p",
          { class: "hint" },
          fault.id,
          " · ",
          counted(fault.hits, "hit"),
          limits ? ` · ${limits}` : "",
        ),
      ),
      actionButton(
        "Remove",
        async () => {
          await this.app.sandbox.delete(`/faults/${encodeURIComponent(fault.id)}`);
          await this.read();
        },
        { class: "quiet", label: `Remove ${fault.id}` },
      ),
    );
  }

  drawEditor(given) {
    const provider = field({
      label: "Provider",
      at: "/provider",
      value: given.provider ?? "",
      options: [["", "Every provider"], ...Object.entries(this.app.titles)],
    });
    const method = field({
      label: "Method",
      at: "/method",
      value: given.method ?? "",
      options: [["", "Any"], "GET", "POST", "PUT", "PATCH", "DELETE"],
    });
    const path = field({
      label: "Path",
      at: "/path",
      value: given.path ?? "",
      placeholder: "/sms, /v1/*",
      hint: "Below the provider's address; * stands for anything.",
    });
    const kind = field({ label: "What happens", options: KINDS });
    const times = field({
      label: "Only so many times",
      at: "/times",
      value: "1",
      hint: "Left empty, always.",
    });
    const skip = field({ label: "Let so many pass first", at: "/skip" });
    const share = field({ label: "Only a share", at: "/share", placeholder: "0.1" });
    const details = {
      error: field({
        label: "Error",
        at: "/fault/error",
        value: "server_error",
        suggestions: NAMES,
      }),
      status: field({ label: "Status", at: "/fault/status", value: "503", inputmode: "numeric" }),
      body: field({ label: "Body", at: "/fault/body", area: true, rows: 3 }),
      delay: field({ label: "How long, in real time", at: "/fault/delay", value: "5s" }),
    };
    const show = () => {
      const wanted = { error: ["error"], status: ["status", "body"], delay: ["delay"] };
      for (const [name, element] of Object.entries(details)) {
        element.hidden = !(wanted[kind.control.value] ?? []).includes(name);
      }
    };
    kind.control.addEventListener("change", show);
    show();
    const back = link(this.app.sandbox.name, "faults");
    return h(
      "section",
      { class: "card editor" },
      h("h2", { tabindex: -1 }, "New fault"),
      form(
        { class: "stack" },
        async () => {
          await this.app.sandbox.post(
            "/faults",
            filled({
              provider: provider.control.value,
              method: method.control.value,
              path: path.control.value.trim(),
              times: numeric(times.control.value),
              skip: numeric(skip.control.value),
              share: numeric(share.control.value),
              fault: fault(kind.control.value, details),
            }),
          );
          say("The fault acts from now on.");
          await this.read();
          go(back);
        },
        h("div", { class: "grid" }, kind, Object.values(details)),
        h("div", { class: "grid" }, provider, method, path),
        h("div", { class: "grid" }, times, skip, share),
        h(
          "div",
          { class: "row" },
          h("button", { class: "primary" }, "Add the fault"),
          linkButton("Cancel", back, { class: "button quiet" }),
        ),
      ),
    );
  }
}

function what(fault) {
  if (fault.error) return fault.error;
  if (fault.drop)
    return fault.drop === "before" ? "no answer, nothing done" : "no answer, but done";
  if (fault.malformed) return "a broken body";
  if (fault.delay != null) return `slower by ${span(fault.delay)}`;
  return `answers ${fault.status}`;
}

function fault(kind, details) {
  const value = (name) => details[name].control.value.trim();
  if (kind === "error") return { error: value("error") };
  if (kind === "delay") return { delay: value("delay") };
  if (kind === "malformed") return { malformed: true };
  if (kind.startsWith("drop-")) return { drop: kind.slice(5) };
  return filled({ status: numeric(value("status")), body: parsed(value("body")) });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
