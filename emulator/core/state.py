"""A sandbox as plain data for the state folder: all of it, and the change of one unit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from .agenda import Due
from .clock import Anchor, Clock
from .errors import Problems
from .faults import Fault, FaultBook, Tally
from .ratelimits import Count, RateLimits, Windows
from .records import DELIVERIES, Message
from .rules import Rule
from .sandbox import Sandbox
from .sending import Sender
from .store import Record
from .vendor import Vendor
from .webhooks import TOPIC as DELIVERY

SCHEMA = 1
"""Grows when a state file of before cannot be read as it is any more."""


class Timer(msgspec.Struct, frozen=True, gc=False):
    """One planned thing."""

    at: datetime
    order: int
    topic: str
    subject: str


class Sends(msgspec.Struct, frozen=True, gc=False):
    """How many messages have gone to an address."""

    address: str
    count: int


class Head(msgspec.Struct, kw_only=True):
    """Everything of a sandbox that there is one of.

    :param schema: version of the format.
    :param life: grows whenever another sandbox takes the place of the one of this name.
    :param number: the last change that is part of this.
    """

    schema: int
    life: int
    number: int
    name: str
    seed: int
    ttl: float | None
    clock: Anchor
    settings: dict[str, Any]
    counters: dict[str, int]
    rules: list[Rule]
    hits: dict[str, int]
    faults: list[Fault]
    tallies: dict[str, Tally]
    windows: Windows


class Delta(msgspec.Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What one unit of work has changed; what is None has stayed.

    :param put: kind to its new and changed records.
    :param drop: kind to the ids of records that are gone.
    :param cancel: topic and subject of what is not planned any more.
    :param hits: new counts, or all of them where the rules have changed as well.
    """

    life: int
    n: int
    put: dict[str, msgspec.Raw] = {}
    drop: dict[str, list[str]] = {}
    plan: list[Due] = []
    cancel: list[tuple[str, str]] = []
    counters: dict[str, int] = {}
    sends: dict[str, int] = {}
    windows: list[Count] = []
    settings: dict[str, Any] | None = None
    rules: list[Rule] | None = None
    hits: dict[str, int] = {}
    faults: list[Fault] | None = None
    tallies: dict[str, Tally] | None = None
    clock: Anchor | None = None


Rows = Mapping[str, Sequence[Any]]


@dataclass(frozen=True)
class Picture:
    """A sandbox at one instant, taken in as little time as possible; nothing in it changes."""

    head: Head
    rows: Rows
    timers: Sequence[Due]
    sends: Sequence[tuple[str, int]]

    def tables(self, prefix: str = "") -> dict[str, Iterable[Any]]:
        """Return everything as tables of rows, by the tables' names."""
        return {
            f"{prefix}sandbox": [self.head],
            f"{prefix}timers": (
                Timer(due.at, due.order, due.topic, due.subject) for due in self.timers
            ),
            f"{prefix}sends": (Sends(*sends) for sends in self.sends),
            **{f"{prefix}{kind}": rows for kind, rows in self.rows.items()},
        }


def picture_of(sandbox: Sandbox, life: int, number: int) -> Picture:
    """Return a sandbox as it is now. Call it under the sandbox's lock."""
    head = Head(
        schema=SCHEMA,
        life=life,
        number=number,
        name=sandbox.name,
        seed=sandbox.seed,
        ttl=sandbox.ttl,
        clock=sandbox.clock.anchor(),
        settings=sandbox.settings.as_document(),
        counters=dict(sandbox.store.counters),
        rules=list(sandbox.outcomes.rules),
        hits=dict(sandbox.outcomes.hits),
        faults=list(sandbox.faults.faults),
        tallies=sandbox.faults.tallies(),
        windows=sandbox.limits.windows(),
    )
    tables = sandbox.store.tables()
    rows = {name: list(table) for name, table in tables.items() if len(table)}
    return Picture(head, rows, sandbox.agenda.live(), list(sandbox.store.sends.items()))


