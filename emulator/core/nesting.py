"""How deeply values from outside may be nested."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

DEEPEST = 500
"""Levels. Readers of JSON give up near 1,000, of which the calls that led to them and whatever
stands around a value are a part: what is taken in has to be readable in a file later."""
_NESTING = (dict, list)
TOO_DEEP = f"nested deeper than {DEEPEST} levels"


def is_too_deep(value: Any, raw: bytes | None = None) -> bool:
    """Return whether a value has more levels than may be taken in.

    :param raw: the JSON of it, if at hand: mostly it tells without a look at the value.
    """
    if raw is not None and raw.count(b"[") + raw.count(b"{") <= DEEPEST:
        return False
    return next(islice(levels(value), DEEPEST, None), None) is not None


def levels(value: Any) -> Iterator[list[Any]]:
    """Yield the objects and arrays of a JSON value, level by level from outside."""
    level = [value] if isinstance(value, _NESTING) else []
    while level:
        yield level
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, _NESTING)
        ]
