"""What can go wrong for a client of the control API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class ClientError(Exception):
    """Anything that keeps a call from being answered as asked."""


class NoServer(ClientError):
    """Nobody answers at the URL, or it is not the emulator that does."""


class Refused(ClientError):
    """The control API answers with an error.

    :ivar status: of the answer.
    :ivar detail: what the server says in one sentence.
    :ivar errors: mistakes in the body or query, each with ``pointer``, ``message`` and mostly
        ``suggestion``.
    """

    def __init__(self, call: str, status: int, document: Mapping[str, Any]) -> None:
        self.call = call
        self.status = status
        self.detail = str(document.get("detail") or document.get("title") or "")
        self.errors: Sequence[Mapping[str, Any]] = document.get("errors") or ()
        super().__init__("\n".join([f"{call}: {status} {self._head()}", *self._lines()]))

    def _head(self) -> str:
        if not self.errors:
            return self.detail
        count = len(self.errors)
        return f"{count} mistake{'s' if count > 1 else ''}"

    def _lines(self) -> list[str]:
        return [f"  {said(error)}" for error in self.errors]


class NotFound(Refused):
    """There is no such thing."""


class Conflict(Refused):
    """The thing is not in a state that allows it."""


class Invalid(Refused):
    """There are mistakes in what was asked; ``errors`` lists them all."""


class Unauthorized(Refused):
    """The server asks for its control token, and got none or another one."""


class Unexpected(AssertionError):
    """What was found is not what the test expects; the text says what there is instead."""


KINDS: Mapping[int, type[Refused]] = {
    401: Unauthorized,
    404: NotFound,
    409: Conflict,
    422: Invalid,
}


def refused(call: str, status: int, document: Mapping[str, Any]) -> Refused:
    """Return the exception for an answer."""
    return KINDS.get(status, Refused)(call, status, document)


def said(error: Mapping[str, Any]) -> str:
    """Return a mistake in words: where, what, and what may be meant."""
    place = f"{error['pointer']}: " if error.get("pointer") else ""
    text = f"{place}{error['message']}"
    meant = repr(error["suggestion"]) if error.get("suggestion") else ""
    return text if meant in text else f"{text} (did you mean {meant}?)"
