"""How many messages of a broadcast are in each state, kept while they move."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from .records import Message


def shifts(steps: Iterable[tuple[Message, Message]]) -> dict[str, Counter[str]]:
    """Return for each broadcast by how much the steps change the number in each state."""
    found: dict[str, Counter[str]] = {}
    for before, after in steps:
        if after.broadcast is not None:
            shift = found.setdefault(after.broadcast, Counter())
            shift[before.state] -= 1
            shift[after.state] += 1
    return found


def shifted(counts: Mapping[str, int], shift: Mapping[str, int]) -> dict[str, int]:
    """Return the counts after a shift, without the states that no message is in."""
    states = dict.fromkeys((*counts, *shift))
    return {
        state: number for state in states if (number := counts.get(state, 0) + shift.get(state, 0))
    }
