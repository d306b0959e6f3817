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

T = TypeVar("T")
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
    :param words: written out, as the files are to be read by people as well.
    """

    shared: tuple[tuple[str, Any], ...]
    words: tuple[str, ...]


@cache
def _parts_of(type_: Any) -> _Parts:
    fields = msgspec.structs.fields(type_)
    shared = tuple((field.name, field.default) for field in fields if _is_shared(field.type))
    words = (field.name for field in fields if field.type in (str, str | None))
    return _Parts(shared, tuple(name for name in words if name != "id") if shared else ())


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
    for name, _ in parts.shared:
        found = list(map(attrgetter(name), records))
        if int in set(map(type, found)):
            _set(records, name, _resolved(name, dict(zip(rows, found, strict=True))))
    for name in parts.words:
        word = getattr(records[0], name)
        # Of a broadcast one row is like the next: what differs in these differs in most.
        if word is not None and word in [getattr(record, name) for record in records[1::99]]:
            words = list(map(attrgetter(name), records))
            _set(records, name, map({}.setdefault, words, words))
    return records


def _resolved(name: str, parts: Mapping[int, Any]) -> list[Any]:
    try:
        found = [parts[part] if type(part) is int else part for part in parts.values()]
    except KeyError as error:
        raise NoSuchRow(f"{name} is that of row {error}, which is not there") from error
    if int in set(map(type, found)):
        raise NoSuchRow(f"{name} is that of a row which has none of its own")
    return found


def _set(records: Iterable[Any], name: str, values: Iterable[Any]) -> None:
    # A loop that runs in C: there may be a million of them.
    deque(map(force_setattr, records, repeat(name), values), maxlen=0)
