"""Contacts, with their fields and groups, and the tickets that they have open."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from emulator.core.kinds import Instant
from emulator.core.store import Record
from emulator.providers.rapidpro.values import FieldValue

MOST_NOTES = 5
"""How many notes a contact keeps."""


class Field(Record, frozen=True, kw_only=True, gc=False):
    """A contact field."""

    workspace: str
    key: str
    name: str
    type: str
    created_on: Instant
    featured: bool = False
    priority: int = 0
    agent_access: str = "view"
    is_deleted: bool = False


class Group(Record, frozen=True, kw_only=True, gc=False):
    """A manual group, or with a query a smart one."""

    workspace: str
    name: str
    created_on: Instant
    query: str | None = None
    status: str = "ready"
    is_system: bool = False
    is_deleted: bool = False


class Note(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A note on a contact; ``created_by`` is the UUID of a user."""

    text: str
    created_on: Instant
    created_by: str | None


class Contact(Record, frozen=True, kw_only=True, gc=False):
    """A person.

    :param urns: in order of priority, with their display.
    :param groups: manual memberships, by creation of the membership.
    :param smart_groups: memberships that queries decide.
    :param fields: values by field key; unset ones are absent.
    :param flow: the flow whose run waits for the person.
    :param open_tickets: how many tickets of the person are open.
    """

    workspace: str
    name: str | None
    ref: str
    status: str
    created_on: Instant
    modified_on: Instant
    language: str | None = None
    urns: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    smart_groups: tuple[str, ...] = ()
    fields: Mapping[str, FieldValue] = {}
    notes: tuple[Note, ...] = ()
    flow: str | None = None
    last_seen_on: Instant | None = None
    open_tickets: int = 0
    is_deleted: bool = False


class Topic(Record, frozen=True, kw_only=True, gc=False):
    """A subject of tickets; ``General`` is built in."""

    workspace: str
    name: str
    created_on: Instant
    is_system: bool = False
    is_deleted: bool = False


class Ticket(Record, frozen=True, kw_only=True, gc=False):
    """A conversation that people take care of."""

    workspace: str
    contact: str
    topic: str
    status: str
    opened_on: Instant
    modified_on: Instant
    assignee: str | None = None
    opened_by: str | None = None
    opened_in: str | None = None
    closed_on: Instant | None = None
    notes: tuple[Note, ...] = ()
    is_deleted: bool = False
