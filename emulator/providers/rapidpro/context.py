"""The workspace and moment of the request being answered."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

from emulator.core.errors import EmulatorError
from emulator.core.store import Kind, Record, Table
from emulator.web import context

from .records import Workspace

R = TypeVar("R", bound=Record)
log = logging.getLogger(__name__)


def workspace() -> Workspace:
    """Return the workspace that the request's token selects."""
    found: Workspace = context.caller()
    return found


def now() -> datetime:
    """Return the moment of the sandbox."""
    return context.sandbox().clock.now()


def table(kind: Kind[R]) -> Table[R]:
    """Return a table of the sandbox."""
    return context.sandbox().store.table(kind)


def is_strict() -> bool:
    """Say whether only what the newest server takes is taken."""
    mode: str = context.sandbox().settings["rapidpro"]["mode"]
    return mode == "strict"


def tolerate(warning: str) -> None:
    """Note that the newest server would have refused something, and how."""
    log.warning("RapidPro: %s", warning)
    context.notes().setdefault("warnings", []).append(warning)


@contextmanager
def our_own() -> Iterator[None]:
    """Note of refusals within that their words are ours: real servers crash there."""
    try:
        yield
    except EmulatorError:
        context.rests_on("assumed")
        raise


def target() -> Record | None:
    """Return the object that the request changes, None if it makes one."""
    found: Record | None = context.notes().get("target")
    return found


def is_taken(kind: Kind[Any]) -> Callable[[str], bool]:
    """Return a check whether another object of the workspace has a name, in any capitals."""

    def check(name: str) -> bool:
        other = table(kind).one("name", (workspace().id, name.lower()))
        mine = target()
        return other is not None and (mine is None or other.id != mine.id)

    return check


def has_all(kind: Kind[Any], limit: int) -> Callable[[], bool]:
    """Return a check whether the workspace has so many objects; built-in ones don't count."""

    def check() -> bool:
        listed = table(kind).every("created", (workspace().id,))
        return sum(1 for record in listed if not getattr(record, "is_system", False)) >= limit

    return check
