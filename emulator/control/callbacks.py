"""Callbacks: every event that an endpoint was owed, with its attempts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

import msgspec
from flask import Blueprint, Response

from emulator.core.engine import Closed
from emulator.core.errors import CannotRecord, Conflict, NotFound, Problems
from emulator.core.records import DELIVERIES, ENDPOINTS, Attempt, Delivery
from emulator.core.sandbox import Sandbox
from emulator.core.sending import Parcel, read_url
from emulator.core.signing import signature_of
from emulator.core.triggers import Trigger
from emulator.web.bodies import json_response

from .bodies import Fields, Query, filled_text, json_body, one_of
from .context import IN_SANDBOX, the_sandbox
from .newest import Row, Source, newest_page
from .wire import exact, many

bp = Blueprint("callbacks", __name__, url_prefix=IN_SANDBOX)

_LOOK = 0.05
"""Real seconds between looks at whether the sandbox has ended."""


class Wanted(NamedTuple):
    """The filters of a list of callbacks."""

    provider: str | None
    endpoint: str | None
    event: str | None
    subject: str | None
    state: str | None

    def sources(self, sandbox: Sandbox) -> list[Source]:
        """Return the narrowest partition that holds everything wanted."""
        table = sandbox.deliveries
        if self.subject is not None:
            return [Source("", table, "subject", self.subject)]
        if self.endpoint is not None:
            return [Source("", table, "endpoint", self.endpoint)]
        return [Source("", table, "all", "all")]

    def condition(self) -> Callable[[Row], bool] | None:
        """Return what rows of the source must still meet; None if they all are wanted."""
        narrowed = "subject" if self.subject is not None else "endpoint"
        wanted = {
            field: value
            for field, value in self._asdict().items()
            if value is not None and field != narrowed
        }
        if not wanted:
            return None
        return lambda row: all(getattr(row.record, field) == wanted[field] for field in wanted)


@bp.get("/callbacks")
def list_callbacks(name: str) -> Response:
    """List callbacks, newest first.

    ``dropped`` counts older ones, all of them finished, that are not kept any more.
    """
    sandbox, query = the_sandbox(name), Query()
    wanted = Wanted(
        provider=query.get("provider", one_of(*sandbox.vendors)),
        endpoint=query.get("endpoint", filled_text),
        event=query.get("event", filled_text),
        subject=query.get("subject", filled_text),
        state=query.get("state", one_of("pending", "succeeded", "failed")),
    )
    page = newest_page(
        sandbox,
        query,
        lambda: wanted.sources(sandbox),
        lambda row: show(row.record),
        wanted.condition(),
    )
    return json_response({**page, "dropped": sandbox.dropped["callbacks"]})


@bp.get("/callbacks/<id>")
def get_callback(name: str, id: str) -> Response:
    """Show one callback, and whether its signature is what the endpoint's secret makes of it."""
    Query().check()
    sandbox = the_sandbox(name)
    delivery = _find(sandbox, id)
    return json_response({**show(delivery), "signature": _signature(sandbox, delivery)})


def _signature(sandbox: Sandbox, delivery: Delivery) -> dict[str, Any] | None:
    """Return the header that signs a callback; None if none does, or the endpoint is gone."""
    endpoint = sandbox.store.table(ENDPOINTS).find(delivery.endpoint)
    if endpoint is None:
        return None
    made = signature_of(sandbox, endpoint, delivery)
    if made is None:
        return None
    sent = dict(delivery.headers).get(made.header)
    return {"header": made.header, "value": sent, "is_genuine": sent == made.value}


@bp.post("/callbacks/trigger")
def trigger(name: str) -> Response:
    """Tell of an event about something that exists; it leaves at once.

    Answers with a list of the new callbacks, one for each endpoint that wants the event. Fields
    of ``data`` take the place of those that the event has. Errors: 409 nobody listens, or the
    vendor has no callbacks; 422 no such event or object.
    """
    Query().check()
    sandbox = the_sandbox(name)
    slug, wanted = _read_trigger(Fields(json_body()), sandbox)
    vendor, problems = sandbox.vendors[slug], Problems()
    set_off = vendor.trigger
    if set_off is None:
        raise Conflict(f"{slug} has no events that can be set off")
    made: list[Delivery] = []
    with sandbox.unit():
        sandbox.webhooks.at_once(lambda: made.extend(set_off(sandbox, wanted, problems)))
        problems.check()
        # Events that a vendor's users name are on record there though nobody listens.
        if not made and vendor.events is not None:
            raise Conflict(f"no active endpoint of {slug} wants {wanted.event!r} of this account")
    items = [show(sandbox.deliveries.find(delivery.id) or delivery) for delivery in made]
    return json_response({"items": items, "next": None, "total": len(items)}, 201)


