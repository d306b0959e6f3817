"""Parts of records that are seldom looked into, kept as the JSON that files hold of them.

A recipient's values take three or four times as much as a dictionary or a tuple of their own,
and there are as many of them as there are messages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

_encode = msgspec.json.Encoder().encode


class Packed(bytes):
    """The JSON of a value, in its place. In files and snapshots the value itself stands."""

    __slots__ = ()


def packed(value: Any) -> Packed | None:
    """Return a value packed, None for None."""
    return None if value is None else Packed(_encode(value))


def pack_each(values: Iterable[Any]) -> Iterator[Packed | None]:
    """Yield the values of many records, packed; of one value in a row all have the same."""
    before = now = None
    for value in values:
        if value is not before:
            before, now = value, packed(value)
        yield now


def opened(part: Packed | None) -> Any:
    """Return the value of a packed one, a new one each time; None for None."""
    return None if part is None else msgspec.json.decode(part)


def to_json(part: Any) -> msgspec.Raw:
    """Put a packed value into the JSON of a record: a hook of encoders."""
    return msgspec.Raw(_checked(part))


def to_plain(part: Any) -> Any:
    """Put a packed value into the plain values of a record: a hook of conversions."""
    return opened(_checked(part))


def from_plain(type_: type[Any], value: Any) -> Packed:
    """Pack a value that has just been read for a record: a hook of decoders."""
    if type_ is not Packed:
        raise NotImplementedError(f"no way to read {type_}")
    return Packed(_encode(value))


def _checked(part: Any) -> Packed:
    if not isinstance(part, Packed):
        raise NotImplementedError(f"no way to write {type(part)}")
    return part
