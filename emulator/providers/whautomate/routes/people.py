"""Contacts and clients, and the tags on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response

from emulator.core.sandbox import Sandbox
from emulator.providers.whautomate import people, shapes, tags
from emulator.providers.whautomate.answers import ClientOut, ContactOut, TagsOut
from emulator.providers.whautomate.errors import Refused
from emulator.providers.whautomate.kinds import CLIENTS, CONTACTS, LOCATIONS, canonical
from emulator.providers.whautomate.lookups import need_location, own
from emulator.providers.whautomate.records import Client, Contact
from emulator.providers.whautomate.schemas import ClientBody, ContactBody, TagsBody, body, read
from emulator.web.bodies import json_response
from emulator.web.context import caller, sandbox

from .common import SPAN, asked, done, endpoint, every, field_test, listing, span_test

bp = Blueprint("people", __name__)
PAGE = "contacts"
Test = Callable[[Any], bool]


@endpoint(
    bp,
    "GET",
    "/contacts",
    "contacts.list",
    page=PAGE,
    gives=list[ContactOut],
    asks=("tags", "locationId", "channel", "searchText"),
)
def list_contacts() -> Response:
    """List contacts, newest first."""
    channel = asked("channel")
    where = every(
        _tags_test(),
        field_test("locationId", "location"),
        (lambda contact: contact.channel == channel.lower()) if channel else None,
        _search_test(lambda contact: [contact.name]),
    )
    store = sandbox().store
    return listing(store.table(CONTACTS), shapes.contact, where, beside=store.edition(LOCATIONS))


@endpoint(
    bp, "POST", "/contacts", "contacts.create", page=PAGE, takes=ContactBody, gives=ContactOut
)
def create_contact() -> Response:
    """Make a contact."""
    wanted, found = read(ContactBody, body()), sandbox()
    need_location(wanted["location"])
    _check_number(wanted["location"], wanted["phone_number"])
    values = people.contact_values(wanted)
    contact = people.make_contact(found, caller().id, values, wanted.get("tags", ()))
    return json_response(shapes.contact(found, contact))


@endpoint(bp, "GET", "/contacts/<id>", "contacts.get", page=PAGE, gives=ContactOut)
def get_contact(id: str) -> Response:
    """Show a contact."""
    return json_response(shapes.contact(sandbox(), own(CONTACTS, id, "Contact")))


@endpoint(
    bp,
    "PUT",
    "/contacts/<id>",
    "contacts.update",
    page=PAGE,
    takes=ContactBody(partial=True),
    gives=ContactOut,
)
def update_contact(id: str) -> Response:
    """Change the fields given of a contact."""
    given, found = body(), sandbox()
    known = own(CONTACTS, id, "Contact")
    wanted = read(ContactBody, given, is_partial=True)
    need_location(wanted.get("location"))
    location = wanted.get("location", known.location)
    _check_number(location, wanted.get("phone_number", known.phone), known)
    values = people.contact_values(wanted)
    contact = people.change(found, known, values, wanted.get("tags"))
    return json_response(shapes.contact(found, contact))


@endpoint(bp, "DELETE", "/contacts/<id>", "contacts.delete", page=PAGE)
def delete_contact(id: str) -> Response:
    """Delete a contact with its messages."""
    people.delete_contact(sandbox(), own(CONTACTS, id, "Contact"))
    return done()


@endpoint(bp, "POST", "/contacts/<id>/tags/add", "contacts.tags.add", takes=TagsBody, gives=TagsOut)
def add_contact_tags(id: str) -> Response:
    """Give a contact tags."""
    given = body()
    return _tagged(tags.add, own(CONTACTS, id, "Contact"), given)


@endpoint(
    bp, "POST", "/contacts/<id>/tags/remove", "contacts.tags.remove", takes=TagsBody, gives=TagsOut
)
def remove_contact_tags(id: str) -> Response:
    """Take tags off a contact."""
    given = body()
    return _tagged(tags.remove, own(CONTACTS, id, "Contact"), given)


@endpoint(
    bp,
    "GET",
    "/clients",
    "clients.list",
    gives=list[ClientOut],
    asks=(*SPAN, "tags", "primaryLocationId", "searchText"),
)
def list_clients() -> Response:
    """List clients, newest first."""
    where = every(
        _tags_test(),
        field_test("primaryLocationId", "location"),
        span_test(lambda client: client.registered_at),
        _search_test(lambda client: [client.name, client.email, client.code]),
    )
    store = sandbox().store
    return listing(store.table(CLIENTS), shapes.client, where, beside=store.edition(LOCATIONS))


@endpoint(bp, "POST", "/clients", "clients.create", takes=ClientBody, gives=ClientOut)
def create_client() -> Response:
    """Make a client."""
    wanted, found = read(ClientBody, body()), sandbox()
    need_location(wanted["primary_location"], "primaryLocation.id")
    values = people.client_values(wanted)
    client = people.make_client(found, caller().id, values, wanted.get("tags", ()))
    return json_response(shapes.client(found, client))


@endpoint(bp, "GET", "/clients/<id>", "clients.get", gives=ClientOut)
def get_client(id: str) -> Response:
    """Show a client."""
    return json_response(shapes.client(sandbox(), own(CLIENTS, id, "Client")))


@endpoint(
    bp, "PUT", "/clients/<id>", "clients.update", takes=ClientBody(partial=True), gives=ClientOut
)
def update_client(id: str) -> Response:
    """Change the fields given of a client."""
    given, found = body(), sandbox()
    known = own(CLIENTS, id, "Client")
    wanted = read(ClientBody, given, is_partial=True)
    need_location(wanted.get("primary_location"), "primaryLocation.id")
    values = people.client_values(wanted, known)
    if "dob" in given:
        values["dob"] = wanted.get("dob")
    client = people.change(found, known, values, wanted.get("tags"))
    return json_response(shapes.client(found, client))


@endpoint(bp, "DELETE", "/clients/<id>", "clients.delete")
def delete_client(id: str) -> Response:
    """Delete a client."""
    people.delete_client(sandbox(), own(CLIENTS, id, "Client"))
    return done()


@endpoint(bp, "POST", "/clients/<id>/tags/add", "clients.tags.add", takes=TagsBody, gives=TagsOut)
def add_client_tags(id: str) -> Response:
    """Give a client tags."""
    given = body()
    return _tagged(tags.add, own(CLIENTS, id, "Client"), given)


@endpoint(
    bp, "POST", "/clients/<id>/tags/remove", "clients.tags.remove", takes=TagsBody, gives=TagsOut
)
def remove_client_tags(id: str) -> Response:
    """Take tags off a client."""
    given = body()
    return _tagged(tags.remove, own(CLIENTS, id, "Client"), given)


def _tagged(
    action: Callable[[Sandbox, Any, Any], Any], person: Contact | Client, given: Mapping[str, Any]
) -> Response:
    after = action(sandbox(), person, read(TagsBody, given)["tags"])
    answer: TagsOut = {"id": after.id, "tags": list(after.tags)}
    return json_response(answer)


def _check_number(location: str, number: str, known: Contact | None = None) -> None:
    other = people.contact_at(sandbox(), location, number) if number else None
    if other is not None and (known is None or other.id != known.id):
        raise Refused("Contact with this phone number already exists", "phoneNumber")


def _tags_test() -> Test | None:
    given = (asked("tags") or "").split(",")
    wanted = frozenset(canonical(tag) for tag in given if tag.strip())
    if not wanted:
        return None
    return lambda person: not wanted.isdisjoint(map(canonical, person.tags))


def _search_test(texts: Callable[[Any], list[str]]) -> Test | None:
    wanted = (asked("searchText") or "").lower()
    if not wanted:
        return None
    digits = "".join(char for char in wanted if char.isascii() and char.isdigit())
    is_number = bool(digits) and not any(char.isalpha() for char in wanted)

    def test(person: Contact | Client) -> bool:
        if any(wanted in text.lower() for text in texts(person)):
            return True
        return is_number and digits in person.digits

    return test
