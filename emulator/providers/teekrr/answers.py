"""What the answers hold; OpenAPI is made from this."""

from __future__ import annotations

from typing import Any, Generic, NotRequired, TypedDict, TypeVar

T = TypeVar("T")


class Answer(TypedDict, Generic[T]):
    """What every success comes in."""

    data: T


class ViolationOut(TypedDict):
    """One mistake in a body."""

    field: str
    message: str


class Refusal(TypedDict):
    """What errors answer; mistakes in a body are listed."""

    message: str
    errors: NotRequired[list[ViolationOut]]


def complaints() -> tuple[Any, ...]:
    """Return what errors can be."""
    return (Refusal,)


class AcceptedOut(TypedDict):
    """A broadcast that was accepted, for now or later."""

    broadcastUuid: str
    queued: int
    scheduledAt: NotRequired[str]


class TestSentOut(TypedDict):
    """A message that was sent straight away."""

    messageUuid: str
    metaMessageId: str


class UploadOut(TypedDict):
    """Where an uploaded file can be fetched."""

    url: str


class EmailOut(TypedDict):
    """E-mails that were attempted, or were accepted for later."""

    broadcastUuid: str
    sent: NotRequired[int]
    failed: NotRequired[int]
    queued: NotRequired[int]
    scheduledAt: NotRequired[str]


class Summary(TypedDict):
    """How many recipients could be sent to, and how many could not."""

    total: int
    valid: int
    invalid: int


class ValidRow(TypedDict):
    """A recipient that could be sent to."""

    row: int
    value: str


class InvalidRow(TypedDict):
    """A recipient that could not be sent to, and why."""

    row: int
    value: NotRequired[str]
    code: str
    message: str


class SortedOut(TypedDict):
    """The recipients of a list, sorted out."""

    summary: Summary
    valid: list[ValidRow]
    invalid: list[InvalidRow]
