"""Bodies in and out: JSON by msgspec, and a limit on size."""

from __future__ import annotations

from collections.abc import Mapping
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
        body = request.get_data(cache=True)
        _check_end(body)
    except RequestEntityTooLarge as error:
        drain(request.environ)
        raise TooLarge("the body is larger than 32 MiB") from error
    except (ClientDisconnected, OSError) as error:
        raise BadBody("the body ended early") from error
    return body


def _check_end(body: bytes) -> None:
    # Of a body in chunks werkzeug takes as much as the limit allows, and says nothing.
    is_cut = len(body) == LIMIT and request.content_length is None
    if is_cut and request.environ["wsgi.input"].read(1):
        raise RequestEntityTooLarge


def drain(environ: Mapping[str, Any]) -> None:
    """Read and drop what is left of a body, so that its sender gets to read the answer."""
    stream, left = environ["wsgi.input"], _left(environ)
    try:
        while left > 0 and (chunk := stream.read(min(left, _CHUNK))):
            left -= len(chunk)
    except OSError:
        return


def _left(environ: Mapping[str, Any]) -> int:
    length = str(environ.get("CONTENT_LENGTH") or "")
    if length.isdecimal():
        return min(int(length), MOST_DRAINED)
    return MOST_DRAINED if environ.get("wsgi.input_terminated") else 0


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
