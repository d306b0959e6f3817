"""How the vendors sign callbacks, told once more: a check that shares nothing with the sender."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any


def vendor_of(headers: Mapping[str, str], body: Any) -> str | None:
    """Return whose callback it is, None if that cannot be told.

    :param headers: their names in lower case.
    :param body: as JSON says it.
    """
    if "x-teekrr-event" in headers:
        return "teekrr"
    if isinstance(body, dict):
        if "trigger" in body and "channelUuid" in body:
            return "cuedesk"
        if isinstance(body.get("event"), dict) and "type" in body["event"]:
            return "whautomate"
    return "rapidpro" if "x-mailroom-mode" in headers else None


def event_of(headers: Mapping[str, str], body: Any) -> str | None:
    """Return the vendor's name of what happened, None where it names nothing."""
    event = headers.get("x-teekrr-event")
    if event is None and isinstance(body, dict):
        event = body.get("trigger", body.get("event"))
        if isinstance(event, dict):
            event = event.get("type")
    return event if isinstance(event, str) else None


SIGNING = frozenset({"teekrr", "cuedesk"})


def is_signed(vendor: str, headers: Mapping[str, str], body: bytes, secrets: Iterable[str]) -> bool:
    """Return whether one of the secrets made the signature over exactly these bytes."""
    # The name of Cuedesk's header is a setting.
    given = next((value for name, value in headers.items() if name.endswith("-signature")), "")
    keys = (_key(vendor, secret) for secret in secrets)
    return any(
        hmac.compare_digest(hmac.new(key, body, sha256).hexdigest().encode(), given.encode())
        for key in keys
    )


def _key(vendor: str, secret: str) -> bytes:
    # Teekrr's key is the text of the secret's hash, 64 hex digits.
    return sha256(secret.encode()).hexdigest().encode() if vendor == "teekrr" else secret.encode()
