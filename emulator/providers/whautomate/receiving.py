"""Messages from people's phones, and everything that follows from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from emulator.core.errors import Conflict, Invalid, Problem
from emulator.core.records import Message, Moment
from emulator.core.rules import plain_address
from emulator.core.sandbox import Sandbox
from emulator.core.vendor import Inbound

from . import people, tags, words
from .checks import Flaw, phone
from .ids import new_id
from .kinds import ACCOUNTS, CONTACTS, LOCATIONS, MESSAGES
from .lifecycle import SENT
from .records import SLUG, Contact, Face, Location, WhMessage
from .webhooks import Teller

ENDINGS = {
    "image": ("jpg", "jpeg", "png", "webp", "gif"),
    "video": ("mp4", "3gp", "mov", "webm"),
    "audio": ("mp3", "ogg", "oga", "aac", "amr", "m4a", "wav"),
}


class Arrival(NamedTuple):
    """A message that has come in."""

    location: Location
    number: str
    name: str | None
    face: Face
    type: str
    quoted: str | None = None


def receive(found: Sandbox, wanted: Inbound) -> Message:
    """Let a person write to a location.

    :raises Invalid: the number is none, there is no such location, or nothing is said.
    :raises Conflict: the location's channel is not connected.
    """
    location = _location(found, wanted, _number(wanted.from_))
    if location.whatsapp is None:
        raise Conflict(f"{SLUG}: location {location.id} has no WhatsApp channel")
    if wanted.text is None and not wanted.media:
        raise _wrong("/text", "Required where there is no media")
    arrivals = [
        Arrival(location, _number(wanted.from_), wanted.name, face, type, wanted.in_reply_to)
        for type, face in _parts(wanted)
    ]
    messages = [arrive(found, arrival) for arrival in arrivals]
    return messages[0]


def _wrong(pointer: str, message: str) -> Invalid:
    return Invalid([Problem(pointer=pointer, message=message)])


def _number(given: str) -> str:
    try:
        return phone(plain_address(given))
    except Flaw as flaw:
        raise _wrong("/from", "Must be a phone number") from flaw


def _parts(wanted: Inbound) -> list[tuple[str, Face]]:
    if not wanted.media:
        return [("text", Face(text=wanted.text))]
    captions = [wanted.text, *[None] * (len(wanted.media) - 1)]
    return [
        (type_of(url), Face(media_url=url, caption=caption or None))
        for url, caption in zip(wanted.media, captions, strict=True)
    ]


def type_of(url: str) -> str:
    """Return what kind of media a URL leads to, going by its ending."""
    try:
        ending = urlsplit(url).path.rpartition(".")[2].lower()
    except ValueError:
        ending = ""
    return next((type for type, known in ENDINGS.items() if ending in known), "document")


def _location(found: Sandbox, wanted: Inbound, number: str) -> Location:
    last = _last_writer(found, wanted, number)
    account = wanted.account or (last.account if last else _first_account(found))
    own = sorted(found.store.table(LOCATIONS).every("account", account), key=lambda at: at.serial)
    if wanted.to is not None:
        named = [location for location in own if _is_meant(location, wanted.to)]
        if not named:
            raise _wrong("/to", f"No location {wanted.to!r} in account {account!r}")
        return named[0]
    if last is not None and last.account == account:
        latest = found.store.table(LOCATIONS).find(last.location)
        if latest is not None:
            return latest
    if not own:
        raise _wrong("/account", f"Account {account!r} has no location")
    return next((location for location in own if location.whatsapp), own[0])


def _is_meant(location: Location, wanted: str) -> bool:
    number = location.whatsapp
    return wanted == location.id or (
        number is not None and plain_address(number) == plain_address(wanted)
    )


def _first_account(found: Sandbox) -> str:
    first = min(found.store.table(ACCOUNTS), key=lambda account: account.serial, default=None)
    if first is None:
        raise _wrong("/account", f"{SLUG} has no account in this sandbox")
    return first.id


def _last_writer(found: Sandbox, wanted: Inbound, number: str) -> WhMessage | None:
    table = found.store.table(MESSAGES)
    quoted = table.find(wanted.in_reply_to) if wanted.in_reply_to else None
    if quoted is not None:
        return quoted
    return _latest(
        found,
        number,
        lambda message: wanted.account in (None, message.account) and _has_gone_out(message),
    )


def _latest(found: Sandbox, number: str, where: Callable[[WhMessage], bool]) -> WhMessage | None:
    """Return the message to a number that went out last: not always the one made last."""
    written = found.store.table(MESSAGES).every("address", plain_address(number))
    return max(
        filter(where, written),
        key=lambda message: (message.processed_at or message.created_at, message.serial),
        default=None,
    )


def _has_gone_out(message: WhMessage) -> bool:
    return (
        message.direction == "out"
        and message.channel == words.WHATSAPP
        and message.processed_at is not None
        and message.state != "refused"
    )


def reply(found: Sandbox, at: datetime, ids: Sequence[str]) -> None:
    """Let people answer messages; where nobody listens any more the answers are lost."""
    for id in ids:
        message = found.store.table(MESSAGES).find(id)
        location = found.store.table(LOCATIONS).find(message.location) if message else None
        if message is None or location is None or not message.address.startswith("+"):
            continue
        if location.whatsapp is not None and message.channel == words.WHATSAPP:
            face = Face(text=message.plan.reply or "YES")
            arrive(found, Arrival(location, message.address, None, face, "text"))


def arrive(found: Sandbox, arrival: Arrival) -> WhMessage:
    """Store a message from a person, open the person's session, and do what follows."""
    location, now = arrival.location, found.clock.now()
    contact = people.contact_for(
        found,
        location.account,
        location.id,
        arrival.number,
        arrival.name or "",
        words.WHATSAPP,
    )
    message = _message(found, arrival, contact)
    found.store.table(MESSAGES).add(message)
    contact = found.store.table(CONTACTS).change(contact, last_activity=now, session_at=now)
    _attribute(found, message)
    Teller(found).of_received(message)
    if _opts_out(found, message):
        for person in [contact, *people.with_number(found, contact.account, contact.phone)]:
            tags.add(found, person, [words.OPT_OUT_TAG])
    return message


