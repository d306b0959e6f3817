"""Broadcasts, messages and the ways that they go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

from .common import Progress, Ref


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


class LabelOut(TypedDict):
    """A label."""

    uuid: str
    name: str
    count: int


class MediaOut(TypedDict):
    """An uploaded file."""

    uuid: str
    content_type: str
    url: str
    filename: str
    size: int


class DeviceOut(TypedDict):
    """A telephone that sends for a channel; unknown until it first tells of itself."""

    name: str | None
    power_level: int
    power_status: str | None
    power_source: str | None
    network_type: str | None


class ChannelOut(TypedDict):
    """A channel."""

    uuid: str
    name: str | None
    address: str | None
    type: str
    country: str | None
    device: DeviceOut | None
    last_seen: str | None
    created_on: str


class ChannelEventOut(TypedDict):
    """A call, an opt-out or another thing that is no message."""

    id: int
    type: str
    contact: Ref
    channel: Ref
    extra: Mapping[str, Any]
    occurred_on: str
    created_on: str


class ClassifierOut(TypedDict):
    """A service that recognises intents."""

    uuid: str
    name: str
    type: str
    intents: list[str]
    created_on: str


class OptInOut(TypedDict):
    """Something that people agree to be told about."""

    uuid: str
    name: str
    created_on: str


class TranslationOut(TypedDict):
    """A template in one language."""

    language: str | None
    locale: str | None
    content: str | None
    namespace: str
    variable_count: int
    status: str
    channel: Ref | None


class TemplateOut(TypedDict):
    """A template with its translations."""

    uuid: str
    name: str
    translations: list[TranslationOut]
    created_on: str
    modified_on: str


#: The messages of a channel on a day, by sort: those of which there are any.
ChannelDay = TypedDict(
    "ChannelDay",
    {
        "type": str,
        "text:in": NotRequired[int],
        "text:out": NotRequired[int],
        "voice:in": NotRequired[int],
        "voice:out": NotRequired[int],
    },
)


class DayOut(TypedDict):
    """How many messages went over each channel on a day."""

    date: str
    channels: dict[str, ChannelDay]


class StatisticsOut(TypedDict):
    """The days on which there was anything to count."""

    results: list[DayOut]
