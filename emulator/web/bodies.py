"""Bodies in and out: JSON by msgspec, and a limit on size."""

from __future__ import annotations

from typing import Any

import msgspec
from flask import Response, request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from emulator.core.errors import BadBody, TooLarge

LIMIT = 32 * 1024 * 1024
MOST_DRAINED = 1024 * 1024 * 1024
_CHUNK = 1024 * 1024


def read_body() -> bytes:
    """Return the request's body.

    :raises TooLarge: it is longer than 32 MiB. The rest is read and dropped first, because
        a server that closes a connection with unread bytes takes its answer away.
    """
    try:
        return request.get_data(cache=True)
    except RequestEntityTooLarge as error:
        _drain()
        raise TooLarge("the body is larger than 32 MiB") from error
    except (ClientDisconnected, OSError) as error:
        raise BadBody("the body ended early") from error


def _drain() -> None:
    stream, left = request.environ["wsgi.input"], MOST_DRAINED
    try:
        while left > 0 and (chunk := stream.read(_CHUNK)):
            left -= len(chunk)
    except OSError:
        return


def parse_json(raw: bytes) -> Any:
    """Return the value of a JSON text.

    :raises BadBody: it is no JSON: NaN, lone surrogates, bad UTF-8, numbers and nesting
        beyond reason included.
    """
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeError, ValueError) as error:
        raise BadBody(f"not JSON: {error}") from error


def json_response(
    value: Any, status: int = 200, *, content_type: str = "application/json"
) -> Response:
    """Return a response with a value as compact JSON in UTF-8."""
    return Response(msgspec.json.encode(value), status, content_type=content_type)