def _read_trigger(fields: Fields, sandbox: Sandbox) -> tuple[str, Trigger]:
    slug = fields.need("provider", one_of(*sandbox.vendors))
    known = sandbox.vendors[slug].events if slug is not None else None
    wanted = Trigger(
        event=fields.need("event", filled_text if known is None else one_of(*sorted(known))) or "",
        about=fields.get("about", filled_text),
        data=fields.get("data", _object) or {},
    )
    fields.check()
    assert slug is not None
    return slug, wanted


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("Must be an object")
    return value


class Edit(NamedTuple):
    """What a redelivery shall change; None is as it was."""

    body: bytes | None
    headers: Mapping[str, str]
    url: str | None


@bp.post("/callbacks/<id>/redeliver")
def redeliver(name: str, id: str) -> Response:
    """Send a callback again, edited or not; answers when the attempt is done.

    Errors: 409 an edited body cannot be signed: the endpoint has been removed; 507 it was sent,
    but the attempt cannot be recorded.
    """
    Query().check()
    sandbox = the_sandbox(name)
    edit = _read_edit(Fields(json_body()))
    with sandbox.store.lock:
        delivery = _find(sandbox, id)
        parcel = _edited(sandbox, delivery, edit)
    tried: SimpleQueue[Delivery | None] = SimpleQueue()
    sandbox.webhooks.redeliver(delivery, parcel, tried.put)
    noted = _wait(sandbox, tried)
    if noted is None:
        raise CannotRecord("the callback was sent, but there is no room to record that")
    return json_response(show(noted))


def _wait(sandbox: Sandbox, tried: SimpleQueue[Delivery | None]) -> Delivery | None:
    while True:
        with suppress(Empty):
            return tried.get(timeout=_LOOK)
        if sandbox.is_closed:
            raise Closed(f"sandbox {sandbox.name} was reset or deleted")


def _read_edit(fields: Fields) -> Edit:
    edit = Edit(
        body=fields.get("body", _bytes),
        headers=fields.get("headers", _headers) or {},
        url=fields.get("url", read_url),
    )
    fields.check()
    return edit


def _bytes(value: Any) -> bytes:
    # Text is sent as it is; an object is meant as the JSON that vendors send.
    return value.encode() if isinstance(value, str) else msgspec.json.encode(value)


def _headers(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        raise ValueError("Must be an object of strings")
    return value


def _edited(sandbox: Sandbox, delivery: Delivery, edit: Edit) -> Parcel:
    body, headers = delivery.body, delivery.headers
    if edit.body is not None and edit.body != body:
        endpoint = sandbox.store.table(ENDPOINTS).find(delivery.endpoint)
        if endpoint is None:
            raise Conflict("the endpoint is gone, and with it the secret to sign another body")
        body = edit.body
        headers = sandbox.vendors[delivery.provider].sign(sandbox, endpoint, delivery.event, body)
    # A signature among the headers given takes the place of the one just made.
    given = {name.lower() for name in edit.headers}
    kept = tuple(header for header in headers if header[0].lower() not in given)
    sent = (*kept, *edit.headers.items())
    return Parcel(edit.url or delivery.url, sent, body, delivery.method)


def _find(sandbox: Sandbox, id: str) -> Delivery:
    delivery = sandbox.store.table(DELIVERIES).find(id)
    if delivery is None:
        raise NotFound(f"no callback {id}")
    return delivery


def show(delivery: Delivery) -> dict[str, Any]:
    """Return a callback as lists show it."""
    return {
        "id": delivery.id,
        "provider": delivery.provider,
        "account": delivery.account,
        "endpoint": delivery.endpoint,
        "event": delivery.event,
        "subject": delivery.subject,
        "url": delivery.url,
        "headers": many(delivery.headers),
        **exact("body", delivery.body),
        "created_at": delivery.created_at,
        "attempts": [_show_attempt(attempt) for attempt in delivery.attempts],
        "state": delivery.state,
    }


def _show_attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "at": attempt.at,
        "status": attempt.status,
        "error": attempt.error,
        "duration_ms": attempt.duration_ms,
        "response": attempt.response,
    }
