"""Say errors as problem documents (RFC 9457)."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from flask import Response, request
from werkzeug.exceptions import HTTPException

from emulator.core import errors
from emulator.web.bodies import json_response

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
IMPLIED = ("HEAD", "OPTIONS")


class UnsupportedMediaType(errors.EmulatorError):
    """The body is not said to be JSON."""

    name = "unsupported_media_type"


class Misdirected(errors.EmulatorError):
    """The request was meant for another host."""

    name = "misdirected"


class Busy(errors.EmulatorError):
    """As many clients as there may be are at this already."""

    name = "busy"


STATUSES: tuple[tuple[type[Exception], int], ...] = (
    (errors.BadBody, 400),
    (errors.Unauthorized, 401),
    (errors.Forbidden, 403),
    (errors.NotFound, 404),
    (errors.Conflict, 409),
    (errors.TooLarge, 413),
    (UnsupportedMediaType, 415),
    (Misdirected, 421),
    (errors.Invalid, 422),
    (errors.RateLimited, 429),
    (Busy, 503),
    (errors.CannotRecord, 507),
)


def to_response(error: Exception) -> Response:
    """Return the answer to a request that failed."""
    if isinstance(error, errors.Invalid):
        return problem(422, str(error), errors=error.problems)
    if isinstance(error, HTTPException):
        return _of_werkzeug(error)
    for kind, status in STATUSES:
        if isinstance(error, kind):
            return problem(status, str(error))
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    return problem(500, "The emulator failed; its log has the details.")


def problem(status: int, detail: str, **more: Any) -> Response:
    """Return a problem document; ``more`` are further members."""
    document = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **more,
    }
    response = json_response(document, status, content_type=CONTENT_TYPE)
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _of_werkzeug(error: HTTPException) -> Response:
    status = error.code or 500
    if status == HTTPStatus.NOT_FOUND:
        listed = "/_emulator/openapi.json lists all"
        return problem(404, f"no control call has the path {request.path}; {listed}")
    methods = sorted(getattr(error, "valid_methods", None) or ())
    if not methods:
        return problem(status, error.description or "")
    possible = ", ".join(method for method in methods if method not in IMPLIED)
    response = problem(status, f"{request.path} takes {possible}, not {request.method}")
    response.headers["Allow"] = ", ".join(methods)
    return response
