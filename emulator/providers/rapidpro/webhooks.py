"""Callbacks: flows call URLs, but nobody is told what becomes of a message."""

from __future__ import annotations

from typing import Final

from emulator.core.records import Endpoint
from emulator.core.sandbox import Sandbox

SLUG: Final = "rapidpro"
FIXED_HEADERS: Final = (
    ("User-Agent", "Mailroom/26.3"),
    ("X-Mailroom-Mode", "normal"),
    ("Accept-Encoding", "gzip"),
)
HEADERS: Final = (("Content-Type", "application/json"), *FIXED_HEADERS)


def sign(
    sandbox: Sandbox, endpoint: Endpoint, event: str, body: bytes
) -> tuple[tuple[str, str], ...]:
    """Return the headers of a callback; there is no signature."""
    del sandbox, endpoint, event, body
    return HEADERS
