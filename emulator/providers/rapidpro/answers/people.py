"""Contacts and what is known of them."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from .common import Person, Ref


class NoteOut(TypedDict):
    """A note on a contact."""

    text: str
    created_on: str
    created_by: Person | None


class ExpandedURN(TypedDict):
    """An address of a contact, taken apart, and what reaches it."""

    channel: Ref | None
    scheme: str
    path: str
    display: str | None


class ContactOut(TypedDict):
    """A contact; of a deleted one little is left."""

    uuid: str
    name: str | None
    ref: NotRequired[str | None]
    anon_display: NotRequired[str | None]
    status: str | None
    language: str | None
    urns: list[str | ExpandedURN]
    groups: list[Ref]
    notes: list[NoteOut]
    fields: dict[str, str | None]
    flow: Ref | None
    created_on: str
    modified_on: str
    last_seen_on: str | None
    blocked: bool | None
    stopped: bool | None


class GroupOut(TypedDict):
    """A group; a smart one has a query."""

    uuid: str
    name: str
    query: str | None
    status: str
    system: bool
    count: int


class FieldOut(TypedDict):
    """A field of contacts, in the present words and those of before."""

    key: str
    name: str
    type: str
    featured: bool
    priority: int
    usages: dict[str, int]
    agent_access: str
    label: str
    value_type: str
