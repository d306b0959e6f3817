"""Kinds of frozen records: by which keys they are found, in which orders they are listed."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

import msgspec

Natural = Annotated[int, msgspec.Meta(ge=0)]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
"""A moment that is read only with ``Z`` or an offset: no other can be compared with it."""


class Record(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One thing of a sandbox. A change makes a new record that takes the old one's place.

    ``serial`` grows in the order of creation within a kind.
    """

    id: Annotated[str, msgspec.Meta(min_length=1)]
    serial: int


R = TypeVar("R", bound=Record)


class Lookup(msgspec.Struct, Generic[R], frozen=True):
    """Finds one record by a key; a record may have several keys.

    :param on: the fields that ``keys`` reads.
    """

    on: frozenset[str]
    keys: Callable[[R], Iterable[Hashable]]


class Order(msgspec.Struct, Generic[R], frozen=True):
    """Lists records by position, then serial, within partitions (an account, a group, …).

    :param on: the fields that ``partitions`` and ``position`` read.
    :param position: orders of a kind that have the same function share their entries.
    """

    on: frozenset[str]
    partitions: Callable[[R], Iterable[Hashable]]
    position: Callable[[R], Any]


class Kind(msgspec.Struct, Generic[R], frozen=True):
    """A kind of record: its name, type and indexes.

    :raises ValueError: an index is on a field that the records do not have.
    """

    name: str
    record: type[R]
    lookups: Mapping[str, Lookup[R]] = {}
    orders: Mapping[str, Order[R]] = {}

    def __post_init__(self) -> None:
        indexes: list[tuple[str, Lookup[R] | Order[R]]] = [
            *self.lookups.items(),
            *self.orders.items(),
        ]
        fields = self.record.__struct_fields__
        for name, index in indexes:
            for field in sorted(index.on.difference(fields)):
                record = self.record.__name__
                raise ValueError(
                    f"{self.name}: {name!r} is on {field!r}; {record} has no such field"
                )


class _Last:
    def __lt__(self, _other: object) -> bool:
        return False

    def __gt__(self, other: object) -> bool:
        return other is not self


LAST = _Last()
"""A position behind all others, for what has none."""


def in_all(_record: Any) -> Iterable[Hashable]:
    """Put every record into the one partition ``all``."""
    return ("all",)


def of_account(record: Any) -> Iterable[Hashable]:
    """Put a record into the partition of its account."""
    return (record.account,)


def of_name(record: Any) -> Iterable[Hashable]:
    """Put a record into a partition with those of its account that have its name."""
    return ((record.account, record.name),)


def by_serial(record: Any) -> int:
    """Order records by their creation."""
    number: int = record.serial
    return number


def by_creation(record: Any) -> datetime:
    """Order records by the moment of their creation."""
    moment: datetime = record.created_at
    return moment
