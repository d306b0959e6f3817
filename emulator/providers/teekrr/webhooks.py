"""Callbacks: four events, signed with the hash of the endpoint's secret, never tried again."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from emulator.core.listeners import Listeners
from emulator.core.records import Endpoint
from emulator.core.sandbox import Sandbox
from emulator.core.webhooks import Notice
from emulator.web.moments import iso

from .credit import Booking, booking_of
from .records import SLUG, TeekrrMessage

EVENTS = frozenset({"delivered", "failed", "billed", "bounced"})
HARD, SOFT = "Permanent", "Transient"


def signature(secret: str, body: bytes) -> str:
    """Return the signature over the bytes of a body.

    The key is the hex text of the secret's hash, 64 characters, and not the hash itself.
    """
    return hmac.digest(_secret_hash(secret), body, "sha256").hex()


@lru_cache(maxsize=1024)
def _secret_hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).hexdigest().encode("ascii")


def sign(
    found: Sandbox, endpoint: Endpoint, event: str, body: bytes
) -> tuple[tuple[str, str], ...]:
    """Return the headers of a callback."""
    return (
        ("Content-Type", "application/json"),
        ("X-Teekrr-Signature", signature(endpoint.secret, body)),
        ("X-Teekrr-Event", event),
    )


def payload(
    event: str, message: TeekrrMessage, at: datetime, *, bounce_type: str = HARD
) -> dict[str, Any]:
    """Return what is told of a message, in the order in which the vendor writes it."""
    about: dict[str, Any] = {
        "messageUuid": message.id,
        "broadcastUuid": message.broadcast,
        "channel": message.channel,
        "recipient": message.address,
    }
    about.update(_details(event, message, bounce_type))
    stamp = about[f"{event}At"] = iso(at)
    return {"event": event, "timestamp": stamp, "data": about}


def _details(event: str, message: TeekrrMessage, bounce_type: str) -> Mapping[str, Any]:
    if event == "billed":
        return {"amount": message.rate, "currency": "MYR"}
    if event == "bounced":
        return {"bounceType": bounce_type}
    if event == "failed" and message.error is not None:
        return {"errorCode": message.error.code, "errorMessage": message.error.message}
    return {}


def tell(
    found: Sandbox, steps: Iterable[tuple[TeekrrMessage, TeekrrMessage]], at: datetime
) -> None:
    """Owe the events of many steps; ``billed`` comes before what else a step tells."""
    listeners = Listeners(found, found.vendor(SLUG))
    if listeners.is_silence:
        return
    notices = []
    for before, after in steps:
        for event in _events(before, after):
            notices += _notices(listeners, event, after, at)
    listeners.owe_each(notices)


def _events(before: TeekrrMessage, after: TeekrrMessage) -> list[str]:
    events = []
    # Test sends belong to no broadcast and cost nothing.
    is_billed = after.broadcast is not None
    if is_billed and booking_of(before.state, after.state) is Booking.SETTLE:
        events.append("billed")
    if after.state in ("delivered", "failed", "bounced"):
        events.append(after.state)
    return events


def tell_of_soft_bounces(found: Sandbox, messages: Sequence[TeekrrMessage], at: datetime) -> None:
    """Owe the event of a soft bounce for each of these messages."""
    listeners = Listeners(found, found.vendor(SLUG))
    for message in messages:
        listeners.owe_each(_notices(listeners, "bounced", message, at, bounce_type=SOFT))


def _notices(
    listeners: Listeners,
    event: str,
    message: TeekrrMessage,
    at: datetime,
    *,
    bounce_type: str = HARD,
) -> list[Notice]:
    endpoints = listeners.of(message.account, event, message.channel)
    if not endpoints:
        return []
    body = msgspec.json.encode(payload(event, message, at, bounce_type=bounce_type))
    return [Notice(endpoints, event, message.id, body)]
