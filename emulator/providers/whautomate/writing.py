"""Write an account back as a fixture has it, with its broadcasts and messages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from emulator.core.belongings import Belongings
from emulator.core.kinds import by_serial
from emulator.core.sandbox import Sandbox
from emulator.core.store import Kind

from . import account_view, shapes, webhooks, words
from .kinds import (
    APPOINTMENTS,
    BROADCASTS,
    CATEGORIES,
    CLIENTS,
    CONTACTS,
    LESSONS,
    LOCATIONS,
    MESSAGES,
    SEGMENTS,
    SERVICES,
    STAFFS,
)
from .lifecycle import LIFECYCLE
from .records import WhAccount, WhBroadcast, WhMessage

AT_LOCATIONS: tuple[Kind[Any], ...] = (
    CONTACTS,
    CLIENTS,
    SEGMENTS,
    CATEGORIES,
    SERVICES,
    LESSONS,
    APPOINTMENTS,
    BROADCASTS,
)


def write(found: Sandbox, shown: WhAccount, belongings: Belongings) -> dict[str, Any]:
    """Return an account with all that is its own."""
    messages = belongings.of(shown.id, MESSAGES)
    subscribed = webhooks.subscriptions(found, shown.id)
    own = account_view.account(found, shown)
    return {
        **own,
        "locations": [*own["locations"], *_removed(found, shown.id, messages)],
        # Whoever was there first is told first.
        "webhooks": [webhooks.subscription(one) for one in sorted(subscribed, key=by_serial)],
        "broadcasts": [_broadcast(one) for one in belongings.of(shown.id, BROADCASTS)],
        "messages": [_message(found, one) for one in messages],
    }


def _removed(found: Sandbox, account: str, messages: Iterable[WhMessage]) -> list[dict[str, Any]]:
    """Return the locations that are gone and that something still names."""
    locations = found.store.table(LOCATIONS)
    named = chain(_locations_named(found, account), (one.location for one in messages))
    gone = {id for id in named if id and id not in locations}
    return [{"id": id, "title": "Removed", "deleted": True} for id in sorted(gone)]


def _locations_named(found: Sandbox, account: str) -> Iterator[str]:
    for kind in AT_LOCATIONS:
        for record in found.store.table(kind).every("account", account):
            yield from [record.location] if record.location else []
    for segment in found.store.table(SEGMENTS).every("account", account):
        yield from segment.criteria.locations
    for staff in found.store.table(STAFFS).every("account", account):
        yield from staff.locations


def _broadcast(shown: WhBroadcast) -> dict[str, Any]:
    times = {
        "createdAt": shown.created_at,
        "startedAt": shown.started_at,
        "completedAt": shown.completed_at,
    }
    # Drafts that nobody holds back are scheduled as soon as they are complete.
    status = None if shown.state == words.DRAFT and not shown.is_held else shown.state
    whole = {"id": shown.id, "status": status, **shapes.settable(shown), **times}
    return {name: value for name, value in whole.items() if value is not None}


def _parties(found: Sandbox, shown: WhMessage) -> dict[str, Any]:
    """Return whom a message is to, or from: people who are gone by what is known of them."""
    kind: Kind[Any] = CLIENTS if shown.is_client else CONTACTS
    if shown.person is not None and shown.person in found.store.table(kind):
        if shown.is_client:
            return {"contact": shown.contact, "client": shown.person}
        return {"contact": shown.person}
    if shown.contact is not None and shown.broadcast is None:
        return {"contact": shown.contact}
    recipient = {"name": shown.name, "phoneNumber": shown.address}
    return {"contact": shown.contact, "recepient": recipient}


def _message(found: Sandbox, shown: WhMessage) -> dict[str, Any]:
    face = shown.face
    whole = {
        "id": shown.id,
        **_parties(found, shown),
        "location": shown.location,
        "broadcast": shown.broadcast,
        "channel": shown.channel,
        "type": shown.type,
        "isIncoming": shown.direction == "in" or None,
        "text": face.text,
        "headerText": face.header_text,
        "mediaUrl": face.media_url,
        "caption": face.caption,
        "footerText": face.footer,
        "options": list(face.options) or None,
        "errorMessage": shown.error.message if shown.error else None,
        "reply": shown.reply or None,
        "replyToMessage": shown.quoted,
        "sentBy": shown.sender,
        "timestamp": shown.created_at,
        "history": [
            {"status": LIFECYCLE.word(step.state), "at": step.at} for step in shown.history
        ],
    }
    return {name: value for name, value in whole.items() if value is not None}
