"""What happens to requests instead of their answers: errors, delays, dropped connections."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import msgspec

Kind = Literal["error", "answer", "delay", "drop", "malformed"]


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """Something that goes wrong with the requests that match all of its conditions.

    :param path: glob below the provider's base: ``*`` stands for anything, ``?`` for one character.
    :param skip: let that many matching requests pass first.
    :param times: act on that many, then no more.
    :param share: act on exactly that part of the matching requests, evenly spread.
    :param error: one of the provider's names.
    :param status: of a raw answer, with ``body`` and ``headers``.
    :param drop: ``before`` the request takes effect, or ``after``.
    """

    id: str
    kind: Kind
    provider: str | None = None
    account: str | None = None
    method: str | None = None
    path: str | None = None
    times: int | None = None
    skip: int = 0
    share: float | None = None
    error: str | None = None
    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = {}
    delay: timedelta = timedelta()
    drop: Literal["before", "after"] | None = None


class Asked(NamedTuple):
    """A request as faults see it."""

    provider: str
    account: str | None
    method: str
    path: str


class Tally(NamedTuple):
    """How often a fault has been met and has acted."""

    seen: int = 0
    hits: int = 0


class FaultBook:
    """The faults of a sandbox, oldest first. Call it under the sandbox's lock."""

    def __init__(
        self, faults: Sequence[Fault] = (), tallies: Mapping[str, Tally] | None = None
    ) -> None:
        self.faults: list[Fault] = list(faults)
        self._tallies: dict[str, Tally] = dict(tallies or {})

    def tallies(self) -> dict[str, Tally]:
        """Return how often each fault has been met and has acted."""
        return self._tallies.copy()

    def hits(self, id: str) -> int:
        """Return how often a fault has acted."""
        return self._tallies.get(id, Tally()).hits

    def add(self, fault: Fault) -> None:
        """Add a fault behind all others."""
        self.faults.append(fault)

    def drop(self, id: str) -> bool:
        """Remove a fault; return whether there was one."""
        kept = [fault for fault in self.faults if fault.id != id]
        is_known = len(kept) < len(self.faults)
        self.faults = kept
        self._tallies.pop(id, None)
        return is_known

    def clear(self) -> None:
        """Remove all faults."""
        self.faults = []
        self._tallies.clear()

    def pick(
        self,
        asked: Asked,
        *,
        error: str | None = None,
        late: frozenset[str] = frozenset(),
        before: Fault | None = None,
    ) -> Fault | None:
        """Return the oldest fault that acts on a request, and count it.

        :param error: look only for this error, at the step where it arises.
        :param late: errors that arise later and are not looked for now.
        :param before: look only for faults that are older than this one.
        """
        for fault in self.faults:
            if before is not None and fault.id == before.id:
                return None
            is_wanted = fault.error == error if error is not None else fault.error not in late
            if is_wanted and _matches(fault, asked) and self._acts(fault):
                return fault
        return None

    def take_back(self, fault: Fault) -> None:
        """Count a fault as not having acted after all: an older one did in its stead."""
        if fault.id in self._tallies:  # It may have been removed meanwhile.
            seen, hits = self._tallies[fault.id]
            self._tallies[fault.id] = Tally(seen, hits - 1)

    def fork(self) -> FaultBook:
        """Return a copy that goes its own way."""
        return FaultBook(self.faults, self._tallies)

    def _acts(self, fault: Fault) -> bool:
        seen, hits = self._tallies.get(fault.id, Tally())
        if fault.times is not None and hits >= fault.times:
            return False
        seen += 1
        met = seen - fault.skip
        acts = met > 0 and (fault.share is None or _is_due(fault.share, met))
        self._tallies[fault.id] = Tally(seen, hits + acts)
        return acts


def _is_due(share: float, met: int) -> bool:
    # Of n requests floor(share * n + 0.5) are hit, whatever n is.
    return math.floor(share * met + 0.5) > math.floor(share * (met - 1) + 0.5)


def _matches(fault: Fault, asked: Asked) -> bool:
    return (
        fault.provider in (None, asked.provider)
        and fault.account in (None, asked.account)
        and fault.method in (None, asked.method)
        and (fault.path is None or glob_matches(fault.path, asked.path))
    )


def glob_matches(pattern: str, path: str) -> bool:
    """Return whether a path is like a glob; takes time in proportion to both."""
    return bool(_glob(pattern).fullmatch(path))


@lru_cache(maxsize=256)
def _glob(pattern: str) -> Any:
    import re2

    words = {"*": "(?s:.*)", "?": "(?s:.)"}
    return re2.compile("".join(words.get(char) or re2.escape(char) for char in pattern))
