"""A plot as SVG: lines of points on two logarithmic axes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, floor, log10
from typing import NamedTuple

WIDTH, HEIGHT = 760, 440
LEFT, RIGHT, TOP, BOTTOM = 70, 220, 50, 50
COLOURS = ("#1565c0", "#c62828", "#2e7d32", "#6a1b9a")
DASHES = ("", "6 3", "2 3", "8 3 2 3")


class Line(NamedTuple):
    """Points under one name; both of their coordinates are above 0."""

    name: str
    points: Sequence[tuple[float, float]]


class _Axis(NamedTuple):
    """Whole powers of ten from ``low`` to ``high``, laid out from ``start`` to ``end``."""

    low: int
    high: int
    start: float
    end: float

    def place(self, value: float) -> float:
        share = (log10(value) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


def plotted(title: str, lines: Sequence[Line]) -> str:
    """Return the text of an SVG file; beside each line stands its name and its last value."""
    xs = [x for line in lines for x, _ in line.points]
    ys = [y for line in lines for _, y in line.points]
    across, up = _axis(xs, LEFT, WIDTH - RIGHT), _axis(ys, HEIGHT - BOTTOM, TOP)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="sans-serif" font-size="13" fill="#222">'
    )
    parts = [head, '<rect width="100%" height="100%" fill="white"/>']
    parts.append(f'<text x="{LEFT}" y="28" font-size="16">{title}</text>')
    parts += [*_grid(across, up), *_lines(lines, across, up), "</svg>", ""]
    return "\n".join(parts)


def _axis(values: Sequence[float], start: float, end: float) -> _Axis:
    low, high = floor(log10(min(values))), ceil(log10(max(values)))
    return _Axis(low, max(high, low + 1), start, end)


def _grid(across: _Axis, up: _Axis) -> Iterator[str]:
    for power in range(across.low, across.high + 1):
        x = across.place(10**power)
        yield f'<path d="M{x:.1f} {up.start}V{up.end}" stroke="#ddd"/>'
        yield f'<text x="{x:.1f}" y="{up.start + 22}" text-anchor="middle">{10**power:,}</text>'
    for power in range(up.low, up.high + 1):
        y = up.place(10**power)
        yield f'<path d="M{across.start} {y:.1f}H{across.end}" stroke="#ddd"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:,g}</text>'


def _lines(lines: Sequence[Line], across: _Axis, up: _Axis) -> Iterator[str]:
    for line, colour, dash in zip(lines, COLOURS, DASHES, strict=False):
        places = [(across.place(x), up.place(y)) for x, y in line.points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        drawn = f'fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"'
        yield f'<polyline points="{path}" {drawn}/>'
        for x, y in places:
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>'
        (x, y), (_, last) = places[-1], line.points[-1]
        label = f"{line.name}: {last:,.3g}"
        yield f'<text x="{x + 8:.1f}" y="{y + 4:.1f}" fill="{colour}">{label}</text>'
