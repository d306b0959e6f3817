"""What the endpoints of all resources have in common."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeVar

from flask import Blueprint, Response, request

from emulator.core.sandbox import Sandbox
from emulator.core.store import Record, Table
from emulator.providers.whautomate import schemas
from emulator.providers.whautomate.answers import Done
from emulator.providers.whautomate.checks import Flaw, bound
from emulator.providers.whautomate.errors import Refused
from emulator.web.bodies import json_response
from emulator.web.context import caller, sandbox
from emulator.web.operations import Evidence, operation
from emulator.web.texts import Texts

R = TypeVar("R", bound=Record)
View = TypeVar("View", bound=Callable[..., Any])

GUIDE: Final = "https://help.whautomate.com/product-guides/whautomate-rest-api"
CONNECTORS: Final = "public connectors (Pipedream, MindCloud, Metorial, Composio)"
READ_ON: Final = "2026-11-21"
DEFAULT_LIMIT, MOST = 100, 1000
PAGING: Final = ("limit", "page")
SPAN: Final = ("startDate", "endDate")

_TEXTS: Final = Texts[Any]()


def endpoint(
    blueprint: Blueprint,
    method: str,
    path: str,
    id: str,
    *,
    page: str | None = None,
    **about: Any,
) -> Callable[[View], View]:
    """Serve a path below ``/v1``.

    :param page: of the vendor's guide; None: only public connectors tell of it.
    :param about: what the body takes, the query asks and the answer gives; deletions all answer
        the same, and every list is asked for in pages.
    """
    evidence: Evidence = "documented" if page else "observed"
    if method == "DELETE":
        about["gives"] = Done
    elif id.endswith((".list", ".logs")):
        about["asks"] = (*PAGING, *about.get("asks", ()))
    source = f"{GUIDE}/{page}" if page else CONNECTORS

    def mark(view: View) -> View:
        marked = operation(id, source=source, read_on=READ_ON, evidence=evidence, **about)(view)
        rule = blueprint.route(f"/v1{path}", methods=[method], provide_automatic_options=False)
        return rule(marked)

    return mark


def whole_number(name: str, default: int) -> int:
    """Return a number of the query; what is none, or below 1, counts as the default."""
    given = request.args.get(name, "").strip()
    if not (given.isascii() and given.isdigit()):
        return default
    # So many digits of a longer number are more than there can be of anything.
    return int(given.lstrip("0")[:15] or 0) or default


def window() -> tuple[int, int]:
    """Return how many records are wanted, and how many to leave out before them."""
    limit = min(whole_number("limit", DEFAULT_LIMIT), MOST)
    return limit, (whole_number("page", 1) - 1) * limit


def asked(name: str) -> str | None:
    """Return a filter of the query, None if it is absent or blank."""
    return request.args.get(name, "").strip() or None


def moment_asked(name: str) -> datetime | None:
    """Return one end of a span of the query, None if it is absent or blank.

    :raises Refused: it is no date.
    """
    given = asked(name)
    try:
        return bound(given, is_end=name == "endDate") if given else None
    except Flaw as flaw:
        raise Refused(*flaw.of(name)) from flaw


def span_test(moment: Callable[[Any], datetime]) -> Callable[[Any], bool] | None:
    """Return a test of ``startDate`` and ``endDate``, None if neither is given."""
    start, end = moment_asked("startDate"), moment_asked("endDate")
    if start is None and end is None:
        return None
    return lambda record: (
        (start is None or start <= moment(record)) and (end is None or moment(record) <= end)
    )


def text_test(text: Callable[[Any], str]) -> Callable[[Any], bool] | None:
    """Return a test of ``searchText`` on one text, None if it is not given."""
    wanted = (asked("searchText") or "").lower()
    return (lambda record: wanted in text(record).lower()) if wanted else None


def field_test(name: str, field: str) -> Callable[[Any], bool] | None:
    """Return a test of a query parameter on a field, None if it is not given."""
    wanted = asked(name)
    return (lambda record: getattr(record, field) == wanted) if wanted else None


def every(*tests: Callable[[Any], bool] | None) -> Callable[[Any], bool] | None:
    """Return one test for all; None where there is none."""
    given = [test for test in tests if test is not None]
    if not given:
        return None
    return given[0] if len(given) == 1 else lambda record: all(test(record) for test in given)


def listing(  # noqa: PLR0913 - what there is to say of a list, each by its name
    table: Table[R],
    show: Callable[[Sandbox, R], Any],
    where: Callable[[R], bool] | None = None,
    *,
    order: str = "account",
    partition: Hashable = None,
    is_descending: bool = True,
    beside: object = None,
) -> Response:
    """Return one page of a list: a bare array.

    :param partition: the caller's account if absent.
    :param beside: all that texts follow from besides their records, so that those of unchanged
        records can be kept; None: they are not kept.
    """
    found = sandbox()
    limit, skip = window()
    page = table.page(
        order,
        caller().id if partition is None else partition,
        limit=limit,
        skip=skip,
        where=where,
        is_descending=is_descending,
    )
    if beside is None:
        return json_response([show(found, record) for record in page.records])
    return json_response(_TEXTS.show_all(page.records, partial(show, found), (show, beside)))


def done() -> Response:
    """Return what deletions answer."""
    answer: Done = {"success": True}
    return json_response(answer)


def body_of(kind: type[schemas.Body], *, is_partial: bool = False) -> dict[str, Any]:
    """Return the fields of the request's body."""
    return schemas.read(kind, schemas.body(), is_partial=is_partial)
