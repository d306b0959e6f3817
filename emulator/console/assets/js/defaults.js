// What becomes of messages that no rule wants: settings of the sandbox, and magic numbers.

import { fill, h } from "./dom.js";
import { checkbox, field } from "./forms.js";
import { complain, say } from "./toast.js";
import { OUTCOMES } from "./words.js";

const LATENCIES = [
  ["instant", "At once"],
  ["fast", "Fast: parts of a second"],
  ["realistic", "Realistic: seconds to hours"],
];
const MAGIC = [
  ["00", "delivered"],
  ["01", "read"],
  ["02", 'replied "YES"'],
  ["03", 'replied "STOP"'],
  ["04", "rejected"],
  ["05", "undelivered"],
  ["06", "stuck"],
  ["07", "pending"],
  ["08", "flaky"],
  ["09", "delivered after one hour"],
];

/** Put the settings that decide into an element; a change takes effect at once. */
export async function showDefaults(app, place) {
  const settings = await app.sandbox.get("/settings");
  const change = async (body) => {
    try {
      await app.sandbox.patch("/settings", body);
      say("Changed. It holds for messages from now on.");
    } catch (error) {
      complain(error);
    }
  };
  const latency = field({
    label: "How long steps take",
    options: LATENCIES,
    value: settings.latency,
  });
  latency.control.addEventListener("change", () => change({ latency: latency.control.value }));
  const digits = checkbox({ label: "Magic numbers decide", checked: settings.magic_numbers });
  digits.control.addEventListener("change", () =>
    change({ magic_numbers: digits.control.checked }),
  );
  const outcomes = Object.entries(settings.default_outcome).map(([slug, outcome]) => {
    const choice = field({
      label: app.title(slug),
      options: Object.keys(OUTCOMES),
      value: outcome,
    });
    choice.control.addEventListener("change", () =>
      change({ default_outcome: { [slug]: choice.control.value } }),
    );
    return choice;
  });
  fill(place, h("div", { class: "stack" }, h("div", { class: "pair" }, outcomes), latency, digits));
}

export function magicNumbers() {
  return h(
    "details",
    null,
    h("summary", null, "Magic numbers"),
    h("p", { class: "hint" }, "A number whose last six digits are 99, two of these, and any two:"),
    h(
      "table",
      { class: "plain-table" },
      h(
        "thead",
        null,
        h("tr", null, h("th", { scope: "col" }, "Digits"), h("th", { scope: "col" }, "Outcome")),
      ),
      h(
        "tbody",
        null,
        MAGIC.map(([digits, outcome]) =>
          h("tr", null, h("td", null, h("code", null, `99${digits}xx`)), h("td", null, outcome)),
        ),
      ),
    ),
  );
}
