"""A workspace, who works in it, and what it has defined for all."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import msgspec

from emulator.core.kinds import Instant
from emulator.core.records import Account
from emulator.core.store import Record

from .words import Words


class Workspace(Account, frozen=True, kw_only=True, gc=False):
    """A customer; its API keys belong to users.

    :param country: two letters, ``""`` for none.
    :param languages: ISO 639-3, the primary one first.
    :param api_rates: scope to ``"3600/hour"``, where the workspace has its own.
    """

    country: str
    languages: tuple[str, ...]
    timezone: str
    date_style: str
    created_on: Instant
    anon: bool = False
    flagged: bool = False
    suspended: bool = False
    api_rates: Words = msgspec.field(default_factory=dict)


class Team(Record, frozen=True, kw_only=True, gc=False):
    """Agents who share topics; ``All Topics`` is built in."""

    workspace: str
    name: str
    created_on: Instant
    topics: tuple[str, ...] = ()
    is_system: bool = False
    is_deleted: bool = False


class User(Record, frozen=True, kw_only=True, gc=False):
    """A member of a workspace. One person in two workspaces is two records."""

    workspace: str
    email: str
    first_name: str
    last_name: str
    role: str
    created_on: Instant
    joined_on: Instant
    team: str | None = None
    avatar: str | None = None
    is_active: bool = True
    is_deleted: bool = False


class Token(Record, frozen=True, kw_only=True, gc=False):
    """An API key (its ``id``) of one user in one workspace."""

    workspace: str
    user: str
    is_revoked: bool = False


class Boundary(Record, frozen=True, kw_only=True, gc=False):
    """A country, state, district or ward of a workspace; ``id`` is workspace and osm_id."""

    workspace: str
    osm_id: str
    name: str
    level: int
    parent: str | None = None
    aliases: tuple[str, ...] = ()
    geometry: Any = None
    is_deleted: bool = False


class Global(Record, frozen=True, kw_only=True, gc=False):
    """A named value that texts can use."""

    workspace: str
    key: str
    name: str
    value: str
    created_on: Instant
    modified_on: Instant
    is_deleted: bool = False


class Archive(Record, frozen=True, kw_only=True, gc=False):
    """A file of old messages or runs.

    :param content: the gzip file; None where only its size is known, or there is none.
    """

    workspace: str
    type: str
    period: Literal["daily", "monthly"]
    start_date: date
    record_count: int
    size: int
    hash: str | None
    created_on: Instant
    content: bytes | None = None
    is_rolled_up: bool = False
    is_deleted: bool = False
