"""What clients asked: the journal of a sandbox."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import takewhile
from typing import Any, NamedTuple

from flask import Blueprint, Response

from emulator.core.errors import NotFound
from emulator.core.faults import glob_matches
from emulator.core.journal import Exchange
from emulator.core.sandbox import Sandbox
from emulator.web.bodies import json_response

from . import unread
from .bodies import Query, filled_text, flag, one_of, span, whole
from .context import IN_SANDBOX, control, the_sandbox
from .lists import MOST, page_of
from .wire import many, parsed

bp = Blueprint("traffic", __name__, url_prefix=IN_SANDBOX)

DEFAULT_WAIT = 10.0
MOST_WAIT = 30
_NUMBER = re.compile(r"\d{1,9}(\.\d{1,9})?")


class Wanted(NamedTuple):
    """The filters of a list of requests."""

    provider: str | None
    operation: str | None
    method: str | None
    path: str | None
    status: int | None
    is_matched: bool | None
    since: int

    def is_met(self, exchange: Exchange) -> bool:
        """Return whether an entry passes all filters but ``since``."""
        return (
            self.provider in (None, exchange.provider)
            and self.operation in (None, exchange.operation)
            and self.method in (None, exchange.method)
            and self.status in (None, exchange.status)
            and self.is_matched in (None, exchange.is_matched)
            and (self.path is None or glob_matches(self.path, exchange.path))
        )

    def newest(self, sandbox: Sandbox) -> list[Exchange]:
        """Return the entries that pass, newest first."""
        later = takewhile(lambda exchange: exchange.id > self.since, sandbox.journal.newest())
        return [exchange for exchange in later if self.is_met(exchange)]


def _wanted(query: Query, sandbox: Sandbox) -> Wanted:
    return Wanted(
        provider=query.get("provider", one_of(*sandbox.vendors)),
        operation=query.get("operation", _operation),
        method=query.get("method", _method),
        path=query.get("path", filled_text),
        status=query.get("status", whole(100, 599)),
        is_matched=query.get("matched", flag),
        since=query.get("since", whole(0)) or 0,
    )


def _operation(value: Any) -> str:
    apps = control().apps.values()
    known = dict.fromkeys(served.operation.id for app in apps for served in app.served())
    return one_of(*known)(value)


def _method(value: Any) -> str:
    return filled_text(value).upper()


@bp.get("/requests")
def list_requests(name: str) -> Response:
    """List what clients asked, newest first; ``path`` may hold ``*`` and ``?``.

    ``dropped`` counts older ones that are not kept any more. ``bodies=false`` leaves out what was
    sent and answered, which may be large.
    """
    sandbox, query = the_sandbox(name), Query()
    wanted = _wanted(query, sandbox)
    shown = _shown(query)
    page = page_of(query, wanted.newest(sandbox), lambda exchange: exchange.id, shown)
    return json_response({**page, "dropped": sandbox.dropped["requests"]})


@bp.get("/requests/wait")
def wait_for_requests(name: str) -> Response:
    """Answer once so many requests have come since ``since``, or at the time-out.

    Errors: 503 too many wait already: each holds one of the server's threads.
    """
    sandbox, query = the_sandbox(name), Query()
    wanted = _wanted(query, sandbox)
    count = query.get("count", whole(1, MOST)) or 1
    timeout, shown = query.get("timeout", _wait), _shown(query)
    query.check()
    seconds = DEFAULT_WAIT if timeout is None else timeout
    with control().waits.one_more():
        found = sandbox.journal.wait(lambda: wanted.newest(sandbox), count, seconds)
    return json_response({"items": [shown(exchange) for exchange in found[:MOST]]})


def _wait(value: Any) -> float:
    # A query holds text: 5 stands there as "5".
    is_number = isinstance(value, str) and _NUMBER.fullmatch(value)
    seconds = span(float(value) if is_number else value).total_seconds()
    if seconds > MOST_WAIT:
        raise ValueError(f"Must be at most {MOST_WAIT} seconds")
    return seconds


@bp.get("/requests/<int:id>")
def get_request(name: str, id: int) -> Response:
    """Show one request, the fields that nobody read and the nearest operations included."""
    exchange = the_sandbox(name).journal.find(id)
    Query().check()
    if exchange is None:
        raise NotFound(f"no request {id}, or no longer")
    near = [
        {"method": method, "path": path, "operation": operation}
        for method, path, operation in exchange.near
    ]
    app = control().apps[exchange.provider]
    return json_response({**show(exchange), "unread": unread.fields(app, exchange), "near": near})


@bp.delete("/requests")
def clear_requests(name: str) -> Response:
    """Forget all requests."""
    Query().check()
    the_sandbox(name).journal.clear()
    return Response(status=204)


def _shown(query: Query) -> Callable[[Exchange], dict[str, Any]]:
    return _without_bodies if query.get("bodies", flag) is False else show


def show(exchange: Exchange) -> dict[str, Any]:
    """Return an entry of the journal as lists show it."""
    bodies = {**parsed("body", exchange.body), **parsed("response", exchange.response)}
    return {**_without_bodies(exchange), **bodies}


def _without_bodies(exchange: Exchange) -> dict[str, Any]:
    return {
        "id": exchange.id,
        "at": exchange.at,
        "provider": exchange.provider,
        "account": exchange.account,
        "operation": exchange.operation,
        "method": exchange.method,
        "path": exchange.path,
        "query": many(exchange.query),
        "headers": many(exchange.headers),
        "status": exchange.status,
        "duration_ms": exchange.duration_ms,
        "fault": exchange.fault,
        "evidence": exchange.evidence,
        "hint": exchange.hint,
    }
