"""Contacts: the people that a workspace writes to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, request
from marshmallow import ValidationError

from emulator.providers.rapidpro import erasing, filters, lookups, paging
from emulator.providers.rapidpro import records as r
from emulator.providers.rapidpro import urns as addresses
from emulator.providers.rapidpro.answers import ContactOut
from emulator.providers.rapidpro.auth import current_user
from emulator.providers.rapidpro.compounds import DictOf, ListOf, ReferenceList
from emulator.providers.rapidpro.contact_fields import FieldTexts
from emulator.providers.rapidpro.contact_views import ContactViews
from emulator.providers.rapidpro.contacts import Contacts
from emulator.providers.rapidpro.context import table, target, workspace
from emulator.providers.rapidpro.endpoint import Endpoint, uuid_lookup
from emulator.providers.rapidpro.errors import Refusal
from emulator.providers.rapidpro.kinds import CONTACTS, GROUPS
from emulator.providers.rapidpro.languages import is_language
from emulator.providers.rapidpro.scalars import Text
from emulator.providers.rapidpro.urn_field import UrnField
from emulator.providers.rapidpro.validation import Body, Invalid, Schema
from emulator.web.context import sandbox

IN_USE = "URN is in use by another contact."
NOT_VALID = "URN is not valid."


def views() -> ContactViews:
    """Return what shows contacts the way the request asks for."""
    return ContactViews(
        sandbox(),
        workspace(),
        is_expanded=filters.flag("expand_urns"),
        is_by_priority=filters.last("urn_order") == "priority",
    )


def show(contact: r.Contact) -> ContactOut:
    """Return one contact as the request asks for."""
    return views().show(contact)


def manual_group(given: str | int) -> r.Group | None:
    """Return a group whose members are chosen by hand.

    :raises ValidationError: its members are chosen by a query.
    """
    group = lookups.find_group(given)
    if group is None or group.status == "initializing":
        return None
    if group.query is not None:
        raise ValidationError(f"Contact group must not be query based: {given}")
    return group


def _with_uuid(id: str) -> r.Contact | None:
    """Return a contact of the workspace, a deleted one too."""
    contact = table(CONTACTS).find(id)
    return contact if contact is not None and contact.workspace == workspace().id else None


def _identity(raw: str) -> str:
    """Return what a URN in the URL stands for.

    :raises Refusal: the workspace hides URNs.
    :raises InvalidURN: it is none.
    """
    if workspace().anon:
        raise Refusal("URN lookups not allowed for anonymous organizations")
    return addresses.lookup(raw, workspace().country)


def _with_urn(raw: str) -> r.Contact | None:
    return table(CONTACTS).one("urn", (workspace().id, _identity(raw)))


contacts = Endpoint(
    "contacts",
    asks=("uuid", "urn", "group", "deleted", "before", "after", "reverse"),
    looks=("expand_urns", "urn_order"),
    scope="v2.contacts",
    model="Contact",
    show=show,
    lookups={"uuid": uuid_lookup(_with_uuid), "urn": _with_urn},
    made_by=frozenset({"urn"}),
)


@contacts.lists
def list_() -> Response:
    """Answer with contacts, the latest changed first."""
    id, urn, group = filters.uuid("uuid"), filters.text("urn"), filters.text("group")
    is_deleted = filters.flag("deleted")
    identity = None if urn is None else _identity(urn)
    partition: tuple[str, ...] = (workspace().id, "deleted") if is_deleted else (workspace().id,)
    if group is not None:
        found = lookups.by_exact_name(GROUPS, group)
        if found is None or is_deleted:
            return paging.empty()
        partition = ("group", found.id)
    if id is None and identity is None:
        show_all = views().show_all
        return paging.page_at_once(CONTACTS, "modified", partition, show_all, is_timed=True)
    contact = _with_uuid(id) if id is not None else _with_urn(urn or "")
    is_listed = contact is not None and partition in CONTACTS.orders["modified"].partitions(contact)
    has_urn = contact is not None and (identity is None or _has(contact, identity))
    return _one(contact) if is_listed and has_urn else paging.empty()


def _has(contact: r.Contact, identity: str) -> bool:
    return any(addresses.identity(urn) == identity for urn in contact.urns)


def _one(contact: r.Contact | None) -> Response:
    period = filters.period()
    if contact is None or period is None or not period.has(contact.modified_on):
        return paging.empty()
    return paging.few([contact], views().show)


def _country() -> str:
    return workspace().country


def _known_language(code: str) -> str:
    if not is_language(code):
        raise ValidationError("Not a valid ISO639-3 language code.")
    return code


def _known_keys(values: dict[str, Any]) -> dict[str, Any]:
    for key in values:
        if lookups.find_field(key) is None:
            raise ValidationError(f"Invalid contact field key: {key}")
    return values


def _allowed_urns(values: list[addresses.Urn]) -> list[addresses.Urn]:
    if "urn" in request.args:
        raise ValidationError("Field not allowed when using URN in URL")
    if workspace().anon and target() is not None:
        raise ValidationError("Updating URNs not allowed for anonymous organizations")
    return values


def _allowed_groups(values: list[r.Group]) -> list[r.Group]:
    contact: Any = target()
    if values and contact is not None and contact.status != "active":
        raise ValidationError("Non-active contacts can't be added to groups")
    return values


class ContactBody(Schema):
    """What can be said of a contact."""

    name = Text(max_length=64, allow_null=True)
    language = Text(min_length=3, max_length=3, allow_null=True, then=[_known_language])
    urns = ListOf(UrnField(_country), max_items=100, then=[_allowed_urns])
    groups = ReferenceList(manual_group, then=[_allowed_groups])
    fields_ = DictOf(
        Text(allow_blank=True, allow_null=True), max_items=100, key="fields", then=[_known_keys]
    )
    note = Text(max_length=10_000, allow_blank=True)


BODY = ContactBody()


@contacts.creates(ContactBody)
def create(body: Body) -> r.Contact:
    """Make a contact; nothing is required of it, and a note is passed over."""
    values = BODY.read(body)
    book = Contacts(sandbox(), workspace())
    urns = values.get("urns") or _urn_of_url()
    _check_free(book, urns)
    return book.create(
        name=values.get("name"),
        language=values.get("language"),
        urns=list({urn.identity: urn.text for urn in reversed(urns)}.values())[::-1],
        groups=[group.id for group in values.get("groups", ())],
        fields=FieldTexts(sandbox(), workspace()).read(values.get("fields_", {})),
    )


@contacts.updates(ContactBody)
def update(contact: r.Contact, body: Body) -> r.Contact:
    """Change what the body names of a contact."""
    values = BODY.read(body)
    if contact.is_deleted:
        raise Invalid.as_a_whole("Deleted contacts can't be modified.")
    book = Contacts(sandbox(), workspace())
    changes: dict[str, Any] = {
        name: values[name] for name in ("name", "language") if name in values
    }
    if "urns" in values:
        # Assumed: what the engine would not take is passed over, as it is with others' URNs.
        accepted = [urn.text for urn in values["urns"] if addresses.engine_accepts(urn)]
        changes["urns"] = book.merged_urns(contact, accepted)
    if "groups" in values:
        changes["groups"] = tuple(dict.fromkeys(group.id for group in values["groups"]))
    if "fields_" in values:
        texts = FieldTexts(sandbox(), workspace())
        changes["fields"] = texts.read(values["fields_"], contact.fields)
    changed = book.change(contact, **changes)
    if "note" in values:
        author = current_user()
        changed = book.add_note(changed, values["note"], author.id if author else None)
    return changed


@contacts.deletes
def delete(contact: r.Contact) -> None:
    """Delete a contact; one that is deleted already stays so."""
    erasing.delete(sandbox(), workspace(), [contact])


def _urn_of_url() -> list[addresses.Urn]:
    """Return the URN that the URL names, which a new contact gets.

    :raises Invalid: no contact can have it.
    """
    raw = filters.last("urn")
    if raw is None:
        return []
    try:
        return [addresses.clean(_identity(raw), workspace().country)]
    except addresses.InvalidURN as error:
        raise Invalid.as_a_whole(error.messages[0]) from error


def _check_free(book: Contacts, urns: list[addresses.Urn]) -> None:
    """Refuse URNs that a new contact cannot have.

    :raises Invalid: the engine does not take one, or somebody has it.
    """
    refusals: tuple[tuple[str, Callable[[addresses.Urn], bool]], ...] = (
        (NOT_VALID, lambda urn: not addresses.engine_accepts(urn)),
        (IN_USE, lambda urn: book.owner(urn.text) is not None),
    )
    for message, is_refused in refusals:
        for at, urn in enumerate(urns):
            if is_refused(urn):
                raise Invalid({"urns": {str(at): [message]}})


ENDPOINTS = (contacts,)
