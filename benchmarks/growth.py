"""How broadcasts grow: accepting, advancing and memory from 10,000 to 1,000,000 messages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import log
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from .plot import Line, plotted
from .servers import MIB, Emulator
from .table import Figure
from .worlds import World, sms

COUNTS = (10_000, 31_623, 100_000, 316_228, 1_000_000)
AT_ONCE = 10_000
PLOT = Path(__file__).parent.parent / "docs/img/growth.svg"


class Point(NamedTuple):
    """What a number of messages took: seconds, and bytes for each.

    :param work: processor time of accepting and advancing.
    """

    stored: int
    accept: float
    advance: float
    work: float
    each: float


def growth(_rounds: int) -> list[Figure]:
    """Broadcasts of 10,000 up to a million messages: one server for each count, one round."""
    points = [_point(count) for count in COUNTS]
    lines = [
        Line("accept, s", [(point.stored, point.accept) for point in points]),
        Line("advance to idle, s", [(point.stored, point.advance) for point in points]),
        Line("KB held for a message", [(point.stored, point.each / 1000) for point in points]),
    ]
    PLOT.write_text(plotted("What a number of messages takes", lines), encoding="utf-8")
    last = points[-1]
    return [
        Figure(f"accept {last.stored:,}", last.accept, "s", beside=""),
        Figure(f"advance {last.stored:,} to idle", last.advance, "s", beside=""),
        Figure("accept: slope", _slope(points, lambda point: point.accept), "", None, "", "≤ 1.05"),
        Figure(
            "advance: slope", _slope(points, lambda point: point.advance), "", None, "", "≤ 1.05"
        ),
        Figure("processor time: slope", _slope(points, lambda point: point.work), "", None, ""),
        Figure(f"a message at {last.stored:,}", last.each, "B", None, "", "≤ 1,024 B"),
    ]


def _point(count: int) -> Point:
    sizes = [AT_ONCE] * (count // AT_ONCE)
    sizes += [count % AT_ONCE] if count % AT_ONCE else []
    bodies = {size: sms(size) for size in sizes}
    with Emulator() as emulator:
        world = World(emulator, "growth")
        world.send_sms(sms(1))
        held, worked = emulator.memory(), emulator.cpu_seconds()
        accept = _seconds(lambda: [world.send_sms(bodies[size]) for size in sizes])
        advance = _seconds(world.advance)
        work = emulator.cpu_seconds() - worked
        each = (emulator.memory() - held) * MIB / count
    point = Point(count, accept, advance, work, each)
    print(
        f"  {count:,}: accept {accept:.2f} s, advance {advance:.2f} s, {each:,.0f} B each",
        flush=True,
    )
    return point


def _slope(points: Sequence[Point], of: Callable[[Point], float]) -> float:
    """Return the exponent of growth by least squares: 1 is linear, 2 is quadratic."""
    pairs = [(log(point.stored), log(of(point))) for point in points]
    mean_x, mean_y = (sum(values) / len(pairs) for values in zip(*pairs, strict=True))
    steep = sum((x - mean_x) * (y - mean_y) for x, y in pairs)
    return float(steep / sum((x - mean_x) ** 2 for x, _ in pairs))


def _seconds(action: Callable[[], object]) -> float:
    started = perf_counter()
    action()
    return perf_counter() - started
