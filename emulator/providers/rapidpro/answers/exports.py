"""Flows and campaigns as they are exported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

from .common import Ref


class ExportedFlow(TypedDict):
    """A flow; what its nodes hold is its own affair."""

    uuid: str
    name: str
    type: str
    revision: int
    spec_version: str
    expire_after_minutes: int
    language: str
    nodes: tuple[Any, ...]


class ExportedAnchor(TypedDict):
    """The field whose date an event is relative to."""

    label: str
    key: str


class ExportedEvent(TypedDict):
    """An event of a campaign: either a flow, or a message and its first language."""

    uuid: str
    offset: int
    unit: str
    event_type: str
    delivery_hour: int
    relative_to: ExportedAnchor
    start_mode: str
    flow: NotRequired[Ref]
    message: NotRequired[Mapping[str, str] | None]
    base_language: NotRequired[str | None]


class ExportedCampaign(TypedDict):
    """A campaign with its events."""

    uuid: str
    name: str
    group: Ref
    events: list[ExportedEvent]


class ExportedTrigger(TypedDict):
    """What starts a flow."""

    trigger_type: str
    flow: Ref
    groups: list[Ref]
    exclude_groups: list[Ref]
    channel: Ref | None
    keywords: tuple[str, ...]
    match_type: str | None


class ExportedField(TypedDict):
    """A field that is used."""

    key: str
    name: str
    type: str


class ExportedGroup(TypedDict):
    """A group that is used."""

    uuid: str
    name: str
    query: str | None


class Exported(TypedDict):
    """All that was asked for, and what it depends on."""

    version: str
    flows: list[ExportedFlow]
    campaigns: list[ExportedCampaign]
    triggers: list[ExportedTrigger]
    fields: list[ExportedField]
    groups: list[ExportedGroup]


class ExportOut(Exported):
    """The same, and where it comes from."""

    site: str
