"""The tables of contacts and tickets, and of what sorts them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from emulator.core.store import Kind, Lookup
from emulator.providers.rapidpro import records as r
from emulator.providers.rapidpro.urns import identity

from .orders import KEY, NAME, by_created, by_modified, plain

FIELDS: Kind[r.Field] = plain("fields", r.Field, **NAME, **KEY)


def _groups(group: r.Group) -> Iterable[Hashable]:
    if group.is_deleted:
        return ()
    kind = "smart" if group.query is not None else "manual"
    listed = ((group.workspace,), (group.workspace, kind))
    return listed if group.status != "initializing" else ((group.workspace, "initializing"),)


GROUPS: Kind[r.Group] = Kind(
    "rapidpro.groups",
    r.Group,
    lookups=NAME,
    orders=by_created(_groups, "query", "status"),
)


def _urns(contact: r.Contact) -> Iterable[Hashable]:
    if contact.is_deleted:
        return ()
    return [(contact.workspace, identity(urn)) for urn in contact.urns]


def _contacts(contact: r.Contact) -> Iterable[Hashable]:
    if contact.is_deleted:
        return ((contact.workspace, "deleted"),)
    groups = [("group", group) for group in (*contact.groups, *contact.smart_groups)]
    return ((contact.workspace,), *groups)


CONTACTS: Kind[r.Contact] = Kind(
    "rapidpro.contacts",
    r.Contact,
    lookups={"urn": Lookup(frozenset({"workspace", "urns", "is_deleted"}), _urns)},
    orders=by_modified(_contacts, "groups", "smart_groups"),
)


TOPICS: Kind[r.Topic] = plain("topics", r.Topic, **NAME)


def _tickets(ticket: r.Ticket) -> Iterable[Hashable]:
    if ticket.is_deleted:
        return ()
    return (
        (ticket.workspace,),
        ("contact", ticket.contact),
        ("topic", ticket.topic, ticket.status),
    )


TICKETS: Kind[r.Ticket] = Kind(
    "rapidpro.tickets", r.Ticket, orders=by_modified(_tickets, "contact", "topic", "status")
)
