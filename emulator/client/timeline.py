"""What happened in a sandbox, in the order in which it happened."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from . import records
from .traffic import Traffic, request_line

MOST = 100


class Entry(NamedTuple):
    """One line: when, what sort of thing, what."""

    at: datetime
    kind: str
    text: str


def timeline(traffic: Traffic, since: str | None = None) -> list[Entry]:
    """Return the requests, the steps of messages and the tries of callbacks, oldest first.

    At one instant, requests come before the steps they cause, and those before callbacks.

    :param since: id of a message; what is older is left out.
    """
    later = {"since": since} if since is not None else {}
    requests = [
        Entry(request.at, "request", _asked(request))
        for request in reversed(traffic.requests(limit=MOST, bodies=False))
    ]
    steps = [
        Entry(step.at, "message", f"{_about(message)}: {step.status}")
        for message in reversed(traffic.messages(limit=MOST, **later))
        for step in message.history
    ]
    tries = [
        Entry(attempt.at, "callback", f"{_told(callback)}: {attempt.status or attempt.error}")
        for callback in reversed(traffic.callbacks(limit=MOST))
        for attempt in callback.attempts
    ]
    return sorted([*requests, *steps, *tries], key=lambda entry: entry.at)


def _asked(request: records.Request) -> str:
    hint = f"; {request.hint}" if request.hint else ""
    return f"{request_line(request)}{hint}"


def _about(message: records.Message) -> str:
    way = f"to {message.to}" if message.direction == "out" else f"from {message.from_}"
    return f"{message.provider} {message.channel} {way}"


def _told(callback: records.Callback) -> str:
    return f"{callback.provider} {callback.event} to {callback.url}"
