"""Windows of requests; not part of a unit of work, because refused requests count as well."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

import msgspec

from .durations import parse_duration
from .errors import RateLimited
from .kinds import Instant

Scope = tuple[str, ...]


class Windows(msgspec.Struct, frozen=True, kw_only=True):
    """The requests that count at an instant, by scope."""

    fixed: list[tuple[Scope, Instant, int]]
    sliding: list[tuple[Scope, list[Instant]]]


class Count(NamedTuple):
    """One change of the windows.

    :param at: the beginning of a fixed window, or a request that a sliding one counts.
    :param number: requests in a fixed window, or how many have left a sliding one.
    """

    kind: Literal["fixed", "sliding", "gone"]
    scope: Scope
    at: Instant | None
    number: int


class RateLimits:
    """The rate-limit windows of one sandbox. Call it under the sandbox's lock."""

    def __init__(self) -> None:
        self._fixed: dict[Scope, tuple[datetime, int]] = {}
        self._sliding: dict[Scope, deque[datetime]] = {}
        self.unwritten: list[Count] | None = None
        """Changes that are not written down yet; None: nobody asks."""

    def count_fixed(self, key: Scope, limit: int, window: timedelta, now: datetime) -> None:
        """Count a request in a window that the first request opens.

        :raises RateLimited: the window has had ``limit`` requests; this one is not counted.
        """
        start, used = self._fixed.get(key, (now, 0))
        if now >= start + window:
            start, used = now, 0
        if used >= limit:
            raise RateLimited(_seconds(start + window - now))
        self._fixed[key] = start, used + 1
        self._note("fixed", key, start, used + 1)

    def fixed_use(self, key: Scope, window: timedelta, now: datetime) -> tuple[datetime, int]:
        """Return when the open window began, and how many requests it has had.

        Where none is open, one would begin now.
        """
        start, used = self._fixed.get(key, (now, 0))
        return (start, used) if now < start + window else (now, 0)

    def count_sliding(self, key: Scope, limit: int, window: timedelta, now: datetime) -> None:
        """Count a request among those of the time just passed.

        :raises RateLimited: there were ``limit`` in it already; this one is not counted.
        """
        times = self._sliding.setdefault(key, deque())
        before = len(times)
        while times and times[0] <= now - window:
            times.popleft()
        is_full = len(times) >= limit
        self._note("sliding", key, None if is_full else now, before - len(times))
        if is_full:
            until = times[0] + window - now if times else window
            raise RateLimited(_seconds(until))
        times.append(now)

    def clear(self, provider: str | None = None, account: str | None = None) -> Callable[[], None]:
        """Forget the windows of a provider, of one of its accounts, or all; return what undoes it.

        Keys are tuples that begin with provider and account.
        """
        before, noted = (self._fixed, self._sliding), len(self.unwritten or ())

        def undo() -> None:
            self._fixed, self._sliding = before
            if self.unwritten is not None:
                del self.unwritten[noted:]

        def is_meant(key: Scope) -> bool:
            return provider in (None, key[0]) and account in (None, key[1])

        for key in filter(is_meant, dict.fromkeys([*self._fixed, *self._sliding])):
            self._note("gone", key, None, 0)
        self._fixed = {key: it for key, it in self._fixed.items() if not is_meant(key)}
        self._sliding = {key: it for key, it in self._sliding.items() if not is_meant(key)}
        return undo

    def windows(self) -> Windows:
        """Return all windows."""
        return Windows(
            fixed=[(key, start, used) for key, (start, used) in self._fixed.items()],
            sliding=[(key, list(times)) for key, times in self._sliding.items()],
        )

    def restore(self, windows: Windows) -> None:
        """Take over windows."""
        self._fixed = {key: (start, used) for key, start, used in windows.fixed}
        self._sliding = {key: deque(times) for key, times in windows.sliding}

    def redo(self, count: Count) -> None:
        """Make a change that was made before."""
        kind, key, at, number = count
        if kind == "fixed" and at is not None:
            self._fixed[key] = at, number
        elif kind == "sliding":
            times = self._sliding.setdefault(key, deque())
            for _ in range(number):
                times.popleft()
            times.extend(() if at is None else (at,))
        else:
            self._fixed.pop(key, None)
            self._sliding.pop(key, None)

    def _note(
        self, kind: Literal["fixed", "sliding", "gone"], key: Scope, at: datetime | None, n: int
    ) -> None:
        if self.unwritten is not None:
            self.unwritten.append(Count(kind, key, at, n))

    def fork(self) -> RateLimits:
        """Return a copy that goes its own way."""
        copy = RateLimits()
        copy._fixed = self._fixed.copy()
        copy._sliding = {key: times.copy() for key, times in self._sliding.items()}
        return copy


def limit_of(
    setting: Any, scope: str, documented: int, window: timedelta
) -> tuple[int, timedelta] | None:
    """Return limit and window of a scope under ``settings.rate_limits``, None for no limit.

    :param documented: the vendor's own number, with its own window.
    """
    if setting is False:
        return None
    if setting is True:
        return documented, window
    limits = setting["limits"]
    limit = limits.get(scope, limits.get("*"))
    return None if limit is None else (limit, parse_duration(setting["window"]))


def _seconds(left: timedelta) -> int:
    return max(1, math.ceil(left.total_seconds()))
