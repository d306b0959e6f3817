"""Contacts and clients: made, changed, found by number, deleted."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from emulator.core.sandbox import Sandbox

from . import tags, words
from .ids import client_code, new_id
from .kinds import CLIENTS, CONTACTS, MESSAGES, PARTICIPANTS, unsent
from .records import NOTHING, SLUG, Client, Contact
from .schemas import CLIENT_TEXTS
from .topics import SEND_TOPIC
from .webhooks import Teller

SHOWN_IF_SET = {"photo": "photo", "primary_staff": "primaryStaff"}
CONTACT_NAMES = {"phone_number": "phone"}
CLIENT_NAMES = {
    "full_name": "name",
    "primary_location": "location",
    "registration_date": "registered_at",
}


def contact_values(read: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a contact that a body sets, tags left out."""
    return {CONTACT_NAMES.get(name, name): value for name, value in read.items() if name != "tags"}


def client_values(read: Mapping[str, Any], known: Client | None = None) -> dict[str, Any]:
    """Return the fields of a client that a body sets, tags left out."""
    texts = dict(known.texts) if known else {}
    more = dict(known.more) if known else {}
    values: dict[str, Any] = {}
    for name, value in read.items():
        camel = _camel(name)
        if camel in CLIENT_TEXTS:
            texts[camel] = value
        elif name in SHOWN_IF_SET:
            more[SHOWN_IF_SET[name]] = value
        elif name != "tags":
            values[CLIENT_NAMES.get(name, name)] = value
    # Clients come by the hundred thousand, and most have neither.
    return {**values, "texts": texts or NOTHING, "more": more or NOTHING}


@cache
def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def make_contact(
    found: Sandbox, account: str, values: Mapping[str, Any], own_tags: tuple[str, ...] = ()
) -> Contact:
    """Make a contact and tell of it; nothing is told of the tags it begins with."""
    now = found.clock.now()
    contact = Contact(
        id=new_id(found, CONTACTS),
        serial=found.ids.serial(CONTACTS.name),
        account=account,
        created_at=now,
        updated_at=now,
        last_activity=now,
        tags=tags.known(found, tags.OF_CONTACTS, account, own_tags),
        **values,
    )
    found.store.table(CONTACTS).add(contact)
    Teller(found).of_person("created", contact)
    return contact


def make_client(
    found: Sandbox, account: str, values: Mapping[str, Any], own_tags: tuple[str, ...] = ()
) -> Client:
    """Make a client and tell of it, likewise."""
    now = found.clock.now()
    kind = "MOBILE" if values.get("phone") else "EMAIL"
    client = Client(
        id=new_id(found, CLIENTS),
        serial=found.ids.serial(CLIENTS.name),
        account=account,
        created_at=now,
        updated_at=now,
        code=client_code(found, account),
        tags=tags.known(found, tags.OF_CLIENTS, account, own_tags),
        **{"registered_at": now, "contact_type": kind, **values},
    )
    found.store.table(CLIENTS).add(client)
    Teller(found).of_person("created", client)
    return client


def change(
    found: Sandbox, person: Any, values: Mapping[str, Any], wanted: tuple[str, ...] | None
) -> Any:
    """Change a person; only changes of tags are told.

    :param wanted: tags in the place of all that the person has; None: those stay.
    """
    family = tags.family_of(person)
    changes = {**values, "updated_at": found.clock.now()}
    after = found.store.table(family.people).change(person, **changes)
    if wanted is None:
        return after
    return tags.replace(found, after, tags.known(found, family, after.account, wanted))


def contact_at(found: Sandbox, location: str, number: str) -> Contact | None:
    """Return the contact with a number at a location, or None."""
    return found.store.table(CONTACTS).one("number", (location, number.removeprefix("+")))


def contact_for(
    found: Sandbox, account: str, location: str, number: str, name: str, channel: str
) -> Contact:
    """Return the contact with a number at a location; where there is none it is made."""
    known = contact_at(found, location, number)
    if known is not None:
        return known
    values = {"name": name or number, "phone": number, "location": location, "channel": channel}
    return make_contact(found, account, values)


def with_number(found: Sandbox, account: str, number: str) -> list[Client]:
    """Return the clients with a number."""
    return found.store.table(CLIENTS).every("number", (account, number.removeprefix("+")))


def delete_contact(found: Sandbox, contact: Contact) -> None:
    """Delete a contact and its messages; the logs of broadcasts keep what they say."""
    table = found.store.table(MESSAGES)
    shown = table.every("history", contact.id)
    for message in (*shown, *table.every("history", unsent(contact.id))):
        if message.broadcast is None:
            forget(found, message.id)
    kept = [message for message in shown if message.broadcast is not None]
    table.change_all([(message, {"contact": None}) for message in kept])
    found.store.table(CONTACTS).drop(contact.id)


def forget(found: Sandbox, id: str) -> None:
    """Remove a message, with whatever was planned for it."""
    vendor = found.vendor(SLUG)
    for topic in (SEND_TOPIC, vendor.step_topic, vendor.reply_topic):
        found.agenda.cancel(topic, id)
    found.store.table(MESSAGES).drop(id)


def delete_client(found: Sandbox, client: Client) -> None:
    """Delete a client, in classes too."""
    participants = found.store.table(PARTICIPANTS)
    for participant in participants.every("client", client.id):
        participants.drop(participant.id)
    found.store.table(CLIENTS).drop(client.id)


def has_session(found: Sandbox, contact: Contact | None) -> bool:
    """Return whether a person has written on WhatsApp within the last 24 hours."""
    if contact is None or contact.session_at is None:
        return False
    return found.clock.now() - contact.session_at <= words.SESSION
