"""Read moments and histories as fixtures and the control API write them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from itertools import pairwise
from typing import Any

from .records import Moment


def read_moment(value: Any) -> datetime:
    """Return a moment from ISO 8601 text with ``Z`` or an offset.

    :raises ValueError: it is none.
    """
    if isinstance(value, datetime):
        return value  # One that was generated.
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        if moment is not None and moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ValueError('Must be a time such as "2026-05-06T10:00:00Z"')


def moment_of(value: Any) -> datetime | None:
    """Return a moment, None where there is none: who reads it for good will tell."""
    try:
        return read_moment(value)
    except ValueError:
        return None


def local(moment: datetime, zone: tzinfo) -> datetime:
    """Return a moment as clocks show it in a zone, as it is where their calendar has no such day.

    Year 1 begins, and year 9999 ends, earlier in one zone than in another.
    """
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment


def read_history(value: Any, states: Mapping[str, str]) -> tuple[Moment, ...]:
    """Return a message's history from a list of ``{"status", "at"}``.

    :param states: the vendor's words for states, and the states.
    :raises ValueError: it is none.
    """
    if isinstance(value, tuple):
        # One that was generated; most vendors' words are the states themselves. Where it has
        # another, so has the message's status, whose reader will tell.
        is_same = all(states.get(step.state) == step.state for step in value)
        if is_same:
            return value
        return tuple(Moment(states.get(step.state, step.state), step.at) for step in value)
    is_list = isinstance(value, list) and value
    if not is_list or not all(isinstance(item, dict) for item in value):
        raise ValueError('Must be a list of objects {"status", "at"}')
    history = []
    for item in value:
        if item.keys() != {"status", "at"} or str(item["status"]) not in states:
            raise ValueError(f"Each must have at, and as status one of: {', '.join(states)}")
        history.append(Moment(states[str(item["status"])], read_moment(item["at"])))
    if any(before.at > after.at for before, after in pairwise(history)):
        raise ValueError("Must be in the order of time")
    return tuple(history)
