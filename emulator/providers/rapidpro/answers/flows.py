"""Flows, campaigns and what they call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

from .common import Progress, Ref


class FlowOut(TypedDict):
    """A flow with the counts of its runs."""

    uuid: str
    name: str
    type: str
    archived: bool
    labels: list[Ref]
    expires: int
    runs: dict[str, int]
    results: tuple[Mapping[str, Any], ...]
    parent_refs: tuple[str, ...]
    created_on: str
    modified_on: str


class StartOut(TypedDict):
    """A start of a flow."""

    uuid: str
    flow: Ref | None
    status: str
    progress: Progress
    groups: list[Ref]
    contacts: list[Ref]
    params: Mapping[str, Any] | None
    created_on: str
    modified_on: str
    id: int
    extra: Mapping[str, Any] | None
    restart_participants: bool
    exclude_active: bool


class CampaignOut(TypedDict):
    """A campaign."""

    uuid: str
    name: str
    archived: bool
    group: Ref
    created_on: str


class SubscriberOut(TypedDict):
    """A URL that a resthook calls."""

    id: int
    resthook: str
    target_url: str
    created_on: str


class RunContact(TypedDict):
    """The contact of a run; in an anonymous workspace by its reference."""

    uuid: str
    name: str | None
    urn: str | None
    urn_display: str | None
    ref: NotRequired[str | None]
    anon_display: NotRequired[str | None]


class StartRef(TypedDict):
    """The start that a run comes from."""

    uuid: str


class StepOut(TypedDict):
    """A node that a run has come to."""

    node: str
    time: str


class ValueOut(TypedDict):
    """A result of a run."""

    name: str | None
    value: str | None
    category: str | None
    node: str | None
    time: str | None


class RunOut(TypedDict):
    """A contact's way through a flow."""

    uuid: str
    flow: Ref
    contact: RunContact
    start: StartRef | None
    responded: bool
    path: list[StepOut] | None
    values: dict[str, ValueOut]
    created_on: str
    modified_on: str
    exited_on: str | None
    exit_type: str | None
    id: int


class AnchorOut(TypedDict):
    """The field whose date an event is relative to."""

    key: str
    name: str
    label: str


class EventOut(TypedDict):
    """An event of a campaign: a flow or a message."""

    uuid: str
    campaign: Ref
    relative_to: AnchorOut
    offset: int
    unit: str
    delivery_hour: int
    flow: Ref | None
    message: Mapping[str, str] | None
    created_on: str


class ResthookOut(TypedDict):
    """An event that flows call."""

    resthook: str
    modified_on: str
    created_on: str


class ResthookEventOut(TypedDict):
    """One call of a resthook, with what was sent."""

    resthook: str
    data: Mapping[str, Any]
    created_on: str
