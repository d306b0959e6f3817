"""Callbacks that a tester sets off."""

from __future__ import annotations

import msgspec

from emulator.core.errors import Problems
from emulator.core.records import Delivery
from emulator.core.sandbox import Sandbox
from emulator.core.triggers import Trigger, message_about, overlaid
from emulator.core.webhooks import Listeners

from . import lifecycle, webhooks
from .records import SLUG, TeekrrMessage


def trigger(found: Sandbox, wanted: Trigger, problems: Problems) -> list[Delivery]:
    """Owe an event that a tester sets off; ``data`` changes what is told of the message."""
    vendor = found.vendor(SLUG)
    message: TeekrrMessage | None = message_about(found, vendor, wanted, problems)
    if message is None:
        return []
    told = webhooks.payload(wanted.event, message, found.clock.now())
    if wanted.event == "failed" and message.error is None:
        failure = lifecycle.FAILURES[message.channel]
        told["data"] |= {"errorCode": failure.code, "errorMessage": failure.message}
    told["data"] = overlaid(told["data"], wanted.data)
    listeners = Listeners(found, vendor)
    endpoints = listeners.of(message.account, wanted.event, message.channel)
    return listeners.owe(endpoints, wanted.event, message.id, msgspec.json.encode(told))
