"""Tables of frozen records with their indexes; a fork shares them until one side writes."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any, Final, Generic, NamedTuple, cast

import msgspec

from .errors import NotFound
from .indexes import (
    FEW,
    Entry,
    Index,
    Position,
    enter_all,
    entries_of,
    leave,
    leave_all,
    position_of,
    reorder,
    reorder_all,
    seat_of,
)
from .kinds import Kind, R, Record

_EDITIONS: Final = count(1)


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


class Table(Generic[R]):
    """The records of one kind.

    :ivar edition: a number that grows with every change. Tables of one edition hold the same
        records: a fork has its parent's until one of them is written to.
    """

    def __init__(self, kind: Kind[R], log: Callable[[Sequence[Change]], None]) -> None:
        self.kind = kind
        self._log = log
        self._rows: dict[str, R] = {}
        self._lookups: dict[str, dict[Hashable, str]] = {name: {} for name in kind.lookups}
        self._orders: dict[str, Index] = {name: Index() for name in kind.orders}
        self._is_shared = False
        self.edition = next(_EDITIONS)
        self._touched: dict[tuple[str, ...], tuple[list[str], list[str]]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[R]:
        return iter(list(self._rows.values()))

    def __contains__(self, id: str) -> bool:
        return id in self._rows

    def all(self) -> list[R]:
        """Return all records, in no order."""
        return list(self._rows.values())

    def find(self, id: str) -> R | None:
        """Return the record with this id, or None."""
        return self._rows.get(id)

    def find_all(self, ids: Iterable[str]) -> list[R | None]:
        """Return for each of many ids the record that has it, or None."""
        find = self._rows.get
        return [find(id) for id in ids]

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
        # Who reads without the lock may come after the row has gone and before the key has.
        return self._rows.get(id) if id is not None else None

    def count(self, order: str, partition: Hashable) -> int:
        """Return how many records a partition has."""
        return len(self._orders[order].get(partition, ()))

    def every(self, order: str, partition: Hashable) -> list[R]:
        """Return all records of a partition, first position first."""
        rows = self._rows
        return [rows[entry.id] for entry in self._orders[order].get(partition, ())]

    def last(self, order: str, partition: Hashable) -> R | None:
        """Return the record at the last position of a partition, or None."""
        entries = self._orders[order].get(partition)
        return self._rows[entries[-1].id] if entries else None

    def page(  # noqa: PLR0913 - what a list can ask for, each by its name
        self,
        order: str,
        partition: Hashable,
        *,
        limit: int,
        after: Position | None = None,
        skip: int = 0,
        is_descending: bool = True,
        low: Any = None,
        high: Any = None,
        where: Callable[[R], bool] | None = None,
    ) -> Page[R]:
        """Return up to ``limit`` records that follow a position.

        :param after: (position, serial) of the record before the page; it need not exist.
        :param skip: leave out so many records before the page.
        :param low: leave out smaller positions.
        :param high: leave out greater positions.
        :param where: leave out records for which this is false.
        """
        entries = self._orders[order].get(partition, [])
        start = 0 if low is None else bisect_left(entries, low, key=position_of)
        end = len(entries) if high is None else bisect_right(entries, high, key=position_of)
        if after is not None and is_descending:
            end = min(end, bisect_left(entries, after, key=seat_of))
        elif after is not None:
            start = max(start, bisect_right(entries, after, key=seat_of))
        if skip and where is None:
            start, end = _skipped(start, end, skip, is_descending)
            skip = 0
        found = self._collect(entries, start, end, limit + skip, is_descending, where)
        return Page(found.records[skip:], found.has_more) if skip else found

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
            return Page([rows[entry.id] for entry in wanted], end - start > limit)
        span = range(end - 1, start - 1, -1) if is_descending else range(start, end)
        found: list[R] = []
        for at in span:
            row = rows[entries[at].id]
            if where(row):
                if len(found) == limit:
                    return Page(found, True)
                found.append(row)
        return Page(found, False)

    def add(self, *records: R) -> None:
        """Add new records."""
        self.add_all(records)

    def add_all(self, records: Sequence[R]) -> None:
        """Add many new records in one go; one whose id is taken takes the other's place."""
        if self._has_namesakes(records):
            for record in records:
                self.put(record)
            return
        self._own()
        for lookup, spec in self.kind.lookups.items():
            index, keys = self._lookups[lookup], spec.keys
            for record in records:
                self._take_keys(index, record.id, keys(record))
        self._rows.update((record.id, record) for record in records)
        name = self.kind.name
        self._log([Change(name, record.id, None, record) for record in records])
        self._enter(records)

    def load(self, rows: dict[str, R]) -> None:
        """Take over records by their ids, unseen by the log; there must be none yet."""
        self._own()
        self._rows = rows
        for name, spec in self.kind.lookups.items():
            keys = self._lookups[name]
            keys.update((key, row.id) for row in rows.values() for key in spec.keys(row))
        self._enter(list(rows.values()))

    def _has_namesakes(self, records: Sequence[R]) -> bool:
        # Loading goes on after mistakes, to find them all; what it displaces must come back.
        if len(records) == 1:
            return records[0].id in self._rows
        ids = {record.id for record in records}
        return len(ids) < len(records) or not self._rows.keys().isdisjoint(ids)

    def put(self, record: R) -> R:
        """Add a record, or put it in the place of the one with its id; return it."""
        before = self._rows.get(record.id)
        if before is None:
            self.add_all((record,))
            return record
        self._own()
        self._replace(before, record, list(self.kind.lookups), list(self.kind.orders))
        self._log((Change(self.kind.name, record.id, before, record),))
        return record

    def change(self, record: R, **changes: Any) -> R:
        """Put a changed copy in the record's place and return it."""
        after = msgspec.structs.replace(record, **changes)
        lookups, orders = self._indexes_of(tuple(changes))
        self._own()
        self._replace(record, after, lookups, orders)
        self._log((Change(self.kind.name, record.id, record, after),))
        return after

    def change_all(self, wanted: Sequence[tuple[R, Mapping[str, Any]]]) -> list[R]:
        """Put changed copies in the places of many records, each of them named once.

        One after the other, records at the head of long lists would cost a shift of the list each.
        """
        if len(wanted) < FEW:
            return [self.change(record, **changes) for record, changes in wanted]
        self._own()
        name, replace = self.kind.name, msgspec.structs.replace
        pairs = [(record, replace(record, **changes)) for record, changes in wanted]
        lookups, orders = self._indexes_of(_named(changes for _, changes in wanted))
        for before, after in pairs:
            self._replace(before, after, lookups, [])
        self._log([Change(name, after.id, before, after) for before, after in pairs])
        self._reorder_all(orders, pairs)
        return [after for _, after in pairs]

    def drop(self, id: str) -> None:
        """Remove a record; it need not exist."""
        before = self._rows.get(id)
        if before is not None:
            self._own()
            self._remove(before)
            self._log((Change(self.kind.name, id, before, None),))

    def drop_all(self, records: Sequence[R]) -> None:
        """Remove many records in one go."""
        self._own()
        for record in records:
            del self._rows[record.id]
            for lookup, spec in self.kind.lookups.items():
                _forget_keys(self._lookups[lookup], record.id, spec.keys(record))
        name = self.kind.name
        self._log([Change(name, record.id, record, None) for record in records])
        for order, spec_ in self.kind.orders.items():
            leave_all(self._orders[order], spec_, records)

    def undo(self, change: Change) -> None:
        """Take one change back, unseen by the log."""
        self._own()
        before, after = cast("R | None", change.before), cast("R | None", change.after)
        if before is not None and after is not None:
            self._replace(after, before, list(self.kind.lookups), list(self.kind.orders))
            for name, spec in self.kind.lookups.items():
                for key in spec.keys(before):
                    self._lookups[name].setdefault(key, before.id)
        elif after is not None:
            self._remove(after)
        elif before is not None:
            self._insert(before)

    def fork(self, log: Callable[[Sequence[Change]], None]) -> Table[R]:
        """Return a copy for another store; both sides share until one of them writes."""
        # There are more than a hundred for each fork, so none is made anew to be overwritten.
        copy: Table[R] = Table.__new__(Table)
        copy.kind, copy._log = self.kind, log
        copy._rows, copy._lookups, copy._orders = self._rows, self._lookups, self._orders
        copy._is_shared = self._is_shared = True
        copy.edition, copy._touched = self.edition, self._touched
        return copy

    def _own(self) -> None:
        """Begin a new edition, with rows and indexes of its own: every change begins here."""
        self.edition = next(_EDITIONS)
        if self._is_shared:
            self._rows = self._rows.copy()
            self._lookups = {name: index.copy() for name, index in self._lookups.items()}
            self._orders = {name: index.copy() for name, index in self._orders.items()}
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

    def _take_keys(self, index: dict[Hashable, str], id: str, keys: Iterable[Hashable]) -> None:
        for key in keys:
            owner = index.get(key)
            if owner is not None and owner != id and (row := self._rows.get(owner)) is not None:
                # For the owner nothing changes but this; undone, it gets the key back.
                self._log((Change(self.kind.name, owner, row, row),))
            index[key] = id

    def _insert(self, record: R) -> None:
        self._rows[record.id] = record
        for name, spec in self.kind.lookups.items():
            for key in spec.keys(record):
                self._lookups[name][key] = record.id
        self._enter((record,))

    def _enter(self, records: Sequence[R]) -> None:
        """Enter new records into all orders; those of one position share their entries."""
        made: dict[Callable[[R], Any], list[Entry]] = {}
        for name, spec in self.kind.orders.items():
            entries = made.get(spec.position)
            if entries is None:
                entries = made[spec.position] = entries_of(spec.position, records)
            enter_all(self._orders[name], spec, records, entries)

    def _remove(self, record: R) -> None:
        del self._rows[record.id]
        for name, spec in self.kind.lookups.items():
            _forget_keys(self._lookups[name], record.id, spec.keys(record))
        for name, spec_ in self.kind.orders.items():
            entry = Entry(spec_.position(record), record.serial, record.id)
            for partition in spec_.partitions(record):
                leave(self._orders[name], partition, entry)

    def _replace(self, before: R, after: R, lookups: list[str], orders: list[str]) -> None:
        self._rows[after.id] = after
        for name in lookups:
            keys = self.kind.lookups[name].keys
            old, new = list(keys(before)), list(keys(after))
            if old != new:
                _forget_keys(self._lookups[name], before.id, old)
                self._take_keys(self._lookups[name], after.id, new)
        pair, entries = (before, after), dict[Callable[[R], Any], list[Entry]]()
        for name in orders:
            spec = self.kind.orders[name]
            if spec.position not in entries:
                entries[spec.position] = entries_of(spec.position, pair)
            reorder(self._orders[name], spec, pair, entries[spec.position])

    def _reorder_all(self, orders: Iterable[str], pairs: Sequence[tuple[R, R]]) -> None:
        entries: dict[Callable[[R], Any], tuple[list[Entry], list[Entry]]] = {}
        for name in orders:
            spec = self.kind.orders[name]
            if spec.position not in entries:
                before, after = zip(*pairs, strict=True)
                both = entries_of(spec.position, before), entries_of(spec.position, after)
                entries[spec.position] = both
            reorder_all(self._orders[name], spec, pairs, entries[spec.position])


def _named(changes: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the names of all fields that change."""
    sorts = dict.fromkeys(map(tuple, changes))
    return tuple(dict.fromkeys(name for names in sorts for name in names))


def _forget_keys(index: dict[Hashable, str], id: str, keys: Iterable[Hashable]) -> None:
    # A key may have gone on to another record in the meantime.
    for key in keys:
        if index.get(key) == id:
            del index[key]


def _skipped(start: int, end: int, skip: int, is_descending: bool) -> tuple[int, int]:
    if is_descending:
        return start, max(start, end - skip)
    return min(end, start + skip), end
