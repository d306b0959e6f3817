"""Makes messages and broadcasts for fixtures; finds what they are about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from emulator.core.courses import walk, way_to
from emulator.core.drawing import Draw
from emulator.core.generating import Batch, Made, Maker
from emulator.core.moments import moment_of
from emulator.core.records import Moment
from emulator.web import people

from . import words
from .auth import LETTERS
from .kinds import CONTACTS, LOCATIONS
from .lifecycle import LATE, LIFECYCLE, UNDELIVERABLE

YEARS, MONTHS = timedelta(days=700), timedelta(days=60)
ENDINGS = (
    ("read", 0.62),
    ("delivered", 0.16),
    ("replied", 0.1),
    ("sent", 0.04),
    ("failed", 0.08),
)
REPLIED = (*LIFECYCLE.outcomes["read"], "replied")
TAGS = ("VIP", "Regular", "Newcomer", "Prospect", "Member", "Lapsed")
OFFERS = (
    "Hello, our new season starts on Monday. Come and see us.",
    "Your next visit is 20 % off this week.",
    "New classes are open for booking.",
    "We have missed you. Book a visit today.",
)
ANSWERS = ("YES", "Thanks!", "What time do you open?", "Can I come on Friday?", "How much is it?")


def country(batch: Batch) -> str:
    """Return the country of an account: where its first number is."""
    # Generated locations ask for the country themselves.
    spelled = [*batch.spelled("locations"), *batch.spelled("contacts")]
    numbers = [one.get(key) for one in spelled for key in ("whatsapp", "phone", "phoneNumber")]
    stored = [one.whatsapp for one in own(batch, LOCATIONS)]
    for number in (*numbers, *stored):
        home = people.country_of(number) if isinstance(number, str) and number else None
        if home is not None:
            return home
    return people.ELSEWHERE


def own(batch: Batch, kind: Any) -> Sequence[Any]:
    id = batch.account.get("id")
    found: Sequence[Any] = batch.sandbox.store.table(kind).every("account", id) if id else ()
    return found


def ids_of(batch: Batch, name: str, kind: Any = None) -> list[str]:
    """Return the ids of a list of the fixture, else of the sandbox."""
    found = [one["id"] for one in batch.listed(name) if isinstance(one.get("id"), str)]
    return found or [one.id for one in (own(batch, kind) if kind is not None else ())]


def id_of(draw: Draw, prefix: str) -> str:
    """Return the id of an object: some letters that say what it is, and drawn ones."""
    number, drawn = draw.number("id"), []
    for _ in range(9):
        number, at = divmod(number, len(LETTERS))
        drawn.append(LETTERS[at])
    return prefix + "".join(drawn)


def place(draw: Draw, places: Sequence[str], key: str = "location") -> Made:
    return {key: draw.pick(places[:2], "location")} if places else {}


def one_of(draw: Draw, ids: Sequence[str], key: str) -> Made:
    return {key: ids[draw.settled(len(ids), key)]} if ids else {}


def make_broadcasts(batch: Batch) -> Maker:
    places, segments = ids_of(batch, "locations", LOCATIONS), ids_of(batch, "segments")
    templates = [one for one in batch.listed("templates") if one.get("status") == "APPROVED"]
    plain = [one for one in templates if not (one.get("body") or {}).get("variables")]

    def broadcast(n: int) -> Made:
        draw = batch.draw(n)
        made: Made = {
            "id": id_of(draw, "bro"),
            "name": f"{draw.pick(TAGS, 'name')} news {n + 1}",
            "type": "contact",
            "segments": [draw.pick(segments, "segment")] if segments else [],
            **place(draw, places[:1]),
            **_when(batch, n),
        }
        if plain:
            template = draw.pick(plain, "template")
            made["template"] = {"name": template["name"], "language": template["language"]}
        return made

    return broadcast


def _when(batch: Batch, n: int) -> Made:
    """Return the state of a broadcast and its times, in agreement."""
    due = moment_of(batch.given.get("scheduleDateTime"))
    usual = words.SCHEDULED if batch.is_ahead("scheduleDateTime") else words.COMPLETED
    status = batch.given.get("status", usual)
    made = batch.born("createdAt", n, MONTHS)
    if status in (words.SCHEDULED, words.DRAFT):
        later = batch.now + timedelta(days=1 + n)
        times = {"scheduleDateTime": later.isoformat()} if status == words.SCHEDULED else {}
        return {"status": status, "createdAt": batch.now - timedelta(hours=1), **times}
    if status == words.IN_PROGRESS:
        begin = batch.now - timedelta(minutes=1)
        return {"status": status, "createdAt": min(made, begin), "startedAt": begin}
    begin = min(max(due or made, made), batch.now)
    begin = moment_of(batch.given.get("startedAt")) or begin
    end = min(begin + timedelta(minutes=3), batch.now)
    made = min(made, begin)
    return {"status": status, "createdAt": made, "startedAt": begin, "completedAt": end}


class _Reader:
    """Somebody whom messages can be about."""

    def __init__(self, kind: str, id: str, since: datetime, wrote: datetime | None) -> None:
        self.ref: Made = {kind: id}
        self.since = since
        self.wrote = wrote


def _readers(batch: Batch) -> list[_Reader]:
    listed = (one for one in batch.listed("contacts") if isinstance(one.get("id"), str))
    found = [
        _Reader(
            "contact",
            one["id"],
            moment_of(one.get("createdAt")) or batch.now - timedelta(days=1),
            moment_of(one.get("lastInboundAt")),
        )
        for one in listed
    ]
    return found or [
        _Reader("contact", one.id, one.created_at, one.session_at) for one in own(batch, CONTACTS)
    ]


def make_messages(batch: Batch) -> Maker:
    readers, wanted = _readers(batch), batch.given.get("broadcast")
    sent = next((one for one in batch.listed("broadcasts") if one.get("id") == wanted), None)
    begin = moment_of(sent.get("startedAt") or sent.get("createdAt")) if sent else None
    status = batch.given.get("status")
    is_under_way = sent is not None and sent.get("status") == words.IN_PROGRESS and not status
    is_received = None if status is None else status == "received"

    def message(n: int) -> Made:
        draw = batch.draw(n)
        if not readers:
            return {"text": "Nobody is there"}
        reader = readers[n % len(readers) if sent else draw.settled(len(readers), "contact")]
        is_said = "timestamp" in batch.given
        at = batch.born("timestamp" if is_said else "createdAt", n, MONTHS)
        if wanted is not None:
            if not is_said and begin is not None:
                at = min(begin + timedelta(milliseconds=50 * n), batch.now)
            if is_under_way and n % 2 == 0:
                return {**reader.ref, **_waiting(batch, draw, at)}
            return {**reader.ref, **_sent(batch, draw, at)}
        at = at if is_said else max(at, reader.since)
        is_incoming = batch.given.get("isIncoming", is_received)
        if is_incoming is None:
            has_written = reader.wrote is not None and reader.wrote >= at
            is_incoming = has_written and draw.fraction("incoming") < 0.4
        if is_incoming:
            return {**reader.ref, **_received(batch, draw, at)}
        return {**reader.ref, **_sent(batch, draw, at)}

    return message


def _received(batch: Batch, draw: Draw, at: datetime) -> Made:
    text = draw.pick(ANSWERS, "text")
    made = {"isIncoming": True, "type": "text", "text": text}
    return {**made, **_course(batch, (Moment("received", at),))}


def _waiting(batch: Batch, draw: Draw, at: datetime) -> Made:
    """Return a message of a broadcast under way that has not had its turn."""
    made = {"type": "template", "text": draw.pick(OFFERS, "text")}
    return {**made, **_course(batch, (Moment("pending", at),))}


def _course(batch: Batch, history: tuple[Moment, ...]) -> Made:
    """Return the times of a message, if nothing is said of them already."""
    return {} if "history" in batch.given else {"timestamp": history[0].at, "history": history}


def _sent(batch: Batch, draw: Draw, at: datetime) -> Made:
    status = str(batch.given.get("status") or draw.weighted(ENDINGS, "status"))
    history = _history(draw, status, at, batch.now)
    made: Made = {
        "type": "template",
        "text": draw.pick(OFFERS, "text"),
        **({} if "history" in batch.given else {"status": status}),
        **_course(batch, history),
    }
    if status == "failed":
        was_sent = any(step.state == "sent" for step in history)
        made["errorMessage"] = (LATE if was_sent else UNDELIVERABLE).message
    if status == "replied":
        made["reply"] = draw.pick(ANSWERS, "reply")
    return made


def _history(draw: Draw, status: str, at: datetime, end: datetime) -> tuple[Moment, ...]:
    if status == "replied":
        states: Sequence[str] = (LIFECYCLE.initial, *REPLIED)
    elif status == "failed" and draw.fraction("late") < 0.5:
        states = (LIFECYCLE.initial, *LIFECYCLE.outcomes["undelivered"])
    else:
        states = way_to(LIFECYCLE, status) or (status,)
    return walk(draw, LIFECYCLE, states, at, end)
