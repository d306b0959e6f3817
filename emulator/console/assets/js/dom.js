// Makes elements. Text becomes text and never markup, whoever wrote it.

const PROPERTIES = new Set(["value", "checked", "disabled", "selected", "hidden", "open"]);
const SVG = "http://www.w3.org/2000/svg";

/** Return an element: attributes, `onclick` and the like, then children (nodes, texts, lists). */
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (PROPERTIES.has(name)) element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...present(children));
  // The value of a list can only be chosen once it is there.
  if (tag === "select" && attributes?.value != null) element.value = attributes.value;
  return element;
}

export function svg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes ?? {})) element.setAttribute(name, value);
  element.append(...present(children));
  return element;
}

export function icon(name) {
  return svg("svg", { class: "i", "aria-hidden": "true" }, svg("use", { href: `#i-${name}` }));
}

/** Put children in the place of all that an element holds. */
export function fill(element, ...children) {
  element.replaceChildren(...present(children));
  return element;
}

function present(children) {
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false && child !== "")
    .map((child) => (child instanceof Node ? child : String(child)));
}

let made = 0;

/** Return an id that no other element has. */
export function freshId() {
  made += 1;
  return `e${made}`;
}

/** Return a function that waits for a pause in being called, then runs once. */
export function settled(action, pause) {
  let timer = null;
  const call = () => {
    clearTimeout(timer);
    timer = setTimeout(action, pause);
  };
  call.cancel = () => clearTimeout(timer);
  return call;
}

/** Return a function that runs at once, and then at most once per span. */
export function seldom(action, span) {
  let timer = null;
  let isWanted = false;
  const run = () => {
    isWanted = false;
    timer = setTimeout(() => {
      timer = null;
      if (isWanted) run();
    }, span);
    action();
  };
  const call = () => {
    if (timer === null) run();
    else isWanted = true;
  };
  call.cancel = () => {
    clearTimeout(timer);
    isWanted = false;
  };
  return call;
}
