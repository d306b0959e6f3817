"""Messages from people's phones."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any, NoReturn

from emulator.core.errors import Conflict, Invalid, Problem
from emulator.core.records import Moment
from emulator.core.rules import bare, from_person
from emulator.core.sandbox import Sandbox
from emulator.core.vendor import Inbound

from . import webhooks
from .records import (
    CHANNEL,
    CHANNELS,
    MESSAGES,
    WORKSPACES,
    Channel,
    CueMessage,
    Workspace,
)
from .rows import NUMBER

WINDOW = timedelta(hours=24)
"""For how long after a person's last message free-form messages may be sent to them."""

SENT = frozenset({"sent", "delivered", "read"})
ENDINGS = {
    "image": ("jpg", "jpeg", "png", "webp", "gif"),
    "video": ("mp4", "3gp", "mov"),
    "audio": ("mp3", "ogg", "oga", "opus", "aac", "amr", "m4a", "wav"),
}
_ENDING = re.compile(r"\.([a-z0-9]+)(?:[?#].*)?\Z", re.IGNORECASE)


def receive(found: Sandbox, wanted: Inbound) -> CueMessage:
    """Store a person's message and tell of it; it opens the window for free-form messages.

    :raises Invalid: the tester's wishes make no sense.
    :raises Conflict: there is no channel to receive by.
    """
    person = bare(wanted.from_.strip())
    if not NUMBER.fullmatch(person):
        _refuse("/from", "Must be a phone number with country code")
    if len(wanted.media) > 1:
        _refuse("/media", "A WhatsApp message carries one file at most")
    channel = _channel(found, wanted, person)
    now = found.clock.now()
    type_, content = _content(wanted)
    message = CueMessage(
        id=found.ids.uuid4(MESSAGES.name),
        serial=found.ids.serial(MESSAGES.name),
        account=channel.account,
        channel=CHANNEL,
        address=person,
        state="received",
        created_at=now,
        history=(Moment("received", now),),
        direction="in",
        sender=channel.id,
        text=wanted.text,
        type=type_,
        content=content,
        session=_session(found, channel.account, person, now),
        person=wanted.name,
    )
    found.store.table(MESSAGES).add(message)
    webhooks.tell_of_inbound(found, message)
    return message


def last_inbound(found: Sandbox, workspace: str, person: str, now: datetime) -> CueMessage | None:
    """Return the last message of a person to a workspace within the window, None if none."""
    page = found.store.table(MESSAGES).page(
        "address",
        from_person(bare(person)),
        limit=1,
        low=now - WINDOW,
        where=lambda m: m.account == workspace,
    )
    return page.records[0] if page.records else None


def _session(found: Sandbox, workspace: str, person: str, now: datetime) -> str:
    last = last_inbound(found, workspace, person, now)
    known = last.session if last is not None else None
    return known or found.ids.uuid4("cuedesk.sessions")


def _content(wanted: Inbound) -> tuple[str, dict[str, Any]]:
    """Return the type and content of a message; those of files are assumed."""
    if not wanted.media:
        return "text", {"text": wanted.text or ""}
    [url] = wanted.media
    ending = _ENDING.search(url)
    word = ending[1].lower() if ending else ""
    type_ = next((kind for kind, known in ENDINGS.items() if word in known), "document")
    caption = {"caption": wanted.text} if wanted.text is not None else {}
    return type_, {"url": url, **caption}


def _channel(found: Sandbox, wanted: Inbound, person: str) -> Channel:
    """Return the channel meant: the one answered or named, else the last to write, or the first."""
    answered = _answered(found, wanted)
    account = wanted.account or (answered.account if answered is not None else None)
    if wanted.to is not None:
        return _named(found, account, wanted.to)
    last = answered or _last_to(found, account, person)
    if last is not None and account in (None, last.account):
        return found.store.table(CHANNELS).get(last.sender)
    channels = _channels(found, account or _first(found).id)
    if not channels:
        raise Conflict(f"cuedesk: workspace {account or 'of the sandbox'} has no channel")
    return channels[0]


def _channels(found: Sandbox, workspace: str | None) -> list[Channel]:
    """Return the WhatsApp channels of a workspace, or of all, oldest first."""
    table = found.store.table(CHANNELS)
    if workspace is not None:
        channels = table.every("account", workspace)
    else:
        channels = sorted(table, key=lambda channel: channel.serial)
    return [channel for channel in channels if channel.type == CHANNEL]


def _answered(found: Sandbox, wanted: Inbound) -> CueMessage | None:
    if wanted.in_reply_to is None:
        return None
    message = found.store.table(MESSAGES).find(wanted.in_reply_to)
    if message is None or message.direction != "out":
        _refuse("/in_reply_to", f"No message {wanted.in_reply_to} that can be replied to")
    return message


def _named(found: Sandbox, workspace: str | None, to: str) -> Channel:
    names = to.lower(), bare(to)
    named = [
        channel
        for channel in _channels(found, workspace)
        if channel.id in names or channel.identifier in names
    ]
    if not named:
        _refuse("/to", f"No channel {to!r}")
    return named[0]


def _last_to(found: Sandbox, workspace: str | None, person: str) -> CueMessage | None:
    """Return the message that was sent to a person last: not always the one made last."""
    sent = [
        (at, message.serial, message)
        for message in found.store.table(MESSAGES).every("address", person)
        if workspace in (None, message.account)
        for at in _sent_at(message)
    ]
    return max(sent, key=lambda one: one[:2])[2] if sent else None


def _sent_at(message: CueMessage) -> list[datetime]:
    """Return when a message was sent; nothing for one that never was."""
    return [step.at for step in message.history if step.state in SENT][:1]


def _first(found: Sandbox) -> Workspace:
    first = found.store.table(WORKSPACES).page("all", "all", limit=1, is_descending=False).records
    if not first:
        raise Conflict("cuedesk: there is no workspace")
    return first[0]


def _refuse(pointer: str, message: str) -> NoReturn:
    raise Invalid([Problem(pointer=pointer, message=message)])
