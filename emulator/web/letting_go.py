"""Let go of what an error has held, once it has been answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def without_trace(handler: Callable[[Exception], T]) -> Callable[[Exception], T]:
    """Return a handler of errors after which an error does not hold on to the request.

    The frames of its traceback hold the whole request, body and answer included. Where one of
    them holds the error, too, they would all stay until the collector finds them.
    """

    def handle(error: Exception) -> T:
        try:
            return handler(error)
        finally:
            _forget(error)

    return handle


def _forget(error: BaseException) -> None:
    known: BaseException | None = error
    while known is not None and known.__traceback__ is not None:
        known.__traceback__ = None
        known = known.__cause__ or known.__context__
