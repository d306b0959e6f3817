// How many messages had which status, over virtual time: a stacked area, as SVG.

import { h, svg } from "./dom.js";
import { clockTime, counted, number, shortMoment, span } from "./format.js";
import { toneOf } from "./words.js";

const [HEIGHT, LEFT, BOTTOM, TOP] = [220, 44, 24, 8];
// Its words have the same size on a phone: there is less room for them, not more.
const [WIDE, NARROW] = [
  { width: 640, times: 5 },
  { width: 330, times: 3 },
];
const IS_NARROW = "(max-width: 46rem)";
const STEPS = 160;
const ORDER = { good: 0, moving: 1, quiet: 2, waiting: 3, bad: 4 };

/** Return statuses in the order in which they are stacked, each with its shade. */
export function shades(statuses) {
  const sorted = [...statuses].sort(
    (a, b) => ORDER[toneOf(a)] - ORDER[toneOf(b)] || (a < b ? -1 : 1),
  );
  const seen = {};
  return sorted.map((status) => {
    const tone = toneOf(status);
    seen[tone] = (seen[tone] ?? -1) + 1;
    return { status, shade: `${tone}-${seen[tone] % 3}` };
  });
}

/** A bar whose parts are as long as the counts. */
export function bar(counts, total) {
  const whole = Math.max(
    total,
    Object.values(counts).reduce((sum, count) => sum + count, 0),
    1,
  );
  const said = Object.entries(counts)
    .map(([status, count]) => `${status} ${count}`)
    .join(", ");
  return h(
    "div",
    { class: "bar", role: "img", "aria-label": said || "Nothing yet" },
    shades(Object.keys(counts)).map(({ status, shade }) => {
      const part = h("span", {
        "data-shade": shade,
        title: `${status}: ${number(counts[status])}`,
      });
      part.style.width = `${(counts[status] / whole) * 100}%`;
      return part;
    }),
  );
}

export function legend(counts, total) {
  return h(
    "ul",
    { class: "legend" },
    shades(Object.keys(counts)).map(({ status, shade }) =>
      h(
        "li",
        null,
        h("span", { class: "swatch", "data-shade": shade }),
        status,
        " ",
        h("strong", null, number(counts[status])),
        " ",
        h(
          "span",
          { class: "hint" },
          total ? `${Math.round((counts[status] / total) * 100)} %` : "",
        ),
      ),
    ),
  );
}

/** Return the plot of histories: lists of `{status, at}`. Null where there is nothing to plot. */
export function plot(histories) {
  const moves = histories
    .flatMap((history) =>
      history.map((step, at) => ({
        at: Date.parse(step.at),
        to: step.status,
        from: at ? history[at - 1].status : null,
      })),
    )
    .sort((a, b) => a.at - b.at);
  if (!moves.length) return null;
  const [start, end] = [moves[0].at, moves[moves.length - 1].at];
  if (start === end) {
    return h(
      "p",
      { class: "hint" },
      `All ${counted(histories.length, "message")} got their status in one instant, ` +
        `${shortMoment(start)}. Advance the clock to see more.`,
    );
  }
  const statuses = shades(new Set(moves.map((move) => move.to)));
  const samples = sample(moves, start, end, statuses);
  return draw(samples, statuses, start, end, histories.length);
}

// The counts at evenly spread moments.
function sample(moves, start, end, statuses) {
  const counts = Object.fromEntries(statuses.map(({ status }) => [status, 0]));
  const samples = [];
  let next = 0;
  for (let step = 0; step <= STEPS; step += 1) {
    const until = start + ((end - start) * step) / STEPS;
    for (; next < moves.length && moves[next].at <= until; next += 1) {
      const { from, to } = moves[next];
      if (from !== null) counts[from] -= 1;
      counts[to] += 1;
    }
    samples.push({ ...counts });
  }
  return samples;
}

function draw(samples, statuses, start, end, total) {
  const room = matchMedia(IS_NARROW).matches ? NARROW : WIDE;
  const x = (step) => LEFT + ((room.width - LEFT - 8) * step) / STEPS;
  const y = (count) => HEIGHT - BOTTOM - ((HEIGHT - BOTTOM - TOP) * count) / Math.max(total, 1);
  const floor = samples.map(() => 0);
  const areas = statuses.map(({ status, shade }) => {
    const lower = floor.map((count, step) => `${x(step).toFixed(1)},${y(count).toFixed(1)}`);
    samples.forEach((counts, step) => {
      floor[step] += counts[status];
    });
    const upper = floor.map((count, step) => `${x(step).toFixed(1)},${y(count).toFixed(1)}`);
    return svg(
      "polygon",
      { points: [...upper, ...lower.reverse()].join(" "), "data-shade": shade },
      svg("title", null, status),
    );
  });
  const last = samples[samples.length - 1];
  const said = statuses
    .filter(({ status }) => last[status])
    .map(({ status }) => `${number(last[status])} ${status}`)
    .join(", ");
  return h(
    "figure",
    { class: "plot" },
    svg(
      "svg",
      {
        viewBox: `0 0 ${room.width} ${HEIGHT}`,
        role: "img",
        "aria-label": `Statuses over ${span((end - start) / 1000)}; at the end ${said}`,
      },
      grid(total, x(STEPS), y),
      areas,
      times(start, end, room.times, x),
    ),
    h(
      "figcaption",
      { class: "hint" },
      `${shortMoment(start)} to ${shortMoment(end)} (${span((end - start) / 1000)})`,
    ),
  );
}

function grid(total, right, y) {
  const step = Math.max(1, nice(total / 4));
  const lines = [];
  for (let count = 0; count <= total; count += step) {
    lines.push(
      svg("line", { x1: LEFT, x2: right, y1: y(count), y2: y(count), class: "grid" }),
      svg("text", { x: LEFT - 6, y: y(count) + 4, "text-anchor": "end" }, number(count)),
    );
  }
  return lines;
}

function nice(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return [1, 2, 5, 10].map((each) => each * power).find((each) => each >= value);
}

function times(start, end, count, x) {
  const long = end - start > 86_400_000;
  const last = count - 1;
  let before = null;
  return Array.from({ length: count }, (_, part) => {
    const moment = start + ((end - start) * part) / last;
    const text = long ? shortMoment(moment).slice(0, -3) : clockTime(moment);
    const anchor = part === 0 ? "start" : part === last ? "end" : "middle";
    // Within one second there is nothing to say twice.
    if (text === before) return null;
    before = text;
    const place = { x: x((STEPS * part) / last), y: HEIGHT - 6, "text-anchor": anchor };
    return svg("text", place, text);
  });
}
