"""A workspace, who works in it and what they share."""

from __future__ import annotations

from typing import Any, TypedDict

from .common import Person, Ref


class TopicOut(TypedDict):
    """A topic of tickets."""

    uuid: str
    name: str
    counts: dict[str, int]
    system: bool
    created_on: str


class GlobalOut(TypedDict):
    """A global."""

    key: str
    name: str
    value: str
    modified_on: str


class CreditsOut(TypedDict):
    """Credits, of which workspaces have had none for a long time."""

    used: int
    remaining: int


class WorkspaceOut(TypedDict):
    """The workspace itself."""

    uuid: str
    name: str
    country: str
    languages: list[str]
    timezone: str
    date_style: str
    anon: bool
    credits: CreditsOut
    primary_language: str | None


class UserOut(TypedDict):
    """A member."""

    uuid: str
    name: str
    email: str
    role: str
    team: Ref | None
    created_on: str
    avatar: str | None
    first_name: str
    last_name: str


class TicketOut(TypedDict):
    """A ticket."""

    uuid: str
    contact: Ref
    status: str
    topic: Ref
    body: None
    assignee: Person | None
    opened_on: str
    opened_by: Person | None
    opened_in: Ref | None
    modified_on: str
    closed_on: str | None


class ArchiveOut(TypedDict):
    """A file of old messages or runs."""

    type: str
    start_date: str
    period: str
    record_count: int
    size: int
    hash: str | None
    download_url: str | None
    archive_type: str


class PlaceRef(TypedDict):
    """A place that another one lies in."""

    osm_id: str
    name: str


class BoundaryOut(TypedDict):
    """A place."""

    osm_id: str
    name: str
    parent: PlaceRef | None
    level: int
    aliases: list[str]
    geometry: Any


class LoginOrg(TypedDict):
    """A workspace that a key is for."""

    uuid: str
    name: str
    id: int


class LoginToken(TypedDict):
    """A key and what it is for."""

    org: LoginOrg
    token: str


class LoginOut(TypedDict):
    """The keys of somebody who has logged in."""

    tokens: list[LoginToken]
