// Short news in the corner, also read out; and questions before something is lost.

import { fill, h } from "./dom.js";

const LASTS = 7000;

/** Say something; problems stay until they are dismissed. */
export function say(text, { tone = "good" } = {}) {
  const close = () => toast.remove();
  const toast = h(
    "div",
    { class: "toast", "data-tone": tone },
    h("p", null, text),
    h("button", { class: "quiet", onclick: close, "aria-label": "Dismiss" }, "×"),
  );
  const toasts = document.getElementById("toasts");
  toasts.append(toast);
  while (toasts.children.length > 3) toasts.firstChild.remove();
  if (tone !== "bad") setTimeout(close, LASTS);
}

export function complain(error) {
  if (error.name === "AbortError") return;
  const details = (error.errors ?? []).map((each) => `${each.pointer} ${each.message}`.trim());
  say([error.message, ...details].join(" · "), { tone: "bad" });
}

/** Run an action of a button: it cannot be pressed twice, and a problem is said. */
export async function busy(button, action) {
  if (button.getAttribute("aria-busy") === "true") return undefined;
  button.setAttribute("aria-busy", "true");
  try {
    return await action();
  } catch (error) {
    complain(error);
    return undefined;
  } finally {
    button.removeAttribute("aria-busy");
  }
}

/** Return a button that does something that may take a while or fail. */
export function actionButton(text, action, attributes = {}) {
  const { label, ...others } = attributes;
  return h(
    "button",
    {
      type: "button",
      "aria-label": label,
      ...others,
      onclick: (event) => busy(event.currentTarget, action),
    },
    text,
  );
}

/** Ask before something is lost; resolves to true or false. */
export function ask(question, details, yes) {
  return new Promise((resolve) => {
    const dialog = h("dialog", { "aria-labelledby": "question" });
    const end = () => {
      resolve(dialog.returnValue === "yes");
      dialog.remove();
    };
    dialog.addEventListener("close", end);
    fill(
      dialog,
      h(
        "form",
        { method: "dialog", class: "stack" },
        h("h2", { id: "question" }, question),
        h("p", null, details),
        h(
          "div",
          { class: "row end" },
          h("button", { value: "no", autofocus: true }, "Keep it"),
          h("button", { value: "yes", class: "danger" }, yes),
        ),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Return a button that copies text. */
export function copyButton(text, label = "Copy", attributes = {}) {
  return actionButton(
    label,
    async () => {
      await copy(typeof text === "function" ? text() : text);
      say("Copied.");
    },
    attributes,
  );
}

/** A text beside a button that copies it. `label` says what is copied. */
export function copyable(text, label) {
  return h(
    "div",
    { class: "copyable" },
    h("code", null, text),
    copyButton(text, "Copy", { class: "quiet", label }),
  );
}

async function copy(text) {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return;
    } catch {
      // Refused: the old way needs no permission.
    }
  }
  const area = h("textarea", { value: text, class: "hidden", "aria-hidden": "true" });
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}
