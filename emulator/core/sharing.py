"""What many records of a table have in common is written once, and is one object when read.

The messages of a broadcast are many and nearly the same. Some rows at a time, a part that an
earlier row has as well is written as the number of that row.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import repeat
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypeVar, get_args

import msgspec
from msgspec.structs import force_setattr, replace

from .errors import EmulatorError
from .kinds import Instant

T = TypeVar("T")
PLAIN = (str, str | None, Instant, Instant | None)
"""Types of which many records have the same value, though each has read its own."""
MARK = msgspec.Meta(extra={"shared": True})

if TYPE_CHECKING:
    Shared = Annotated[T, MARK]
else:

    class Shared:
        """The type of a part that records share: in a file it may be the number of a row."""

        def __class_getitem__(cls, part: Any) -> Any:
            return Annotated[part | int, MARK]


class NoSuchRow(EmulatorError):
    """A row that another one refers to is not there."""


class _Parts(NamedTuple):
    """The fields of a type of record that many have in common.

    :param shared: written as numbers; each with its default.
    :param plain: written out, as the files are to be read by people as well.
    """

    shared: tuple[tuple[str, Any], ...]
    plain: tuple[str, ...]


@cache
def _parts_of(type_: Any) -> _Parts:
    fields = msgspec.structs.fields(type_)
    shared = tuple((field.name, field.default) for field in fields if _is_shared(field.type))
    plain = (field.name for field in fields if field.type in PLAIN)
    return _Parts(shared, tuple(name for name in plain if name != "id") if shared else ())


def _is_shared(type_: Any) -> bool:
    return MARK in get_args(type_)


def pack(records: Sequence[Any], first: int = 1) -> Sequence[Any]:
    """Return records of one type as they are written.

    :param first: the number of the first; the others follow.
    """
    type_: Any = type(records[0])
    parts = _parts_of(type_).shared if len(records) > 1 else ()
    if not parts:
        return records
    owners: list[tuple[str, Any, dict[int, int]]] = [(*part, {}) for part in parts]
    packed = []
    for number, record in enumerate(records, first):
        given = {}
        for name, default, seen in owners:
            part = getattr(record, name)
            if part is not default and (owner := seen.setdefault(id(part), number)) != number:
                given[name] = owner
        packed.append(replace(record, **given) if given else record)
    return packed


def unpack(rows: Mapping[int, Any]) -> Sequence[Any]:
    """Return records of one type that have just been read and that nobody else has yet.

    :param rows: some that were packed together, by their numbers.
    :raises NoSuchRow: one refers to a row that is not among them.
    """
    records = list(rows.values())
    if not records:
        return records
    type_: Any = type(records[0])
    parts = _parts_of(type_)
    numbers = list(rows)
    for name, _ in parts.shared:
        _share_part(name, numbers, records)
    for name in parts.plain:
        _share_plain(name, records)
    return records


# What follows runs in C for each record: there may be a million of them.


def _share_part(name: str, numbers: Sequence[int], records: Sequence[Any]) -> None:
    """Put the parts themselves where the numbers of rows are that have them."""
    found = list(map(attrgetter(name), records))
    if type(found[0]) is not int and found.count(numbers[0]) == len(found) - 1:
        _set(records, name, repeat(found[0]))  # All of them have what the first has.
        return
    owners = [at for at, part in enumerate(found) if type(part) is not int]
    if len(owners) == len(found):
        return
    parts = {}
    for at in owners:
        parts[numbers[at]], found[at] = found[at], numbers[at]
    try:
        _set(records, name, map(parts.__getitem__, found))
    except KeyError as error:
        raise NoSuchRow(f"{name} is that of row {error}, which has none of its own") from error


def _share_plain(name: str, records: Sequence[Any]) -> None:
    """Put one value where equal ones are, if there seem to be many."""
    first = getattr(records[0], name)
    # Of a broadcast one row is like the next: what differs in these differs in most.
    if first is None or first not in [getattr(record, name) for record in records[1::99]]:
        return
    found = list(map(attrgetter(name), records))
    is_one = found.count(first) == len(found)
    _set(records, name, repeat(first) if is_one else map({}.setdefault, found, found))


def _set(records: Iterable[Any], name: str, values: Iterable[Any]) -> None:
    deque(map(force_setattr, records, repeat(name), values), maxlen=0)
