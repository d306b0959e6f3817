// A list on the left and what was picked from it on the right; on a phone, one after the other.

import { fill, h, icon, seldom } from "./dom.js";
import { VirtualList } from "./list.js";
import { go, link } from "./route.js";
import { counted, number } from "./format.js";

const AGAIN = 300;

/**
 * @param view    its name in links
 * @param title   the heading
 * @param noun    what one item is called
 * @param kind    of news that are about its items
 * @param path    of the list in the control API
 * @param query   the control API's filters for a route's own
 * @param list    row, heights and empty of the list
 * @param tools   stands above the list
 * @param fetch   all that the detail of an id needs
 * @param render  the detail of what was fetched
 */
export class Split {
  constructor(app, parts) {
    Object.assign(this, { query: () => ({}), above: null, hint: null, ...parts });
    this.app = app;
    this.id = null;
    this.filters = null;
    this.total = h("span", { class: "total", role: "status" });
    this.dropped = h("p", { class: "hint", hidden: true });
    this.problem = h("p", { class: "problem", role: "alert", hidden: true });
    this.list = new VirtualList({
      label: this.title,
      load: (cursor, limit) => this.load(cursor, limit),
      href: (item) => link(app.sandbox.name, this.view, item.id, this.route.query),
      onTotal: (total) => {
        this.total.textContent = number(total);
      },
      ...this.list,
    });
    this.panel = h("article", { class: "detail", "aria-live": "off" });
    this.element = h(
      "div",
      { class: "split" },
      h(
        "section",
        { class: "side-list", "aria-label": `List: ${this.title}` },
        h(
          "div",
          { class: "list-head" },
          h("h1", { tabindex: -1 }, this.title, " ", this.total),
          this.tools ?? null,
        ),
        this.above,
        this.dropped,
        this.problem,
        this.list.element,
      ),
      this.panel,
    );
    this.detailSoon = seldom(() => this.showDetail(true), AGAIN);
    this.offs = [
      app.live.on(this.kind, (thing) => this.onNews(thing)),
      app.live.on("again", () => {
        this.list.refreshSoon();
        if (this.id !== null) this.detailSoon();
      }),
    ];
  }

  destroy() {
    for (const off of this.offs) off();
    this.detailSoon.cancel();
    this.list.destroy();
    this.onLeave?.();
  }

  onNews(thing) {
    if (!this.list.update(thing)) this.list.refreshSoon();
    if (thing.id === this.id) this.detailSoon();
    this.onThing?.(thing);
  }

  async load(cursor, limit) {
    try {
      const page = await this.app.sandbox.get(this.path, {
        ...this.query(this.route.query),
        cursor,
        limit,
      });
      this.problem.hidden = true;
      this.tellDropped(page.dropped ?? 0);
      return page;
    } catch (error) {
      this.problem.textContent = [
        error.message,
        ...(error.errors ?? []).map((each) => each.message),
      ].join(" · ");
      this.problem.hidden = false;
      throw error;
    }
  }

  /** Say how many older items there were: the list alone looks as if it were all. */
  tellDropped(count) {
    this.dropped.hidden = count === 0;
    this.dropped.textContent =
      `${counted(count, `older ${this.noun}`)} not kept any more: ` +
      `the setting keep${this.path.replace("/", ".")} says how many are.`;
  }

  async update(route) {
    const isFirst = this.route === undefined;
    this.route = route;
    const filters = JSON.stringify(route.query);
    if (filters !== this.filters) {
      this.filters = filters;
      this.onFilters?.(route.query);
      this.list.reset().catch(() => this.list.element.removeAttribute("aria-busy"));
    }
    if (route.id !== this.id || isFirst) {
      this.id = route.id;
      this.list.select(route.id);
      this.element.dataset.open = String(route.id !== null);
      await this.showDetail(false);
    }
  }

  /** Go to the same list with other filters. */
  filter(query) {
    go(link(this.app.sandbox.name, this.view, this.id, query), { replace: true });
  }

  async showDetail(isAgain) {
    const id = this.id;
    if (id === null) {
      this.shown = null;
      fill(
        this.panel,
        h(
          "div",
          { class: "nothing" },
          h("p", null, this.hint ?? `Pick a ${this.noun} from the list to see all about it.`),
        ),
      );
      return;
    }
    let nodes;
    try {
      const found = await this.fetch(id);
      const text = JSON.stringify(found);
      // A form that is being filled in is left alone, and so is what has not changed.
      if (id !== this.id || (isAgain && (text === this.shown || this.isBeingEdited()))) return;
      this.shown = text;
      nodes = this.render(found);
    } catch (error) {
      if (id !== this.id || isAgain) return;
      nodes = h("div", { class: "nothing" }, h("p", { role: "alert" }, error.message));
    }
    this.put(nodes, isAgain);
  }

  isBeingEdited() {
    const active = document.activeElement;
    return this.panel.contains(active) && active.matches("input, textarea, select");
  }

  put(nodes, isAgain) {
    const { scrollTop } = this.panel;
    const open = new Set(
      [...this.panel.querySelectorAll("details[open] > summary")].map(
        (summary) => summary.textContent,
      ),
    );
    const focus = this.panel.contains(document.activeElement) ? document.activeElement : null;
    const back = h(
      "a",
      { class: "back", href: link(this.app.sandbox.name, this.view, null, this.route.query) },
      icon("back"),
      `All ${this.title.toLowerCase()}`,
    );
    fill(this.panel, back, nodes);
    if (isAgain) {
      for (const summary of this.panel.querySelectorAll("details > summary")) {
        if (open.has(summary.textContent)) summary.parentElement.open = true;
      }
      this.panel.scrollTop = scrollTop;
      if (focus) this.refocus(focus);
      return;
    }
    this.panel.scrollTop = 0;
    // In a list that is seen beside it, arrows shall go on working.
    if (!this.list.rows.contains(document.activeElement) || this.list.narrow.matches) {
      this.panel.querySelector("h2")?.focus({ preventScroll: true });
    }
  }

  refocus(before) {
    const same = [...this.panel.querySelectorAll(before.tagName)].find(
      (element) =>
        element.textContent === before.textContent && element.className === before.className,
    );
    same?.focus({ preventScroll: true });
  }
}
