"""What has changed in a list or in counts, so that no more than that is written down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from operator import is_
from typing import Any, TypeVar

T = TypeVar("T")
Splice = tuple[int, int, list[T]]
"""Where a list differs from what it was, how many items went there, and what has come."""


def splice(before: Sequence[T], after: Sequence[T]) -> Splice[T] | None:
    """Return what leads from one list to another; None where all items are the same objects."""
    start = _alike(before, after)
    if start == len(before) == len(after):
        return None
    end = _alike(reversed(before[start:]), reversed(after[start:]))
    return start, len(before) - start - end, list(after[start : len(after) - end])


def redo(items: list[T], change: Splice[T]) -> None:
    """Make a change once more."""
    start, gone, come = change
    items[start : start + gone] = come


def counted(before: Mapping[str, T], after: Mapping[str, T], nothing: T) -> dict[str, T]:
    """Return new counts, and ``nothing`` for those that are not kept any more."""
    found = {id: count for id, count in after.items() if before.get(id) != count}
    return found | dict.fromkeys(before.keys() - after.keys(), nothing)


def recount(counts: dict[str, T], changes: Mapping[str, T]) -> None:
    """Take over counts; those without anything in them are not kept."""
    for id, count in changes.items():
        if _is_nothing(count):
            counts.pop(id, None)
        else:
            counts[id] = count


def _is_nothing(count: Any) -> bool:
    return not any(count) if isinstance(count, tuple) else not count


def _alike(first: Iterable[Any], second: Iterable[Any]) -> int:
    """Return how many items two lists begin with together."""
    return len(list(takewhile(bool, map(is_, first, second))))
