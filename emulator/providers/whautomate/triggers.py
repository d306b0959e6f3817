"""Callbacks that a tester sets off, also of what the API itself never does: invoices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emulator.core.errors import Problems
from emulator.core.records import Delivery
from emulator.core.sandbox import Sandbox
from emulator.core.store import Kind
from emulator.core.triggers import Trigger, message_about, overlaid
from emulator.web.moments import iso

from . import bookings, shapes, words
from .ids import new_id
from .kinds import ACCOUNTS, APPOINTMENTS, CLIENTS, CONTACTS, LESSONS, LOCATIONS, PARTICIPANTS
from .records import SLUG
from .webhooks import Teller, person_shown

About = tuple[str, str, Mapping[str, Any]]
"""Account, name of the subject in the envelope, and what is told of it."""


def trigger(found: Sandbox, wanted: Trigger, problems: Problems) -> list[Delivery]:
    """Owe an event that a tester sets off; ``data`` changes what is told of the subject."""
    about = _about(found, wanted, problems)
    if about is None:
        return []
    account, name, shown = about
    told = overlaid(shown, wanted.data)
    return Teller(found).tell(account, wanted.event, name, told)


def _about(found: Sandbox, wanted: Trigger, problems: Problems) -> About | None:
    event = wanted.event
    if event.endswith("_message"):
        return _message(found, wanted, problems)
    if event.startswith(("contact_", "client_")):
        return _person(found, wanted, problems)
    if event == words.PARTICIPANT_EVENT:
        return _participant(found, wanted, problems)
    if event.startswith("appointment_"):
        known = _known(found, APPOINTMENTS, wanted, problems)
        shown = bookings.show_appointment(found, known) if known else None
        return (known.account, "appointment", shown) if shown else None
    return _invoice(found, wanted, problems)


def _message(found: Sandbox, wanted: Trigger, problems: Problems) -> About | None:
    way, channel, _ = wanted.event.split("_")
    direction: Any = "in" if way == "incoming" else "out"
    message = message_about(found, found.vendor(SLUG), wanted, problems, direction=direction)
    if message is None:
        return None
    shown = shapes.message(message)
    if message.channel != channel:
        shown["channel"], shown["contact"] = channel, {**shown["contact"], "channel": channel}
    return message.account, "message", shown


def _person(found: Sandbox, wanted: Trigger, problems: Problems) -> About | None:
    name, _, what = wanted.event.partition("_")
    kind: Any = CONTACTS if name == "contact" else CLIENTS
    known = _known(found, kind, wanted, problems)
    if known is None:
        return None
    tags = {"tag_added": {"addedTags": list(known.tags)}, "tag_removed": {"removedTags": []}}
    return known.account, name, {**person_shown(found, known), **tags.get(what, {})}


def _participant(found: Sandbox, wanted: Trigger, problems: Problems) -> About | None:
    known = _known(found, PARTICIPANTS, wanted, problems)
    lesson = found.store.table(LESSONS).find(known.lesson) if known else None
    if known is None or lesson is None:
        return None
    return known.account, "participant", bookings.show_participant(found, known, lesson)


def _known(found: Sandbox, kind: Kind[Any], wanted: Trigger, problems: Problems) -> Any:
    """Return the record that is named; the newest, where none is."""
    table = found.store.table(kind)
    if wanted.about is not None:
        known = table.find(wanted.about)
    else:
        known = max(table, key=lambda record: (record.created_at, record.serial), default=None)
    if known is None:
        what = kind.name.rpartition(".")[2].removesuffix("s")
        named = f"No {what} {wanted.about!r}" if wanted.about else f"Required: there is no {what}"
        problems.add("/about", f"{named} at {SLUG}")
    return known


def _invoice(found: Sandbox, wanted: Trigger, problems: Problems) -> About | None:
    """Return an invoice for a client; all there is to it comes from ``data``."""
    client = found.store.table(CLIENTS).find(wanted.about) if wanted.about else None
    if wanted.about is not None and client is None:
        problems.add("/about", f"No client {wanted.about!r} at {SLUG}")
        return None
    accounts = found.store.table(ACCOUNTS).every("all", "all")
    account = client.account if client else (accounts[0].id if accounts else None)
    if account is None:
        problems.add("/provider", f"{SLUG} has no account in this sandbox")
        return None
    now = iso(found.clock.now())
    places = found.store.table(LOCATIONS).every("account", account)
    return (
        account,
        "invoice",
        {
            "id": new_id(found, "invoices"),
            "location": shapes.titled(found, places[0].id) if places else None,
            "client": bookings.client_ref(client, client.id) if client else None,
            "staff": None,
            "dueDate": now[:10],
            "date": now[:10],
            "status": "Draft",
            "invoiceNumber": f"INV-{found.ids.serial(f'{SLUG}.invoices')}",
            "internalNotes": "",
            "clientNotes": "",
            "currency": "USD",
            "total": 0,
            "pendingAmount": 0,
            "items": [],
            "invoicePDF": "",
            "createdAt": now,
            "updatedAt": now,
        },
    )
