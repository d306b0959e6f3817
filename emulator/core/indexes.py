"""Ordered indexes: for each partition a sorted list of entries."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

import msgspec

from .kinds import Order, R


class Entry(msgspec.Struct, frozen=True, order=True, gc=False):
    """Where a record stands in a list; a tuple would take 16 bytes more and be no faster."""

    position: Any
    serial: int
    id: str


Position = tuple[Any, int]
FEW = 64  # up to here an insertion each is cheaper than sorting the list once
TOGETHER = 500


class Index(dict[Hashable, list[Entry]]):
    """The entries of each partition, sorted; a copy shares each list until it writes to it.

    Most lists are of one person and never written to again: to copy them with the table took
    most of the first write after a fork.
    """

    __slots__ = ("_lent",)

    def __init__(self, lent: Index | None = None) -> None:
        super().__init__(lent or ())
        self._lent = lent or None

    def copy(self) -> Index:
        """Return a copy to write to; from now on this one may only be read."""
        self._lent = None
        return Index(self)

    def own(self, partition: Hashable) -> list[Entry] | None:
        """Return a partition's list to write to, None if there is none."""
        entries = self.get(partition)
        lent = self._lent
        if lent is not None and entries is not None and lent.get(partition) is entries:
            entries = self[partition] = entries.copy()
        return entries

    @property
    def finder(self) -> Callable[[Hashable], list[Entry] | None]:
        """What returns lists to write to, in the least time."""
        return self.get if self._lent is None else self.own


def reorder(index: Index, spec: Order[R], pair: tuple[R, R], entries: Sequence[Entry]) -> None:
    """Move a record to where it belongs after a change.

    :param entries: of the record before and after, by the order's position.
    """
    (before, after), (old, new) = pair, entries
    left, joined = list(spec.partitions(before)), list(spec.partitions(after))
    if old == new:
        if left == joined:
            return
        stays = set(left) & set(joined)
        left = [partition for partition in left if partition not in stays]
        joined = [partition for partition in joined if partition not in stays]
    for partition in left:
        leave(index, partition, old)
    for partition in joined:
        _enter(index, partition, new)


def reorder_all(
    index: Index,
    spec: Order[R],
    pairs: Sequence[tuple[R, R]],
    entries: tuple[Sequence[Entry], Sequence[Entry]],
) -> None:
    """Move many records, each of them named once.

    :param entries: of the records before and after, by the order's position.
    """
    left: dict[Hashable, list[Entry]] = {}
    joined: dict[Hashable, list[Entry]] = {}
    partitions_of = spec.partitions
    for (before, after), old, new in zip(pairs, *entries, strict=True):
        was_in, is_in = list(partitions_of(before)), list(partitions_of(after))
        if old == new:
            if was_in == is_in:
                continue
            stays = set(was_in).intersection(is_in)
            was_in = [partition for partition in was_in if partition not in stays]
            is_in = [partition for partition in is_in if partition not in stays]
        for partition in was_in:
            left.setdefault(partition, []).append(old)
        for partition in is_in:
            joined.setdefault(partition, []).append(new)
    for partition, gone in left.items():
        _take_out(index, partition, gone)
    for partition, come in joined.items():
        _put_in(index, partition, come)


def entries_of(position: Callable[[R], Any], records: Sequence[R]) -> list[Entry]:
    """Return the entries of records, which all orders of this position can share."""
    return [Entry(position(record), record.serial, record.id) for record in records]


def enter_all(index: Index, spec: Order[R], records: Sequence[R], entries: Sequence[Entry]) -> None:
    """Enter new records.

    :param entries: of the same records, by the order's position.
    """
    if len(records) >= FEW:
        _enter_many(index, spec, records, entries)
        return
    for record, entry in zip(records, entries, strict=True):
        for partition in spec.partitions(record):
            _enter(index, partition, entry)


