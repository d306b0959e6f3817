"""Makes objects for the lists of an account that a fixture wants generated.

The n-th object of a list depends on the seed, the account, the list and n. Objects that others
refer to have ids, which are drawn in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from emulator.core.drawing import Draw, between
from emulator.core.generating import GENERATE, Batch, Made, Maker
from emulator.web import people

from . import words
from .kinds import CLIENTS, LOCATIONS
from .made_traffic import (
    MONTHS,
    OFFERS,
    TAGS,
    YEARS,
    country,
    id_of,
    ids_of,
    make_broadcasts,
    make_messages,
    one_of,
    place,
)

ATTENDANCE = (("Visited", 0.8), ("No-Show", 0.1), ("Cancelled", 0.1))
STAGES = (
    ("Subscriber", 0.4),
    ("Lead", 0.25),
    ("Customer", 0.25),
    ("Opportunity", 0.1),
)
PLACES = ("Main Branch", "West Branch", "Harbour Studio", "Old Town", "Airport Road")
STREETS = ("Quay Street", "Market Road", "Station Road", "High Street")
KINDS = ("Studio", "Spa", "Clinic", "Salon", "Fitness")
SERVICES = ("Yoga", "Pilates", "Massage", "Haircut", "Consultation", "Facial", "Check-up")
CATEGORIES = ("Wellness", "Beauty", "Fitness", "Medical")
HOURS = ("09:00 AM", "10:00 AM", "11:30 AM", "01:00 PM", "03:00 PM", "04:30 PM")


def generate(batch: Batch) -> Maker | None:
    """Return what makes the objects of a list, None where a fixture says all there is to them."""
    make = _MAKERS.get("/".join(batch.path[1:]) or batch.name)
    return make(batch) if make is not None else None


def sample(contacts: int, messages: int) -> Made:
    """Return a part of a fixture with one account of so many contacts and messages."""
    lists = {"contactTags": 3, "templates": 2, "contacts": contacts, "messages": messages}
    many = {name: [{GENERATE: {"count": count}}] for name, count in lists.items() if count}
    return {"accounts": [{GENERATE: {"count": 1, **many}}]}


def _names(batch: Batch, name: str) -> list[str]:
    return [one["name"] for one in batch.listed(name) if isinstance(one.get("name"), str)]


def _named(choices: Sequence[str], prefix: str, **more: Any) -> Callable[[Batch], Maker]:
    """Return a maker of things that have hardly more than a name of their own."""

    def make(batch: Batch) -> Maker:
        taken = batch.taken("name")

        def thing(n: int) -> Made:
            name = choices[n % len(choices)]
            is_used = n >= len(choices) or name.lower() in taken
            id = id_of(batch.draw(n), prefix)
            return {"id": id, "name": f"{name} {n + 1}" if is_used else name, **more}

        return thing

    return make


def _accounts(batch: Batch) -> Maker:
    def account(n: int) -> Made:
        draw = batch.draw(n)
        owner = people.person(draw, people.ELSEWHERE)
        number = people.mobile(people.ELSEWHERE, batch.common, n)
        return {
            "id": id_of(draw, "acc"),
            "name": f"{owner.last} {draw.pick(KINDS, 'kind')}",
            "owner": owner.email("studio.example"),
            "apiKeys": [{"name": "main", "key": f"wh_{draw.number('key'):032x}"}],
            "locations": [{"id": id_of(draw, "loc"), "title": PLACES[0], "whatsapp": number}],
        }

    return account


def _keys(batch: Batch) -> Maker:
    return lambda n: {"name": f"key {n + 1}", "key": f"wh_{batch.draw(n).number('key'):032x}"}


def _locations(batch: Batch) -> Maker:
    home = country(batch)
    towns = people.towns(home)

    def location(n: int) -> Made:
        draw = batch.draw(n)
        number = people.mobile(home, batch.common, n)
        title = PLACES[n % len(PLACES)] + (f" {n + 1}" if n >= len(PLACES) else "")
        return {
            "id": id_of(draw, "loc"),
            "title": title,
            "addressLine1": f"{1 + draw.below(98, 'house')} {draw.pick(STREETS, 'street')}",
            "city": draw.pick(towns, "town"),
            "phone": number,
            "whatsapp": number,
            "createdAt": batch.moment(n, YEARS, MONTHS),
        }

    return location


def _templates(batch: Batch) -> Maker:
    def template(n: int) -> Made:
        return {
            "name": f"offer_{n + 1}",
            "language": "en",
            "category": "MARKETING",
            "status": "APPROVED",
            "header": {"kind": "NONE", "variables": 0},
            "body": {"text": OFFERS[n % len(OFFERS)], "variables": 0},
        }

    return template


def _contacts(batch: Batch) -> Maker:
    home, places = country(batch), ids_of(batch, "locations", LOCATIONS)
    tags = _names(batch, "contactTags")

    def contact(n: int) -> Made:
        draw = batch.draw(n)
        since = batch.born("createdAt", n, YEARS, MONTHS)
        made: Made = {
            "id": id_of(draw, "con"),
            "name": people.person(draw, home).name,
            "phoneNumber": people.mobile(home, batch.common, n),
            "stage": draw.weighted(STAGES, "stage"),
            **place(draw, places),
            "createdAt": since,
            "lastActivity": between(since, batch.now, draw.fraction("activity")),
        }
        if tags:
            made["tags"] = _some(draw, tags)
        if draw.fraction("wrote") < 0.4:
            made["lastInboundAt"] = made["lastActivity"]
        return made

    return contact


def _some(draw: Draw, names: Sequence[str]) -> list[str]:
    wanted = draw.weighted(((0, 0.4), (1, 0.4), (2, 0.2)), "tags") if names else 0
    return list(dict.fromkeys(draw.pick(names, f"tag {at}") for at in range(wanted)))


def _clients(batch: Batch) -> Maker:
    home, places = country(batch), ids_of(batch, "locations", LOCATIONS)
    tags = _names(batch, "clientTags")

    def client(n: int) -> Made:
        draw = batch.draw(n)
        somebody = people.person(draw, home)
        since = batch.moment(n, YEARS, MONTHS)
        code, number = people.parted(people.mobile(home, batch.common, n))
        born = batch.now - timedelta(days=365 * 18 + draw.below(365 * 50, "age"))
        return {
            "id": id_of(draw, "cli"),
            "fullName": somebody.name,
            "email": somebody.email("mail.example"),
            "countryCode": f"+{code}",
            "phone": number,
            "gender": "Female" if somebody.is_woman else "Male",
            "dob": born.date().isoformat(),
            "tags": _some(draw, tags),
            **place(draw, places, "primaryLocation"),
            "createdAt": since,
        }

    return client


def _segments(batch: Batch) -> Maker:
    tags = _names(batch, "contactTags")

    def segment(n: int) -> Made:
        draw = batch.draw(n)
        if n < len(tags):
            name, criteria = f"{tags[n]} contacts", {"tags": [tags[n]]}
        else:
            name, criteria = f"Audience {n + 1}", {}
        return {"id": id_of(draw, "seg"), "name": name, "type": "contact", "criteria": criteria}

    return segment


def _staffs(batch: Batch) -> Maker:
    home, places = country(batch), ids_of(batch, "locations", LOCATIONS)

    def staff(n: int) -> Made:
        draw = batch.draw(n)
        somebody = people.person(draw, home)
        return {
            "id": id_of(draw, "stf"),
            "firstName": somebody.first,
            "lastName": somebody.last,
            "email": somebody.email(f"{n + 1}.staff.example"),
            "locations": list(places[:1]),
            "createdAt": batch.moment(n, YEARS, MONTHS),
        }

    return staff


def _services(batch: Batch) -> Maker:
    name = _named(SERVICES, "srv")(batch)
    places, staffs = ids_of(batch, "locations", LOCATIONS), ids_of(batch, "staffs")
    kind = batch.given.get("serviceType", "APPOINTMENT")
    return lambda n: {
        **name(n),
        "serviceType": kind,
        "durationMinutes": batch.draw(n).pick((30, 45, 60, 90), "length"),
        "staffs": staffs[:3],
        **place(batch.draw(n), places),
    }


def _slot(batch: Batch, draw: Draw, n: int) -> Made:
    day = batch.now.date() + timedelta(days=n % 14 - 4)
    return {"date": day.isoformat(), "time": draw.pick(HOURS, "hour"), "timezone": "UTC"}


def _booking(batch: Batch, kind: str) -> Callable[[Draw, int], Made]:
    places, staffs = ids_of(batch, "locations", LOCATIONS), ids_of(batch, "staffs")
    services = [
        one["id"]
        for one in batch.listed("services")
        if one.get("id") and one.get("serviceType", "APPOINTMENT") == kind
    ]
    return lambda draw, n: {
        **place(draw, places),
        **one_of(draw, staffs, "staff"),
        **one_of(draw, services, "service"),
        **_slot(batch, draw, n),
    }


def _classes(batch: Batch) -> Maker:
    book = _booking(batch, "CLASS")
    return lambda n: {
        "id": id_of(batch.draw(n), "cls"),
        "capacity": 12,
        **book(batch.draw(n), n),
    }


def _appointments(batch: Batch) -> Maker:
    book, clients = _booking(batch, "APPOINTMENT"), ids_of(batch, "clients", CLIENTS)

    def appointment(n: int) -> Made:
        draw = batch.draw(n)
        made = book(draw, n)
        is_over = made["date"] < batch.now.date().isoformat()
        status = draw.weighted((("Visited", 0.8), ("No-Show", 0.1), ("Cancelled", 0.1)), "status")
        status = status if is_over else words.BOOKED
        return {
            "id": id_of(draw, "apt"),
            "status": status,
            **one_of(draw, clients, "client"),
            **made,
        }

    return appointment


def _participants(batch: Batch) -> Maker:
    clients = ids_of(batch, "clients", CLIENTS)
    return lambda n: {"status": "BOOKED", **({"client": clients[n]} if n < len(clients) else {})}


def _webhooks(batch: Batch) -> Maker:
    return lambda n: {
        "name": f"Webhook {n + 1}",
        "serverUrl": f"http://127.0.0.1:9/whautomate/{n + 1}",
        "events": ["incoming_whatsapp_message", "outgoing_whatsapp_message"],
    }


_MAKERS: Mapping[str, Callable[[Batch], Maker]] = {
    "accounts": _accounts,
    "apiKeys": _keys,
    "locations": _locations,
    "templates": _templates,
    "contactTags": _named(TAGS, "tag"),
    "clientTags": _named(TAGS, "ctg"),
    "contacts": _contacts,
    "clients": _clients,
    "segments": _segments,
    "staffs": _staffs,
    "serviceCategories": _named(CATEGORIES, "cat"),
    "services": _services,
    "classes": _classes,
    "classes/participants": _participants,
    "appointments": _appointments,
    "broadcasts": make_broadcasts,
    "messages": make_messages,
    "webhooks": _webhooks,
}
