"""What is refused, and how the API says it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any, ClassVar

from flask import Response
from werkzeug.exceptions import HTTPException

from emulator.core.errors import (
    BadBody,
    EmulatorError,
    Forbidden,
    NotFound,
    RateLimited,
    TooLarge,
    Unauthorized,
)
from emulator.web import context
from emulator.web.bodies import json_response

from .bodies import UnsupportedMedia
from .cursors import InvalidCursor
from .urns import InvalidURN
from .validation import Invalid

HTML = "text/html; charset=utf-8"
NOT_AUTHENTICATED = "Authentication credentials were not provided."
NOT_PERMITTED = "You do not have permission to perform this action."
CRASHED = "Server Error. Site administrators have been notified."


class Refusal(EmulatorError):
    """A request is refused for a reason that no field of its body is to blame for.

    :param detail: the reason, as the answer gives it.
    """

    name: ClassVar[str] = "refused"
    status: ClassVar[int] = 400

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class Denied(Refusal):
    """The credentials are missing, wrong, or do not suffice; it is never 401."""

    name = "forbidden"
    status = 403


class Missing(Refusal):
    """What the query of a URL points at does not exist."""

    name = "not_found"
    status = 404

    def __init__(self, model: str) -> None:
        super().__init__(f"No {model} matches the given query.")


class NoSuchPage(Refusal):
    """The URL is none of the API's, so the answer has none of the API's headers."""

    name = "not_found"
    status = 404

    def __init__(self) -> None:
        super().__init__("Not found.")


class MethodNotAllowed(Refusal):
    """The endpoint has no such method."""

    status = 405

    def __init__(self, method: str) -> None:
        super().__init__(f'Method "{method}" not allowed.')


class NotAcceptable(Refusal):
    """The client wants another format than there is."""

    status = 406

    def __init__(self) -> None:
        super().__init__("Could not satisfy the request Accept header.")


class LimitReached(Refusal):
    """The workspace has as many objects of the kind as it may have."""

    status = 409

    def __init__(self) -> None:
        super().__init__("Cannot create object because workspace has reached limit.")


class GatewayRefusal(EmulatorError):
    """A carrier's call to the gateway is refused."""

    name = "invalid"


def to_response(error: Exception) -> Response:
    """Return the answer to a request that went wrong."""
    if isinstance(error, Invalid):
        return rendered(error.errors, 400)
    if isinstance(error, GatewayRefusal):
        refusal = {"type": "error", "error": str(error)}
        return json_response({"message": "Error", "data": [refusal]}, 400)
    if isinstance(error, Unauthorized):
        # Only a fault says so, and then the token counts as one that was not accepted.
        context.notes().pop("token_workspace", None)
    status, detail = _told(error)
    if detail is None:
        return Response(CRASHED, status, content_type=HTML)
    response = rendered({"detail": detail}, status)
    if isinstance(error, RateLimited):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


#: Errors of other modules: status, and detail where it is not the error's own text.
_WORDS: Mapping[type[Exception], tuple[int, str | None]] = {
    TooLarge: (413, "Request body too large."),
    UnsupportedMedia: (415, None),
    BadBody: (400, None),
    InvalidCursor: (404, None),
    Unauthorized: (403, "Invalid token"),
    Forbidden: (403, NOT_PERMITTED),
    NotFound: (404, "Not found."),
}


def _told(error: Exception) -> tuple[int, str | None]:
    """Return status and detail; None where the server has nothing to say."""
    match error:
        case Refusal():
            return error.status, error.detail
        case InvalidURN():
            return 400, error.detail
        case RateLimited(retry_after=seconds):
            unit = "second" if seconds == 1 else "seconds"
            return 429, f"Request was throttled. Expected available in {seconds} {unit}."
        case HTTPException(code=int(code)) if code < 500:
            return code, error.description or error.name
    for kind, (status, detail) in _WORDS.items():
        if isinstance(error, kind):
            return status, detail or str(error)
    return 500, None


def rendered(value: Any, status: int = 200) -> Response:
    """Return a value as JSON, or as a page where the client has asked for one."""
    if context.notes().get("is_page", False):
        return Response(page(value), status, content_type=HTML)
    return json_response(value, status)


def page(value: Any) -> str:
    """Return a value as a page for people."""
    endpoint = context.notes().get("endpoint")
    title, usage = ("API", []) if endpoint is None else (endpoint.title, endpoint.usage)
    requests = "".join(f"<li><code>{escape(request)}</code></li>" for request in usage)
    text = json.dumps(value, ensure_ascii=False, indent=4)
    return (
        f"<!DOCTYPE html>\n<html><head><title>{escape(title)}</title></head>"
        f"<body><h1>{escape(title)}</h1><ul>{requests}</ul><pre>{escape(text)}</pre></body></html>\n"
    )
