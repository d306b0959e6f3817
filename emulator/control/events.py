"""What happens, as it happens: server-sent events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec
from flask import Blueprint, Response, request

from emulator.core.errors import Invalid, Problem
from emulator.core.events import CLOCK, REQUEST, SANDBOX, Happening
from emulator.core.records import DELIVERIES
from emulator.core.sandbox import Sandbox
from emulator.core.store import Kind
from emulator.core.vendor import Vendor
from emulator.web.bodies import PIECEMEAL

from . import broadcasts, callbacks, messages, traffic
from .bodies import Query
from .context import IN_SANDBOX, control, the_sandbox
from .streams import Stream, Streams
from .views import clock_view, sandbox_view

bp = Blueprint("events", __name__, url_prefix=IN_SANDBOX)

HEARTBEAT = 10.0
"""Real seconds of silence until a sign of life is sent, which is when a lost client is noticed."""
AT_ONCE = 100
COME_BACK = 1000
COME_BACK_LATER = 15_000

Show = Callable[[str], Any]


@bp.get("/events")
def follow(name: str) -> Response:
    """Tell of requests, messages, broadcasts, callbacks, clock and sandbox as they change.

    Server-sent events: ``event`` names what changed, ``data`` is the thing as its list shows it
    when the event is sent. ``Last-Event-ID`` resumes; without it the stream starts now.
    """
    sandbox = the_sandbox(name)
    Query().check()
    stream = Stream(sandbox)
    position = _position(sandbox)
    shows = _shows(sandbox, request.root_url)
    request.environ[PIECEMEAL] = True
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Response(
        _told(stream, control().streams, position, shows),
        headers=headers,
        content_type="text/event-stream; charset=utf-8",
    )


def _position(sandbox: Sandbox) -> int:
    given = request.headers.get("Last-Event-ID")
    if given is None:
        return sandbox.events.latest
    if not given.isascii() or not given.isdigit() or len(given) > 18:
        message = "The header Last-Event-ID must be the id of an event"
        raise Invalid([Problem(pointer="", message=message)])
    return int(given)


def _told(
    stream: Stream, streams: Streams, position: int, shows: Mapping[str, tuple[str, Show]]
) -> Iterator[bytes]:
    """Yield the text of a stream. No lock is held while the server sends it."""
    events = stream.sandbox.events
    stream.sandbox.visits.enter()
    streams.enter(stream)
    try:
        yield b"retry: %d\n\n" % COME_BACK
        while True:
            news = events.after(position, AT_ONCE)
            position = news.position
            if news.lost:
                yield b": %d events are not kept any more\n\n" % news.lost
            yield from _texts(stream.sandbox, news.happenings, shows)
            # Only now: what happened before the end is told before the end.
            if stream.is_over:
                break
            has_news = events.wait(position, HEARTBEAT, lambda: stream.is_over)
            if not has_news and not stream.is_over:
                yield b": still here\n\n"
        if stream.is_ended:
            yield b"retry: %d\n\n" % COME_BACK_LATER
    finally:
        streams.leave(stream)
        stream.sandbox.visits.leave()


def _texts(
    sandbox: Sandbox, happenings: list[Happening], shows: Mapping[str, tuple[str, Show]]
) -> list[bytes]:
    # Things are shown as they are now, so of several changes of one thing the last is enough.
    latest = {(found.kind, found.subject): found.id for found in happenings}
    parts = []
    with sandbox.store.lock:
        for found in happenings:
            event, show = shows[found.kind]
            shown = None
            if latest[found.kind, found.subject] == found.id:
                shown = show(found.subject)
            if shown is not None:
                data = msgspec.json.encode(shown)
                parts.append(b"id: %d\nevent: %b\ndata: %b\n\n" % (found.id, event.encode(), data))
    return [b"".join(parts)] if parts else []


def _shows(sandbox: Sandbox, root: str) -> dict[str, tuple[str, Show]]:
    """Return for each kind of thing the name of its events, and how one looks; None: it is gone."""
    shows: dict[str, tuple[str, Show]] = {
        REQUEST: ("request", lambda id: _shown(traffic.show, sandbox.journal.find(int(id)))),
        DELIVERIES.name: (
            "callback",
            lambda id: _shown(callbacks.show, sandbox.deliveries.find(id)),
        ),
        CLOCK: ("clock", lambda _: clock_view(sandbox)),
        SANDBOX: ("sandbox", lambda _: sandbox_view(sandbox, root)),
    }
    for vendor in sandbox.vendors.values():
        for event, kind, show in (
            ("message", vendor.messages, messages.show),
            ("broadcast", vendor.broadcasts, broadcasts.show),
        ):
            shows[kind.name] = event, _showing(sandbox, vendor, kind, show)
    return shows


def _shown(show: Callable[[Any], Any], found: Any) -> Any:
    return None if found is None else show(found)


def _showing(sandbox: Sandbox, vendor: Vendor, kind: Kind[Any], show: Callable[..., Any]) -> Show:
    table = sandbox.store.table(kind)
    return lambda id: _shown(lambda found: show(sandbox, vendor, found), table.find(id))
