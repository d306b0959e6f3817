"""Flows and what starts them, the ways of contacts through them, and what they call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from emulator.core.kinds import Instant
from emulator.core.store import Record

from .words import Words


class FlowLabel(Record, frozen=True, kw_only=True, gc=False):
    """A mark on flows, unrelated to labels of messages."""

    workspace: str
    name: str
    created_on: Instant
    is_deleted: bool = False


class Flow(Record, frozen=True, kw_only=True, gc=False):
    """A flow. There is no flow engine: ``simulate`` says what a run of it does.

    :param expires: minutes until a waiting run expires.
    :param results: objects with key, name, categories and node_uuids.
    :param dependencies: keys of fields, UUIDs of groups and flows that it uses.
    """

    workspace: str
    name: str
    type: str
    expires: int
    created_on: Instant
    modified_on: Instant
    archived: bool = False
    labels: tuple[str, ...] = ()
    results: tuple[Mapping[str, Any], ...] = ()
    parent_refs: tuple[str, ...] = ()
    simulate: Mapping[str, Any] | None = None
    nodes: tuple[Any, ...] = ()
    dependencies: Mapping[str, tuple[str, ...]] = {}
    is_deleted: bool = False


class Trigger(Record, frozen=True, kw_only=True, gc=False):
    """What starts a flow."""

    workspace: str
    flow: str
    trigger_type: str
    created_on: Instant
    keywords: tuple[str, ...] = ()
    match_type: str | None = "F"
    groups: tuple[str, ...] = ()
    exclude_groups: tuple[str, ...] = ()
    channel: str | None = None
    archived: bool = False
    is_deleted: bool = False


class FlowStart(Record, frozen=True, kw_only=True, gc=False):
    """An order to start many contacts in a flow; ``waiting`` and ``left`` as for broadcasts."""

    workspace: str
    number: int
    flow: str
    status: str
    type: str
    created_on: Instant
    modified_on: Instant
    groups: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    urns: tuple[str, ...] = ()
    params: Mapping[str, Any] | None = None
    total: int = -1
    started: int = 0
    restart_participants: bool = True
    exclude_active: bool = False
    waiting: int = 0
    left: tuple[str, ...] = ()
    is_deleted: bool = False


class Step(msgspec.Struct, frozen=True, gc=False):
    """A node of a flow that a run has come to, and when."""

    node: str
    time: Instant


class Value(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A result of a run; ``input`` is the answer that it comes from, ``node`` where it was set."""

    name: str | None = None
    value: str | None = None
    category: str | None = None
    node: str | None = None
    time: Instant | None = None
    input: str | None = None


class Run(Record, frozen=True, kw_only=True, gc=False):
    """One contact's way through a flow. ``status`` is ``active`` or ``waiting`` until it exits."""

    workspace: str
    number: int
    flow: str
    contact: str
    status: str
    created_on: Instant
    modified_on: Instant
    start: str | None = None
    responded: bool = False
    path: tuple[Step, ...] = ()
    values: Mapping[str, Value] = {}
    exited_on: Instant | None = None
    exit_type: str | None = None
    is_deleted: bool = False


class Campaign(Record, frozen=True, kw_only=True, gc=False):
    """Messages and flows sent relative to a date of each contact in a group."""

    workspace: str
    name: str
    group: str
    created_on: Instant
    archived: bool = False
    is_deleted: bool = False


class CampaignEvent(Record, frozen=True, kw_only=True, gc=False):
    """One message or flow of a campaign; ``relative_to`` is the key of a field."""

    workspace: str
    campaign: str
    relative_to: str
    offset: int
    unit: str
    delivery_hour: int
    created_on: Instant
    flow: str | None = None
    message: Words | None = None
    base_language: str | None = None
    status: str = "ready"
    is_deleted: bool = False


class Resthook(Record, frozen=True, kw_only=True, gc=False):
    """An event that flows call, by slug."""

    workspace: str
    slug: str
    created_on: Instant
    modified_on: Instant
    is_deleted: bool = False


class Subscriber(Record, frozen=True, kw_only=True, gc=False):
    """A URL that a resthook calls; ``id`` is the number as text."""

    workspace: str
    number: int
    resthook: str
    target_url: str
    created_on: Instant
    is_deleted: bool = False


class ResthookEvent(Record, frozen=True, kw_only=True, gc=False):
    """One call of a resthook, with what was sent."""

    workspace: str
    resthook: str
    data: Mapping[str, Any]
    created_on: Instant
    is_deleted: bool = False
