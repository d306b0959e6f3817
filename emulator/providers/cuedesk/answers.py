"""What the answers hold, as the functions that make them are checked against it.

OpenAPI is made from this.
"""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from .records import Complaint


class ViolationOut(TypedDict):
    """One mistake in a body."""

    field: str
    rule: str
    message: str


# One of the names is a word of Python's.
ParameterError = TypedDict("ParameterError", {"type": str, "in": str, "field": str, "msg": str})


class ParameterErrors(TypedDict):
    """All mistakes in a query."""

    errors: list[ParameterError]


class Reason(TypedDict):
    """Why a request is refused; mistakes in a body are listed."""

    message: str
    details: str | ParameterErrors
    violations: NotRequired[list[ViolationOut]]


class NestedRefusal(TypedDict):
    """The envelope of most errors."""

    error: Reason


class FlatRefusal(TypedDict):
    """What says that a good request cannot be carried out."""

    message: str
    details: str


def complaints() -> tuple[Any, ...]:
    """Return what errors can be."""
    return NestedRefusal, FlatRefusal


class BroadcastOut(TypedDict):
    """A broadcast that was accepted."""

    uuid: str
    name: str | None
    scheduled_at: str | None
    status: str
    created_at: str
    recipients: int


class BroadcastAnswer(TypedDict):
    """A broadcast, and what was strange about its recipients."""

    broadcast: BroadcastOut
    warnings: tuple[Complaint, ...]


# One of the names is a word of Python's.
MessageOut = TypedDict(
    "MessageOut",
    {
        "uuid": str,
        "to": str,
        "from": str,
        "status": str,
        "client_reference": str | None,
        "created_at": str,
    },
)


class MessageAnswer(TypedDict):
    """A message that was accepted."""

    message: MessageOut


class ContactOut(TypedDict):
    """A contact."""

    uuid: str
    first_name: str | None
    last_name: str | None
    phone: str | None
    email: str | None
    external_contact_id: str | None
    custom_fields: dict[str, Any]
    created_at: str
    updated_at: str


class Pagination(TypedDict):
    """Which part of a list is shown."""

    limit: int
    offset: int
    total: int


class ContactsAnswer(TypedDict):
    """Some of the contacts."""

    contacts: list[ContactOut]
    pagination: Pagination
