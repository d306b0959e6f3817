"""Whautomate's errors, and how any error is said in its shape.

The vendor documents no error at all. What its answers look like is assumed, here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, ClassVar

from flask import Response, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from emulator.core.errors import (
    BadBody,
    EmulatorError,
    Forbidden,
    NotFound,
    RateLimited,
    TooLarge,
    Unauthorized,
)
from emulator.web.bodies import json_response
from emulator.web.context import current_operation, rests_on
from emulator.web.provider import Unmatched

from . import auth

if TYPE_CHECKING:
    from .answers import Complaint


class Refused(EmulatorError):
    """The request asks for something that cannot be done.

    :param field: dotted path of the field at fault, None where no single one is.
    """

    name = "invalid"

    def __init__(self, text: str, field: str | None = None) -> None:
        super().__init__(text)
        self.field = field


class Missing(NotFound):
    """What the path names does not exist in this account."""


class NotApproved(Refused):
    """The template may not be used."""

    name = "template_rejected"
    text: ClassVar[str] = "Template is not approved"

    def __init__(self) -> None:
        super().__init__(self.text, "template.name")


class ServerError(EmulatorError):
    """Something went wrong at the vendor."""


FAULTS: Mapping[str, Callable[[], EmulatorError]] = {
    "unauthorized": lambda: Unauthorized(auth.UNKNOWN_KEY),
    "forbidden": lambda: Forbidden("Forbidden"),
    "not_found": lambda: NotFound("Not found"),
    "rate_limited": lambda: RateLimited(1),
    "server_error": ServerError,
    "template_rejected": NotApproved,
}
"""The errors that a tester may ask for, by name."""


def to_response(error: Exception) -> Response:
    """Say any error as Whautomate does."""
    if current_operation() is not None:
        rests_on("assumed")
    if isinstance(error, Unmatched):
        error = _sooner_error(error)
    if isinstance(error, Refused):
        return _refusal(400, str(error), error.field)
    if isinstance(error, Missing | Unauthorized):
        return _refusal(401 if isinstance(error, Unauthorized) else 404, str(error))
    response = _refusal(*_general(error))
    if isinstance(error, RateLimited):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _sooner_error(error: Unmatched) -> Exception:
    """Return what a request without an operation fails on: its key comes before its path."""
    if not request.path.startswith("/v1/"):
        return error
    try:
        auth.recognise()
    except EmulatorError as sooner:
        return sooner
    return error


def _general(error: Exception) -> tuple[int, str]:
    kinds: tuple[tuple[type[Exception], int, str], ...] = (
        (TooLarge, 413, "Payload too large"),
        (RequestEntityTooLarge, 413, "Payload too large"),
        (BadBody, 400, "Invalid JSON"),
        (Forbidden, 403, "Forbidden"),
        (NotFound, 404, "Not found"),
        (Unmatched, 404, "Not found"),
        (RateLimited, 429, "Too many requests"),
    )
    for kind, status, text in kinds:
        if isinstance(error, kind):
            return status, text
    if isinstance(error, HTTPException) and error.code is not None and error.code < 500:
        return error.code, error.name
    return 500, "Internal server error"


def _refusal(status: int, text: str, field: str | None = None) -> Response:
    body: Complaint = {"success": False, "error": text}
    if field:
        body["field"] = field
    return json_response(body, status)
