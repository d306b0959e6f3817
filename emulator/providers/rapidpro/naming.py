"""New ids and numbers, so that all who make records count on the same counters."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from emulator.core.sandbox import Sandbox
from emulator.core.store import Kind

#: No integer id has more.
_MOST_DIGITS: Final = 18
_REF_LENGTH = 6
_REF_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ23456789"


def new_uuid(sandbox: Sandbox, kind: Kind[Any], at: datetime | None = None) -> str:
    """Return a new UUID: of version 7 with a moment, else of version 4."""
    ids = sandbox.ids
    return ids.uuid4(kind.name) if at is None else ids.uuid7(kind.name, at)


def next_serial(sandbox: Sandbox, kind: Kind[Any], count: int = 1) -> int:
    """Return the next place in the order of creation, the first of ``count``."""
    return sandbox.ids.serial(kind.name, count)


def next_number(sandbox: Sandbox, kind: Kind[Any], count: int = 1) -> int:
    """Return the next integer id, the first of ``count``."""
    return sandbox.ids.serial(f"{kind.name}.number", count)


def as_number(text: str) -> int | None:
    """Return the integer id that a text spells, None if it is none."""
    is_number = len(text) <= _MOST_DIGITS and text.isascii() and text.isdigit()
    return int(text) if is_number else None


def keep_number(sandbox: Sandbox, kind: Kind[Any], number: int) -> None:
    """Make sure that later integer ids are greater than one that was given."""
    sandbox.ids.at_least(f"{kind.name}.number", number)


def new_ref(sandbox: Sandbox) -> str:
    """Return what an anonymous workspace calls a new contact."""
    return sandbox.ids.text("rapidpro.contacts.ref", _REF_LENGTH, _REF_ALPHABET)
