"""The tables of Whautomate's records: by which keys they are found, in which orders listed."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any

from emulator.core.kinds import of_name
from emulator.core.rules import filed
from emulator.core.store import Kind, Lookup, Order, Record
from emulator.web.keys import KEY_ORDERS

from .booking_records import Appointment, Block, Category, Lesson, Participant, Service, Staff
from .records import (
    SLUG,
    Client,
    Contact,
    Key,
    Location,
    Person,
    Segment,
    Tag,
    Template,
    WhAccount,
    WhBroadcast,
    WhMessage,
)

_LAST = "\x7f"
_BACKWARDS = str.maketrans({chr(code): chr(0x7E - code) for code in range(0x7F)})


def backwards(id: str) -> str:
    """Return a text that sorts before another exactly where the id (ASCII) sorts behind its."""
    return id.translate(_BACKWARDS) + _LAST


def canonical(tag: str) -> str:
    """Return what decides whether two tags are the same."""
    return tag.strip().lower()


def _all(_record: Any) -> Iterable[Hashable]:
    return ("all",)


def _account(record: Any) -> Iterable[Hashable]:
    return (record.account,)


def _newest(record: Any) -> Any:
    # Lists are read from their end: newest first, and of one moment the smallest id first.
    return record.created_at, backwards(record.id)


def _created(record: Any) -> Any:
    return record.created_at


def _serial(record: Any) -> Any:
    return record.serial


def _by(partitions: Callable[[Any], Iterable[Hashable]], *on: str) -> Order[Any]:
    return Order(frozenset({"created_at", *on}), partitions, _newest)


NEWEST = {"account": _by(_account, "account")}
NAMED = {"name": _by(of_name, "account", "name")}


def _kind(table: str, record: type[Record], **orders: Order[Any]) -> Kind[Any]:
    return Kind(f"{SLUG}.{table}", record, orders={**NEWEST, **orders})


ACCOUNTS: Kind[WhAccount] = Kind(
    f"{SLUG}.accounts", WhAccount, orders={"all": Order(frozenset(), _all, _serial)}
)

KEYS: Kind[Key] = Kind(
    f"{SLUG}.keys",
    Key,
    lookups={"key": Lookup(frozenset({"key"}), lambda k: (k.key,))},
    orders=KEY_ORDERS,
)

LOCATIONS: Kind[Location] = _kind("locations", Location)

TEMPLATES: Kind[Template] = Kind(
    f"{SLUG}.templates",
    Template,
    lookups={
        "name": Lookup(
            frozenset({"account", "name", "language"}),
            lambda t: ((t.account, t.name, t.language),),
        )
    },
    orders={"account": Order(frozenset({"account"}), _account, _serial)},
)


def _tags(name: str) -> Kind[Tag]:
    return Kind(
        f"{SLUG}.{name}",
        Tag,
        lookups={
            "name": Lookup(
                frozenset({"account", "canonical"}), lambda t: ((t.account, t.canonical),)
            )
        },
        orders=NEWEST,
    )


CONTACT_TAGS: Kind[Tag] = _tags("contact_tags")
CLIENT_TAGS: Kind[Tag] = _tags("client_tags")


def _by_tag(person: Person) -> Iterable[Hashable]:
    return [(person.account, canonical(tag)) for tag in person.tags]


def _by_number(person: Person) -> Iterable[Hashable]:
    digits = person.digits
    return ((person.account, digits),) if digits else ()


def _by_location(record: Any) -> Iterable[Hashable]:
    return ((record.account, record.location),)


def _by_stage(contact: Contact) -> Iterable[Hashable]:
    return ((contact.account, contact.stage),)


PEOPLE = {
    **NEWEST,
    "tag": _by(_by_tag, "account", "tags"),
    "location": _by(_by_location, "account", "location"),
    "number": _by(_by_number, "account", "phone"),
}

CONTACTS: Kind[Contact] = Kind(
    f"{SLUG}.contacts",
    Contact,
    lookups={
        "number": Lookup(
            frozenset({"location", "phone"}),
            lambda c: ((c.location, c.digits),) if c.phone else (),
        )
    },
    orders={**PEOPLE, "stage": _by(_by_stage, "account", "stage")},
)

CLIENTS: Kind[Client] = Kind(
    f"{SLUG}.clients",
    Client,
    lookups={"code": Lookup(frozenset({"account", "code"}), lambda c: ((c.account, c.code),))},
    orders={**PEOPLE, "number": _by(_by_number, "account", "phone", "country_code")},
)

SEGMENTS: Kind[Segment] = _kind("segments", Segment, **NAMED)

BROADCASTS: Kind[WhBroadcast] = _kind(
    "broadcasts", WhBroadcast, all=Order(frozenset({"created_at"}), _all, _created)
)


def _broadcast(message: WhMessage) -> Iterable[Hashable]:
    return () if message.broadcast is None else (message.broadcast,)


def _log(message: WhMessage) -> Iterable[Hashable]:
    is_logged = message.broadcast is not None and message.processed_at is not None
    return (message.broadcast,) if is_logged else ()


def unsent(contact: str) -> Hashable:
    """Return under what the messages stand that a contact is yet to get."""
    return ("unsent", contact)


def _history(message: WhMessage) -> Iterable[Hashable]:
    if message.contact is None:
        return ()
    return (message.contact if message.processed_at is not None else unsent(message.contact),)


def _processed(message: WhMessage) -> Any:
    return message.processed_at


MESSAGES: Kind[WhMessage] = Kind(
    f"{SLUG}.messages",
    WhMessage,
    orders={
        "all": Order(frozenset({"created_at"}), _all, _created),
        "broadcast": Order(frozenset({"broadcast", "created_at"}), _broadcast, _created),
        "address": Order(
            frozenset({"address", "direction", "created_at"}),
            lambda m: filed(m) if m.address else (),
            _created,
        ),
        "log": Order(frozenset({"broadcast", "processed_at"}), _log, _processed),
        "history": Order(frozenset({"contact", "processed_at"}), _history, _processed),
    },
)

STAFFS: Kind[Staff] = _kind(
    "staffs", Staff, email=_by(lambda s: ((s.account, s.email),), "account", "email")
)
BLOCKS: Kind[Block] = _kind("blocks", Block, staff=_by(lambda b: (b.staff,), "staff"))
SERVICES: Kind[Service] = _kind("services", Service, **NAMED)
CATEGORIES: Kind[Category] = _kind("categories", Category, **NAMED)


def _by_staff(appointment: Appointment) -> Iterable[Hashable]:
    return () if appointment.staff is None else (appointment.staff,)


APPOINTMENTS: Kind[Appointment] = _kind(
    "appointments",
    Appointment,
    staff=Order(frozenset({"staff", "slot"}), _by_staff, lambda a: a.slot.start),
)
LESSONS: Kind[Lesson] = _kind("classes", Lesson)

PARTICIPANTS: Kind[Participant] = Kind(
    f"{SLUG}.participants",
    Participant,
    lookups={"client": Lookup(frozenset({"lesson", "client"}), lambda p: ((p.lesson, p.client),))},
    orders={
        "class": _by(lambda p: (p.lesson,), "lesson"),
        "client": _by(lambda p: (p.client,), "client"),
    },
)

KINDS: tuple[Kind[Any], ...] = (
    ACCOUNTS,
    KEYS,
    LOCATIONS,
    TEMPLATES,
    CONTACT_TAGS,
    CLIENT_TAGS,
    CONTACTS,
    CLIENTS,
    SEGMENTS,
    BROADCASTS,
    MESSAGES,
    STAFFS,
    BLOCKS,
    SERVICES,
    CATEGORIES,
    APPOINTMENTS,
    LESSONS,
    PARTICIPANTS,
)
