"""What the gateway tells the carriers that call it."""

from __future__ import annotations

from typing import Generic, NotRequired, TypedDict, TypeVar

T = TypeVar("T")


class Accepted(TypedDict, Generic[T]):
    """What became of a call."""

    message: str
    data: list[T]


class ReceivedOut(TypedDict):
    """A message that was taken."""

    type: str
    channel_uuid: str
    msg_uuid: str
    text: str
    urn: str
    received_on: str


class StatusOut(TypedDict):
    """A status that was taken, or why it was not."""

    type: str
    channel_uuid: NotRequired[str]
    status: NotRequired[str]
    info: NotRequired[str]


class StopOut(TypedDict):
    """An opt-out that was taken."""

    type: str
    channel_uuid: str
    event_type: str
    urn: str
    received_on: str
