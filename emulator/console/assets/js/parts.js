// Pieces that several views show in the same way.

import { h, icon } from "./dom.js";
import { clockTime, counted, fullDay, pretty, shortMoment } from "./format.js";
import { copyButton } from "./toast.js";
import { toneOf } from "./words.js";

export function badge(word, tone = toneOf(word)) {
  return h("span", { class: "badge", "data-tone": tone }, word);
}

/** A moment; the whole of it is in the title. */
export function moment(value, text = shortMoment(value)) {
  return h("time", { datetime: value, title: `${fullDay(value)} ${clockTime(value)} UTC` }, text);
}

/** The heading of a detail, with what matters most beside it. */
export function head(title, ...beside) {
  return h(
    "header",
    { class: "detail-head" },
    h("h2", { tabindex: -1 }, title),
    h("div", { class: "row" }, beside),
  );
}

export function section(title, ...children) {
  return h("section", { class: "part" }, h("h3", null, title), children);
}

/** Pairs of a word and what stands for it; pairs without a value are left out. */
export function facts(...pairs) {
  const present = pairs.filter(
    ([, value]) => value !== null && value !== undefined && value !== "",
  );
  return h(
    "dl",
    { class: "facts" },
    present.map(([name, value]) => h("div", null, h("dt", null, name), h("dd", null, value))),
  );
}

// A browser takes many seconds to break an uploaded file into lines.
const MOST_SHOWN = 100_000;

/** Text in the letters of machines, with a button that copies it: all of it, however long. */
export function code(value, { label = "Copy", name = "Text", exact = false } = {}) {
  const text = exact ? value : pretty(value);
  const rest = text.length - MOST_SHOWN;
  return h(
    "div",
    { class: "code" },
    h("pre", { tabindex: 0, role: "region", "aria-label": name }, text.slice(0, MOST_SHOWN)),
    rest > 0
      ? h("p", { class: "hint" }, `${counted(rest, "more character")}: ${label} takes all`)
      : null,
    copyButton(text, label, { class: "quiet copy", label: `${label}: ${name}` }),
  );
}

export function fold(title, ...children) {
  return h("details", null, h("summary", null, title), children);
}

/** What stands where there is nothing yet: what this is, and what to do next. */
export function empty(title, ...advice) {
  return h(
    "div",
    { class: "empty" },
    h("p", { class: "strong" }, title),
    advice.map((each) => (each instanceof Node ? each : h("p", null, each))),
  );
}

export function linkButton(text, href, attributes = {}) {
  return h("a", { class: "button", href, ...attributes }, text);
}

export function direction(message) {
  const out = message.direction === "out";
  return h(
    "span",
    { class: "way", title: out ? "To the person" : "From the person" },
    icon(out ? "out" : "in"),
    h("span", { class: "unseen" }, out ? "to" : "from"),
  );
}

/** A file that a message carries: shown if it is ours, else a link that opens elsewhere. */
export function medium(url) {
  let address;
  try {
    address = new URL(url, location.href);
  } catch {
    return h("span", { class: "file" }, icon("file"), url);
  }
  const name = address.pathname.split("/").pop() || address.host;
  if (!/^https?:$/.test(address.protocol)) return h("span", { class: "file" }, icon("file"), url);
  if (address.origin === location.origin && /\.(png|jpe?g|gif|webp|svg)$/i.test(address.pathname)) {
    return h("img", { class: "picture", src: address.href, alt: name, loading: "lazy" });
  }
  return h(
    "a",
    { class: "file", href: address.href, target: "_blank", rel: "noopener noreferrer" },
    icon("file"),
    name,
  );
}
