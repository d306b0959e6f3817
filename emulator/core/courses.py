"""Courses of made-up messages: the states they have come through, each with its moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple

from .drawing import Draw
from .generating import Batch, Made
from .lifecycle import Delay, Lifecycle
from .records import Moment

NO_DELAY = Delay(0, 0, 0)


@cache
def way_to(lifecycle: Lifecycle, word: str) -> tuple[str, ...]:
    """Return the shortest way to a state, by the vendor's word for it; empty if there is none."""
    ways = []
    for path in lifecycle.outcomes.values():
        states = (lifecycle.initial, *path)
        words = [lifecycle.word(state) for state in states]
        if word in words:
            ways.append(states[: words.index(word) + 1])
    return min(ways, key=len, default=()) or _way_by_steps(lifecycle, word)


def _way_by_steps(lifecycle: Lifecycle, word: str) -> tuple[str, ...]:
    """Return the shortest way to a state that no outcome leads to, such as to be cancelled."""
    ways: dict[str, tuple[str, ...]] = {lifecycle.initial: (lifecycle.initial,)}
    for state in (found := [lifecycle.initial]):
        if lifecycle.word(state) == word:
            return ways[state]
        for before, after in lifecycle.steps:
            if before == state and after not in ways:
                ways[after] = (*ways[state], after)
                found.append(after)
    return ()


def walk(
    draw: Draw, lifecycle: Lifecycle, states: Sequence[str], begin: datetime, end: datetime
) -> tuple[Moment, ...]:
    """Return a message's history: when it came into each state, none of them after ``end``."""
    at, history = begin, []
    for place, state in enumerate(states):
        if place:
            step = lifecycle.steps.get((states[place - 1], state), NO_DELAY)
            luck = draw.fraction(f"step {place}") ** 4
            span = step.p50 / 2 + luck * (step.p95 - step.p50 / 2)
            at = min(at + timedelta(milliseconds=int(span * 1000)), end)
        history.append(Moment(lifecycle.word(state), at))
    return tuple(history)


class Sendout(NamedTuple):
    """The broadcast of made-up messages.

    :param is_scheduled: whether it waits for its time, if that is to come.
    :param due: its time, None if it had none.
    :param born: when it was made, None where nothing is said of it.
    """

    is_scheduled: bool
    due: datetime | None
    born: datetime | None

    def begin(self, batch: Batch, key: str, n: int, oldest: timedelta) -> datetime:
        """Return when its n-th message was made, unless the batch says that in a field."""
        at = batch.born(key, n, oldest)
        return at if key in batch.given else min(self.due or self.born or at, batch.now)

    def course(self, batch: Batch, n: int, line: Lifecycle, status: str, at: datetime) -> Made:
        """Return the status and history of its n-th message, if the batch says no history.

        :param status: what has become of the message if it has gone out.
        """
        if "history" in batch.given:
            return {}
        is_ahead = self.is_scheduled and self.due is not None and self.due > batch.now
        if is_ahead and "status" not in batch.given:
            history = (Moment(line.initial, self.born or batch.now),)
            return {"status": line.initial, "history": history}
        states = way_to(line, status) or (line.initial, status)
        return {"status": status, "history": walk(batch.draw(n), line, states, at, batch.now)}
