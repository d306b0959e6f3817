"""Single messages: checked, sent at once or when they are due, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from emulator.core.messaging import Fate
from emulator.core.records import Failure, Moment
from emulator.core.sandbox import Sandbox

from . import broadcasts, faces, lifecycle, people, words
from .ids import new_id
from .kinds import CLIENTS, CONTACTS, MESSAGES
from .records import SLUG, Client, Contact, Content, Face, WhMessage
from .topics import SEND_TOPIC

NO_CONTACT = Failure(code="NO_CONTACT", message="Contact not found")
NO_CLIENT = Failure(code="NO_CLIENT", message="Client not found")
NO_SESSION = Failure(code="NO_SESSION", message="No active session with this contact")
NO_TEMPLATE = Failure(code="NO_TEMPLATE", message="Template not found")
NOT_APPROVED = Failure(code="NOT_APPROVED", message="Template is not approved")
FAILURES = (NO_CONTACT, NO_CLIENT, NO_SESSION, NO_TEMPLATE, NOT_APPROVED)

HANDLES = {"messenger": "messengerId", "instagram": "instagramId", "telegram": "telegramChatId"}


class Letter(NamedTuple):
    """What is to be sent by one request.

    :param type: ``template``, ``text``, ``image``, ``video``, ``audio`` or ``document``.
    :param content: of a WhatsApp template.
    :param face: of everything else.
    """

    channel: str
    location: str
    type: str
    content: Content | None = None
    face: Face = Face()
    due: datetime | None = None


class Addressee(NamedTuple):
    """Who is to get it: a known person, or a number with a name."""

    person: Contact | Client | None
    number: str
    name: str


def addressee(
    found: Sandbox, account: str, read: Mapping[str, Any], letter: Letter
) -> Addressee | Failure:
    """Return who a request names; a failure where there is nobody of that id."""
    if "recepient" in read:
        number, name = read["recepient"]
        return Addressee(people.contact_at(found, letter.location, number), number, name)
    kind: Any = CONTACTS if "contact" in read else CLIENTS
    person = found.store.table(kind).find(read["contact" if "contact" in read else "client"])
    if person is None or person.account != account:
        return NO_CONTACT if "contact" in read else NO_CLIENT
    return Addressee(person, _address(person, letter.channel), person.name)


def _address(person: Contact | Client, channel: str) -> str:
    handle = HANDLES.get(channel)
    known = person.handles.get(handle) if handle and isinstance(person, Contact) else None
    return known or broadcasts.address_of(person)


def _never() -> bool:
    return False


def submit(
    found: Sandbox,
    account: str,
    read: Mapping[str, Any],
    letter: Letter,
    is_rejected: Callable[[], bool],
) -> WhMessage | Failure:
    """Take in one message; what cannot be delivered comes back as a failure.

    One that is due later is looked at again when its time has come, and not before.

    :param is_rejected: whether a good template is to be refused, asked when one has been found.
    """
    whom = addressee(found, account, read, letter)
    if isinstance(whom, Failure):
        return whom
    is_later = letter.due is not None and letter.due > found.clock.now()
    if not is_later:
        failure = obstacle(found, account, letter, whom, is_rejected)
        if failure is not None:
            return failure
    return _launch(found, account, letter, whom, is_later=is_later)


def obstacle(
    found: Sandbox,
    account: str,
    letter: Letter,
    whom: Addressee,
    is_rejected: Callable[[], bool] = _never,
) -> Failure | None:
    """Return what is in the way of a message now, or None."""
    if not whom.number:
        return faces.NO_PHONE
    if letter.channel != words.WHATSAPP:
        return None
    if not faces.is_connected(found, letter.location):
        return faces.NO_CHANNEL
    if letter.content is None:
        return None if _has_session(found, letter, whom) else NO_SESSION
    return _template_obstacle(found, account, letter.content, is_rejected)


def _template_obstacle(
    found: Sandbox, account: str, content: Content, is_rejected: Callable[[], bool]
) -> Failure | None:
    template = faces.template_of(found, account, content)
    if template is None:
        return NO_TEMPLATE
    if template.status != "APPROVED" or is_rejected():
        return NOT_APPROVED
    return faces.mismatch(content, template)


def _has_session(found: Sandbox, letter: Letter, whom: Addressee) -> bool:
    if isinstance(whom.person, Contact):
        return people.has_session(found, whom.person)
    return people.has_session(found, people.contact_at(found, letter.location, whom.number))


def _launch(
    found: Sandbox, account: str, letter: Letter, whom: Addressee, *, is_later: bool
) -> WhMessage | Failure:
    face = _face(found, account, letter, whom)
    message = _message(found, account, letter, whom, face)
    vendor, table = found.vendor(SLUG), found.store.table(MESSAGES)
    if is_later:
        assert letter.due is not None
        history: tuple[Moment, ...] = (Moment("scheduled", message.created_at),)
        contact = lifecycle.reader_of(found, message).id if message.address else None
        message = msgspec.structs.replace(
            message, state="scheduled", history=history, contact=contact
        )
        table.add(message)
        due = broadcasts.pickup(found, letter.due) + broadcasts.own_delay(found, message)
        found.agenda.plan_all(due, SEND_TOPIC, [message.id] if message.plan.path else [])
        return message
    table.add(message)
    if not message.plan.path:
        return message
    delay = broadcasts.own_delay(found, message)
    if delay and message.plan.path[0] != "refused":
        found.agenda.plan(message.created_at + delay, SEND_TOPIC, message.id)
        return message
    [move] = found.messaging.move(vendor, [(message, message.plan.path[0])], message.created_at)
    return move.after.error or table.get(message.id)


def _face(found: Sandbox, account: str, letter: Letter, whom: Addressee) -> Face:
    if letter.content is None:
        return letter.face
    template = faces.template_of(found, account, letter.content)
    return faces.Painter(found, letter.content, template).face(whom.person)


def _message(
    found: Sandbox, account: str, letter: Letter, whom: Addressee, face: Face
) -> WhMessage:
    now, person, content = found.clock.now(), whom.person, letter.content
    fate = _fate(found, account, letter, whom, face)
    client = person if isinstance(person, Client) else None
    return WhMessage(
        id=new_id(found, MESSAGES),
        serial=found.ids.serial(MESSAGES.name),
        account=account,
        channel=letter.channel,
        address=whom.number,
        state="pending",
        created_at=now,
        history=(Moment("pending", now),),
        plan=fate.plan,
        nth=fate.nth,
        location=letter.location,
        type=letter.type,
        face=face,
        content=content,
        sender=words.BY_API,
        person=person.id if person else None,
        is_client=client is not None,
        name=whom.name,
        country_code=client.country_code if client else None,
        number=client.phone if client else None,
    )


def _fate(found: Sandbox, account: str, letter: Letter, whom: Addressee, face: Face) -> Fate:
    if not whom.number:
        return broadcasts.NO_FATE
    [fate] = found.messaging.choose(
        found.vendor(SLUG),
        account,
        letter.channel,
        [(whom.number, face.text or "")],
        template=letter.content.template if letter.content else None,
    )
    return fate


def send_due(found: Sandbox, at: datetime, ids: Sequence[str]) -> None:
    """Let messages go out whose moment has come, of broadcasts and single ones."""
    table = found.store.table(MESSAGES)
    known = [message for id in ids if (message := table.find(id)) is not None]
    waiting = [message for message in known if message.state in lifecycle.WAITING]
    of_broadcasts = [message for message in waiting if message.broadcast is not None]
    if of_broadcasts:
        named = dict.fromkeys(message.broadcast or "" for message in of_broadcasts)
        obstacles = {id: broadcasts.obstacle(found, id) for id in named}
        broadcasts.send(found, of_broadcasts, at, obstacles)
    for message in waiting:
        if message.broadcast is None:
            _send_single(found, message, at)


def _send_single(found: Sandbox, message: WhMessage, at: datetime) -> None:
    vendor = found.vendor(SLUG)
    letter = Letter(message.channel, message.location, message.type, message.content)
    contact = found.store.table(CONTACTS).find(message.contact or "")
    whom = Addressee(contact, message.address, message.name)
    failure = obstacle(found, message.account, letter, whom)
    if failure is None:
        found.messaging.move(vendor, [(message, message.plan.path[0])], at)
    else:
        found.messaging.divert(vendor, [message], "refused", at, failure)
