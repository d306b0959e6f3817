"""Where a page of a list begins, and the links from one page to the next."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from functools import lru_cache
from urllib.parse import parse_qs, urlencode

import msgspec

from emulator.core.errors import EmulatorError

#: No page begins further behind a position.
MAX_OFFSET = 100_000


class InvalidCursor(EmulatorError):
    """A cursor says nothing that a page could begin at; answered with 404."""

    name = "invalid_cursor"

    def __init__(self) -> None:
        super().__init__("Invalid cursor")


class Cursor(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where a page begins: behind one item, or so many items behind a position.

    :param position: the value that the list is ordered by, as text; None is the list's start.
    :param serial: which of the items with that value it is; None is the last of them.
    :param offset: how many items more come before the page.
    :param reverse: whether the page lies before that place instead of after it.
    """

    position: str | None = None
    serial: int | None = None
    offset: int = 0
    reverse: bool = False


def encode(cursor: Cursor) -> str:
    """Return the text that a client sends back."""
    parts: dict[str, str] = {}
    if cursor.offset:
        parts["o"] = str(cursor.offset)
    if cursor.reverse:
        parts["r"] = "1"
    if cursor.position is not None:
        parts["p"] = cursor.position
    if cursor.serial is not None:
        parts["s"] = str(cursor.serial)
    return base64.b64encode(urlencode(parts).encode("ascii")).decode("ascii")


@lru_cache(maxsize=1024)
def decode(text: str) -> Cursor:
    """Return what a client sent; an empty text is the first page.

    Characters foreign to base64 are skipped, and an offset beyond the largest becomes that.

    :raises InvalidCursor: it is no cursor. Whether the position makes sense is not looked at.
    """
    try:
        parts = parse_qs(base64.b64decode(text.encode("ascii")).decode("ascii"), True)
        offset = int(parts.get("o", ["0"])[0])
        reverse = int(parts.get("r", ["0"])[0]) != 0
        serial = int(parts["s"][0]) if "s" in parts else None
    except ValueError:
        raise InvalidCursor from None
    if offset < 0:
        raise InvalidCursor
    position = parts.get("p", [None])[0]
    return Cursor(position=position, serial=serial, offset=min(offset, MAX_OFFSET), reverse=reverse)


def link(
    address: str, query: Iterable[tuple[str, str]], changes: Mapping[str, str | int | None]
) -> str:
    """Return an address with the query of a request, changed and sorted by name.

    :param address: scheme, host and path, as the client reaches them.
    :param query: all that was asked, repeated and blank values too.
    :param changes: what each name becomes; None takes it out.
    """
    kept = [(name, value) for name, value in query if name not in changes]
    new = [(name, str(value)) for name, value in changes.items() if value is not None]
    # Python's sort keeps the order of a repeated name.
    pairs = sorted(kept + new, key=lambda pair: pair[0])
    return f"{address}?{urlencode(pairs, errors='replace')}" if pairs else address


@lru_cache(maxsize=1024)
def page_link(address: str, query: tuple[tuple[str, str], ...], cursor: Cursor) -> str:
    """Return the address of the page that a cursor stands for."""
    return link(address, query, {"cursor": encode(cursor)})
