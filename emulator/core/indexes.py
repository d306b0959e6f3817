"""Ordered indexes: for each partition a sorted list of (position, serial, id)."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

from .kinds import Order, R

Entry = tuple[Any, int, str]
Position = tuple[Any, int]
Index = dict[Hashable, list[Entry]]
FEW = 64  # up to here an insertion each is cheaper than sorting the list once


def reorder(index: Index, spec: Order[R], before: R, after: R) -> None:
    """Move a record to where it belongs after a change."""
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
        leave(index, partition, old)
    for partition in joined:
        _enter(index, partition, new)


def reorder_all(index: Index, spec: Order[R], pairs: Sequence[tuple[R, R]]) -> None:
    """Move many records, each of them named once."""
    left = _seated(spec, [before for before, _ in pairs])
    joined = _seated(spec, [after for _, after in pairs])
    for partition in {**left, **joined}:
        _exchange(index, partition, left.get(partition, []), joined.get(partition, []))


def entries_of(position: Callable[[R], Any], records: Sequence[R]) -> list[Entry]:
    """Return the entries of records, which all orders of this position can share."""
    return [(position(record), record.serial, record.id) for record in records]


def enter_all(index: Index, spec: Order[R], records: Sequence[R], entries: Sequence[Entry]) -> None:
    """Enter new records.

    :param entries: of the same records, by the order's position.
    """
    if len(records) < FEW:
        for record, entry in zip(records, entries, strict=True):
            for partition in spec.partitions(record):
                _enter(index, partition, entry)
        return
    unsorted = set()
    for record, entry in zip(records, entries, strict=True):
        for partition in spec.partitions(record):
            listed = index.setdefault(partition, [])
            if listed and entry < listed[-1]:
                unsorted.add(partition)
            listed.append(entry)
    for partition in unsorted:
        index[partition].sort()


def leave_all(index: Index, spec: Order[R], records: Sequence[R]) -> None:
    """Take many records out."""
    for partition, entries in _seated(spec, records).items():
        _exchange(index, partition, entries, [])


def position_of(entry: Entry) -> Any:
    """Return where an entry stands, apart from equal positions."""
    return entry[0]


def seat_of(entry: Entry) -> Position:
    """Return exactly where an entry stands."""
    return entry[:2]


def _enter(index: Index, partition: Hashable, entry: Entry) -> None:
    entries = index.setdefault(partition, [])
    if entries and entry < entries[-1]:
        insort(entries, entry)
    else:
        entries.append(entry)


def leave(index: Index, partition: Hashable, entry: Entry) -> None:
    """Take an entry out of a partition."""
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
            leave(index, partition, entry)
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
