// News from a sandbox as it happens; where the stream does not come through, by asking.

const KINDS = ["request", "message", "broadcast", "callback", "clock", "sandbox"];
const POLL = 2000;
const AGAIN = 4000;
const PATIENCE = 4;

/**
 * Follows one sandbox at a time. Listeners of a kind are given the thing as its list shows it;
 * listeners of "again" are called where anything may have changed.
 */
export class Live {
  constructor(onState) {
    this.listeners = new Map();
    this.onState = onState;
    this.source = null;
    this.timer = null;
    this.retry = null;
    // A page in the background holds no connection: a browser has six for all of its pages.
    document.addEventListener("visibilitychange", () => this.wake());
  }

  follow(sandbox) {
    this.sandbox = sandbox;
    this.wake();
  }

  wake() {
    this.close();
    if (document.hidden) this.onState("paused");
    else if (typeof EventSource === "undefined") this.poll();
    else this.listen();
  }

  close() {
    clearInterval(this.timer);
    clearInterval(this.retry);
    this.source?.close();
    this.source = null;
  }

  listen() {
    this.onState("connecting");
    this.attach(new EventSource(this.sandbox.eventsUrl));
  }

  attach(source) {
    let failures = 0;
    this.source = source;
    source.onopen = () => {
      failures = 0;
      this.onState("live");
      this.tell("again");
    };
    source.onerror = () => {
      failures += 1;
      if (source.readyState === EventSource.CLOSED || failures > PATIENCE) {
        source.close();
        this.poll();
      } else {
        this.onState("connecting");
      }
    };
    for (const kind of KINDS) {
      source.addEventListener(kind, (event) => this.tell(kind, JSON.parse(event.data)));
    }
  }

  poll() {
    this.onState("polling");
    this.tell("again");
    this.timer = setInterval(() => this.tell("again"), POLL);
    if (typeof EventSource !== "undefined") this.retry = setInterval(() => this.knock(), AGAIN);
  }

  /** See whether the stream comes through again: the emulator may have been started anew. */
  knock() {
    this.source?.close();
    const source = new EventSource(this.sandbox.eventsUrl);
    this.source = source;
    source.onerror = () => source.close();
    source.onopen = () => {
      clearInterval(this.timer);
      clearInterval(this.retry);
      this.attach(source);
      source.onopen();
    };
  }

  /** Listen until the function that is returned is called. */
  on(kind, listener) {
    if (!this.listeners.has(kind)) this.listeners.set(kind, new Set());
    this.listeners.get(kind).add(listener);
    return () => this.listeners.get(kind).delete(listener);
  }

  tell(kind, thing) {
    for (const listener of [...(this.listeners.get(kind) ?? [])]) listener(thing);
  }
}
