"""Workspaces, messages and broadcasts as the control API shows them; answers of the API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from emulator.core.packing import opened
from emulator.core.records import ENDPOINTS, Endpoint
from emulator.core.sandbox import Sandbox
from emulator.core.vendor import BroadcastView, MessageView

from . import auth, webhooks
from .answers import BroadcastAnswer, ContactOut, MessageAnswer
from .filling import body_of
from .records import (
    CHANNEL,
    CHANNELS,
    CONTACTS,
    LISTS,
    MEDIA,
    SLUG,
    TEMPLATES,
    Contact,
    ContactList,
    CueBroadcast,
    CueMessage,
    Face,
    FaceShape,
    Template,
    Workspace,
)
from .webhooks import iso


def account(found: Sandbox, workspace: Workspace) -> dict[str, Any]:
    """Return a workspace as fixtures write it."""
    store, id = found.store, workspace.id
    endpoints = store.table(ENDPOINTS).every("account", (SLUG, id))
    return {
        "id": id,
        "name": workspace.name,
        "apiKeys": [
            {"name": key.name, "token": key.token, "active": key.is_active}
            for key in auth.keys_of(found, workspace)
        ],
        "channels": [
            {"uuid": channel.id, "type": channel.type, "identifier": channel.identifier}
            for channel in store.table(CHANNELS).every("account", id)
        ],
        "templates": [_template(one) for one in store.table(TEMPLATES).every("account", id)],
        "contactLists": [_list(found, one) for one in store.table(LISTS).every("account", id)],
        "webhooks": [_webhook(endpoint) for endpoint in endpoints],
    }


def _template(template: Template) -> dict[str, Any]:
    return {
        "name": template.name,
        "locale": template.locale,
        "status": template.status,
        "category": template.category,
        **_face(template.face),
        "cards": [{"index": card.index, **_face(card.face)} for card in template.cards],
    }


def _face(face: Face) -> dict[str, Any]:
    return {
        "header": {"type": face.header.type, "parameters": face.header.parameters},
        "body": {"text": face.body_text, "parameters": face.body_parameters},
        "buttons": [
            {"index": button.index, "type": button.type, "dynamic": button.is_dynamic}
            for button in face.buttons
        ],
    }


def _list(found: Sandbox, contact_list: ContactList) -> dict[str, Any]:
    contacts = found.store.table(CONTACTS)
    return {
        "uuid": contact_list.id,
        "name": contact_list.name,
        "contacts": [contact(contacts.get(id)) for id in contact_list.contacts],
    }


def contact(shown: Contact) -> ContactOut:
    """Return a contact as the list of contacts, and fixtures, show it."""
    return {
        "uuid": shown.id,
        "first_name": shown.first_name,
        "last_name": shown.last_name,
        "phone": shown.phone,
        "email": shown.email,
        "external_contact_id": shown.external_contact_id,
        "custom_fields": dict(shown.custom_fields),
        "created_at": iso(shown.created_at),
        "updated_at": iso(shown.updated_at),
    }


def _webhook(endpoint: Endpoint) -> dict[str, Any]:
    # In the app a webhook has one trigger; an endpoint that has more is shown with none.
    events = endpoint.events
    return {
        "id": endpoint.id,
        "name": endpoint.extra.get("name"),
        "trigger": events[0] if events is not None and len(events) == 1 else None,
        "channelUuid": endpoint.channel,
        "url": endpoint.url,
        "secret": endpoint.secret,
        "active": endpoint.is_active,
    }


def created_broadcast(made: CueBroadcast) -> BroadcastAnswer:
    """Return the answer to the creation of a broadcast; a repeat of it shows what has become."""
    return {
        "broadcast": {
            "uuid": made.id,
            "name": made.name,
            "scheduled_at": iso(made.scheduled_at) if made.scheduled_at else None,
            "status": made.state,
            "created_at": iso(made.created_at),
            "recipients": made.total,
        },
        "warnings": made.warnings,
    }


def created_message(found: Sandbox, made: CueMessage) -> MessageAnswer:
    """Return the answer to a single message."""
    channel = found.store.table(CHANNELS).get(made.sender)
    return {
        "message": {
            "uuid": made.id,
            "to": made.address,
            "from": channel.identifier,
            "status": made.state,
            "client_reference": made.reference,
            "created_at": iso(made.created_at),
        }
    }


def message(found: Sandbox, shown: CueMessage) -> MessageView:
    """Return what Cuedesk's app says of a message."""
    channel = found.store.table(CHANNELS).get(shown.sender)
    is_sent = shown.direction == "out"
    return MessageView(
        status=shown.state,
        statuses=[step.state for step in shown.history],
        text=body_of(shown),
        from_=channel.identifier if is_sent else shown.address,
        to=shown.address if is_sent else channel.identifier,
        contact=_person(found, shown),
        template=shown.template,
        media=list(_media(shown)),
        broadcast=shown.broadcast,
        native=_native(shown) if is_sent else webhooks.inbound(shown, channel),
    )


def _person(found: Sandbox, shown: CueMessage) -> dict[str, str | None] | None:
    known = found.store.table(CONTACTS).one("phone", (shown.account, shown.address))
    if known is not None:
        names = [name for name in (known.first_name, known.last_name) if name]
        return {"id": known.id, "name": " ".join(names) or shown.person}
    return {"id": None, "name": shown.person} if shown.person else None


def _native(shown: CueMessage) -> dict[str, Any]:
    values = iter(opened(shown.values) or ())
    native = {
        "uuid": shown.id,
        "broadcastUuid": shown.broadcast,
        "identifier": shown.address,
        "client_reference": shown.reference,
        "status": shown.state,
        **_filled(shown.shape.face, values),
        "cards": [
            {"index": card.index, **_filled(card.face, values)} for card in shown.shape.cards
        ],
        "error": msgspec.structs.asdict(shown.error) if shown.error else None,
        "transitions": {step.state: iso(step.at) for step in shown.history},
    }
    if shown.content is not None:
        native.update(type=shown.type, content=shown.content)
    return native


def _filled(shape: FaceShape, values: Iterator[str]) -> dict[str, Any]:
    """Return the places of a face with the values that come next."""
    header = shape.header
    shown = None
    if header is not None:
        shown = {"type": header.type, "value": next(values), "filename": header.filename}
    return {
        "header": shown,
        "body": [next(values) for _ in range(shape.body)],
        "buttons": [
            {"index": button.index, "type": button.type, "value": next(values)}
            for button in shape.buttons
        ],
    }


def _media(shown: CueMessage) -> Iterator[str]:
    values = iter(opened(shown.values) or ())
    for face in (shown.shape.face, *(card.face for card in shown.shape.cards)):
        header = _filled(face, values)["header"]
        if header is not None and header["type"] in MEDIA:
            yield header["value"]
    url = shown.content.get("url") if isinstance(shown.content, dict) else None
    if isinstance(url, str):
        yield url


def broadcast(found: Sandbox, shown: CueBroadcast) -> BroadcastView:
    """Return what Cuedesk's app says of a broadcast."""
    end = shown.valid_until
    return BroadcastView(
        status=shown.state,
        channel=CHANNEL,
        name=shown.name,
        total=shown.total,
        counts=shown.counts,
        scheduled_at=shown.scheduled_at,
        native={
            **created_broadcast(shown)["broadcast"],
            "valid_until": iso(end) if end else None,
            "client_unique_identifier": shown.key,
            "template": shown.template,
            "counts": dict(shown.counts),
            "warnings": shown.warnings,
        },
    )
