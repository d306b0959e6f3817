"""States, steps, delays and named endings as data, checked when they are defined."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import chain, pairwise

import msgspec

from .errors import nearest

OUTCOMES = (
    "delivered",
    "read",
    "replied",
    "rejected",
    "undelivered",
    "stuck",
    "pending",
    "bounced_permanent",
    "bounced_transient",
    "flaky",
)
DELAYS = ("sent", "delivered", "read", "failed")
"""What rules call the steps whose delays they set."""


class Delay(msgspec.Struct, frozen=True):
    """How long a step takes, in virtual seconds.

    :param fast: with latency ``fast``.
    :param p50: median with latency ``realistic``.
    :param p95: 95th percentile with latency ``realistic``.
    """

    fast: float
    p50: float
    p95: float


class Lifecycle(msgspec.Struct, frozen=True, eq=False):
    """The legal states of a kind of message, and the ways through them.

    :param initial: the state from which every outcome's path starts.
    :param steps: legal moves and how long each takes.
    :param outcomes: canonical outcome to the states that follow ``initial``.
    :param approximated: outcomes that this vendor cannot say; their path is the nearest.
    :param delay_names: state to the name by which rules set its delay
        (``sent``, ``delivered``, ``read``, ``failed``).
    :param words: state to the vendor's word for it, where that is another.
    :param pushes: state to the states that a tester may force it into.
    """

    name: str
    initial: str
    steps: Mapping[tuple[str, str], Delay]
    outcomes: Mapping[str, tuple[str, ...]]
    delay_names: Mapping[str, str]
    pushes: Mapping[str, frozenset[str]]
    approximated: frozenset[str] = frozenset()
    words: Mapping[str, str] = {}
    reply: Delay = msgspec.field(default_factory=lambda: Delay(2, 600, 7200))

    def __post_init__(self) -> None:
        missing = set(OUTCOMES) - set(self.outcomes)
        if missing:
            raise ValueError(f"{self.name}: no path for {', '.join(sorted(missing))}")
        for outcome, path in self.outcomes.items():
            for step in pairwise((self.initial, *path)):
                if step not in self.steps:
                    raise ValueError(f"{self.name}: {outcome} takes {step}, which is no step")
        self._check("an outcome", (*self.outcomes, *self.approximated), OUTCOMES)
        self._check("a delay", self.delay_names.values(), DELAYS)
        named = (*self.words, *self.delay_names, *self.pushes, *chain(*self.pushes.values()))
        self._check("a state of its steps", named, self.states)

    def _check(self, what: str, given: Iterable[str], known: Collection[str]) -> None:
        for name in given:
            if name not in known:
                there = ", ".join(sorted(known))
                meant = f"; nearest: {found}" if (found := nearest(name, known)) else ""
                raise ValueError(f"{self.name}: {name!r} is not {what} ({there}){meant}")

    def word(self, state: str) -> str:
        """Return the vendor's word for a state."""
        return self.words.get(state, state)

    @property
    def states(self) -> frozenset[str]:
        """All states that the steps name."""
        return frozenset(chain(*self.steps))


def reachable(steps: Mapping[tuple[str, str], Delay]) -> dict[str, frozenset[str]]:
    """Return for each state all states that legal moves lead to, however many they are.

    :param steps: legal moves without a circle.
    """
    found: dict[str, frozenset[str]] = {}

    def visit(state: str) -> frozenset[str]:
        if state not in found:
            targets = [after for before, after in steps if before == state]
            found[state] = frozenset(targets).union(*map(visit, targets))
        return found[state]

    for before, _ in steps:
        visit(before)
    return found
