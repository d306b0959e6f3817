"""Callbacks: their envelopes, subscribers and retries. Nothing is signed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from emulator.core.listeners import Listeners
from emulator.core.records import ENDPOINTS, Delivery, Endpoint
from emulator.core.sandbox import Sandbox
from emulator.core.webhooks import RetryPolicy
from emulator.web.moments import iso

from . import shapes, words
from .answers import WebhookOut
from .ids import new_id
from .kinds import MESSAGES
from .records import SLUG, Client, Contact, WhMessage

EVENTS = frozenset(words.EVENTS)
# Assumed: the vendor says nothing about callbacks that fail.
RETRY = RetryPolicy(waits=(5, 30, 120))
JSON = ("Content-Type", "application/json")

NAME, HEADERS, CREATED, UPDATED = "name", "headers", "created_at", "updated_at"


def retry(found: Sandbox, delivery: Delivery) -> RetryPolicy:
    """Return when failed callbacks are tried again."""
    return RETRY


def sign(
    found: Sandbox, endpoint: Endpoint, event: str, body: bytes
) -> tuple[tuple[str, str], ...]:
    """Return the headers of a callback: those that the subscriber asked for."""
    own = headers_of(endpoint)
    is_typed = any(name.lower() == "content-type" for name, _ in own)
    return tuple(own) if is_typed else (JSON, *own)


def told_of(found: Sandbox, delivery: Delivery) -> str:
    """Return whom a callback is about: that a contact was made is told before what it was sent."""
    message = found.store.table(MESSAGES).find(delivery.subject)
    return (message.contact if message else None) or delivery.subject


def headers_of(endpoint: Endpoint) -> list[tuple[str, str]]:
    """Return the headers that a subscriber asked for."""
    written = endpoint.extra.get(HEADERS)
    return msgspec.json.decode(written, type=list[tuple[str, str]]) if written else []


def details(
    name: str, headers: Sequence[tuple[str, str]], created_at: str, updated_at: str
) -> dict[str, str]:
    """Return what a subscription has besides what all endpoints have."""
    written = msgspec.json.encode(headers).decode()
    return {NAME: name, HEADERS: written, CREATED: created_at, UPDATED: updated_at}


def complete(found: Sandbox, endpoint: Endpoint) -> Endpoint:
    """Give an endpoint that a tester made what subscriptions have."""
    now = iso(found.clock.now())
    more = {**details("Endpoint", (), now, now), **endpoint.extra}
    return msgspec.structs.replace(endpoint, extra=more)


def subscription(shown: Endpoint) -> WebhookOut:
    """Return a subscription as the API shows it."""
    return {
        "id": shown.id,
        "name": shown.extra.get(NAME, ""),
        "active": shown.is_active,
        "serverUrl": shown.url,
        "webhookHeaders": [{"key": key, "value": value} for key, value in headers_of(shown)],
        "events": list(words.EVENTS if shown.events is None else shown.events),
        "createdAt": shown.extra.get(CREATED, ""),
        "updatedAt": shown.extra.get(UPDATED, ""),
    }


def subscriptions(found: Sandbox, account: str) -> list[Endpoint]:
    """Return the subscriptions of an account, newest first, of one moment by id."""
    return newest(found.store.table(ENDPOINTS).every("account", (SLUG, account)))


def newest(own: Iterable[Endpoint]) -> list[Endpoint]:
    """Return subscriptions, newest first, of one moment by id."""
    by_id = sorted(own, key=lambda endpoint: endpoint.id)
    return sorted(by_id, key=lambda endpoint: endpoint.extra.get(CREATED, ""), reverse=True)


class Teller:
    """Tells subscribers of many events that happen at one moment."""

    def __init__(self, found: Sandbox) -> None:
        self._found = found
        self._listeners = Listeners(found, found.vendor(SLUG))
        self._has_strings = bool(found.settings[SLUG]["string_values"])

    def of_sent(self, messages: Iterable[WhMessage]) -> None:
        """Tell of messages that have just gone out."""
        for message in messages:
            event = f"outgoing_{message.channel}_message"
            if self._listeners.of(message.account, event):
                shown = {**shapes.message(message), "status": "sent"}
                self.tell(message.account, event, "message", shown)

    def of_received(self, message: WhMessage) -> None:
        """Tell of a message from a person."""
        event = f"incoming_{message.channel}_message"
        self.tell(message.account, event, "message", shapes.message(message))

    def of_person(self, what: str, person: Contact | Client, **more: Sequence[str]) -> None:
        """Tell of a contact or client: ``created``, ``tag_added`` or ``tag_removed``.

        :param more: the tags that were added or removed.
        """
        name = "contact" if isinstance(person, Contact) else "client"
        event = f"{name}_{what}"
        if self._listeners.of(person.account, event):
            self.tell(person.account, event, name, {**person_shown(self._found, person), **more})

    def tell(self, account: str, event: str, name: str, shown: Mapping[str, Any]) -> list[Delivery]:
        """Owe an event to its subscribers.

        Who asked for updates of appointments in general gets them under that name.

        :param name: of the subject in the envelope.
        """
        endpoints = self._listeners.of(account, event)
        owed = self._owe(endpoints, event, name, shown)
        if name == "appointment" and event != words.ANY_APPOINTMENT_EVENT:
            told = {endpoint.id for endpoint in endpoints}
            general = self._listeners.of(account, words.ANY_APPOINTMENT_EVENT)
            others = [endpoint for endpoint in general if endpoint.id not in told]
            owed += self._owe(others, words.ANY_APPOINTMENT_EVENT, name, shown)
        return owed

    def _owe(
        self, endpoints: Sequence[Endpoint], event: str, name: str, shown: Mapping[str, Any]
    ) -> list[Delivery]:
        if not endpoints:
            return []
        told = _in_strings(name, shown) if self._has_strings else shown
        head = {
            "id": new_id(self._found, "events"),
            "type": event,
            "timeStamp": iso(self._found.clock.now()),
            "key": shown["id"],
        }
        body = msgspec.json.encode({"event": head, name: told})
        return self._listeners.owe(endpoints, event, str(shown["id"]), body)


def person_shown(found: Sandbox, person: Contact | Client) -> dict[str, Any]:
    """Return a contact or client as callbacks show it."""
    if isinstance(person, Contact):
        shown: Any = shapes.contact(found, person)
        told = {name: shown[name] for name in CONTACT_ORDER} | dict(person.handles)
        return {**told, "channel": person.channel.capitalize()}
    of_client = shapes.client(found, person)
    return {name: value for name, value in of_client.items() if name not in ONLY_IN_API}


CONTACT_ORDER = (
    "id",
    "name",
    "channel",
    "phoneNumber",
    "lastActivity",
    "notes",
    "stage",
    "tags",
    "customFields",
    "location",
    "createdAt",
    "updatedAt",
)
"""The fields of a contact in callbacks, in the order of the vendor's guide; the API has another."""
ONLY_IN_API = frozenset({"company", "taxIdType", "taxIdNumber"})
AS_STRINGS = {
    "message": ("isIncoming",),
    "contact": ("tags", "customFields"),
    "client": ("tags", "customFields"),
}
"""What the vendor's guides show as strings, by the name of the subject."""


def _in_strings(name: str, shown: Mapping[str, Any]) -> dict[str, Any]:
    texts = {
        field: msgspec.json.encode(shown[field]).decode()
        for field in AS_STRINGS.get(name, ())
        if field in shown
    }
    return {**shown, **texts}
