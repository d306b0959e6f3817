"""What belongs to the request being answered: its sandbox, caller and journal entry."""

from __future__ import annotations

from typing import Any

from flask import g

from emulator.core.journal import Exchange
from emulator.core.sandbox import Sandbox

from .operations import Evidence, Operation, weakest


def sandbox() -> Sandbox:
    """Return the sandbox that the request is for."""
    found: Sandbox = g.sandbox
    return found


def exchange() -> Exchange:
    """Return the journal entry of the request."""
    found: Exchange = g.exchange
    return found


def current_operation() -> Operation | None:
    """Return the operation that the request was routed to, None for none."""
    found: Operation | None = g.get("operation")
    return found


def become(operation: Operation) -> None:
    """Say that the request turns out to be another operation than its path and method told."""
    g.operation = operation
    exchange().operation = operation.id
    rests_on(operation.evidence)


def caller() -> Any:
    """Return the account that the request's key belongs to."""
    return g.account


def set_caller(account: Any) -> None:
    """Say whose request this is, once its key has been recognised."""
    g.account = account
    exchange().account = account.id


def rests_on(level: Evidence) -> None:
    """Say that the answer being made rests on behaviour with this evidence."""
    found = exchange()
    found.evidence = weakest([level, found.evidence or "documented"])  # type: ignore[list-item]


def hint(text: str) -> None:
    """Give the client's developer a hint with the answer (one line)."""
    exchange().hint = text