def _message(found: Sandbox, arrival: Arrival, contact: Contact) -> WhMessage:
    now = found.clock.now()
    return WhMessage(
        id=new_id(found, MESSAGES),
        serial=found.ids.serial(MESSAGES.name),
        account=arrival.location.account,
        channel=words.WHATSAPP,
        address=arrival.number,
        state="received",
        created_at=now,
        history=(Moment("received", now),),
        direction="in",
        location=arrival.location.id,
        type=arrival.type,
        face=arrival.face,
        name=arrival.name or contact.name,
        contact=contact.id,
        processed_at=now,
        quoted=arrival.quoted,
    )


def _attribute(found: Sandbox, message: WhMessage) -> None:
    """Enter an answer in the log of the broadcast that it answers, if it is the first."""
    target = _answered(found, message)
    if target is None or target.processed_at is None or target.reply:
        return
    if target.state in SENT and message.created_at - target.processed_at <= words.SESSION:
        table = found.store.table(MESSAGES)
        target = table.change(target, reply=words_of(message))
        vendor = found.vendor(SLUG)
        found.messaging.divert(vendor, [target], "replied", message.created_at)


def _answered(found: Sandbox, message: WhMessage) -> WhMessage | None:
    table = found.store.table(MESSAGES)

    def is_candidate(other: Any) -> bool:
        return (
            other.broadcast is not None
            and other.account == message.account
            and _has_gone_out(other)
            and other.state != "failed"
        )

    quoted = table.find(message.quoted) if message.quoted else None
    if quoted is not None and is_candidate(quoted):
        return quoted if quoted.address == message.address else None
    return _latest(found, message.address, is_candidate)


def words_of(message: WhMessage) -> str:
    """Return what a log says of an answer."""
    return message.face.text or message.face.caption or f"[{message.type}]"


def _opts_out(found: Sandbox, message: WhMessage) -> bool:
    rule = found.settings[SLUG]["opt_out_rule"]
    if rule is None:
        rule = found.store.table(ACCOUNTS).get(message.account).has_opt_out
    return bool(rule) and (message.face.text or "").strip() in words.OPT_OUT_WORDS
