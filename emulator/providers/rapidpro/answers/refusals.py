"""What errors hold."""

from __future__ import annotations

from typing import Any, TypedDict


class Detail(TypedDict):
    """Why a request is refused."""

    detail: str


class Fault(TypedDict):
    """What is wrong with a carrier's call."""

    type: str
    error: str


class GatewayError(TypedDict):
    """Why a carrier's call is refused."""

    message: str
    data: list[Fault]


Messages = list[str]
# What is wrong with a list, a dictionary or an object stands by position, key or field. The
# deepest are quick replies: by language, position and field.
QuickReplies = dict[str, Messages | dict[str, Messages]]
Mistakes = dict[str, Messages | dict[str, Messages | QuickReplies]]


def complaints() -> tuple[Any, ...]:
    """Return what errors can be."""
    return Detail, Mistakes, GatewayError
