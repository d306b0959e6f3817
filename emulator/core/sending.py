"""What core asks of whoever carries callbacks to their receivers."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from typing import Any, Protocol
from urllib.parse import urlsplit

import msgspec

_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")


def read_url(value: Any) -> str:
    """Return a URL that can be called, wherever it leads.

    :raises ValueError: it is none.
    """
    if isinstance(value, str) and not _UNSAFE.search(value) and _has_place(value):
        return value
    raise ValueError("Must be an http:// or https:// URL, without a user")


def _has_place(url: str) -> bool:
    try:
        parts = urlsplit(url)
        is_place = parts.hostname is not None and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        return False  # The port is no number, or an address has no end.
    return is_place and parts.scheme in ("http", "https")


class Parcel(msgspec.Struct, frozen=True):
    """One request to be sent, byte for byte as the receiver shall see it."""

    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    method: str = "POST"


class Answer(msgspec.Struct, frozen=True):
    """What became of one attempt: a status, or the error that left it without one."""

    status: int | None
    error: str | None
    duration_ms: float
    response: str
    """The body as text: the first 64 KiB, undecodable bytes replaced."""


class Sender(Protocol):
    """Carries parcels off the caller's thread, in order within a lane."""

    def post(
        self, world: object, lane: Hashable, parcel: Parcel, done: Callable[[Answer], None]
    ) -> None:
        """Queue a parcel and return at once.

        Parcels of one lane of one world go one after another, each when the one before it has
        been answered; lanes do not wait for each other.

        :param done: called once, on another thread, when the attempt is over.
        """

    def abandon(self, world: object) -> None:
        """Forget what is queued for a world, cut what is under way, return when nothing is.

        ``done`` is not called for any of it. The caller must hold no lock that ``done`` takes.
        """

    def close(self) -> None:
        """Abandon everything and end the threads."""
