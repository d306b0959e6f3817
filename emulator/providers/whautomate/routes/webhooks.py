"""Subscriptions to callbacks."""

from __future__ import annotations

import msgspec
from flask import Blueprint, Response

from emulator.core.records import ENDPOINTS, Endpoint
from emulator.providers.whautomate import webhooks
from emulator.providers.whautomate.answers import WebhookOut
from emulator.providers.whautomate.errors import Missing
from emulator.providers.whautomate.ids import new_id
from emulator.providers.whautomate.records import SLUG
from emulator.providers.whautomate.schemas import WebhookBody, body, read
from emulator.web.bodies import json_response
from emulator.web.context import caller, sandbox
from emulator.web.moments import iso

from .common import done, endpoint, window

bp = Blueprint("webhooks", __name__)
PAGE = "webhooks"


@endpoint(bp, "GET", "/webhooks", "webhooks.list", page=PAGE, gives=list[WebhookOut])
def list_webhooks() -> Response:
    """List the subscriptions, newest first."""
    limit, skip = window()
    found = webhooks.subscriptions(sandbox(), caller().id)[skip : skip + limit]
    return json_response([webhooks.subscription(endpoint) for endpoint in found])


@endpoint(
    bp, "POST", "/webhooks", "webhooks.create", page=PAGE, takes=WebhookBody, gives=WebhookOut
)
def create_webhook() -> Response:
    """Subscribe to events."""
    wanted, found = read(WebhookBody, body()), sandbox()
    now = iso(found.clock.now())
    made = Endpoint(
        id=new_id(found, "webhooks"),
        serial=found.ids.serial("endpoints"),
        provider=SLUG,
        account=caller().id,
        url=wanted["server_url"],
        secret="",
        events=wanted["events"],
        is_active=wanted["active"],
        extra=webhooks.details(wanted["name"], wanted.get("webhook_headers", ()), now, now),
    )
    found.store.table(ENDPOINTS).add(made)
    return json_response(webhooks.subscription(made))


@endpoint(bp, "GET", "/webhooks/<id>", "webhooks.get", page=PAGE, gives=WebhookOut)
def get_webhook(id: str) -> Response:
    """Show a subscription."""
    return json_response(webhooks.subscription(_own(id)))


@endpoint(
    bp,
    "PUT",
    "/webhooks/<id>",
    "webhooks.update",
    page=PAGE,
    takes=WebhookBody(partial=True),
    gives=WebhookOut,
)
def update_webhook(id: str) -> Response:
    """Change the fields given of a subscription; what happened before is told as it was."""
    given, found = body(), sandbox()
    known = _own(id)
    wanted = read(WebhookBody, given, is_partial=True)
    extra = webhooks.details(
        wanted.get("name", known.extra.get(webhooks.NAME, "")),
        wanted.get("webhook_headers", webhooks.headers_of(known)),
        known.extra.get(webhooks.CREATED, ""),
        iso(found.clock.now()),
    )
    changed = msgspec.structs.replace(
        known,
        url=wanted.get("server_url", known.url),
        events=wanted.get("events", known.events),
        is_active=wanted.get("active", known.is_active),
        extra=extra,
    )
    return json_response(webhooks.subscription(found.store.table(ENDPOINTS).put(changed)))


@endpoint(bp, "DELETE", "/webhooks/<id>", "webhooks.delete", page=PAGE)
def delete_webhook(id: str) -> Response:
    """End a subscription; what it is still owed is never sent."""
    sandbox().webhooks.remove(_own(id))
    return done()


def _own(id: str) -> Endpoint:
    known = sandbox().store.table(ENDPOINTS).find(id)
    if known is None or (known.provider, known.account) != (SLUG, caller().id):
        raise Missing("Webhook not found")
    return known
