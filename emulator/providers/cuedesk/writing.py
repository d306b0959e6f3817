"""Write a workspace back as a fixture has it, with its broadcasts and messages."""

from __future__ import annotations

from typing import Any

from emulator.core.belongings import Belongings
from emulator.core.sandbox import Sandbox

from . import views
from .filling import body_of
from .records import (
    BROADCASTS,
    CONTACTS,
    LISTS,
    MESSAGES,
    Contact,
    ContactList,
    CueBroadcast,
    CueMessage,
    Workspace,
)


def write(found: Sandbox, workspace: Workspace, belongings: Belongings) -> dict[str, Any]:
    """Return a workspace with all that is its own."""
    own = workspace.id
    return {
        **views.account(found, workspace),
        "contactLists": [
            _list(found, one) for one in found.store.table(LISTS).every("account", own)
        ],
        "broadcasts": [_broadcast(one) for one in belongings.of(own, BROADCASTS)],
        "messages": [_message(found, one) for one in belongings.of(own, MESSAGES)],
    }


def _list(found: Sandbox, listed: ContactList) -> dict[str, Any]:
    contacts = found.store.table(CONTACTS)
    members = [_contact(contacts.get(id)) for id in listed.contacts]
    return {"uuid": listed.id, "name": listed.name, "contacts": members}


def _contact(contact: Contact) -> dict[str, Any]:
    # The list of contacts shows no parts of seconds, by which it is in order all the same.
    times = {"created_at": contact.created_at, "updated_at": contact.updated_at}
    return {**views.contact(contact), **times}


def _broadcast(broadcast: CueBroadcast) -> dict[str, Any]:
    shown = {
        "uuid": broadcast.id,
        "name": broadcast.name,
        "channel": broadcast.sender,
        "template": broadcast.template,
        "status": broadcast.state,
        "client_unique_identifier": broadcast.key,
        "scheduled_at": broadcast.scheduled_at,
        "valid_until": broadcast.valid_until,
        "created_at": broadcast.created_at,
    }
    return {name: value for name, value in shown.items() if value is not None}


def _message(found: Sandbox, message: CueMessage) -> dict[str, Any]:
    native = views.message(found, message).native if message.direction == "out" else {}
    error = message.error
    shown = {
        "uuid": message.id,
        "broadcastUuid": message.broadcast,
        "channel": message.sender,
        "identifier": message.address,
        "client_reference": message.reference,
        "direction": message.direction,
        "template": message.template,
        "text": body_of(message),
        "header": native.get("header"),
        "body": native.get("body") or None,
        "buttons": native.get("buttons") or None,
        "cards": native.get("cards") or None,
        "type": message.type,
        "content": message.content,
        "name": message.person,
        "session": message.session,
        "error": {"code": error.code, "message": error.message} if error else None,
        "history": [{"status": step.state, "at": step.at} for step in message.history],
    }
    return {name: value for name, value in shown.items() if value is not None}
