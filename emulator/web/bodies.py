"""Bodies in and out: JSON by msgspec, and a limit on size."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import msgspec
from flask import Response, request

from emulator.core.errors import BadBody, TooLarge
from emulator.core.nesting import TOO_DEEP, is_too_deep

MIB = 1024 * 1024
LIMIT = 32 * MIB
MOST_DRAINED = 1024 * MIB
EARLY_END = "the body ended early"
BODY = "emulator.body"
PIECEMEAL = "emulator.is_piecemeal"
"""Set in the WSGI environment where the server is to ask for the answer piece by piece."""
GZIP = b"\x1f\x8b"
MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CHUNK = MIB


def read_body(limit: int = LIMIT) -> bytes:
    """Return the body of the request that is being answered; see :func:`body_of`."""
    return body_of(request.environ, limit)


def body_of(environ: dict[str, Any], limit: int = LIMIT) -> bytes:
    """Return a request's body, given its WSGI environment.

    :param limit: how long it may be; counts for whoever reads it first.
    :raises TooLarge: it is longer than that. The rest is read and dropped first, because
        a server that closes a connection with unread bytes takes its answer away.
    :raises BadBody: it ended before it was complete.
    """
    known: bytes | None = environ.get(BODY)
    if known is not None:
        return known
    body = environ[BODY] = _read(environ, limit)
    # Flask reads forms from there.
    environ["wsgi.input"] = BytesIO(body)
    return body


def _read(environ: Mapping[str, Any], limit: int) -> bytes:
    length = str(environ.get("CONTENT_LENGTH") or "")
    wanted = int(length) if length.isdecimal() else None
    if wanted is None and not _comes_in_chunks(environ):
        return b""
    if wanted is not None and wanted > limit:
        raise _too_large(environ, limit)
    body = _read_up_to(environ["wsgi.input"], limit + 1 if wanted is None else wanted)
    if len(body) > limit:
        raise _too_large(environ, limit)
    if wanted is not None and len(body) < wanted:
        raise BadBody(EARLY_END)
    return body


def _too_large(environ: Mapping[str, Any], limit: int) -> TooLarge:
    drain(environ)
    return TooLarge(f"the body is larger than {limit // MIB} MiB")


def _comes_in_chunks(environ: Mapping[str, Any]) -> bool:
    # HTTP/1.1 names chunks in the head; HTTP/2 says nothing, and the server knows the end.
    if environ.get("SERVER_PROTOCOL") == "HTTP/1.1" and "HTTP_TRANSFER_ENCODING" not in environ:
        return False
    return bool(environ.get("wsgi.input_terminated"))


def _read_up_to(stream: Any, most: int) -> bytes:
    parts: list[bytes] = []
    try:
        while most > 0 and (part := stream.read(most)):
            parts.append(part)
            most -= len(part)
    except OSError as error:
        raise BadBody(EARLY_END) from error
    return parts[0] if len(parts) == 1 else b"".join(parts)


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


def unread_because(raw: bytes, encoding: str = "") -> str | None:
    """Return why a text cannot be JSON whatever stands in it, None if nothing speaks against it.

    :param encoding: what the request's ``Content-Encoding`` says.
    """
    if encoding.strip().lower() not in ("", "identity") or raw.startswith(GZIP):
        return f"the body is compressed ({encoding[:40] or 'gzip'}); it is read as it comes"
    if raw.startswith(MARKS):
        return "the body begins with a byte order mark; JSON is sent in UTF-8 without one"
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return f"the body is not UTF-8: byte {error.start} is 0x{raw[error.start]:02x}"
    return None


def parse_json(raw: bytes) -> Any:
    """Return the value of a JSON text.

    :raises BadBody: it is no JSON: NaN, lone surrogates, bad UTF-8, numbers and nesting
        beyond reason included.
    """
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeError, ValueError) as error:
        raise BadBody(f"not JSON: {unread_because(raw) or error}") from error
    if is_too_deep(value, raw):
        raise BadBody(f"not JSON: {TOO_DEEP}")
    return value


def json_response(
    value: Any, status: int = 200, *, content_type: str = "application/json"
) -> Response:
    """Return a response with a value as compact JSON in UTF-8."""
    return Response(msgspec.json.encode(value), status, content_type=content_type)
