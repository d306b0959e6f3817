"""The list of contacts: its query, and the page that it asks for."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from typing import NamedTuple

from flask import request

from emulator.core.sandbox import Sandbox

from .errors import BadQuery
from .records import CONTACT_ORDERS, CONTACTS, Contact, Workspace

ASKS = ("limit", "offset", "order_field", "order", "contact_list_uuid")
DIRECTIONS = ("desc", "asc")
DEFAULT_LIMIT, LARGEST_LIMIT = 50, 100
_WHOLE = re.compile(r"[+-]?[0-9]{1,4000}")


class Wanted(NamedTuple):
    """A page of contacts as a client asks for it."""

    limit: int
    offset: int
    order_field: str
    order: str
    contact_list: str | None


class _Query:
    """Reads query parameters, under their names in either case, and notes what is wrong."""

    def __init__(self) -> None:
        self.errors: list[dict[str, str]] = []

    def get(self, name: str) -> str | None:
        first, *others = name.split("_")
        camel = first + "".join(word.capitalize() for word in others)
        value: str | None = request.args.get(name, request.args.get(camel))
        return value

    def number(self, name: str, default: int, least: int, most: int | None = None) -> int:
        text = self.get(name)
        if text is None:
            return default
        if not _WHOLE.fullmatch(text.strip()):
            message = "Input should be a valid integer, unable to parse string as an integer"
            self._note("int_parsing", name, message)
            return default
        number = int(text)
        if number < least:
            message = f"Input should be greater than or equal to {least}"
            self._note("greater_than_equal", name, message)
        elif most is not None and number > most:
            message = f"Input should be less than or equal to {most}"
            self._note("less_than_equal", name, message)
        return number

    def word(self, name: str, words: Sequence[str]) -> str:
        text = self.get(name)
        if text is not None and text not in words:
            *others, last = (f"'{word}'" for word in words)
            self._note("enum", name, f"Input should be {', '.join(others)} or {last}")
        return words[0] if text is None else text

    def _note(self, type_: str, name: str, message: str) -> None:
        self.errors.append({"type": type_, "in": "query", "field": name, "msg": message})


def read_query() -> Wanted:
    """Return what the query asks for.

    :raises BadQuery: parameters are wrong; lists all of them.
    """
    query = _Query()
    wanted = Wanted(
        limit=query.number("limit", DEFAULT_LIMIT, 1, LARGEST_LIMIT),
        offset=query.number("offset", 0, 0),
        order_field=query.word("order_field", CONTACT_ORDERS),
        order=query.word("order", DIRECTIONS),
        contact_list=query.get("contact_list_uuid"),
    )
    if query.errors:
        raise BadQuery(query.errors)
    return wanted


def page(found: Sandbox, workspace: Workspace, wanted: Wanted) -> tuple[list[Contact], int]:
    """Return a page of a workspace's contacts, and how many there are in all."""
    table, order = found.store.table(CONTACTS), wanted.order_field
    partition: Hashable = workspace.id
    if wanted.contact_list is not None:
        partition = (workspace.id, wanted.contact_list.lower())
    total = table.count(order, partition)
    found_page = table.page(
        order,
        partition,
        limit=wanted.limit,
        skip=min(total, wanted.offset),
        is_descending=wanted.order == "desc",
    )
    return found_page.records, total
