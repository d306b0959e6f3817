// Puts the page together: which sandbox, which view, what is new.

import { call, Sandbox } from "./api.js";
import { ClockBar } from "./clockbar.js";
import { fill, h, icon, seldom } from "./dom.js";
import { Live } from "./live.js";
import { go, link, read } from "./route.js";
import { complain } from "./toast.js";

const VIEWS = {
  overview: "Overview",
  messages: "Messages",
  phone: "Phone",
  broadcasts: "Broadcasts",
  callbacks: "Callbacks",
  requests: "Requests",
  outcomes: "Outcomes",
  faults: "Faults",
  coverage: "Coverage",
  sandboxes: "Sandboxes",
};
const LIVE = {
  live: ["Live", "What happens is shown as it happens"],
  polling: ["Every 2 s", "Asking every two seconds: the live stream does not come through"],
  connecting: ["Connecting", "Waiting for the emulator to answer"],
  paused: ["Paused", "Goes on when this page is looked at"],
};

const main = document.getElementById("main");
const nav = document.getElementById("nav");
const picker = document.getElementById("sandbox");

/** What every view is given. */
const app = { sandbox: null, sandboxes: [], titles: {}, live: new Live(showLive), clock: null };
let current = { view: null };
let isFirst = true;
let gone = null;

function showLive(state) {
  const element = document.getElementById("live");
  const [text, title] = LIVE[state];
  element.dataset.state = state;
  element.textContent = text;
  element.title = title;
  // A stream also ends because its sandbox has been deleted.
  if (state === "polling") readSandboxes().catch(() => {});
}

async function readSandboxes() {
  const { items } = await call("GET", "sandboxes", { query: { limit: 1000 } });
  app.sandboxes = items;
  const names = items.map((item) => item.name);
  const text = names.join(" ");
  if (picker.dataset.names !== text) {
    picker.dataset.names = text;
    fill(
      picker,
      names.map((name) => h("option", { value: name }, name)),
    );
  }
  picker.value = app.sandbox?.name ?? "default";
  lookIfThere();
}

// Somebody may delete the sandbox that is looked at, or follow a link to one that was.
function lookIfThere() {
  const name = app.sandbox?.name;
  const isGone = Boolean(name) && !app.sandboxes.some((item) => item.name === name);
  if (isGone) {
    app.clock.lose();
    if (gone !== name)
      complain(new Error(`There is no sandbox ${name}. Pick another one at the top.`));
  }
  gone = isGone ? name : null;
}

/** The sandbox as the control API shows it: base URLs, accounts, keys. */
app.facts = () => app.sandboxes.find((item) => item.name === app.sandbox.name);
app.readSandboxes = readSandboxes;
app.title = (slug) => app.titles[slug] ?? slug;

async function readTitles() {
  const { items } = await call("GET", "providers");
  app.providers = items;
  app.titles = Object.fromEntries(items.map((item) => [item.slug, item.name]));
}

function drawNav(route) {
  fill(
    nav,
    Object.entries(VIEWS).map(([view, title]) =>
      h(
        "a",
        {
          href: link(app.sandbox.name, view),
          "aria-current": view === route.view ? "page" : null,
        },
        icon(view),
        h("span", null, title),
      ),
    ),
  );
  nav.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  document.getElementById("brand").href = link(app.sandbox.name, "overview");
}

async function show() {
  const route = read();
  if (!(route.view in VIEWS)) {
    go(link(route.sandbox, "overview"), { replace: true });
    return;
  }
  if (route.sandbox !== app.sandbox?.name) enter(route.sandbox);
  drawNav(route);
  document.title = `${VIEWS[route.view]} · ${route.sandbox} · broadcast-emulator`;
  const sandbox = app.sandbox;
  if (current.name !== route.view || current.sandbox !== sandbox) {
    const module = await import(`./views/${route.view}.js`);
    // Somebody may have gone on meanwhile.
    if (read().view !== route.view || sandbox !== app.sandbox) return;
    current.view?.destroy?.();
    current = { name: route.view, sandbox, view: module.mount(app, route) };
    fill(main, current.view.element);
    main.scrollTop = 0;
    if (!isFirst) main.querySelector("h1")?.focus({ preventScroll: true });
    isFirst = false;
  }
  await current.view.update?.(read());
}

function enter(name) {
  app.sandbox = new Sandbox(name);
  picker.value = name;
  app.live.follow(app.sandbox);
  app.clock.reload();
  lookIfThere();
}

function onShow() {
  show().catch(complain);
}

picker.addEventListener("change", () => {
  const route = read();
  go(link(picker.value, route.view));
});

const theme = document.getElementById("theme");
const root = document.documentElement;

function setTheme(name) {
  if (name) root.dataset.theme = name;
}

theme.addEventListener("click", () => {
  const isDark = root.dataset.theme
    ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  setTheme(isDark ? "light" : "dark");
  localStorage.setItem("theme", root.dataset.theme);
});

async function start() {
  setTheme(localStorage.getItem("theme"));
  app.clock = new ClockBar(document.getElementById("clock"), app);
  app.sandbox = null;
  await Promise.all([readSandboxes(), readTitles()]);
  const again = seldom(() => readSandboxes().catch(() => {}), 5000);
  app.live.on("sandbox", () => readSandboxes().catch(() => {}));
  app.live.on("again", again);
  window.addEventListener("hashchange", onShow);
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    main.focus();
  });
  await show();
  root.dataset.ready = "true";
}

start().catch((error) => {
  fill(main, h("div", { class: "nothing" }, h("p", { role: "alert" }, error.message)));
});
