"""What a vendor gives to be served: its routes, its errors and the words it uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from flask import Blueprint, Response

from emulator.core.errors import (
    EmulatorError,
    Forbidden,
    NotFound,
    RateLimited,
    Unauthorized,
)
from emulator.core.vendor import Vendor

from .operations import Operation, Unserved


class UnknownSandbox(NotFound):
    """The URL names a sandbox that does not exist."""


class OutOfOrder(EmulatorError):
    """The server is to fail without saying why."""

    name = "server_error"


COMMON_FAULTS: Mapping[str, Callable[[], Exception]] = {
    "unauthorized": lambda: Unauthorized("Invalid token"),
    "forbidden": lambda: Forbidden("not permitted"),
    "not_found": lambda: NotFound("not found"),
    "rate_limited": lambda: RateLimited(1),
    "server_error": lambda: OutOfOrder("out of order"),
}
"""Errors that every provider can say, in its own shape."""


class Unmatched(EmulatorError):
    """No operation has this path and method.

    :param allowed: the methods that the path has; empty if there is no such path.
    """

    name = "unmatched"

    def __init__(self, method: str, path: str, allowed: frozenset[str]) -> None:
        super().__init__(f"no operation {method} {path}")
        self.method, self.path, self.allowed = method, path, allowed


def _no_hint(_method: str, _path: str) -> str | None:
    return None


def _as_it_is(response: Response) -> Response:
    return response


def _untold() -> Sequence[Any]:
    return ()


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """One vendor: what core asks of it, and what a client sees of it.

    :param blueprint: make its routes, below the base URL. Called when the first request comes,
        which is when they and their schemas should be imported.
    :param hosts: host names of the vendor's own servers.
    :param credential: the API key that a request carries (WSGI environment), or None.
    :param admit: recognise the caller and count rate limits, before the view; raises what is
        refused. Called inside the unit of work of the request.
    :param error_response: say an error in the vendor's shape. It is given what was raised:
        :class:`EmulatorError`, an :class:`Unmatched` or :class:`UnknownSandbox`, an
        ``HTTPException`` of werkzeug, or anything else, which is the vendor's 500.
    :param hint: a better hint for an unmatched request than the nearest operations, or None.
    :param faults: the errors that a tester may ask for by name.
    :param late_faults: those that the views themselves let arise (``context.has_fault``).
    :param also_asks: parameters of the query that every operation reads besides its own.
    :param refusals: what any operation may answer besides ``faults``, for OpenAPI.
    :param complaints: what errors hold, as types, for OpenAPI: each error is one of them.
        Without any, nothing is said of their shape.
    :param answers: the statuses of answers that are no errors, of operations that name none.
    :param unserved: documented operations that are not imitated.
    :param example: a ``curl`` command line that works, given base URL and key.
    """

    vendor: Vendor
    blueprint: Callable[[], Blueprint]
    hosts: tuple[str, ...]
    credential: Callable[[Mapping[str, Any]], str | None]
    admit: Callable[[Operation | None], None]
    error_response: Callable[[Exception], Response]
    example: Callable[[str, str], str]
    hint: Callable[[str, str], str | None] = _no_hint
    finish: Callable[[Response], Response] = _as_it_is
    config: Mapping[str, Any] = {}
    faults: Mapping[str, Callable[[], Exception]] = msgspec.field(
        default_factory=lambda: COMMON_FAULTS
    )
    late_faults: frozenset[str] = frozenset()
    also_asks: frozenset[str] = frozenset()
    refusals: Mapping[str, Callable[[], Exception]] = {}
    complaints: Callable[[], Sequence[Any]] = _untold
    answers: tuple[int, ...] = ()
    unserved: tuple[Unserved, ...] = ()

    def __post_init__(self) -> None:
        strange = sorted(self.late_faults - self.faults.keys())
        if strange:
            there = ", ".join(self.faults)
            raise ValueError(f"{self.slug}: late faults {strange} are none of its faults: {there}")

    @property
    def slug(self) -> str:
        """URL prefix and key in fixtures."""
        return self.vendor.slug
