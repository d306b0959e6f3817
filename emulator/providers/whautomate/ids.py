"""Ids of new objects, and numbers that count them."""

from __future__ import annotations

from typing import Any

from emulator.core.sandbox import Sandbox
from emulator.core.store import Kind

from .auth import LETTERS
from .records import SLUG

LENGTH = 10


def new_id(found: Sandbox, kind: Kind[Any] | str) -> str:
    """Return the id of a new object: ten letters and digits."""
    name = f"{SLUG}.{kind}" if isinstance(kind, str) else kind.name
    return found.ids.text(name, LENGTH, LETTERS)


def client_code(found: Sandbox, account: str) -> str:
    """Return the running code of a new client; none is used twice."""
    return f"C{found.ids.serial(_codes(account))}"


def keep_client_code(found: Sandbox, account: str, code: str) -> None:
    """Make sure that later clients get other codes than one that was given."""
    digits = code.removeprefix("C")
    if digits.isascii() and digits.isdigit() and len(digits) < 16:
        found.ids.at_least(_codes(account), int(digits))


def _codes(account: str) -> str:
    return f"{SLUG}.client_codes.{account}"
