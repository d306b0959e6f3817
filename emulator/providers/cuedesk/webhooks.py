"""Callbacks: two triggers, one envelope, an HMAC over the body, five tries."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from emulator.core.durations import parse_duration
from emulator.core.errors import Problems
from emulator.core.listeners import Listeners
from emulator.core.records import Delivery, Endpoint
from emulator.core.sandbox import Sandbox
from emulator.core.triggers import Trigger, message_about, overlaid
from emulator.core.webhooks import Notice, RetryPolicy

from .records import CHANNEL, CHANNELS, SLUG, Channel, CueMessage

INBOUND = "message_inbound"
STATUS = "message_status_update"
"""How endpoints ask for status updates; ``settings.cuedesk.status_trigger`` is what they read."""
EVENTS = frozenset({INBOUND, STATUS})
VERSION = "1.0.0"

WORDS = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "failed": "failed",
    # How expiry is reported is assumed.
    "expired": "failed",
}
"""States that are told, with the word for each."""

STATUS_FIELDS = (
    "type",
    "uuid",
    "channelType",
    "createdAt",
    "to",
    "from",
    "status",
    "broadcastUuid",
    "error",
)
"""What status updates hold besides the client's reference, whose name is a setting."""


def iso(moment: datetime) -> str:
    """Return a moment as the API answers it: ``2024-06-15T10:00:00Z``."""
    return moment.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def long_iso(moment: datetime) -> str:
    """Return a moment as webhooks tell it, with nine digits after the second."""
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "000Z"


def signature(secret: str, body: bytes) -> str:
    """Return the signature over the bytes of a body."""
    return hmac.digest(secret.encode(), body, "sha256").hex()


def sign(
    found: Sandbox, endpoint: Endpoint, event: str, body: bytes
) -> tuple[tuple[str, str], ...]:
    """Return the headers of a callback."""
    name = found.settings[SLUG]["signature_header"]
    return (("Content-Type", "application/json"), (name, signature(endpoint.secret, body)))


def retry(found: Sandbox, delivery: Delivery) -> RetryPolicy:
    """Return when a failed callback is tried again."""
    pauses = found.settings[SLUG]["retry_pauses"]
    return RetryPolicy(tuple(parse_duration(pause).total_seconds() for pause in pauses))


def tell(found: Sandbox, messages: Sequence[CueMessage], at: datetime) -> None:
    """Owe the status updates of messages that have just moved."""
    settings = found.settings[SLUG]
    listeners = Listeners(found, found.vendor(SLUG))
    if listeners.is_silence:
        return
    notices = []
    for message in messages:
        if message.state not in WORDS:
            continue
        endpoints = listeners.of(message.account, STATUS, message.sender)
        if endpoints:
            channel = found.store.table(CHANNELS).get(message.sender)
            event = _status(message, channel, at, settings["reference_key"])
            body = _enveloped(channel, settings["status_trigger"], at, event)
            notices.append(Notice(endpoints, STATUS, message.id, body))
    listeners.owe_each(notices)


def tell_of_inbound(found: Sandbox, message: CueMessage) -> None:
    """Owe the event of a message from a person."""
    listeners = Listeners(found, found.vendor(SLUG))
    endpoints = listeners.of(message.account, INBOUND, message.sender)
    if endpoints:
        channel = found.store.table(CHANNELS).get(message.sender)
        body = _enveloped(channel, INBOUND, message.created_at, inbound(message, channel))
        listeners.owe(endpoints, INBOUND, message.id, body)


def trigger(found: Sandbox, wanted: Trigger, problems: Problems) -> list[Delivery]:
    """Owe an event that a tester sets off; ``data`` changes what stands in ``event``."""
    vendor, settings = found.vendor(SLUG), found.settings[SLUG]
    is_inbound, at = wanted.event == INBOUND, found.clock.now()
    message: CueMessage | None = message_about(
        found, vendor, wanted, problems, direction="in" if is_inbound else "out"
    )
    if message is None:
        return []
    channel = found.store.table(CHANNELS).get(message.sender)
    if is_inbound:
        event, name = inbound(message, channel), INBOUND
    else:
        event = _status(message, channel, at, settings["reference_key"])
        name = settings["status_trigger"]
    listeners = Listeners(found, vendor)
    endpoints = listeners.of(message.account, wanted.event, message.sender)
    body = _enveloped(channel, name, at, overlaid(event, wanted.data))
    return listeners.owe(endpoints, wanted.event, message.id, body)


def _enveloped(channel: Channel, trigger: str, at: datetime, event: dict[str, Any]) -> bytes:
    return msgspec.json.encode(
        {
            "channelUuid": channel.id,
            "channelType": CHANNEL,
            "channelIdentifier": channel.identifier,
            "createdAt": long_iso(at),
            "trigger": trigger,
            "webhookVersion": VERSION,
            "event": event,
        }
    )


def _status(
    message: CueMessage, channel: Channel, at: datetime, reference_key: str
) -> dict[str, Any]:
    error = message.error
    return {
        "type": "status",
        "uuid": message.id,
        "channelType": CHANNEL,
        "createdAt": long_iso(at),
        "to": message.address,
        "from": channel.identifier,
        # Only what a tester sets off is told of states that the vendor keeps to itself.
        "status": WORDS.get(message.state, message.state),
        reference_key: message.reference,
        "broadcastUuid": message.broadcast,
        "error": {"code": error.code, "message": error.message} if error is not None else None,
    }


def inbound(message: CueMessage, channel: Channel) -> dict[str, Any]:
    """Return what is told of a message from a person; no flow handles it."""
    return {
        "type": message.type,
        "uuid": message.id,
        "sessionUuid": message.session,
        "channelType": CHANNEL,
        "createdAt": long_iso(message.created_at),
        "to": channel.identifier,
        "from": message.address,
        "origin": CHANNEL,
        "chatType": "livechat",
        "content": message.content,
        "referral": {},
    }


def channels_of(found: Sandbox, workspace: str) -> list[str]:
    """Return the channels that an endpoint of a workspace may be limited to."""
    return [channel.id for channel in found.store.table(CHANNELS).every("account", workspace)]
