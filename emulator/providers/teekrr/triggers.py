"""Callbacks that a tester sets off."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from emulator.core.errors import Problems
from emulator.core.listeners import Listeners
from emulator.core.records import Delivery
from emulator.core.sandbox import Sandbox
from emulator.core.triggers import Scope, Trigger, message_about, overlaid

from . import lifecycle, webhooks
from .records import SLUG, TeekrrMessage

_SCOPES: Mapping[str, Scope] = {
    "bounced": Scope(lambda message: message.channel == "email", "e-mails"),
    "billed": Scope(lambda message: message.broadcast is not None, "messages of broadcasts"),
}
"""What the events are told of that are not told of everything."""


def trigger(found: Sandbox, wanted: Trigger, problems: Problems) -> list[Delivery]:
    """Owe an event that a tester sets off; ``data`` changes what is told of the message."""
    vendor = found.vendor(SLUG)
    scope = _SCOPES.get(wanted.event)
    message: TeekrrMessage | None = message_about(found, vendor, wanted, problems, scope=scope)
    if message is None:
        return []
    if wanted.event == "failed" and message.error is None:
        message = msgspec.structs.replace(message, error=lifecycle.FAILURES[message.channel])
    told = webhooks.payload(wanted.event, message, found.clock.now())
    told["data"] = overlaid(told["data"], wanted.data)
    listeners = Listeners(found, vendor)
    endpoints = listeners.of(message.account, wanted.event, message.channel)
    return listeners.owe(endpoints, wanted.event, message.id, msgspec.json.encode(told))
