"""What the API's most used objects hold, as the functions that show them are checked against it.

OpenAPI is made from these. Moments are texts in ISO 8601.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, NotRequired, TypedDict, TypeVar

T = TypeVar("T")


class Page(TypedDict, Generic[T]):
    """A page of a list, and where the next and the previous one are."""

    next: str | None
    previous: str | None
    results: list[T]


class Ref(TypedDict):
    """An object that another one names."""

    uuid: str
    name: str | None


class Progress(TypedDict):
    """How many of how many are done; the total is -1 until it is known."""

    total: int
    started: int


class BroadcastOut(TypedDict):
    """A broadcast. Its parts are by language."""

    uuid: str
    status: str
    progress: Progress
    urns: tuple[str, ...] | None
    contacts: list[Ref]
    groups: list[Ref]
    text: dict[str, str | None]
    attachments: dict[str, tuple[str, ...]]
    quick_replies: dict[str, tuple[Mapping[str, str], ...]]
    base_language: str
    created_on: str
    id: int


class Attachment(TypedDict):
    """A file of a message."""

    content_type: str
    url: str


class MessageOut(TypedDict):
    """A message, in or out."""

    uuid: str
    contact: Ref | None
    urn: str | None
    channel: Ref | None
    direction: str
    type: str
    status: str
    archived: bool
    visibility: str
    text: str
    labels: list[Ref]
    flow: Ref | None
    attachments: list[Attachment]
    quick_replies: tuple[Mapping[str, str], ...]
    created_on: str
    sent_on: str | None
    modified_on: str
    media: str | None
    id: int
    broadcast: int | None


class Person(TypedDict):
    """A user."""

    email: str
    name: str


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


class LabelOut(TypedDict):
    """A label."""

    uuid: str
    name: str
    count: int


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


class CampaignOut(TypedDict):
    """A campaign."""

    uuid: str
    name: str
    archived: bool
    group: Ref
    created_on: str


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


class SubscriberOut(TypedDict):
    """A URL that a resthook calls."""

    id: int
    resthook: str
    target_url: str
    created_on: str


class MediaOut(TypedDict):
    """An uploaded file."""

    uuid: str
    content_type: str
    url: str
    filename: str
    size: int
