"""Lists as the control plane gives them: ``{"items", "next", "total"}``."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from flask import Response, request

from emulator.core.clock import moment_of
from emulator.core.errors import Invalid, Problem
from emulator.web.bodies import json_response

from .bodies import Query, text, whole

T = TypeVar("T")
DEFAULT_LIMIT = 100
MOST = 1000
_FIRST = moment_of(0)


def listing(
    query: Query,
    matching: Iterable[T],
    position: Callable[[T], Any],
    show: Callable[[T], Any],
    *,
    is_descending: bool = True,
) -> Response:
    """Answer with one page of a list; see :func:`page_of`."""
    return json_response(page_of(query, matching, position, show, is_descending=is_descending))


def page_of(
    query: Query,
    matching: Iterable[T],
    position: Callable[[T], Any],
    show: Callable[[T], Any],
    *,
    is_descending: bool = True,
) -> dict[str, Any]:
    """Return one page of a list.

    To be called after the filters have been taken from ``query``: whatever else stands in the
    query is refused here.

    :param matching: all that the filters leave, in order.
    :param position: where an item stands in that order: a number, text or moment, or a tuple of
        them. A page goes on behind a position, so nothing is seen twice while items are added.
    """
    limit = query.get("limit", whole(1, MOST)) or DEFAULT_LIMIT
    cursor = query.get("cursor", text)
    query.check()
    after = decode_cursor(cursor) if cursor else None
    shown: list[T] = []
    total, has_more = 0, False
    for item in matching:
        total += 1
        if has_more or (after is not None and not _follows(position(item), after, is_descending)):
            continue
        if len(shown) == limit:
            has_more = True
        else:
            shown.append(item)
    return {
        "items": [show(item) for item in shown],
        "next": encode_cursor(position(shown[-1])) if has_more else None,
        "total": total,
    }


def _follows(position: Any, after: list[Any], is_descending: bool) -> bool:
    plain = _plain(position)
    try:
        return plain < after if is_descending else plain > after
    except TypeError as error:
        raise bad_cursor() from error


def _plain(position: Any) -> list[Any]:
    parts = position if isinstance(position, tuple) else (position,)
    return [
        (part - _FIRST).total_seconds() if isinstance(part, datetime) else part for part in parts
    ]


def encode_cursor(position: Any) -> str:
    """Return the cursor that goes on behind a position in the list being asked for."""
    raw = msgspec.json.encode([_digest(), _plain(position)])
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode_cursor(cursor: str) -> list[Any]:
    """Return the position of a cursor; moments are seconds since 1970.

    :raises Invalid: it is none of this list with these filters.
    """
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        digest, after = msgspec.json.decode(raw, type=tuple[str, list[Any]])
    except (ValueError, msgspec.MsgspecError) as error:
        raise bad_cursor() from error
    if digest != _digest():
        raise bad_cursor()
    return after


def _digest() -> str:
    # A cursor of another list, or of other filters, would leave things out in silence.
    asked = sorted(item for item in request.args.items() if item[0] not in ("limit", "cursor"))
    return hashlib.sha256(msgspec.json.encode([request.path, asked])).hexdigest()[:12]


def bad_cursor() -> Invalid:
    """Return what to raise for a cursor that does not fit."""
    message = "Must be the `next` of an answer to the same call with the same filters"
    return Invalid([Problem(pointer="/cursor", message=message)])
