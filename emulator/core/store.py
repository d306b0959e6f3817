"""Tables of frozen records with indexes, the lock, and units of work; in memory.

A kind says once by which keys its records are found and in which orders they are listed.
Every list is a slice of an ordered index: no page costs more because there are more
records. A fork shares the tables until one side writes to them.
"""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Generic, NamedTuple, TypeVar, cast

import msgspec

from .agenda import Agenda
from .errors import NotFound


class Record(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One thing of a sandbox. A change makes a new record that takes the old one's place.

    ``serial`` grows in the order of creation within a kind.
    """

    id: str
    serial: int


R = TypeVar("R", bound=Record)
Position = tuple[Any, int]


@dataclass(frozen=True)
class Lookup(Generic[R]):
    """Finds one record by a key; a record may have several keys.

    :param on: the fields that ``keys`` reads.
    """

    on: frozenset[str]
    keys: Callable[[R], Iterable[Hashable]]


@dataclass(frozen=True)
class Order(Generic[R]):
    """Lists records by position, then serial, within partitions (an account, a group, …).

    :param on: the fields that ``partitions`` and ``position`` read.
    """

    on: frozenset[str]
    partitions: Callable[[R], Iterable[Hashable]]
    position: Callable[[R], Any]


@dataclass(frozen=True)
class Kind(Generic[R]):
    """A kind of record: its name, type and indexes."""

    name: str
    record: type[R]
    lookups: Mapping[str, Lookup[R]] = field(default_factory=dict)
    orders: Mapping[str, Order[R]] = field(default_factory=dict)


class Page(NamedTuple, Generic[R]):
    """Some records of a list, and whether more follow."""

    records: list[R]
    has_more: bool


class Change(NamedTuple):
    """One record before and after; None where there is none."""

    kind: str
    id: str
    before: Record | None
    after: Record | None


Entry = tuple[Any, int, str]
Index = dict[Hashable, list[Entry]]
FEW = 64  # up to here an insertion each is cheaper than sorting the list once


class Table(Generic[R]):
    """The records of one kind."""

    def __init__(self, kind: Kind[R], store: Store) -> None:
        self.kind = kind
        self._store = store
        self._rows: dict[str, R] = {}
        self._lookups: dict[str, dict[Hashable, str]] = {name: {} for name in kind.lookups}
        self._orders: dict[str, Index] = {name: {} for name in kind.orders}
        self._is_shared = False
        self._touched: dict[tuple[str, ...], tuple[list[str], list[str]]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[R]:
        return iter(list(self._rows.values()))

    def __contains__(self, id: str) -> bool:
        return id in self._rows

    def find(self, id: str) -> R | None:
        """Return the record with this id, or None."""
        return self._rows.get(id)

    def get(self, id: str) -> R:
        """Return the record with this id.

        :raises NotFound: there is none.
        """
        row = self._rows.get(id)
        if row is None:
            raise NotFound(f"{self.kind.name}: {id}")
        return row

    def one(self, lookup: str, key: Hashable) -> R | None:
        """Return the record that has a key, or None."""
        id = self._lookups[lookup].get(key)
        return self._rows[id] if id is not None else None

    def count(self, order: str, partition: Hashable) -> int:
        """Return how many records a partition has."""
        return len(self._orders[order].get(partition, ()))

    def every(self, order: str, partition: Hashable) -> list[R]:
        """Return all records of a partition, first position first."""
        rows = self._rows
        return [rows[entry[2]] for entry in self._orders[order].get(partition, ())]

    def last(self, order: str, partition: Hashable) -> R | None:
        """Return the record at the last position of a partition, or None."""
        entries = self._orders[order].get(partition)
        return self._rows[entries[-1][2]] if entries else None

    def page(  # noqa: PLR0913 - what a list can ask for, each by its name
        self,
        order: str,
        partition: Hashable,
        *,
        limit: int,
        after: Position | None = None,
        is_descending: bool = True,
        low: Any = None,
        high: Any = None,
        where: Callable[[R], bool] | None = None,
    ) -> Page[R]:
        """Return up to ``limit`` records that follow a position.

        :param after: (position, serial) of the record before the page; it need not exist.
        :param low: leave out smaller positions.
        :param high: leave out greater positions.
        :param where: leave out records for which this is false.
        """
        entries = self._orders[order].get(partition, [])
        start = 0 if low is None else bisect_left(entries, (low,))
        end = len(entries) if high is None else bisect_right(entries, high, key=_position)
        if after is not None and is_descending:
            end = min(end, bisect_left(entries, after))
        elif after is not None:
            start = max(start, bisect_right(entries, after, key=_seat))
        return self._collect(entries, start, end, limit, is_descending, where)

    def _collect(
        self,
        entries: list[Entry],
        start: int,
        end: int,
        limit: int,
        is_descending: bool,
        where: Callable[[R], bool] | None,
    ) -> Page[R]:
        rows = self._rows
        if where is None:
            wanted = entries[max(start, end - limit) : end] if is_descending else None
            wanted = (
                wanted[::-1] if wanted is not None else entries[start : min(end, start + limit)]
            )
            return Page([rows[entry[2]] for entry in wanted], end - start > limit)
        span = range(end - 1, start - 1, -1) if is_descending else range(start, end)
        found: list[R] = []
        for at in span:
            row = rows[entries[at][2]]
            if where(row):
                if len(found) == limit:
                    return Page(found, True)
                found.append(row)
        return Page(found, False)

    def add(self, *records: R) -> None:
        """Add new records."""
        self.add_all(records)

    def add_all(self, records: Sequence[R]) -> None:
        """Add many new records in one go."""
        self._own()
        rows, name, log = self._rows, self.kind.name, self._store.log
        for record in records:
            rows[record.id] = record
            log(Change(name, record.id, None, record))
        for lookup, spec in self.kind.lookups.items():
            index = self._lookups[lookup]
            for record in records:
                for key in spec.keys(record):
                    index[key] = record.id
        for order, spec_ in self.kind.orders.items():
            self._enter_all(self._orders[order], spec_, records)

    def put(self, record: R) -> R:
        """Add a record, or put it in the place of the one with its id; return it."""
        before = self._rows.get(record.id)
        if before is None:
            self.add_all((record,))
            return record
        self._own()
        self._replace(before, record, list(self.kind.lookups), list(self.kind.orders))
        self._store.log(Change(self.kind.name, record.id, before, record))
        return record

    def change(self, record: R, **changes: Any) -> R:
        """Put a changed copy in the record's place and return it."""
        after = msgspec.structs.replace(record, **changes)
        lookups, orders = self._indexes_of(tuple(changes))
        self._own()
        self._replace(record, after, lookups, orders)
        self._store.log(Change(self.kind.name, record.id, record, after))
        return after

    def change_all(self, wanted: Sequence[tuple[R, Mapping[str, Any]]]) -> list[R]:
        """Put changed copies in the places of many records, each of them named once.

        One after the other, records at the head of long lists would cost a shift of the list each.
        """
        if len(wanted) < FEW:
            return [self.change(record, **changes) for record, changes in wanted]
        self._own()
        pairs = [(record, msgspec.structs.replace(record, **changes)) for record, changes in wanted]
        names = tuple(sorted({name for _, changes in wanted for name in changes}))
        lookups, orders = self._indexes_of(names)
        for before, after in pairs:
            self._replace(before, after, lookups, [])
            self._store.log(Change(self.kind.name, after.id, before, after))
        for name in orders:
            self._reorder_all(self._orders[name], self.kind.orders[name], pairs)
        return [after for _, after in pairs]

    def drop(self, id: str) -> None:
        """Remove a record; it need not exist."""
        before = self._rows.get(id)
        if before is not None:
            self._own()
            self._remove(before)
            self._store.log(Change(self.kind.name, id, before, None))

    def undo(self, change: Change) -> None:
        """Take one change back, unseen by the log."""
        before, after = cast("R | None", change.before), cast("R | None", change.after)
        if before is not None and after is not None:
            self._replace(after, before, list(self.kind.lookups), list(self.kind.orders))
        elif after is not None:
            self._remove(after)
        elif before is not None:
            self._insert(before)

    def fork(self, store: Store) -> Table[R]:
        """Return a copy for another store; both sides share until one of them writes."""
        copy = Table(self.kind, store)
        copy._rows, copy._lookups, copy._orders = self._rows, self._lookups, self._orders
        copy._is_shared = self._is_shared = True
        return copy

    def _own(self) -> None:
        if self._is_shared:
            self._rows = self._rows.copy()
            self._lookups = {name: index.copy() for name, index in self._lookups.items()}
            self._orders = {
                name: {partition: entries.copy() for partition, entries in index.items()}
                for name, index in self._orders.items()
            }
            self._is_shared = False

    def _indexes_of(self, names: tuple[str, ...]) -> tuple[list[str], list[str]]:
        touched = self._touched.get(names)
        if touched is None:
            changed = frozenset(names)
            touched = (
                [name for name, spec in self.kind.lookups.items() if spec.on & changed],
                [name for name, spec in self.kind.orders.items() if spec.on & changed],
            )
            self._touched[names] = touched
        return touched

    def _insert(self, record: R) -> None:
        self._rows[record.id] = record
        for name, spec in self.kind.lookups.items():
            for key in spec.keys(record):
                self._lookups[name][key] = record.id
        for name, spec_ in self.kind.orders.items():
            self._enter_all(self._orders[name], spec_, (record,))

    def _remove(self, record: R) -> None:
        del self._rows[record.id]
        for name, spec in self.kind.lookups.items():
            self._forget_keys(self._lookups[name], record.id, spec.keys(record))
        for name, spec_ in self.kind.orders.items():
            entry = (spec_.position(record), record.serial, record.id)
            for partition in spec_.partitions(record):
                _leave(self._orders[name], partition, entry)

    def _replace(self, before: R, after: R, lookups: list[str], orders: list[str]) -> None:
        self._rows[after.id] = after
        for name in lookups:
            keys = self.kind.lookups[name].keys
            old, new = list(keys(before)), list(keys(after))
            if old != new:
                self._forget_keys(self._lookups[name], before.id, old)
                self._lookups[name].update((key, after.id) for key in new)
        for name in orders:
            self._reorder(self._orders[name], self.kind.orders[name], before, after)

    @staticmethod
    def _forget_keys(index: dict[Hashable, str], id: str, keys: Iterable[Hashable]) -> None:
        # A key may have gone on to another record in the meantime.
        for key in keys:
            if index.get(key) == id:
                del index[key]

    @staticmethod
    def _reorder(index: Index, spec: Order[R], before: R, after: R) -> None:
        old = (spec.position(before), before.serial, before.id)
        new = (spec.position(after), after.serial, after.id)
        left, joined = list(spec.partitions(before)), list(spec.partitions(after))
        if old == new:
            if left == joined:
                return
            stays = set(left) & set(joined)
            left = [partition for partition in left if partition not in stays]
            joined = [partition for partition in joined if partition not in stays]
        for partition in left:
            _leave(index, partition, old)
        for partition in joined:
            _enter(index, partition, new)

    @staticmethod
    def _reorder_all(index: Index, spec: Order[R], pairs: Sequence[tuple[R, R]]) -> None:
        left = _seated(spec, [before for before, _ in pairs])
        joined = _seated(spec, [after for _, after in pairs])
        for partition in {**left, **joined}:
            _exchange(index, partition, left.get(partition, []), joined.get(partition, []))

    @staticmethod
    def _enter_all(index: Index, spec: Order[R], records: Sequence[R]) -> None:
        if len(records) < FEW:
            for record in records:
                entry = (spec.position(record), record.serial, record.id)
                for partition in spec.partitions(record):
                    _enter(index, partition, entry)
            return
        unsorted = set()
        for record in records:
            entry = (spec.position(record), record.serial, record.id)
            for partition in spec.partitions(record):
                entries = index.setdefault(partition, [])
                if entries and entry < entries[-1]:
                    unsorted.add(partition)
                entries.append(entry)
        for partition in unsorted:
            index[partition].sort()


def _position(entry: Entry) -> Any:
    return entry[0]


def _seat(entry: Entry) -> Position:
    return entry[:2]


def _enter(index: Index, partition: Hashable, entry: Entry) -> None:
    entries = index.setdefault(partition, [])
    if entries and entry < entries[-1]:
        insort(entries, entry)
    else:
        entries.append(entry)


def _leave(index: Index, partition: Hashable, entry: Entry) -> None:
    entries = index[partition]
    at = bisect_left(entries, entry)
    del entries[at]
    if not entries:
        del index[partition]


def _seated(spec: Order[R], records: Iterable[R]) -> dict[Hashable, list[Entry]]:
    entries: dict[Hashable, list[Entry]] = {}
    for record in records:
        entry = (spec.position(record), record.serial, record.id)
        for partition in spec.partitions(record):
            entries.setdefault(partition, []).append(entry)
    return entries


def _exchange(
    index: Index, partition: Hashable, left: Sequence[Entry], joined: Sequence[Entry]
) -> None:
    if left == joined:
        return
    if len(left) + len(joined) < FEW:
        for entry in left:
            _leave(index, partition, entry)
        for entry in joined:
            _enter(index, partition, entry)
        return
    gone = {entry[2] for entry in left}
    entries = [entry for entry in index.get(partition, ()) if entry[2] not in gone]
    entries += joined
    entries.sort()
    if entries:
        index[partition] = entries
    else:
        index.pop(partition, None)


class Store:
    """All tables of a sandbox, its counters, and the lock that makes one unit of many changes."""

    def __init__(self, kinds: Iterable[Kind[Any]], agenda: Agenda | None = None) -> None:
        self.lock = threading.RLock()
        self.agenda = agenda or Agenda()
        self.counters: dict[str, int] = {}
        self.sends: dict[str, int] = {}
        self._tables: dict[str, Table[Any]] = {kind.name: Table(kind, self) for kind in kinds}
        self._unit: Unit | None = None
        self.on_commit: list[Callable[[list[Change]], None]] = []
        self.on_release: Callable[[], None] | None = None

    def table(self, kind: Kind[R]) -> Table[R]:
        """Return the table of a kind."""
        return self._tables[kind.name]

    def tables(self) -> Mapping[str, Table[Any]]:
        """Return all tables by the names of their kinds."""
        return self._tables

    def unit(self) -> Unit:
        """Return a unit of work: take the lock, and undo everything if an error leaves it.

        A unit inside a unit of the same thread is part of it.
        """
        return Unit(self)

    def log(self, change: Change) -> None:
        """Take note of a change, so that the open unit can be undone or written down."""
        if self._unit is not None:
            self._unit.changes.append(change)

    def after_commit(self, action: Callable[[], None]) -> None:
        """Do something once the open unit has ended well and the lock is free."""
        if self._unit is None:
            action()
        else:
            self._unit.actions.append(action)

    def on_rollback(self, action: Callable[[], None]) -> None:
        """Do something if the open unit is undone."""
        if self._unit is not None:
            self._unit.undos.append(action)

    def count_send(self, address: str) -> int:
        """Count a send to an address and return the how manieth it is."""
        before = self.sends.get(address, 0)
        self.sends[address] = before + 1
        if self._unit is not None:
            self._unit.sends.append(address)
        return before + 1

    def fork(self) -> Store:
        """Return a copy that goes its own way; cheap, because records are never changed."""
        with self.lock:
            copy = Store((), self.agenda.fork())
            copy._tables = {name: table.fork(copy) for name, table in self._tables.items()}
            copy.counters = self.counters.copy()
            copy.sends = self.sends.copy()
            return copy


class Unit:
    """The changes that happen together or not at all."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._outer: Unit | None = None
        self._counters: dict[str, int] = {}
        self.changes: list[Change] = []
        self.sends: list[str] = []
        self.undos: list[Callable[[], None]] = []
        self.actions: list[Callable[[], None]] = []

    def __enter__(self) -> Store:
        store = self._store
        store.lock.acquire()
        self._outer = store._unit
        if self._outer is None:
            store._unit = self
            self._counters = store.counters.copy()
            store.agenda.begin(self.undos.append)
        return store

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        store = self._store
        if self._outer is not None:
            store.lock.release()
            return
        try:
            store._unit = None
            store.agenda.end()
            if error is not None and not getattr(error, "keeps_changes", False):
                self._undo()
                self.actions.clear()
                return
            if self.changes:
                for hook in store.on_commit:
                    hook(self.changes)
        finally:
            store.lock.release()
        for action in self.actions:
            action()
        if store.on_release is not None:
            store.on_release()

    def _undo(self) -> None:
        store = self._store
        for change in reversed(self.changes):
            store._tables[change.kind].undo(change)
        for undo in reversed(self.undos):
            undo()
        for address in self.sends:
            store.sends[address] -= 1
        store.counters.clear()
        store.counters.update(self._counters)
