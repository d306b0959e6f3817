"""The query of a URL, read as the API reads it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from emulator.web import context

from .errors import Refusal
from .lookups import as_integer, as_uuid
from .values import parse_moment

TRUE = frozenset({"true", "y", "yes", "1"})
MOST_REPEATS = 100


class Period(NamedTuple):
    """A span of time, ends included; None is open."""

    start: datetime | None
    end: datetime | None

    def has(self, moment: datetime) -> bool:
        """Say whether a moment lies in it."""
        return (self.start is None or moment >= self.start) and (
            self.end is None or moment <= self.end
        )


def last(name: str) -> str | None:
    """Return the value of a parameter, of a repeated one the last; None if it is absent."""
    values = _values(name)
    return values[-1] if values else None


def _values(name: str) -> list[str]:
    return [value for key, value in context.exchange().query if key == name]


def text(name: str) -> str | None:
    """Return the value of a filter, None if it is absent or empty."""
    return last(name) or None


def flag(name: str) -> bool:
    """Say whether a parameter says yes; anything unknown says no."""
    return (last(name) or "").lower() in TRUE


def uuids(name: str) -> list[str]:
    """Return all the UUIDs of a filter as they are stored.

    :raises Refusal: one of them is none, or there are too many.
    """
    given = _values(name)
    if len(given) > MOST_REPEATS:
        raise Refusal(f"Param '{name}' can have a maximum of {MOST_REPEATS} values.")
    found = []
    for value in given:
        id = as_uuid(value)
        if id is None:
            raise Refusal(f"Param '{name}': {value} is not a valid UUID.")
        found.append(id)
    return found


def uuid(name: str) -> str | None:
    """Return the UUID of a filter, of repeated ones the first; None if it is absent.

    :raises Refusal: one of them is none.
    """
    found = uuids(name)
    return found[0] if found else None


def integer(name: str) -> int | None:
    """Return the number of a filter; None if it is absent, or 0, which filters nothing.

    :raises Refusal: it is no number.
    """
    value = last(name)
    if value is None:
        return None
    number = as_integer(value)
    if number is None:
        raise Refusal(f"Value for {name} must be an integer")
    return number or None


def period() -> Period | None:
    """Return what ``after`` and ``before`` leave; None if one of them is no time: nothing."""
    ends: list[datetime | None] = []
    for name in ("after", "before"):
        value = text(name)
        moment = None if value is None else parse_moment(value)
        if value is not None and moment is None:
            return None
        ends.append(moment)
    return Period(*ends)


def only_one_of(*names: str) -> None:
    """Refuse a query with more than one of these filters.

    :raises Refusal: it has.
    """
    if sum(1 for name in names if text(name)) > 1:
        raise Refusal(f"You may only specify one of the {', '.join(names)} parameters")
