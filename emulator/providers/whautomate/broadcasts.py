"""Broadcasts: planned, started, sent one recipient after another, cancelled, deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from emulator.core.clock import LATEST
from emulator.core.durations import parse_duration
from emulator.core.errors import Conflict
from emulator.core.lifecycle import Lifecycle
from emulator.core.messaging import Fate
from emulator.core.pace import step_delay
from emulator.core.records import Broadcast, Failure, Moment, Plan
from emulator.core.sandbox import Sandbox
from emulator.core.store import Kind

from . import audience, faces, lifecycle, words
from .ids import new_id
from .kinds import BROADCASTS, CLIENTS, CONTACTS, MESSAGES
from .people import forget
from .records import NO_FACE, SLUG, Client, Contact, Person, WhBroadcast, WhMessage
from .topics import SEND_TOPIC, START_TOPIC

NOTHING = timedelta()


def span(found: Sandbox, name: str) -> timedelta:
    """Return a span of the settings; with latency ``instant`` there is none."""
    if found.settings.latency == "instant":
        return NOTHING
    return parse_duration(found.settings[SLUG][name])


def pickup(found: Sandbox, due: datetime) -> datetime:
    """Return when the vendor gets round to what is due at a moment."""
    return min(max(due, found.clock.now()), LATEST) + span(found, "pickup")


def arrange(found: Sandbox, broadcast: WhBroadcast) -> WhBroadcast:
    """Store a broadcast as what it is complete enough for: scheduled, or a draft."""
    planned = found.agenda.planned(START_TOPIC, broadcast.id)
    found.agenda.cancel(START_TOPIC, broadcast.id)
    if broadcast.is_held or not broadcast.is_complete:
        changed = msgspec.structs.replace(broadcast, state=words.DRAFT)
        return found.store.table(BROADCASTS).put(changed)
    now = found.clock.now()
    due = broadcast.scheduled_at or now.replace(microsecond=now.microsecond // 1000 * 1000)
    changed = msgspec.structs.replace(broadcast, state=words.SCHEDULED, scheduled_at=due)
    start = pickup(found, due)
    if planned is not None and planned >= due:
        start = min(start, planned)  # who changes it over and over does not put it off
    found.agenda.plan(start, START_TOPIC, changed.id)
    return found.store.table(BROADCASTS).put(changed)


def start(found: Sandbox, at: datetime, ids: Sequence[str]) -> None:
    """Pick up broadcasts: settle who gets them, and plan a moment for each recipient."""
    table = found.store.table(BROADCASTS)
    for id in ids:
        broadcast = table.find(id)
        if broadcast is not None and broadcast.state == words.SCHEDULED:
            _start(found, broadcast, at)


def _start(found: Sandbox, broadcast: WhBroadcast, at: datetime) -> None:
    people = audience.recipients(found, broadcast)
    table = found.store.table(BROADCASTS)
    values = {"started_at": at, "total": len(people)}
    if not people:
        table.change(broadcast, state=words.COMPLETED, completed_at=at, **values)
        return
    counts = {"pending": len(people)}
    table.change(broadcast, state=words.IN_PROGRESS, counts=counts, **values)
    messages = _messages(found, broadcast, people, at)
    found.store.table(MESSAGES).add_all(messages)
    _plan_all(found, messages, at)


def _messages(
    found: Sandbox, broadcast: WhBroadcast, people: Sequence[Person], at: datetime
) -> list[WhMessage]:
    """Return a message for each recipient, not stored yet; what is equal is shared."""
    content = broadcast.content
    template = faces.template_of(found, broadcast.account, content)
    painter = faces.Painter(found, content, template)
    shown = [painter.face(person) for person in people]
    texts = [face.text or "" for face in shown]
    fates = _fates(found, broadcast, list(zip(map(address_of, people), texts, strict=True)))
    history = (Moment("pending", at),)
    serial = found.ids.serial(MESSAGES.name, len(people))
    messages = []
    for place, (person, face, fate) in enumerate(zip(people, shown, fates, strict=True)):
        is_client = isinstance(person, Client)
        messages.append(
            WhMessage(
                id=new_id(found, MESSAGES),
                serial=serial + place,
                account=broadcast.account,
                channel=words.WHATSAPP,
                address=address_of(person),
                state="pending",
                created_at=at,
                history=history,
                broadcast=broadcast.id,
                plan=fate.plan,
                nth=fate.nth,
                location=broadcast.location or "",
                face=face,
                content=content,
                sender=words.BY_BROADCAST,
                person=person.id,
                is_client=is_client,
                name=person.name,
                country_code=person.country_code if isinstance(person, Client) else None,
                number=person.phone if isinstance(person, Client) else None,
            )
        )
    return messages


def address_of(person: Contact | Client) -> str:
    """Return a person's number with a leading ``+``, empty if there is none."""
    if isinstance(person, Contact) and person.phone.startswith("+"):
        return person.phone  # all messages to a person share it
    digits = person.digits
    return f"+{digits}" if digits else ""


def _fates(
    found: Sandbox, broadcast: WhBroadcast, letters: Sequence[tuple[str, str]]
) -> list[Fate]:
    """Return what is meant to happen to each message, given its address and text."""
    reachable = [letter for letter in letters if letter[0]]
    chosen = iter(
        found.messaging.choose(
            found.vendor(SLUG),
            broadcast.account,
            words.WHATSAPP,
            reachable,
            template=broadcast.content.template,
            broadcast=broadcast.id,
        )
    )
    return [next(chosen) if address else NO_FATE for address, _ in letters]


