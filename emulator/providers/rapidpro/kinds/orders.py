"""The orders and lookups that many kinds of record share."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any

from emulator.core.store import Kind, Lookup, Order

CREATED = frozenset({"workspace", "created_on", "is_deleted"})
MODIFIED = frozenset({"workspace", "modified_on", "is_deleted"})


def live(record: Any) -> Iterable[Hashable]:
    """Put a record into the list of its workspace until it is deleted."""
    return () if record.is_deleted else ((record.workspace,),)


def by_created(
    partitions: Callable[[Any], Iterable[Hashable]] = live, *on: str
) -> dict[str, Order[Any]]:
    """Return the order of lists that show what was made last first."""
    return {"created": Order(CREATED | set(on), partitions, lambda record: record.created_on)}


def by_modified(
    partitions: Callable[[Any], Iterable[Hashable]] = live, *on: str
) -> dict[str, Order[Any]]:
    """Return the order of lists that show what was changed last first."""
    return {"modified": Order(MODIFIED | set(on), partitions, lambda record: record.modified_on)}


def _named(record: Any) -> Iterable[Hashable]:
    return () if record.is_deleted else ((record.workspace, record.name.lower()),)


NAME: dict[str, Lookup[Any]] = {
    "name": Lookup(frozenset({"workspace", "name", "is_deleted"}), _named)
}


def _keyed(record: Any) -> Iterable[Hashable]:
    return () if record.is_deleted else ((record.workspace, record.key),)


KEY: dict[str, Lookup[Any]] = {"key": Lookup(frozenset({"workspace", "key", "is_deleted"}), _keyed)}


def called(*fields: str) -> dict[str, Order[Any]]:
    """Return the order of those that go by a name, where several may; the oldest comes first."""

    def names(record: Any) -> Iterable[Hashable]:
        found = (getattr(record, field) for field in fields)
        names = dict.fromkeys(name.lower() for name in found if name)
        return () if record.is_deleted else [(record.workspace, name) for name in names]

    return {"called": Order(CREATED | set(fields), names, lambda record: record.created_on)}


def plain(table: str, record: type[Any], **lookups: Lookup[Any]) -> Kind[Any]:
    """Return a kind with the one list that most have."""
    return Kind(f"rapidpro.{table}", record, lookups=lookups, orders=by_created())


def plain_called(table: str, record: type[Any], *fields: str) -> Kind[Any]:
    """Return a kind with that list, found by names that several may have."""
    return Kind(f"rapidpro.{table}", record, orders=by_created() | called(*fields))
