"""A sandbox as plain data for the state folder: all of it, and the change of one unit."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice, repeat
from operator import attrgetter
from types import GenericAlias
from typing import Any

import msgspec

from .clock import Anchor, Clock
from .differing import recount, redo
from .dues import Due
from .errors import EmulatorError, Problems
from .faults import Fault, FaultBook, Tally
from .kinds import Instant
from .migrations import SCHEMA
from .offsets import in_utc
from .packing import from_plain
from .ratelimits import Count, RateLimits, Windows
from .records import DELIVERIES
from .rules import Rule
from .sandbox import Sandbox
from .sending import Sender
from .sharing import unpack
from .store import Kind
from .vendor import Vendor
from .webhooks import TOPIC as DELIVERY

IN_ONE_ROW = 100


class NoHead(EmulatorError):
    """A file does not say what it is of."""


class Planned(msgspec.Struct, frozen=True, gc=False):
    """Things planned for one instant, in the order in which they were planned.

    :param orders: where each of them stands among all that has ever been planned.
    """

    at: Instant
    topic: str
    orders: list[int]
    subjects: list[str]


class Sends(msgspec.Struct, frozen=True, gc=False):
    """How many messages have gone to some addresses."""

    counts: dict[str, int]


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
    born: float = 0.0
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
    :param hits: new counts, 0 where there is none any more.
    :param tallied: likewise of faults.
    :param rules: all of them, with all hits, as versions before the third wrote a change.
    :param faults: likewise, with all ``tallies``.
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
    rule_change: tuple[int, int, list[Rule]] | None = None
    hits: dict[str, int] = {}
    fault_change: tuple[int, int, list[Fault]] | None = None
    tallied: dict[str, Tally] = {}
    rules: list[Rule] | None = None
    faults: list[Fault] | None = None
    tallies: dict[str, Tally] | None = None
    clock: Anchor | None = None


class Picture(msgspec.Struct, frozen=True):
    """A sandbox at one instant, taken in as little time as possible; nothing in it changes."""

    head: Head
    rows: Mapping[str, Sequence[Any]]
    timers: Iterable[Due]
    sends: Mapping[str, int]

    def tables(self, prefix: str = "") -> dict[str, Iterable[Any]]:
        """Return everything as tables of rows, by the tables' names."""
        return {
            f"{prefix}sandbox": [self.head],
            f"{prefix}timers": planned(self.timers),
            f"{prefix}sends": map(Sends, _some(self.sends)),
            **{f"{prefix}{kind}": rows for kind, rows in self.rows.items()},
        }


def planned(dues: Iterable[Due]) -> Iterator[Planned]:
    """Return planned things as they are written: what was planned together in one row."""
    for (at, topic), together in groupby(dues, attrgetter("at", "topic")):
        while some := list(islice(together, IN_ONE_ROW)):
            yield Planned(at, topic, [due.order for due in some], [due.subject for due in some])


def _some(sends: Mapping[str, int]) -> Iterator[dict[str, int]]:
    left = iter(sends.items())
    while counts := dict(islice(left, IN_ONE_ROW)):
        yield counts