NO_FATE = Fate(Plan(outcome="rejected", path=("refused",), error=faces.NO_PHONE), 1)


def go_on(found: Sandbox, broadcast: WhBroadcast, left: Sequence[WhMessage]) -> None:
    """Store what a broadcast under way has still to send, and plan a moment for each message."""
    content = broadcast.content
    template = faces.template_of(found, broadcast.account, content)
    painter = faces.Painter(found, content, template)
    shown = []
    for one in left:
        kind: Kind[Any] = CLIENTS if one.is_client else CONTACTS
        person = found.store.table(kind).find(one.person or "")
        shown.append(painter.face(person) if one.face == NO_FACE else one.face)
    letters = [(one.address, face.text or "") for one, face in zip(left, shown, strict=True)]
    planned = [
        msgspec.structs.replace(one, face=face, content=content, plan=fate.plan, nth=fate.nth)
        for one, face, fate in zip(left, shown, _fates(found, broadcast, letters), strict=True)
    ]
    found.store.table(MESSAGES).add_all(planned)
    _plan_all(found, planned, found.clock.now())


def _plan_all(found: Sandbox, messages: Sequence[WhMessage], at: datetime) -> None:
    pause = span(found, "between_recipients")
    dues: dict[datetime, list[str]] = {}
    for place, message in enumerate(messages):
        # One that shall never leave stays where it is; the others do not wait for it.
        if message.plan.path:
            due = at + place * pause + own_delay(found, message)
            dues.setdefault(due, []).append(message.id)
    for due, ids in dues.items():
        found.agenda.plan_all(due, SEND_TOPIC, ids)


def own_delay(found: Sandbox, message: WhMessage) -> timedelta:
    """Return for how long a rule holds a message back before it goes out."""
    if not message.plan.delays:
        return NOTHING
    line: Lifecycle = lifecycle.LIFECYCLE
    return step_delay(found.draws, message, line, message.plan.path[0], "instant")


def send(
    found: Sandbox,
    messages: Sequence[WhMessage],
    at: datetime,
    obstacles: Mapping[str, Failure | None],
) -> None:
    """Let messages of broadcasts go out, or be refused.

    :param obstacles: broadcast to what is in the way of all of its messages.
    """
    vendor = found.vendor(SLUG)
    going = []
    refused: dict[Failure, list[WhMessage]] = {}
    for message in messages:
        failure = obstacles[message.broadcast or ""] if message.address else None
        if failure is None:
            going.append((message, message.plan.path[0]))
        else:
            refused.setdefault(failure, []).append(message)
    if going:
        found.messaging.move(vendor, going, at)
    for failure, those in refused.items():
        found.messaging.divert(vendor, those, "refused", at, failure)


def obstacle(found: Sandbox, id: str) -> Failure | None:
    """Return what is in the way of all messages of a broadcast, or None."""
    broadcast = found.store.table(BROADCASTS).get(id)
    return faces.obstacle(found, broadcast.account, broadcast.location, broadcast.content)


def cancel(found: Sandbox, broadcast: WhBroadcast) -> Broadcast:
    """Cancel a broadcast: who has not got it yet does not get it.

    :raises Conflict: it neither waits nor is under way.
    """
    if broadcast.state not in (words.SCHEDULED, words.IN_PROGRESS):
        raise Conflict(f"{SLUG}: broadcast {broadcast.id} is {broadcast.state}")
    found.agenda.cancel(START_TOPIC, broadcast.id)
    now = found.clock.now()
    table = found.store.table(MESSAGES)
    waiting = [
        message
        for message in table.every("broadcast", broadcast.id)
        if message.state in lifecycle.WAITING
    ]
    entry = Moment("cancelled", now)
    for message in waiting:
        found.agenda.cancel(SEND_TOPIC, message.id)
    table.change_all(
        [
            (message, {"state": "cancelled", "history": (*message.history, entry)})
            for message in waiting
        ]
    )
    counts = {**broadcast.counts, "cancelled": len(waiting)}
    counts.pop("pending", None)
    changes: dict[str, Any] = {"state": words.CANCELLED}
    if broadcast.started_at is not None:
        changes.update(counts=counts, completed_at=now)
    return found.store.table(BROADCASTS).change(broadcast, **changes)


def delete(found: Sandbox, broadcast: WhBroadcast) -> None:
    """Delete a broadcast with its logs; what people have got stays in their histories.

    Receipts and answers that were still to come are dropped.
    """
    vendor, table = found.vendor(SLUG), found.store.table(MESSAGES)
    kept = []
    for message in table.every("broadcast", broadcast.id):
        if message.contact is None:
            forget(found, message.id)
        else:
            found.agenda.cancel(vendor.step_topic, message.id)
            found.agenda.cancel(vendor.reply_topic, message.id)
            kept.append((message, {"broadcast": None, "plan": _ended(message)}))
    table.change_all(kept)
    found.agenda.cancel(START_TOPIC, broadcast.id)
    found.store.table(BROADCASTS).drop(broadcast.id)


def _ended(message: WhMessage) -> Plan:
    return msgspec.structs.replace(message.plan, path=message.plan.path[: message.taken])
