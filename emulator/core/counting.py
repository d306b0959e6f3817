"""How many messages of a broadcast are in each state, kept while they move."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from .records import Message


def shifts(steps: Iterable[tuple[Message, Message]]) -> dict[str, Counter[str]]:
    """Return for each broadcast by how much the steps change the number in each state."""
    numbers: dict[tuple[str, str, str], int] = {}
    for before, after in steps:
        if after.broadcast is not None:
            step = after.broadcast, before.state, after.state
            numbers[step] = numbers.get(step, 0) + 1
    found: dict[str, Counter[str]] = {}
    for (broadcast, left, joined), number in numbers.items():
        shift = found.setdefault(broadcast, Counter())
        shift[left] -= number
        shift[joined] += number
    return found


def shifted(counts: Mapping[str, int], shift: Mapping[str, int]) -> dict[str, int]:
    """Return the counts after a shift, without the states that no message is in."""
    states = dict.fromkeys((*counts, *shift))
    return {
        state: number for state in states if (number := counts.get(state, 0) + shift.get(state, 0))
    }
