"""Lists over one or several tables, newest first, whose pages seek instead of counting."""

from __future__ import annotations

import heapq
import sys
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice, takewhile
from typing import Any, NamedTuple

import msgspec
from flask import Response

from emulator.core.clock import moment_of
from emulator.core.sandbox import Sandbox
from emulator.core.store import Position, Table
from emulator.web.bodies import json_response

from .bodies import Query, text, whole
from .context import control
from .lists import DEFAULT_LIMIT, MOST, bad_cursor, decode_cursor, encode_cursor

CHUNK = 500

Seat = tuple[datetime, str, int]
"""Where a row stands: moment of creation, label of its source, serial."""


class Source(NamedTuple):
    """A partition of a table that is ordered by ``created_at``.

    :param label: the vendor; it decides between vendors where moments are equal.
    """

    label: str
    table: Table[Any]
    order: str
    partition: Hashable


class Row(NamedTuple):
    """A record and the label of where it came from."""

    label: str
    record: Any


def seat_of(row: Row) -> Seat:
    """Return where a row stands in the list."""
    return row.record.created_at, row.label, row.record.serial


def newest(
    sources: Iterable[Source], *, after: Seat | None = None, chunk: int = CHUNK
) -> Iterator[Row]:
    """Yield the rows of all sources, newest first.

    :param after: the seat of the row before the first; it need not exist any more.
    :param chunk: how many records are fetched from a source at a time.
    """
    descents = [_descend(source, after, chunk) for source in sources]
    return heapq.merge(*descents, key=seat_of, reverse=True)


def newest_listing(
    sandbox: Sandbox,
    query: Query,
    sources: Callable[[], Sequence[Source]],
    show: Callable[[Row], Any],
    where: Callable[[Row], bool] | None = None,
    is_later: Callable[[Row], bool] | None = None,
) -> Response:
    """Answer with one page; see :func:`newest_page`."""
    return json_response(newest_page(sandbox, query, sources, show, where, is_later))


def newest_page(
    sandbox: Sandbox,
    query: Query,
    sources: Callable[[], Sequence[Source]],
    show: Callable[[Row], Any],
    where: Callable[[Row], bool] | None = None,
    is_later: Callable[[Row], bool] | None = None,
) -> dict[str, Any]:
    """Return one page. To be called after the filters have been taken from ``query``.

    Without conditions a page and the total cost the same however many rows there are. With some
    the first page looks at all rows to count them, and a later one only at its own, unless
    anything has changed in between.

    :param where: leave out rows for which this is false; it reads nothing but records.
    :param is_later: end the list at the first row for which this is false.
    """
    limit = query.get("limit", whole(1, MOST)) or DEFAULT_LIMIT
    cursor = query.get("cursor", text)
    query.check()
    after, counted = _read_cursor(cursor) if cursor else (None, None)
    with sandbox.store.lock:
        found, edition = sources(), _edition(sandbox)
        if where is None and is_later is None:
            rows = list(islice(newest(found, after=after, chunk=limit + 1), limit + 1))
            total = sum(source.table.count(source.order, source.partition) for source in found)
        elif counted is not None and counted.edition == edition:
            rows = list(islice(_matching(found, where, is_later, after), limit + 1))
            total = counted.total
        else:
            rows, total = _sift(_matching(found, where, is_later), after, limit + 1)
        items = [show(row) for row in rows[:limit]]
    has_more = len(rows) > limit
    following = _cursor(seat_of(rows[limit - 1]), edition, total) if has_more else None
    return {"items": items, "next": following, "total": total}


def _edition(sandbox: Sandbox) -> list[float]:
    # Another server, or this one started anew, counts its editions from the beginning.
    return [control().emulator.started_at, sandbox.store.edition()]


def _matching(
    sources: Iterable[Source],
    where: Callable[[Row], bool] | None,
    is_later: Callable[[Row], bool] | None,
    after: Seat | None = None,
) -> Iterator[Row]:
    return filter(where, takewhile(is_later or _any, newest(sources, after=after)))


def _any(_row: Row) -> bool:
    return True


def _sift(matching: Iterable[Row], after: Seat | None, most: int) -> tuple[list[Row], int]:
    """Return the first rows behind a seat, and how many rows there are in all."""
    rows: list[Row] = []
    total = 0
    for row in matching:
        total += 1
        if len(rows) < most and (after is None or seat_of(row) < after):
            rows.append(row)
    return rows, total


def _descend(source: Source, after: Seat | None, chunk: int) -> Iterator[Row]:
    position = None if after is None else _position(source.label, after)
    while True:
        page = source.table.page(source.order, source.partition, limit=chunk, after=position)
        for record in page.records:
            yield Row(source.label, record)
        if not page.has_more:
            return
        last = page.records[-1]
        position = (last.created_at, last.serial)


def _position(label: str, after: Seat) -> Position:
    moment, last_label, serial = after
    if label == last_label:
        return moment, serial
    # Of one moment, a source with a smaller label comes altogether later, others are through.
    return moment, sys.maxsize if label < last_label else 0


class _Counted(NamedTuple):
    """How many rows met the conditions when a cursor was made.

    :param edition: of all records at that time: with the same ones it is as many.
    """

    edition: list[float]
    total: int


def _cursor(seat: Seat, edition: list[float], total: int) -> str:
    return encode_cursor((*seat, edition, total))


def _read_cursor(cursor: str) -> tuple[Seat, _Counted]:
    shape = tuple[float, str, int, list[float], int]
    try:
        seconds, label, serial, edition, total = msgspec.convert(decode_cursor(cursor), shape)
        return (moment_of(seconds), label, serial), _Counted(edition, total)
    except (msgspec.ValidationError, OverflowError) as error:
        raise bad_cursor() from error
