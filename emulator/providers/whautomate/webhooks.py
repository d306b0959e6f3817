"""Callbacks: their envelopes, subscribers and retries. Nothing is signed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from emulator.core.records import ENDPOINTS, Delivery, Endpoint
from emulator.core.sandbox import Sandbox
from emulator.core.webhooks import Listeners, RetryPolicy

from . import shapes, words
from .ids import new_id
from .records import SLUG, Client, Contact, WhMessage
from .shapes import iso

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


def subscription(shown: Endpoint) -> dict[str, Any]:
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
    own = found.store.table(ENDPOINTS).every("account", (SLUG, account))
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
            endpoints = self._of(message.account, f"outgoing_{message.channel}_message")
            if endpoints:
                self._message(endpoints, {**shapes.message(message), "status": "sent"}, message)

    def of_received(self, message: WhMessage) -> None:
        """Tell of a message from a person."""
        endpoints = self._of(message.account, f"incoming_{message.channel}_message")
        if endpoints:
            self._message(endpoints, shapes.message(message), message)

    def _message(
        self, endpoints: Sequence[Endpoint], shown: dict[str, Any], message: WhMessage
    ) -> None:
        if self._has_strings:
            shown["isIncoming"] = "true" if shown["isIncoming"] else "false"
        way = "incoming" if message.direction == "in" else "outgoing"
        self._owe(endpoints, f"{way}_{message.channel}_message", "message", shown)

    def of_contact(self, event: str, contact: Contact, **more: Sequence[str]) -> None:
        """Tell of a contact; ``more`` names tags that were added or removed."""
        endpoints = self._of(contact.account, event)
        if endpoints:
            shown = {**shapes.contact(self._found, contact), **contact.handles, **more}
            shown["channel"] = shown["channel"].capitalize()
            self._owe(endpoints, event, "contact", self._flat(shown))

    def of_client(self, event: str, client: Client, **more: Sequence[str]) -> None:
        """Tell of a client, likewise."""
        endpoints = self._of(client.account, event)
        if endpoints:
            shown = {**shapes.client(self._found, client), **more}
            for name in ("company", "taxIdType", "taxIdNumber"):
                del shown[name]
            self._owe(endpoints, event, "client", self._flat(shown))

    def of_person(self, what: str, person: Contact | Client, **more: Sequence[str]) -> None:
        """Tell of a contact or client: ``created``, ``tag_added`` or ``tag_removed``."""
        if isinstance(person, Contact):
            self.of_contact(f"contact_{what}", person, **more)
        else:
            self.of_client(f"client_{what}", person, **more)

    def of_appointment(self, event: str, account: str, shown: Mapping[str, Any]) -> None:
        """Tell of an appointment; who asked for updates in general gets them under that name."""
        specific = self._of(account, event)
        if specific:
            self._owe(specific, event, "appointment", shown)
        told = {endpoint.id for endpoint in specific}
        general = self._of(account, words.ANY_APPOINTMENT_EVENT)
        others = [endpoint for endpoint in general if endpoint.id not in told]
        if others:
            self._owe(others, words.ANY_APPOINTMENT_EVENT, "appointment", shown)

    def of_participant(self, account: str, shown: Mapping[str, Any]) -> None:
        """Tell of a participant of a class."""
        endpoints = self._of(account, words.PARTICIPANT_EVENT)
        if endpoints:
            self._owe(endpoints, words.PARTICIPANT_EVENT, "participant", shown)

    def _flat(self, shown: dict[str, Any]) -> dict[str, Any]:
        if self._has_strings:
            for name in ("tags", "customFields"):
                shown[name] = msgspec.json.encode(shown[name]).decode()
        return shown

    def _of(self, account: str, event: str) -> list[Endpoint]:
        return self._listeners.of(account, event)

    def _owe(
        self, endpoints: Sequence[Endpoint], event: str, name: str, shown: Mapping[str, Any]
    ) -> None:
        body = envelope(self._found, event, name, shown, self._found.clock.now())
        self._listeners.owe(endpoints, event, str(shown["id"]), msgspec.json.encode(body))


def envelope(
    found: Sandbox, event: str, name: str, shown: Mapping[str, Any], at: datetime
) -> dict[str, Any]:
    """Return the body of a callback."""
    head = {
        "id": new_id(found, "events"),
        "type": event,
        "timeStamp": iso(at),
        "key": shown["id"],
    }
    return {"event": head, name: shown}
