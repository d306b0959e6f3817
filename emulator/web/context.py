"""What belongs to the request being answered: its sandbox, caller and journal entry."""

from __future__ import annotations

from contextvars import ContextVar, Token
from typing import Any

import msgspec

from emulator.core.faults import Asked, Fault
from emulator.core.journal import Exchange
from emulator.core.sandbox import Sandbox

from .operations import Evidence, Operation, weakest


class Visit(msgspec.Struct):
    """One request while it is being answered.

    Kept in a variable of its own and not in Flask's ``g``: it is looked at a dozen times in
    each request, and a look through Flask's proxies costs twenty times as much.

    :param started: seconds of ``perf_counter``.
    :param environ: the WSGI environment.
    :param sandbox: None where the URL names one that does not exist.
    :param notes: what the provider keeps in mind until it has answered, by names of its own.
    """

    started: float
    environ: dict[str, Any]
    sandbox: Sandbox | None
    exchange: Exchange | None = None
    operation: Operation | None = None
    account: Any = None
    fault: Fault | None = None
    notes: dict[str, Any] = {}


_visit: ContextVar[Visit] = ContextVar("visit")


def begin(visit: Visit) -> Token[Visit]:
    """Let this be the request that is being answered; returns what :func:`end` is to be given."""
    return _visit.set(visit)


def end(token: Token[Visit]) -> None:
    """Forget the request that has been answered."""
    _visit.reset(token)


def visit() -> Visit:
    """Return the request being answered."""
    return _visit.get()


def sandbox() -> Sandbox:
    """Return the sandbox that the request is for."""
    found = _visit.get().sandbox
    assert found is not None
    return found


def environ() -> dict[str, Any]:
    """Return the WSGI environment of the request."""
    return _visit.get().environ


def notes() -> dict[str, Any]:
    """Return what the provider keeps in mind until it has answered, by names of its own."""
    return _visit.get().notes


def exchange() -> Exchange:
    """Return the journal entry of the request."""
    found = _visit.get().exchange
    assert found is not None
    return found


def current_operation() -> Operation | None:
    """Return the operation that the request was routed to, None for none."""
    return _visit.get().operation


def become(operation: Operation) -> None:
    """Say that the request turns out to be another operation than its path and method told."""
    _visit.get().operation = operation
    exchange().operation = operation.id
    rests_on(operation.evidence)


def caller() -> Any:
    """Return the account that the request's key belongs to."""
    return _visit.get().account


def set_caller(account: Any) -> None:
    """Say whose request this is, once its key has been recognised."""
    _visit.get().account = account
    exchange().account = account.id


def rests_on(level: Evidence) -> None:
    """Say that the answer being made rests on behaviour with this evidence."""
    found = exchange()
    found.evidence = weakest([level, found.evidence or "documented"])  # type: ignore[list-item]


def hint(text: str) -> None:
    """Give the client's developer a hint with the answer (one line)."""
    exchange().hint = text


def asked() -> Asked:
    """Return the request as faults see it."""
    found = exchange()
    return Asked(found.provider, found.account, found.method, found.path)


def has_fault(error: str) -> bool:
    """Return whether a tester wants this error to arise here, and count it if so.

    Of two faults the older one acts: not this one if the request has met an older one on its way,
    and not one that waits for the answer if this is older.
    """
    book, met = sandbox().faults, _visit.get().fault
    fault = book.pick(asked(), error=error, before=met) if book.faults else None
    if fault is None:
        return False
    if met is not None and met.kind in ("drop", "malformed"):
        book.take_back(met)
    note_fault(fault)
    return True


def note_fault(fault: Fault) -> None:
    """Say that a fault acts on the request."""
    _visit.get().fault = fault
    exchange().fault = fault.id