def picture_of(sandbox: Sandbox, life: int, number: int) -> Picture:
    """Return a sandbox as it is now. Call it under the sandbox's lock."""
    head = Head(
        schema=SCHEMA,
        life=life,
        number=number,
        name=sandbox.name,
        seed=sandbox.seed,
        ttl=sandbox.ttl,
        born=sandbox.born,
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
    rows = {name: table.all() for name, table in tables.items() if len(table)}
    return Picture(head, rows, sandbox.agenda.live(), sandbox.store.sends.copy())


class Forms:
    """What reads the rows of each table and the lists of each kind in a change."""

    def __init__(self, kinds: Iterable[Kind[Any]]) -> None:
        types: dict[str, Any] = {"sandbox": Head, "timers": Planned, "sends": Sends}
        types.update((kind.name, kind.record) for kind in kinds)
        self.types = types
        self._rows = {
            name: msgspec.json.Decoder(GenericAlias(dict, (int, type_)), dec_hook=from_plain)
            for name, type_ in types.items()
        }
        self._lists = {
            name: msgspec.json.Decoder(GenericAlias(list, (type_,)), dec_hook=from_plain)
            for name, type_ in types.items()
        }

    def rows(
        self, table: str, text: bytes | bytearray | msgspec.Raw, *, is_ours: bool = True
    ) -> Sequence[Any]:
        """Return the rows of a piece of a table.

        :param is_ours: whether they are as they were written here: all moments in UTC.
        :raises DecodeError, NoSuchRow, OutOfRange: they are not what was written.
        """
        rows = self._rows[table].decode(text)
        return unpack(rows if is_ours else in_utc(rows, table))

    def changed(self, kind: str, text: bytes | msgspec.Raw) -> Sequence[Any]:
        """Return the records of a kind that one unit has written; raises likewise."""
        return unpack(dict(enumerate(self._lists[kind].decode(text), 1)))


class Image:
    """A sandbox being put together again: what was written last, and the changes since."""

    def __init__(self) -> None:
        self._heads: list[Head] = []
        self.rows: dict[str, dict[str, Any]] = {}
        self.timers: dict[str, dict[str, Due]] = {}
        self.sends: dict[str, int] = {}
        self._limits = RateLimits()

    @property
    def head(self) -> Head:
        """All that there is one of.

        :raises NoHead: there is none.
        """
        if len(self._heads) != 1:
            raise NoHead("it has no table sandbox of one row")
        return self._heads[0]

    def take(self, table: str, rows: Sequence[Any]) -> None:
        """Take some rows of a table."""
        if table == "sandbox":
            self._heads += rows
            self._limits.restore(self.head.windows)
        elif table == "timers":
            for row in rows:
                self._plan(row)
        elif table == "sends":
            for row in rows:
                self.sends.update(row.counts)
        else:
            # One loop for both would wait for memory row by row; merging in C looks ahead.
            self.rows.setdefault(table, {}).update({row.id: row for row in rows})

    def _plan(self, row: Planned) -> None:
        topic = sys.intern(row.topic)
        dues = map(Due, repeat(row.at), row.orders, repeat(topic), row.subjects)
        self.timers.setdefault(topic, {}).update(zip(row.subjects, dues, strict=True))

    def apply(self, delta: Delta, forms: Forms) -> None:
        """Make the changes of a unit once more: all, or none if they cannot be read."""
        head = self.head
        read = {kind: forms.changed(kind, raw) for kind, raw in delta.put.items()}
        for kind, records in read.items():
            self.take(kind, records)
        for kind, ids in delta.drop.items():
            for id in ids:
                self.rows.get(kind, {}).pop(id, None)
        for topic, subject in delta.cancel:
            self.timers.get(topic, {}).pop(subject, None)
        for due in delta.plan:
            self.timers.setdefault(due.topic, {})[due.subject] = due
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
        if delta.rule_change is not None:
            redo(head.rules, delta.rule_change)
        if delta.fault_change is not None:
            redo(head.faults, delta.fault_change)
        recount(head.hits, delta.hits)
        recount(head.tallies, delta.tallied)
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
        sandbox.ttl, sandbox.born = head.ttl, head.born
        sandbox.store.counters.update(head.counters)
        sandbox.store.sends.update(self.sends)
        sandbox.outcomes.rules, sandbox.outcomes.hits = head.rules, head.hits
        sandbox.faults = FaultBook(head.faults, head.tallies)
        sandbox.limits = self._limits
        sandbox.agenda.load(due for live in self.timers.values() for due in live.values())
        sandbox.webhooks.take_over(self._departed())
        return sandbox

    def _fill(self, sandbox: Sandbox) -> None:
        tables = sandbox.store.tables()
        for kind, rows in self.rows.items():
            tables[kind].load(rows)

    def _departed(self) -> list[str]:
        """Return the callbacks that were on their way: neither planned nor over."""
        deliveries = self.rows.get(DELIVERIES.name, {}).values()
        planned = self.timers.get(DELIVERY, {})
        return [d.id for d in deliveries if d.state == "pending" and d.id not in planned]
