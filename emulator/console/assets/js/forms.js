// Forms whose mistakes are shown at the field that the control API names.

import { freshId, h } from "./dom.js";
import { complain } from "./toast.js";

/**
 * Return a labelled field. `at` is the pointer under which the control API speaks of it.
 * `options` make a choice of it: texts, or pairs of value and text.
 */
export function field({ label, at = "", options, hint, area, suggestions, ...attributes }) {
  const id = freshId();
  const common = { id, "data-at": at, "aria-describedby": hint ? `${id}h` : null, ...attributes };
  let control;
  if (options)
    control = h(
      "select",
      common,
      options.map((option) => choice(option)),
    );
  else if (area) control = h("textarea", { rows: 4, spellcheck: "false", ...common });
  else control = h("input", { type: "text", autocomplete: "off", ...common });
  if (options && attributes.value != null) control.value = attributes.value;
  const list = suggestions
    ? h(
        "datalist",
        { id: `${id}l` },
        suggestions.map((value) => h("option", { value })),
      )
    : null;
  if (list) control.setAttribute("list", list.id);
  const element = h(
    "div",
    { class: "field" },
    h("label", { for: id }, label),
    control,
    list,
    hint ? h("p", { class: "hint", id: `${id}h` }, hint) : null,
    h("p", { class: "problem", id: `${id}p`, hidden: true }),
  );
  element.control = control;
  return element;
}

export function checkbox({ label, at = "", ...attributes }) {
  const id = freshId();
  const control = h("input", { id, type: "checkbox", "data-at": at, ...attributes });
  const element = h("div", { class: "check" }, control, h("label", { for: id }, label));
  element.control = control;
  return element;
}

function choice(option) {
  const [value, text] = Array.isArray(option) ? option : [option, option];
  return h("option", { value }, text);
}

/** Return a form; a mistake that `action` meets is shown where it belongs. */
export function form(attributes, action, ...children) {
  const general = h("p", { class: "problem", role: "alert", hidden: true });
  const element = h(
    "form",
    {
      class: "stack",
      novalidate: true,
      ...attributes,
      onsubmit: async (event) => {
        event.preventDefault();
        if (element.getAttribute("aria-busy") === "true") return;
        element.setAttribute("aria-busy", "true");
        clear(element, general);
        try {
          await action(event.submitter);
        } catch (error) {
          show(element, general, error);
        } finally {
          element.removeAttribute("aria-busy");
        }
      },
    },
    children,
    general,
  );
  return element;
}

function clear(element, general) {
  general.hidden = true;
  for (const control of element.querySelectorAll("[aria-invalid]")) {
    control.removeAttribute("aria-invalid");
    const problem = document.getElementById(`${control.id}p`);
    if (problem) problem.hidden = true;
  }
}

function show(element, general, error) {
  if (!(error instanceof Error)) throw error;
  const others = [];
  let first = null;
  for (const each of error.errors ?? []) {
    const control = controlAt(element, each.pointer);
    const text = each.suggestion
      ? `${each.message}. Did you mean ${each.suggestion}?`
      : each.message;
    const problem = control && document.getElementById(`${control.id}p`);
    if (!problem) {
      others.push(`${each.pointer} ${text}`.trim());
      continue;
    }
    control.setAttribute("aria-invalid", "true");
    problem.textContent = text;
    problem.hidden = false;
    control.closest("details")?.setAttribute("open", "");
    first ??= control;
  }
  if (!(error.errors ?? []).length) others.push(error.message);
  general.textContent = others.join(" · ");
  general.hidden = others.length === 0;
  if (first) first.focus();
  if (error.status === 0) complain(error);
}

// A mistake deep inside a field is shown at that field.
function controlAt(element, pointer) {
  for (let at = pointer; at; at = at.slice(0, at.lastIndexOf("/"))) {
    const control = element.querySelector(`[data-at="${CSS.escape(at)}"]`);
    if (control) return control;
  }
  return null;
}

/** Return text as a number, nothing if it is empty, as it is if it is no number. */
export function numeric(text) {
  const trimmed = text.trim();
  if (!trimmed) return undefined;
  return Number.isNaN(Number(trimmed)) ? trimmed : Number(trimmed);
}

/** Return an object without the fields that are empty. */
export function filled(object) {
  const pairs = Object.entries(object).filter(
    ([, value]) =>
      value !== undefined &&
      value !== null &&
      value !== "" &&
      !(typeof value === "object" && !Array.isArray(value) && Object.keys(value).length === 0),
  );
  return Object.fromEntries(pairs);
}
