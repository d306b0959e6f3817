// Moments, spans and bodies as people read them. The emulator's times are UTC.

const UTC = { timeZone: "UTC" };
const CLOCK = new Intl.DateTimeFormat("en-GB", { ...UTC, timeStyle: "medium" });
const DAY = new Intl.DateTimeFormat("en-GB", { ...UTC, day: "numeric", month: "short" });
const FULL = new Intl.DateTimeFormat("en-GB", {
  ...UTC,
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
});
const UNITS = [
  ["d", 86400],
  ["h", 3600],
  ["min", 60],
  ["s", 1],
];

export function number(value) {
  return value.toLocaleString("en-GB");
}

/** Return "3 messages", "1 message". */
export function counted(value, one, many = `${one}s`) {
  return `${number(value)} ${value === 1 ? one : many}`;
}

export function clockTime(moment) {
  return CLOCK.format(new Date(moment));
}

export function fullDay(moment) {
  return FULL.format(new Date(moment));
}

export function shortMoment(moment) {
  const date = new Date(moment);
  return `${DAY.format(date)} ${CLOCK.format(date)}`;
}

let today = "";

/** Say what day it is in the sandbox: on it, a time alone is enough in lists. */
export function setToday(date) {
  today = FULL.format(date);
}

export function brief(moment) {
  const date = new Date(moment);
  return FULL.format(date) === today ? CLOCK.format(date) : shortMoment(moment);
}

/** Return a span in seconds as "2 h 5 min", "400 ms"; the largest two units. */
export function span(seconds) {
  const whole = Math.abs(seconds);
  if (whole < 0.0005) return "0 s";
  if (whole < 1) return `${Math.round(whole * 1000)} ms`;
  if (whole < 60) return `${Number(whole.toFixed(1))} s`;
  let rest = Math.round(whole);
  const parts = [];
  for (const [unit, size] of UNITS) {
    const amount = Math.floor(rest / size);
    if (amount > 0) parts.push(`${amount} ${unit}`);
    rest -= amount * size;
  }
  return parts.slice(0, 2).join(" ");
}

export function seconds(from, to) {
  return (new Date(to) - new Date(from)) / 1000;
}

/** Return JSON with indents; text that is no JSON as it is. */
export function pretty(value) {
  if (typeof value !== "string") return JSON.stringify(value, null, 2);
  try {
    return JSON.stringify(JSON.parse(value), null, 2);
  } catch {
    return value;
  }
}

export function shortId(id) {
  return id.length > 13 ? `${id.slice(0, 8)}…${id.slice(-4)}` : id;
}
