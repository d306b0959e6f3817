"""The two families of tags."""

from __future__ import annotations

from flask import Blueprint, Response

from emulator.core.sandbox import Sandbox
from emulator.providers.whautomate import shapes, tags
from emulator.providers.whautomate.answers import TagOut
from emulator.providers.whautomate.errors import Refused
from emulator.providers.whautomate.lookups import own
from emulator.providers.whautomate.records import Tag
from emulator.providers.whautomate.schemas import TagBody, body, read
from emulator.providers.whautomate.tags import OF_CLIENTS, OF_CONTACTS, Family
from emulator.web.bodies import json_response
from emulator.web.context import caller, sandbox

from .common import done, endpoint, listing, text_test

bp = Blueprint("tags", __name__)
CONTACT_PAGE, CLIENT_PAGE = "contact-tags", "client-tags"
CONTACT_TAG, CLIENT_TAG = "Contact tag", "Client tag"


@endpoint(
    bp,
    "GET",
    "/contactTags",
    "contactTags.list",
    page=CONTACT_PAGE,
    gives=list[TagOut],
    asks=("searchText",),
)
def list_contact_tags() -> Response:
    """List the tags of contacts."""
    return _list(OF_CONTACTS)


@endpoint(
    bp, "POST", "/contactTags", "contactTags.create", page=CONTACT_PAGE, takes=TagBody, gives=TagOut
)
def create_contact_tag() -> Response:
    """Make a tag for contacts."""
    return _create(OF_CONTACTS)


@endpoint(bp, "GET", "/contactTags/<id>", "contactTags.get", page=CONTACT_PAGE, gives=TagOut)
def get_contact_tag(id: str) -> Response:
    """Show a tag of contacts."""
    return json_response(shapes.tag(own(OF_CONTACTS.tags, id, CONTACT_TAG)))


@endpoint(bp, "DELETE", "/contactTags/<id>", "contactTags.delete", page=CONTACT_PAGE)
def delete_contact_tag(id: str) -> Response:
    """Delete a tag and take it off every contact."""
    tags.delete(sandbox(), OF_CONTACTS, own(OF_CONTACTS.tags, id, CONTACT_TAG))
    return done()


@endpoint(
    bp,
    "GET",
    "/clientTags",
    "clientTags.list",
    page=CLIENT_PAGE,
    gives=list[TagOut],
    asks=("searchText",),
)
def list_client_tags() -> Response:
    """List the tags of clients."""
    return _list(OF_CLIENTS)


@endpoint(
    bp, "POST", "/clientTags", "clientTags.create", page=CLIENT_PAGE, takes=TagBody, gives=TagOut
)
def create_client_tag() -> Response:
    """Make a tag for clients."""
    return _create(OF_CLIENTS)


@endpoint(bp, "GET", "/clientTags/<id>", "clientTags.get", page=CLIENT_PAGE, gives=TagOut)
def get_client_tag(id: str) -> Response:
    """Show a tag of clients."""
    return json_response(shapes.tag(own(OF_CLIENTS.tags, id, CLIENT_TAG)))


@endpoint(bp, "DELETE", "/clientTags/<id>", "clientTags.delete", page=CLIENT_PAGE)
def delete_client_tag(id: str) -> Response:
    """Delete a tag and take it off every client."""
    tags.delete(sandbox(), OF_CLIENTS, own(OF_CLIENTS.tags, id, CLIENT_TAG))
    return done()


def _show(_found: Sandbox, tag: Tag) -> TagOut:
    return shapes.tag(tag)


def _list(family: Family) -> Response:
    return listing(sandbox().store.table(family.tags), _show, text_test(lambda tag: tag.name))


def _create(family: Family) -> Response:
    wanted, found, account = read(TagBody, body()), sandbox(), caller().id
    if tags.find(found, family, account, wanted["name"]) is not None:
        raise Refused("Tag already exists", "name")
    return json_response(shapes.tag(tags.make(found, family, account, wanted["name"])))
