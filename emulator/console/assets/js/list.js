// A list of any length: only the rows in sight exist, and pages come as they are scrolled to.

import { fill, h, seldom } from "./dom.js";

const FIRST = 100;
const NEXT = 500;
const SPARE = 12;
const REFRESH = 700;

/**
 * @param load   asked for a page: (cursor, limit) => {items, next, total}
 * @param row    the children of an item's row
 * @param href   where an item's row leads
 * @param heights  of a row in pixels: [wide, narrow]
 * @param empty  what stands in an empty list
 */
export class VirtualList {
  constructor({ label, load, row, href, heights, empty, onTotal = () => {} }) {
    Object.assign(this, { load, row, href, heights, empty, onTotal });
    this.items = [];
    this.places = new Map();
    this.next = null;
    this.total = 0;
    this.shown = new Map();
    this.selected = null;
    this.focused = 0;
    this.rows = h("ul", { class: "vrows", "aria-label": label, role: "list" });
    this.note = h("div", { class: "vnote", hidden: true });
    this.element = h("div", { class: "vlist", "aria-busy": "true" }, this.rows, this.note);
    this.element.addEventListener("scroll", () => this.draw(), { passive: true });
    this.rows.addEventListener("keydown", (event) => this.onKey(event));
    this.rows.addEventListener("focusin", (event) => this.onFocus(event));
    this.narrow = matchMedia("(max-width: 58rem)");
    this.redraw = () => this.drawAll();
    this.narrow.addEventListener("change", this.redraw);
    this.sizes = new ResizeObserver(() => this.draw());
    this.sizes.observe(this.element);
    this.refreshSoon = seldom(() => this.refresh(), REFRESH);
    this.generation = 0;
  }

  destroy() {
    this.generation += 1;
    this.refreshSoon.cancel();
    this.sizes.disconnect();
    this.narrow.removeEventListener("change", this.redraw);
  }

  get height() {
    return this.heights[this.narrow.matches ? 1 : 0];
  }

  /** Start anew, from the top. */
  async reset() {
    this.generation += 1;
    this.element.setAttribute("aria-busy", "true");
    const generation = this.generation;
    const page = await this.load(null, FIRST);
    if (generation !== this.generation) return;
    this.element.scrollTop = 0;
    this.take(page.items, page);
    this.element.removeAttribute("aria-busy");
    this.drawAll();
  }

  take(items, { next, total }) {
    this.items = items;
    this.places = new Map(items.map((item, at) => [item.id, at]));
    this.next = next;
    this.total = total;
    this.focused = Math.min(this.focused, Math.max(items.length - 1, 0));
    this.onTotal(total);
  }

  /** Show an item anew where it stands; false if it is not among those that have come. */
  update(item) {
    const at = this.places.get(item.id);
    if (at === undefined) return false;
    this.items[at] = item;
    const element = this.shown.get(at);
    if (element) this.write(element, at);
    return true;
  }

  /** Ask again for the newest items and put them in front of those that are there. */
  async refresh() {
    const generation = this.generation;
    const page = await this.load(null, FIRST).catch(() => null);
    if (page === null || generation !== this.generation) return;
    const known = page.items.findIndex((item) => this.places.has(item.id));
    const isJoined =
      known >= 0 &&
      this.places.get(page.items[known].id) === 0 &&
      page.total === this.total + known;
    if (!isJoined) {
      // Too much has changed: what comes after is asked for again when it is scrolled to.
      this.take(page.items, page);
      this.drawAll();
      return;
    }
    const before = this.items.slice(page.items.length - known);
    this.take([...page.items, ...before], {
      next: before.length ? this.next : page.next,
      total: page.total,
    });
    // Who is reading further down keeps their place.
    if (this.element.scrollTop > this.height) this.element.scrollTop += known * this.height;
    this.focused += known;
    this.drawAll();
  }

  async more() {
    if (this.isLoading || this.next === null) return;
    this.isLoading = true;
    const generation = this.generation;
    const cursor = this.next;
    try {
      const page = await this.load(cursor, NEXT);
      if (generation === this.generation && cursor === this.next) {
        this.take([...this.items, ...page.items], page);
      }
    } catch {
      return;
    } finally {
      this.isLoading = false;
    }
    this.draw();
  }

  select(id) {
    this.selected = id;
    const at = this.places.get(id);
    if (at !== undefined) this.focused = at;
    for (const [place, element] of this.shown) this.mark(element, place);
  }

  drawAll() {
    const hadFocus = this.rows.contains(document.activeElement);
    this.rows.replaceChildren();
    this.shown.clear();
    fill(this.note, this.total === 0 ? this.empty() : null);
    this.note.hidden = this.total !== 0;
    this.rows.hidden = this.total === 0;
    this.draw();
    if (hadFocus) this.focusOn(this.focused);
  }

  draw() {
    const height = this.height;
    this.rows.style.height = `${this.total * height}px`;
    const first = Math.max(0, Math.floor(this.element.scrollTop / height) - SPARE);
    const last = Math.min(
      this.total,
      Math.ceil((this.element.scrollTop + this.element.clientHeight) / height) + SPARE,
    );
    for (const [at, element] of this.shown) {
      if (at < first || at >= last) {
        element.remove();
        this.shown.delete(at);
      }
    }
    for (let at = first; at < Math.min(last, this.items.length); at += 1) {
      if (!this.shown.has(at)) this.place(at);
    }
    if (last > this.items.length) this.more();
  }

  place(at) {
    const element = h("li", { "aria-setsize": this.total, "aria-posinset": at + 1 });
    element.style.height = `${this.height}px`;
    element.style.top = `${at * this.height}px`;
    this.write(element, at);
    const following = [...this.shown].filter(([place]) => place > at).sort(([a], [b]) => a - b)[0];
    this.rows.insertBefore(element, following ? following[1] : null);
    this.shown.set(at, element);
  }

  write(element, at) {
    const hadFocus = element.contains(document.activeElement);
    const item = this.items[at];
    fill(element, h("a", { class: "vrow", href: this.href(item), "data-at": at }, this.row(item)));
    this.mark(element, at);
    if (hadFocus) element.firstChild.focus({ preventScroll: true });
  }

  mark(element, at) {
    const anchor = element.firstChild;
    anchor.tabIndex = at === this.focused ? 0 : -1;
    if (this.items[at].id === this.selected) anchor.setAttribute("aria-current", "true");
    else anchor.removeAttribute("aria-current");
  }

  onFocus(event) {
    const anchor = event.target.closest("[data-at]");
    if (!anchor || Number(anchor.dataset.at) === this.focused) return;
    const before = this.shown.get(this.focused)?.firstChild;
    if (before) before.tabIndex = -1;
    this.focused = Number(anchor.dataset.at);
    anchor.tabIndex = 0;
  }

  onKey(event) {
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.height) - 1);
    const steps = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -this.items.length,
      End: this.items.length,
    };
    const step = steps[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.focusOn(Math.max(0, Math.min(this.items.length - 1, this.focused + step)));
  }

  focusOn(at) {
    const top = at * this.height;
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + this.height > scrollTop + clientHeight) {
      this.element.scrollTop = top + this.height - clientHeight;
    }
    this.draw();
    this.shown.get(at)?.firstChild.focus({ preventScroll: true });
  }
}
