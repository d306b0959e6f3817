"""The six operations on broadcasts."""

from __future__ import annotations

import msgspec
from flask import Blueprint, Response

from emulator.core.sandbox import Sandbox
from emulator.providers.whautomate import broadcasts, shapes, targets, words
from emulator.providers.whautomate.answers import BroadcastOut, LogOut
from emulator.providers.whautomate.errors import Refused
from emulator.providers.whautomate.ids import new_id
from emulator.providers.whautomate.kinds import BROADCASTS, MESSAGES
from emulator.providers.whautomate.lookups import own
from emulator.providers.whautomate.records import WhBroadcast
from emulator.providers.whautomate.schemas import BroadcastBody, body, status_word
from emulator.web.bodies import json_response
from emulator.web.context import caller, sandbox

from .common import SPAN, done, endpoint, every, field_test, listing, span_test, text_test

bp = Blueprint("broadcasts", __name__)
PAGE = "broadcasts"


def _show(_found: Sandbox, broadcast: WhBroadcast) -> BroadcastOut:
    return shapes.broadcast(broadcast)


@endpoint(
    bp,
    "GET",
    "/broadcasts",
    "broadcasts.list",
    page=PAGE,
    gives=list[BroadcastOut],
    asks=(*SPAN, "locationId", "searchText"),
)
def list_broadcasts() -> Response:
    """List broadcasts, newest first."""
    where = every(
        field_test("locationId", "location"),
        span_test(lambda broadcast: broadcast.scheduled_at or broadcast.created_at),
        text_test(lambda broadcast: broadcast.name),
    )
    return listing(sandbox().store.table(BROADCASTS), _show, where)


@endpoint(
    bp,
    "POST",
    "/broadcasts",
    "broadcasts.create",
    page=PAGE,
    takes=BroadcastBody,
    gives=BroadcastOut,
)
def create_broadcast() -> Response:
    """Make a broadcast: scheduled if it has everything, else a draft."""
    given, found = body(), sandbox()
    wanted = targets.read(given, None)
    now = found.clock.now()
    broadcast = WhBroadcast(
        id=new_id(found, BROADCASTS),
        serial=found.ids.serial(BROADCASTS.name),
        account=caller().id,
        state=words.DRAFT,
        created_at=now,
        is_held=status_word(given.get("status")) == words.DRAFT,
        **wanted,
    )
    return json_response(shapes.broadcast(broadcasts.arrange(found, broadcast)))


@endpoint(bp, "GET", "/broadcasts/<id>", "broadcasts.get", page=PAGE, gives=BroadcastOut)
def get_broadcast(id: str) -> Response:
    """Show a broadcast with its counters."""
    return json_response(shapes.broadcast(own(BROADCASTS, id, "Broadcast")))


@endpoint(
    bp,
    "PUT",
    "/broadcasts/<id>",
    "broadcasts.update",
    page=PAGE,
    takes=BroadcastBody,
    gives=BroadcastOut,
)
def update_broadcast(id: str) -> Response:
    """Change a broadcast that has not been picked up yet."""
    given, found = body(), sandbox()
    known = own(BROADCASTS, id, "Broadcast")
    wanted = targets.read(given, known)
    if known.state not in (words.DRAFT, words.SCHEDULED):
        raise Refused("Broadcast can no longer be updated")
    is_held = {words.DRAFT: True, words.SCHEDULED: False}.get(
        status_word(given.get("status")), known.is_held
    )
    changed = msgspec.structs.replace(known, is_held=is_held, **wanted)
    return json_response(shapes.broadcast(broadcasts.arrange(found, changed)))


@endpoint(bp, "DELETE", "/broadcasts/<id>", "broadcasts.delete", page=PAGE)
def delete_broadcast(id: str) -> Response:
    """Delete a broadcast with its logs, unless it is under way."""
    known = own(BROADCASTS, id, "Broadcast")
    if known.state == words.IN_PROGRESS:
        raise Refused("Broadcast is in progress and cannot be deleted")
    broadcasts.delete(sandbox(), known)
    return done()


@endpoint(bp, "GET", "/broadcasts/<id>/logs", "broadcasts.logs", page=PAGE, gives=list[LogOut])
def list_logs(id: str) -> Response:
    """List the recipients that have been processed, in that order."""
    known = own(BROADCASTS, id, "Broadcast")
    return listing(
        sandbox().store.table(MESSAGES),
        shapes.log,
        order="log",
        partition=known.id,
        is_descending=False,
        beside=known.name,
    )
