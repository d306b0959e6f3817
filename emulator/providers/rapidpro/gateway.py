"""Messages that really leave: external channels with a send URL hand them to a carrier.

What becomes of such a message is the carrier's affair: any 2xx makes it wired, anything else an
error that is tried again, and the carrier's calls do the rest. Outcome rules don't touch it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import quote_plus

from emulator.core.records import DELIVERIES, Attempt, Delivery, Plan
from emulator.core.sandbox import Sandbox
from emulator.core.vendor import Move

from .kinds import CHANNELS, MESSAGES
from .records import Channel, RapidMessage
from .webhooks import SLUG

EVENT: Final = "send"
METHODS: Final = ("POST", "PUT", "GET")
#: The outcome of messages about which a carrier decides.
CARRIED: Final = Plan(outcome="carrier", path=())

#: Assumed, after the form in which such channels are made.
USUAL_BODY: Final = "&".join(
    f"{name}={{{{{name}}}}}"
    for name in ("id", "text", "to", "to_no_plus", "from", "from_no_plus", "channel")
)
CONTENT_TYPES: Final = {
    "urlencoded": "application/x-www-form-urlencoded",
    "json": "application/json",
}

_PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")
#: So near to the end of a part a blank may end it.
_NEAR = 6


def is_carried(channel: Channel) -> bool:
    """Say whether messages over a channel are really sent."""
    return channel.send_url is not None and channel.type == "external"


def hand_over(sandbox: Sandbox, messages: Iterable[RapidMessage]) -> None:
    """Owe the carriers the messages that are queued for them."""
    channels, deliveries = sandbox.store.table(CHANNELS), []
    for message in messages:
        if message.plan.outcome == CARRIED.outcome and message.state == "queued":
            channel = channels.get(message.via or "")
            deliveries += [
                _delivery(sandbox, message, channel, p) for p in _parts(message, channel)
            ]
    if deliveries:
        sandbox.webhooks.owe_all(deliveries)


def moved(sandbox: Sandbox, moves: Sequence[Move], at: datetime) -> None:
    """Hand over again what the retry has queued."""
    del at
    carried = (move.after for move in moves if move.after.state == "queued")
    hand_over(sandbox, (m for m in carried if isinstance(m, RapidMessage)))


def answered(sandbox: Sandbox, delivery: Delivery, attempt: Attempt) -> None:
    """Take a carrier's answer; a message in parts is wired once all of them are."""
    message = sandbox.store.table(MESSAGES).find(delivery.subject)
    if message is None or delivery.event != EVENT or message.state != "queued":
        return
    if not attempt.is_success:
        _divert(sandbox, message, "errored")
        return
    handed = sandbox.store.table(DELIVERIES).every("subject", message.id)
    parts = [part for part in handed if part.created_at == delivery.created_at]
    if all(part.state == "succeeded" for part in parts):
        _divert(sandbox, message, "wired")


def _divert(sandbox: Sandbox, message: RapidMessage, target: str) -> None:
    sandbox.messaging.divert(sandbox.vendor(SLUG), [message], target, sandbox.clock.now())


def _parts(message: RapidMessage, channel: Channel) -> list[str]:
    urls = (attachment.partition(":")[2] for attachment in message.attachments)
    return split("\n".join(filter(None, (message.text, *urls))), channel.max_length)


def split(text: str, most: int) -> list[str]:
    """Return a text in parts of at most so many characters, cut at blanks where there are any."""
    if len(text) <= most:
        return [text]
    parts = [""]
    for character in text:
        parts[-1] += character
        length = len(parts[-1])
        if length == most or (length > most - _NEAR and character == " "):
            parts.append("")
    return [part.strip() for part in parts if part.strip()]


def _delivery(sandbox: Sandbox, message: RapidMessage, channel: Channel, text: str) -> Delivery:
    encode = _as_json if channel.send_type == "json" else quote_plus
    values = _values(message, channel, text)
    has_body = channel.send_method != "GET"
    body = channel.send_body if channel.send_body is not None else USUAL_BODY
    return Delivery(
        id=sandbox.ids.uuid4(f"{SLUG}.deliveries"),
        serial=sandbox.ids.serial("deliveries"),
        provider=SLUG,
        account=channel.workspace,
        endpoint=channel.id,
        event=EVENT,
        subject=message.id,
        url=_filled(channel.send_url or "", values, message, quote_plus),
        headers=(
            *((("Content-Type", CONTENT_TYPES[channel.send_type]),) if has_body else ()),
            ("User-Agent", "Courier/26.3"),
        ),
        body=_filled(body, values, message, encode).encode() if has_body else b"",
        created_at=sandbox.clock.now(),
        method=channel.send_method,
    )


def _values(message: RapidMessage, channel: Channel, text: str) -> Mapping[str, str]:
    to, from_ = message.address, channel.address or ""
    return {
        "uuid": message.id,
        "id": message.id,
        "text": text,
        "to": to,
        "to_no_plus": to.removeprefix("+"),
        "from": from_,
        "from_no_plus": from_.removeprefix("+"),
        "channel": channel.id,
    }


def _filled(
    template: str,
    values: Mapping[str, str],
    message: RapidMessage,
    encode: Callable[[str], str],
) -> str:
    """Return a template with its placeholders filled in; unknown ones stay."""
    replies = [reply.get("text", "") for reply in message.quick_replies]

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name == "quick_replies":
            return _replies(replies, encode)
        return encode(values[name]) if name in values else found[0]

    return _PLACEHOLDER.sub(value, template)


def _replies(replies: Sequence[str], encode: Callable[[str], str]) -> str:
    if encode is _as_json:
        return json.dumps(replies, ensure_ascii=False)
    return "".join(f"&quick_reply={encode(reply)}" for reply in replies)


def _as_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
