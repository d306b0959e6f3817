"""Virtual time: the only place where real time is read."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec

from .errors import Conflict
from .kinds import Instant

Mode = Literal["real", "manual"]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(9000, 1, 1, tzinfo=UTC)
"""No clock goes further, so that whatever is planned from there can still be written down."""
FASTEST = 1_000_000
"""The highest rate of a clock."""


def wall_seconds() -> float:
    """Return the real time in seconds since 1970."""
    return time.time()


def moment_of(seconds: float) -> datetime:
    """Return the moment that many seconds after 1970, to the microsecond."""
    return EPOCH + timedelta(microseconds=round(seconds * 1_000_000))


class ClockState(msgspec.Struct, frozen=True, kw_only=True):
    """All of a clock: continue it by making a new one from this."""

    mode: Mode
    now: datetime
    rate: float


class Anchor(msgspec.Struct, frozen=True, kw_only=True):
    """A clock and the real time that it is fixed to: a real one goes on while nobody looks.

    :param at: what the clock showed at ``real``, seconds since 1970.
    """

    mode: Mode
    at: Instant
    real: float
    rate: float
    begin: Instant
    is_wall: bool


class _Pin(threading.local):
    """The moment that a thread sees as now, None for the clock's own."""

    moment: datetime | None = None


class Pinned:
    """While it is entered, the thread sees one moment as now."""

    __slots__ = ("_before", "_moment", "_pin")

    def __init__(self, pin: _Pin, moment: datetime) -> None:
        self._pin, self._moment = pin, moment

    def __enter__(self) -> None:
        self._before, self._pin.moment = self._pin.moment, self._moment

    def __exit__(self, *_: object) -> None:
        self._pin.moment = self._before


class Clock:
    """The time of one sandbox: standing still, or following real time at a rate.

    A real clock is the real time with an offset and a rate (60: a minute in each second).
    Time never runs backwards. ``begin`` is where it stood when it was made.
    """

    def __init__(
        self,
        mode: Mode = "real",
        now: datetime | None = None,
        rate: float = 1.0,
        *,
        source: Callable[[], float] = wall_seconds,
    ) -> None:
        self._source = source
        self.mode: Mode = mode
        self.rate = rate
        self._real_anchor = source()
        self._anchor = now or moment_of(self._real_anchor)
        self._latest = self._anchor
        self._pin = _Pin()
        self._is_wall = mode == "real" and now is None and rate == 1
        self.begin = self._anchor
        self.on_move: Callable[[], None] | None = None

    def now(self) -> datetime:
        """Return the sandbox's time (aware, UTC)."""
        if self._pin.moment is not None:
            return self._pin.moment
        if self.mode == "manual":
            return self._anchor
        passed = (self._source() - self._real_anchor) * self.rate
        now = self._anchor + timedelta(microseconds=int(passed * 1_000_000))
        self._latest = max(self._latest, now)
        return self._latest

    def pinned(self, moment: datetime) -> Pinned:
        """Let this thread see ``moment`` as now: a thing happens when it is due."""
        return Pinned(self._pin, moment)

    def move_to(self, moment: datetime) -> None:
        """Go forward to a moment; a moment that has passed changes nothing."""
        if moment > self.now():
            self._anchor = self._latest = moment
            self._real_anchor = self._source()
            self._is_wall = False
            if self.on_move is not None:
                self.on_move()

    def set(
        self, mode: Mode | None = None, now: datetime | None = None, rate: float | None = None
    ) -> None:
        """Change mode, time and rate at once.

        :raises Conflict: ``now`` lies before the present time.
        """
        present = self.now()
        if now is not None and now < present:
            raise Conflict(f"the clock stands at {present.isoformat()} and cannot go back")
        self._is_wall &= now is None and mode != "manual" and rate in (None, 1)
        self._anchor = self._latest = now or present
        self._real_anchor = self._source()
        self.mode = mode or self.mode
        self.rate = self.rate if rate is None else rate
        if self.on_move is not None:
            self.on_move()

    def real_seconds_until(self, moment: datetime) -> float | None:
        """Return how much real time passes until a moment, None on a manual clock."""
        if self.mode == "manual":
            return None
        return max(0.0, (moment - self.now()).total_seconds() / self.rate)

    def state(self) -> ClockState:
        """Return what is needed to continue this clock elsewhere."""
        return ClockState(mode=self.mode, now=self.now(), rate=self.rate)

    def anchor(self) -> Anchor:
        """Return what is needed to continue this clock after a while without it."""
        return Anchor(
            mode=self.mode,
            at=self._anchor,
            real=self._real_anchor,
            rate=self.rate,
            begin=self.begin,
            is_wall=self._is_wall,
        )

    def put_back(self, before: Anchor) -> None:
        """Undo what has been done since :meth:`anchor` was asked: it could not be written down."""
        if self.anchor() == before:
            return
        self.mode, self.rate = before.mode, before.rate
        self._anchor = self._latest = before.at
        self._real_anchor, self._is_wall = before.real, before.is_wall
        if self.on_move is not None:
            self.on_move()

    @classmethod
    def anchored(cls, anchor: Anchor, source: Callable[[], float] = wall_seconds) -> Clock:
        """Return the clock of an anchor; real time has passed for it meanwhile."""
        clock = cls(source=source)
        clock.put_back(anchor)
        clock.begin = anchor.begin
        return clock

    def fork(self) -> Clock:
        """Return a clock that shows the same time and goes its own way."""
        copy = Clock(self.mode, self.now(), self.rate, source=self._source)
        copy._is_wall = self._is_wall
        return copy

    def restarted(self) -> Clock:
        """Return a clock that stands where this one stood when it was made.

        One that has always shown real time goes on showing it.
        """
        now = None if self._is_wall else self.begin
        return Clock(self.mode, now, self.rate, source=self._source)