def _enter_many(
    index: Index, spec: Order[R], records: Sequence[R], entries: Sequence[Entry]
) -> None:
    unsorted: set[Hashable] = set()
    for first in range(0, len(records), TOGETHER):
        joined = list(map(spec.partitions, records[first : first + TOGETHER]))
        some = entries[first : first + TOGETHER]
        if joined.count(joined[0]) == len(joined) and some == sorted(some):
            # Of a broadcast one message is like the next.
            for partition in joined[0]:
                _append(index, partition, some, unsorted)
        else:
            _append_each(index, joined, some, unsorted)
    for partition in unsorted:
        index[partition].sort()


def _append(index: Index, partition: Hashable, come: list[Entry], unsorted: set[Hashable]) -> None:
    """Put entries, the first of them first, behind all others, even if they do not belong there.

    :param unsorted: takes the partition if they do not.
    """
    seated = index.own(partition)
    if seated is None:
        seated = index[partition] = []
    if seated and come[0] < seated[-1]:
        unsorted.add(partition)
    seated += come


def _append_each(
    index: Index,
    joined: Sequence[Iterable[Hashable]],
    entries: Sequence[Entry],
    unsorted: set[Hashable],
) -> None:
    find = index.finder
    for partitions, entry in zip(joined, entries, strict=True):
        for partition in partitions:
            # Not by the function above, which would take as long again.
            seated = find(partition)
            if seated is None:
                index[partition] = [entry]
            else:
                if entry < seated[-1]:
                    unsorted.add(partition)
                seated.append(entry)


def leave_all(index: Index, spec: Order[R], records: Sequence[R]) -> None:
    """Take many records out."""
    left: dict[Hashable, list[Entry]] = {}
    for record, entry in zip(records, entries_of(spec.position, records), strict=True):
        for partition in spec.partitions(record):
            left.setdefault(partition, []).append(entry)
    for partition, gone in left.items():
        _take_out(index, partition, gone)


def position_of(entry: Entry) -> Any:
    """Return where an entry stands, apart from equal positions."""
    return entry.position


def seat_of(entry: Entry) -> Position:
    """Return exactly where an entry stands."""
    return entry.position, entry.serial


def _enter(index: Index, partition: Hashable, entry: Entry) -> None:
    entries = index.own(partition)
    if entries is None:
        index[partition] = [entry]
    elif entry < entries[-1]:
        insort(entries, entry)
    else:
        entries.append(entry)


def leave(index: Index, partition: Hashable, entry: Entry) -> None:
    """Take an entry out of a partition."""
    entries = _there(index, partition)
    at = bisect_left(entries, entry)
    del entries[at]
    if not entries:
        del index[partition]


def _there(index: Index, partition: Hashable) -> list[Entry]:
    entries = index.own(partition)
    if entries is None:
        raise KeyError(partition)
    return entries


def _take_out(index: Index, partition: Hashable, gone: list[Entry]) -> None:
    """Take entries out of a partition; what lies between them is moved once."""
    if len(gone) == 1:
        leave(index, partition, gone[0])
        return
    gone.sort()
    entries = _there(index, partition)
    first = start = bisect_left(entries, gone[0])
    kept: list[Entry] = []
    for entry in gone:
        at = bisect_left(entries, entry, lo=start)
        kept += entries[start:at]
        start = at + 1
    entries[first:start] = kept
    if not entries:
        del index[partition]


def _put_in(index: Index, partition: Hashable, come: list[Entry]) -> None:
    """Put entries into a partition; what lies between them is moved once."""
    if len(come) == 1:
        _enter(index, partition, come[0])
        return
    come.sort()
    entries = index.own(partition)
    if entries is None:
        entries = index[partition] = []
    first = start = bisect_left(entries, come[0])
    merged: list[Entry] = []
    for entry in come:
        at = bisect_left(entries, entry, lo=start)
        merged += entries[start:at]
        merged.append(entry)
        start = at
    entries[first:start] = merged
