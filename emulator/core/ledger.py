"""How far to let a sandbox advance, and the account of what that did."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from .clock import LATEST
from .errors import Conflict

Reason = Literal["target", "idle", "condition", "max_events", "max_virtual", "max_real"]

MOST_EVENTS = 1_000_000
LONGEST_VIRTUAL = timedelta(days=30)
LONGEST_REAL = timedelta(seconds=60)


class Goal(msgspec.Struct, frozen=True, kw_only=True):
    """How far to advance: to a moment, until idle, or until a message has had a status."""

    by: timedelta | None = None
    to: datetime | None = None
    until: Literal["idle"] | tuple[str, str] | None = None
    max_events: int = MOST_EVENTS
    max_virtual: timedelta = LONGEST_VIRTUAL
    max_real: timedelta = LONGEST_REAL

    def target(self, start: datetime) -> datetime:
        """Return the moment beyond which nothing happens.

        :raises Conflict: it lies before ``start``.
        """
        if self.to is not None:
            if self.to < start:
                raise Conflict(f"the clock stands at {start.isoformat()} and cannot go back")
            return self.to
        span = self.max_virtual if self.by is None else self.by
        return start + span if span < LATEST - start else LATEST


class Entry(msgspec.Struct, kw_only=True):
    """One line of a detailed ledger."""

    at: datetime
    kind: str
    provider: str
    subject: str
    before: str | None = None
    after: str | None = None
    callback: str | None = None


class Ledger(msgspec.Struct, kw_only=True):
    """What an advance did.

    :param transitions: how many messages came into each status, in the vendors' words.
    :param log: every single thing, where it was asked for.
    """

    start: datetime
    is_detailed: bool = False
    end: datetime | None = None
    reason: Reason = "target"
    events: int = 0
    transitions: Counter[str] = msgspec.field(default_factory=Counter)
    attempted: int = 0
    succeeded: int = 0
    failed: int = 0
    pending: int = 0
    next_due: datetime | None = None
    real_ms: float = 0.0
    log: list[Entry] = []
