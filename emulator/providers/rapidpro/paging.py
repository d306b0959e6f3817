"""Lists in pages: 250 objects each behind a cursor, or archives by offset.

A cursor names the last object of a page by its position and its serial number, so pages neither
lose nor repeat objects with equal positions, and none costs more than another. Positions alone
and offsets, as servers write them, are read as well.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple, TypedDict, TypeVar, Unpack

from flask import Response, request

from emulator.core.store import Kind, Page, Position, Record
from emulator.web.bodies import json_response
from emulator.web.context import exchange
from emulator.web.texts import Shown

from . import filters
from .answers import CountedPage
from .answers import Page as PageOut
from .context import our_own, table
from .cursors import Cursor, InvalidCursor, decode, link, page_link
from .lookups import as_integer
from .values import format_moment, parse_moment

R = TypeVar("R", bound=Record)
Show = Callable[[R], Shown]
ShowAll = Callable[[list[R]], Sequence[Shown]]

SIZE: Final = 250


class Positions(NamedTuple):
    """How the positions of a list are written in a cursor, and read back."""

    write: Callable[[Any], str]
    read: Callable[[str], Any]


MOMENTS: Final = Positions(format_moment, parse_moment)
CODES: Final = Positions(lambda code: code.decode(), lambda text: text.encode())


class Options(TypedDict, total=False):
    """What is said about a list besides what it lists."""

    #: Leave out what this is false for. It may look at many objects, so rather choose a
    #: partition that has few.
    where: Callable[[Any], bool] | None
    #: Leave out smaller positions.
    low: Any
    #: Leave out greater positions.
    high: Any
    #: Are ``before`` and ``after`` about the positions of this order?
    is_timed: bool
    #: Are the greatest positions first, as they nearly always are?
    is_descending: bool
    positions: Positions


def page(
    kind: Kind[R],
    order: str,
    partition: tuple[Any, ...],
    show: Show[R],
    **options: Unpack[Options],
) -> Response:
    """Return the page of a list that the request asks for.

    Lists by time of change obey ``reverse``.
    """
    return page_at_once(kind, order, partition, _each(show), **options)


def page_at_once(
    kind: Kind[R],
    order: str,
    partition: tuple[Any, ...],
    show_all: ShowAll[R],
    **options: Unpack[Options],
) -> Response:
    """Return a page as :func:`page` does, whose objects are shown all together."""
    cursor = asked_cursor()
    low, high = options.get("low"), options.get("high")
    if options.get("is_timed"):
        period = filters.period()
        if period is None:
            return empty()
        low, high = period
    positions = options.get("positions", MOMENTS)
    is_turned = order == "modified" and filters.flag("reverse")
    is_descending = (options.get("is_descending", True) != is_turned) != cursor.reverse
    found = table(kind).page(
        order,
        partition,
        limit=SIZE + cursor.offset,
        after=_seat(cursor, positions, is_descending),
        is_descending=is_descending,
        low=low,
        high=high,
        where=options.get("where"),
    )
    position = kind.orders[order].position
    return _answer(
        found,
        cursor,
        show_all,
        lambda record: (positions.write(position(record)), record.serial),
    )


def few(records: Iterable[R | None], show: Show[R]) -> Response:
    """Return a list of so few objects that they are one page; None is left out."""
    asked_cursor()
    return envelope(None, None, [show(record) for record in records if record is not None])


def empty() -> Response:
    """Return a list of nothing."""
    return few((), dict)


def by_offset(
    kind: Kind[R],
    order: str,
    partition: tuple[Any, ...],
    show: Show[R],
    where: Callable[[R], bool] | None = None,
) -> Response:
    """Return the page of a list, newest first, that ``limit`` and ``offset`` ask for."""
    records = table(kind).every(order, partition)[::-1]
    if where is not None:
        records = [record for record in records if where(record)]
    limit, offset = _natural("limit") or SIZE, _natural("offset")
    count = len(records)
    body: CountedPage[Shown] = {
        "count": count,
        "next": _offset_link(limit, offset + limit) if offset + limit < count else None,
        "previous": _offset_link(limit, max(0, offset - limit)) if offset > 0 else None,
        "results": [show(record) for record in records[offset : offset + limit]],
    }
    return json_response(body)


def _each(show: Show[R]) -> ShowAll[R]:
    return lambda records: [show(record) for record in records]


def envelope(following: str | None, previous: str | None, results: Sequence[Shown]) -> Response:
    """Return a page as it is answered."""
    body: PageOut[Shown] = {"next": following, "previous": previous, "results": list(results)}
    return json_response(body)


def origin() -> str:
    """Return scheme, host and prefix as the client reaches this server."""
    is_secure = request.headers.get("X-Forwarded-Proto", request.scheme) == "https"
    return f"http{'s' if is_secure else ''}://{request.host}{request.script_root}"


def asked_cursor() -> Cursor:
    """Return where the page begins that the request asks for.

    :raises InvalidCursor: that is no cursor.
    """
    return decode(filters.last("cursor") or "")


def _seat(cursor: Cursor, positions: Positions, is_descending: bool) -> Position | None:
    if cursor.position is None:
        return None
    position = positions.read(cursor.position)
    if position is None:
        with our_own():
            raise InvalidCursor
    if cursor.serial is not None:
        return position, cursor.serial
    # A position alone is passed with everything that has it.
    beyond: Any = -1 if is_descending else math.inf
    return position, beyond


def _answer(
    found: Page[R], cursor: Cursor, show_all: ShowAll[R], seat: Callable[[R], tuple[str, int]]
) -> Response:
    records = found.records[cursor.offset :]
    came_from = cursor.position is not None or cursor.offset > 0
    has_next, has_previous = found.has_more, came_from
    if cursor.reverse:
        records.reverse()
        has_next, has_previous = came_from, found.has_more
    return envelope(
        _link(records[-1:], seat, is_back=False) if has_next else None,
        _link(records[:1], seat, is_back=True) if has_previous else None,
        show_all(records),
    )


def _link(edge: list[R], seat: Callable[[R], tuple[str, int]], *, is_back: bool) -> str:
    cursor = Cursor(reverse=is_back)
    if edge:
        position, serial = seat(edge[0])
        cursor = Cursor(position=position, serial=serial, reverse=is_back)
    return page_link(origin() + request.path, tuple(exchange().query), cursor)


def _natural(name: str) -> int:
    number = as_integer(filters.last(name) or "")
    return max(0, number or 0)


def _offset_link(limit: int, offset: int) -> str:
    return link(
        origin() + request.path,
        request.args.items(multi=True),
        {"limit": limit, "offset": offset or None},
    )
