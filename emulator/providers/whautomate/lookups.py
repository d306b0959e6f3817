"""Records of the caller's account; those of others do not exist."""

from __future__ import annotations

from typing import Any, TypeVar

from emulator.core.store import Kind, Record
from emulator.web.context import caller, sandbox

from .errors import Missing, Refused
from .kinds import LOCATIONS

R = TypeVar("R", bound=Record)


def find(kind: Kind[R], id: str) -> R | None:
    """Return a record of the caller's account, or None."""
    record: Any = sandbox().store.table(kind).find(id)
    return record if record is not None and record.account == caller().id else None


def own(kind: Kind[R], id: str, title: str) -> R:
    """Return a record of the caller's account by the id in the path.

    :param title: what the vendor calls the kind.
    :raises Missing: the account has none with this id.
    """
    record = find(kind, id)
    if record is None:
        raise Missing(f"{title} not found")
    return record


def need(kind: Kind[R], id: str, title: str, field: str) -> R:
    """Return a record that a body refers to.

    :raises Refused: the account has none with this id.
    """
    record = find(kind, id)
    if record is None:
        raise Refused(f"{title} not found", field)
    return record


def need_location(id: str | None, field: str = "location.id") -> None:
    """Check that a location exists, if one is named."""
    if id is not None:
        need(LOCATIONS, id, "Location", field)