class Image:
    """A sandbox being put together again: what was written last, and the changes since."""

    def __init__(
        self,
        head: Head,
        rows: Mapping[str, Iterable[Any]],
        timers: Iterable[Timer],
        sends: Iterable[Sends],
    ) -> None:
        self.head = head
        self.rows: dict[str, dict[str, Any]] = {
            kind: {row.id: row for row in kept} for kind, kept in rows.items()
        }
        self.timers = {
            (timer.topic, timer.subject): Due(timer.at, timer.order, timer.topic, timer.subject)
            for timer in timers
        }
        self.sends = {sent.address: sent.count for sent in sends}
        self._limits = RateLimits()
        self._limits.restore(head.windows)

    def apply(self, delta: Delta, lists: Mapping[str, Any]) -> None:
        """Make the changes of a unit once more: all, or none if they cannot be read.

        :param lists: what reads the records of each kind.
        """
        head = self.head
        read = {kind: lists[kind].decode(raw) for kind, raw in delta.put.items()}
        for kind, records in read.items():
            self.rows.setdefault(kind, {}).update((record.id, record) for record in records)
        for kind, ids in delta.drop.items():
            for id in ids:
                self.rows.get(kind, {}).pop(id, None)
        for key in delta.cancel:
            self.timers.pop(key, None)
        for due in delta.plan:
            self.timers[due.topic, due.subject] = due
        head.counters.update(delta.counters)
        self.sends.update(delta.sends)
        for count in delta.windows:
            self._limits.redo(count)
        self._apply_rest(delta)
        head.number = delta.n

    def _apply_rest(self, delta: Delta) -> None:
        head = self.head
        if delta.rules is not None:
            head.rules, head.hits = delta.rules, {}
        head.hits.update(delta.hits)
        for name in ("settings", "faults", "tallies", "clock"):
            value = getattr(delta, name)
            if value is not None:
                setattr(head, name, value)

    def revive(self, name: str, vendors: Sequence[Vendor], sender: Sender) -> Sandbox:
        """Return the sandbox.

        :raises Invalid: the settings are none of this version.
        """
        head = self.head
        clock = Clock.anchored(head.clock)
        sandbox = Sandbox(name, vendors, sender, clock=clock, seed=head.seed)
        problems = Problems()
        sandbox.settings.merge(head.settings, "/settings", problems)
        problems.check()
        self._fill(sandbox)
        sandbox.ttl = head.ttl
        sandbox.store.counters.update(head.counters)
        sandbox.store.sends.update(self.sends)
        sandbox.outcomes.rules, sandbox.outcomes.hits = head.rules, head.hits
        sandbox.faults = FaultBook(head.faults, head.tallies)
        sandbox.limits = self._limits
        sandbox.agenda.put_back(sorted(self.timers.values(), key=lambda due: due.order))
        sandbox.webhooks.take_over(self._departed())
        return sandbox

    def _fill(self, sandbox: Sandbox) -> None:
        tables = sandbox.store.tables()
        for kind, rows in self.rows.items():
            records = list(rows.values())
            if records and isinstance(records[0], Message):
                share(records)
            tables[kind].add_all(records)

    def _departed(self) -> list[str]:
        """Return the callbacks that were on their way: neither planned nor over."""
        deliveries = self.rows.get(DELIVERIES.name, {}).values()
        return [
            delivery.id
            for delivery in deliveries
            if delivery.state == "pending" and (DELIVERY, delivery.id) not in self.timers
        ]


SHARED = ("account", "channel", "state", "broadcast", "direction")


def share(messages: Iterable[Record]) -> None:
    """Let messages that have just been read share what is equal, as they did when made."""
    known: dict[Any, Any] = {}
    plans: dict[bytes, Any] = {}
    for message in messages:
        for field in SHARED:
            value = getattr(message, field)
            msgspec.structs.force_setattr(message, field, known.setdefault(value, value))
        plan = getattr(message, "plan")  # noqa: B009 - records in general have none
        msgspec.structs.force_setattr(
            message, "plan", plans.setdefault(msgspec.json.encode(plan), plan)
        )
