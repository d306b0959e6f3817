"""Moments that people have written with an offset, put into UTC like all others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from .errors import escape

T = TypeVar("T")
OUT_OF_RANGE = "Must be a time in the years 1 to 9999 of UTC"


class OutOfRange(ValueError):
    """A moment is in none of the years 1 to 9999 in UTC.

    :param pointer: to it, within what has been read.
    """

    def __init__(self, pointer: str) -> None:
        super().__init__(f"{pointer}: {OUT_OF_RANGE}")
        self.pointer = pointer


def in_utc(part: T, pointer: str = "") -> T:
    """Return what has been read with all its moments in UTC: mostly the very same object.

    :raises OutOfRange: a moment cannot be said so.
    """
    mend = _MENDERS.get(type(part), _mend_struct)
    if mend is _mend_struct and not isinstance(part, msgspec.Struct):
        return part
    mended: T = mend(part, pointer)
    return mended


def _mend_moment(moment: datetime, pointer: str) -> datetime:
    if moment.tzinfo in (UTC, None):
        return moment
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise OutOfRange(pointer) from error


def _mend_items(items: Any, pointer: str) -> Any:
    mended = [in_utc(item, f"{pointer}/{at}") for at, item in enumerate(items)]
    is_same = all(new is old for new, old in zip(mended, items, strict=True))
    return items if is_same else type(items)(mended)


def _mend_dict(items: Mapping[Any, Any], pointer: str) -> Any:
    mended = {key: in_utc(item, f"{pointer}/{escape(str(key))}") for key, item in items.items()}
    return items if all(mended[key] is item for key, item in items.items()) else mended


def _mend_struct(struct: msgspec.Struct, pointer: str) -> msgspec.Struct:
    changes: dict[str, Any] = {}
    for name, place in _with_moments(type(struct)):
        value = getattr(struct, name)
        mended = in_utc(value, f"{pointer}/{place}")
        if mended is not value:
            changes[name] = mended
    return msgspec.structs.replace(struct, **changes) if changes else struct


_MENDERS: Mapping[type, Callable[[Any, str], Any]] = {
    datetime: _mend_moment,
    list: _mend_items,
    tuple: _mend_items,
    dict: _mend_dict,
}


@cache
def _with_moments(type_: type[msgspec.Struct]) -> tuple[tuple[str, str], ...]:
    """Return the fields of a kind of struct in which moments can stand, and their places."""
    info = inspect.type_info(type_)
    assert isinstance(info, inspect.StructType)
    return tuple(
        (field.name, str(at) if info.array_like else field.encode_name)
        for at, field in enumerate(info.fields)
        if _can_be_moment(field.type)
    )


def _can_be_moment(info: inspect.Type) -> bool:
    return isinstance(info, inspect.DateTimeType) or any(map(_can_be_moment, _within(info)))


def _within(info: inspect.Type) -> Sequence[inspect.Type]:
    match info:
        case inspect.StructType(fields=fields):
            return [field.type for field in fields]
        case inspect.UnionType(types=inner) | inspect.TupleType(item_types=inner):
            return inner
        case inspect.VarTupleType(item_type=item) | inspect.ListType(item_type=item):
            return [item]
        case inspect.DictType(value_type=item) | inspect.Metadata(type=item):
            return [item]
    return ()
