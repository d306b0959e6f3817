"""The workspace and moment of the request being answered."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from flask import g

from emulator.core.store import Kind, Record, Table
from emulator.web import context

from .records import Workspace

R = TypeVar("R", bound=Record)


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
    g.setdefault("warnings", []).append(warning)
