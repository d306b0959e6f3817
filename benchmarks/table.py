"""Figures, and the table they are printed in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median
from typing import NamedTuple


class Figure(NamedTuple):
    """One line of the table: medians of the emulator and of the yardstick beside it.

    :param target: what the project promises, in words; empty where it promises nothing.
    """

    name: str
    value: float
    unit: str
    yardstick: float | None = None
    beside: str = "bare Flask"
    target: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times the yardstick's figure the emulator's is."""
        return self.value / self.yardstick if self.yardstick else None


HEAD = ("figure", "emulator", "yardstick", "ratio", "beside", "target")


def interleaved(rounds: int, *actions: Callable[[], float]) -> list[float]:
    """Do the actions in turn, round after round; return the median of each."""
    seen: list[list[float]] = [[] for _ in actions]
    for _ in range(rounds):
        for values, action in zip(seen, actions, strict=True):
            values.append(action())
    return [median(values) for values in seen]


def lines_of(figures: Sequence[Figure]) -> list[str]:
    """Return the figures as lines of text, columns aligned."""
    rows = [HEAD, *(_row(figure) for figure in figures)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(HEAD))]
    return ["  ".join(_cell(row, widths, at) for at in range(len(HEAD))).rstrip() for row in rows]


def _row(figure: Figure) -> tuple[str, ...]:
    yardstick = _number(figure.yardstick, figure.unit) if figure.yardstick is not None else "–"
    ratio = f"{figure.ratio:.2f}" if figure.ratio is not None else "–"
    value = _number(figure.value, figure.unit)
    return figure.name, value, yardstick, ratio, figure.beside, figure.target


def _number(value: float, unit: str) -> str:
    digits = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 0.1 else 4
    return f"{value:,.{digits}f} {unit}"


def _cell(row: Sequence[str], widths: Sequence[int], at: int) -> str:
    return row[at].rjust(widths[at]) if 0 < at < 4 else row[at].ljust(widths[at])
