"""Finds the objects of the caller's workspace that bodies and URLs refer to.

The functions take what a body has, a text or an integer, and return None for what is not there:
unknown, deleted, or another workspace's.
"""

from __future__ import annotations

import re
import uuid
from typing import Any, TypeVar

from emulator.core.store import Kind, Record

from . import kinds, urns
from . import records as r
from .answers import Ref
from .context import table, workspace

R = TypeVar("R", bound=Record)
Given = str | int

_UUID_INSIDE = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def as_uuid(text: str) -> str | None:
    """Return a UUID as it is stored: in lower case, with dashes; None if it is none."""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return None


def ref(record: Any) -> Ref:
    """Return how other objects show an object that has a name."""
    return {"uuid": record.id, "name": record.name}


def own(kind: Kind[R], id: str | None) -> R | None:
    """Return the workspace's object with an id that was already checked."""
    if id is None:
        return None
    record: Any = table(kind).find(id)
    if record is None or record.workspace != workspace().id or record.is_deleted:
        return None
    found: R = record
    return found


def by_uuid(kind: Kind[R], given: Given) -> R | None:
    """Return the object that a UUID in any form stands for."""
    return own(kind, as_uuid(str(given)))


def by_name(kind: Kind[R], given: Given) -> R | None:
    """Return the object with a name; capitals don't matter."""
    return table(kind).one("name", (workspace().id, str(given).lower()))


def by_exact_name(kind: Kind[Any], given: str) -> Any | None:
    """Return the object with exactly this name, or the UUID, as filters have it."""
    found = by_uuid(kind, given)
    if found is not None:
        return found
    named = by_name(kind, given)
    return named if named is not None and named.name == given else None


def by_key(kind: Kind[R], given: Given) -> R | None:
    """Return the field or global with a key."""
    return table(kind).one("key", (workspace().id, str(given)))


def by_uuid_or_name(kind: Kind[R], given: Given) -> R | None:
    """Return the object with a UUID or, in any capitals, a name."""
    return by_uuid(kind, given) or by_name(kind, given)


def find_contact(given: Given) -> r.Contact | None:
    """Return the contact with a UUID or URN; phone numbers need their country code."""
    return by_uuid(kinds.CONTACTS, given) or contact_with_urn(str(given), None)


def contact_with_urn(raw: str, country: str | None) -> r.Contact | None:
    """Return the contact that has a URN; of one that cannot be parsed nobody has."""
    try:
        identity = urns.lookup(raw, country)
    except urns.InvalidURN:
        return None
    return table(kinds.CONTACTS).one("urn", (workspace().id, identity))


def find_group(given: Given) -> r.Group | None:
    """Return a group, manual or smart, by UUID or name."""
    return by_uuid_or_name(kinds.GROUPS, given)


def find_label(given: Given) -> r.Label | None:
    """Return a label by UUID or name."""
    return by_uuid_or_name(kinds.LABELS, given)


def find_flow(given: Given) -> r.Flow | None:
    """Return a flow by UUID, an archived one too."""
    return by_uuid(kinds.FLOWS, given)


def find_campaign(given: Given) -> r.Campaign | None:
    """Return a campaign by UUID, unless it is archived."""
    found = by_uuid(kinds.CAMPAIGNS, given)
    return None if found is None or found.archived else found


def find_topic(given: Given) -> r.Topic | None:
    """Return a topic by UUID."""
    return by_uuid(kinds.TOPICS, given)


def find_ticket(given: Given) -> r.Ticket | None:
    """Return a ticket by UUID."""
    return by_uuid(kinds.TICKETS, given)


def find_field(given: Given) -> r.Field | None:
    """Return a contact field by key; the built-in ones are no records."""
    return by_key(kinds.FIELDS, given)


def find_user(given: Given) -> r.User | None:
    """Return an active member by e-mail address, agents included."""
    found = table(kinds.USERS).one("email", (workspace().id, str(given).lower()))
    return found if found is not None and found.is_active else None


def find_message(given: Given) -> r.RapidMessage | None:
    """Return a message by its integer id, unless it is deleted."""
    number = as_integer(str(given))
    found = None if number is None else table(kinds.MESSAGES).one("number", number)
    if found is None or found.account != workspace().id or found.visibility == "deleted":
        return None
    return found


def as_integer(text: str) -> int | None:
    """Return the whole number that a text spells, however large, None for another text."""
    try:
        return int(text)
    except ValueError:
        return None


def find_media(given: Given) -> r.Media | None:
    """Return an upload by its UUID, or by a ``type:url`` whose URL has the UUID in it."""
    text = str(given)
    id = as_uuid(text)
    # Our URLs have the workspace's UUID in them too, before that of the upload.
    named = [id] if id is not None else _UUID_INSIDE.findall(text.partition(":")[2])
    uploads = (table(kinds.MEDIA).find(id) for id in named)
    return next((m for m in uploads if m is not None and m.workspace == workspace().id), None)
