"""Read messages, and with them broadcasts, from fixtures, as the app shows them.

They stand as given, but for broadcasts that wait for their time: their messages go out then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from emulator.core.courses import way_to
from emulator.core.describing import FILLED, HISTORY, STRINGS, Defs, Schema, fields, listed
from emulator.core.errors import Problems
from emulator.core.moments import read_history, read_moment
from emulator.core.options import one_of
from emulator.core.packing import packed
from emulator.core.records import Failure, Moment
from emulator.core.rules import bare
from emulator.core.sandbox import Sandbox
from emulator.web import parts
from emulator.web.parts import (
    Part,
    Value,
    any_text,
    check_ids,
    read_part,
    text,
    thing,
    things,
    whole,
)

from . import fixture_broadcasts, lifecycle
from .filling import body_of
from .lifecycle import RECEIVED, STATUSES
from .records import (
    BROADCASTS,
    CHANNEL,
    MESSAGES,
    SLUG,
    ButtonShape,
    CardShape,
    CueBroadcast,
    CueMessage,
    FaceShape,
    HeaderShape,
    Shape,
)
from .rows import NUMBER

_WORDS = {status: status for status in STATUSES}
Read = dict[str, Any]


def _number(value: Any) -> str:
    number = bare(text(value))
    if not NUMBER.fullmatch(number):
        raise ValueError("Must be a phone number with its country code")
    return number


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError("Must be a list of strings")
    return value


class _MessagePart(Part):
    uuid = Value(text)
    broadcast_uuid = Value(text, allow_none=True, data_key="broadcastUuid")
    channel = Value(text)
    identifier = Value(_number)
    client_reference = Value(text, allow_none=True)
    direction = Value(one_of("out", "in"))
    status = Value(one_of(*STATUSES))
    template = Value(text, allow_none=True)
    wording = Value(any_text, allow_none=True, data_key="text")
    header = Value(thing, allow_none=True)
    body = Value(_texts)
    buttons = Value(things)
    cards = Value(things)
    type = Value(text)
    content = Value(lambda value: value, allow_none=True)
    name = Value(text, allow_none=True)
    session = Value(text, allow_none=True)
    error = Value(thing, allow_none=True)
    created_at = Value(read_moment)
    history = Value(lambda value: read_history(value, _WORDS))


class _HeaderPart(Part):
    type = Value(any_text, allow_none=True)
    filename = Value(any_text, allow_none=True)
    value = Value(any_text)


class _ButtonPart(Part):
    index = Value(whole)
    type = Value(any_text, allow_none=True)
    value = Value(any_text)


class _CardPart(Part):
    index = Value(whole)
    header = Value(thing, allow_none=True)
    body = Value(_texts)
    buttons = Value(things)


class _ErrorPart(Part):
    code = Value(text)
    message = Value(any_text)


_MESSAGE, _HEADER, _BUTTON, _CARD, _ERROR = (
    _MessagePart(),
    _HeaderPart(),
    _ButtonPart(),
    _CardPart(),
    _ErrorPart(),
)


def load(
    found: Sandbox, workspace: str, given: Mapping[str, Any], pointer: str, problems: Problems
) -> None:
    """Add the broadcasts and messages of a workspace; messages that are there stay as they are."""
    before = len(problems.found)
    reader = _Reader(found, workspace, problems)
    touched = [
        fixture_broadcasts.load(found, workspace, item, f"{pointer}/broadcasts/{at}", problems)
        for at, item in enumerate(given.get("broadcasts", ()))
    ]
    check_ids(given.get("messages", ()), "uuid", f"{pointer}/messages", problems)
    made = [
        reader.message(item, f"{pointer}/messages/{at}")
        for at, item in enumerate(given.get("messages", ()))
    ]
    if len(problems.found) > before:
        return
    messages = [message for message in made if message is not None]
    ids = dict.fromkeys([id for id in touched if id is not None])
    ids |= dict.fromkeys(message.broadcast for message in messages if message.broadcast)
    waiting: dict[str | None, list[CueMessage]] = {id: [] for id in ids if _waits(found, id)}
    for message in messages:
        if message.broadcast in waiting and message.state == "queued":
            waiting[message.broadcast].append(message)
    held = {message.id for own in waiting.values() for message in own}
    found.store.table(MESSAGES).add_all([m for m in messages if m.id not in held])
    for id, own in waiting.items():
        _schedule(found, str(id), own)
    for id in ids:
        _recount(found, id)


class _Reader:
    """Reads into one workspace; what messages have in common is shared."""

    def __init__(self, found: Sandbox, workspace: str, problems: Problems) -> None:
        self._found = found
        self._workspace = workspace
        self._problems = problems
        self._shapes: dict[Shape, Shape] = {}

    def message(self, given: Any, pointer: str) -> CueMessage | None:
        """Return a new message, None if it is there already or has mistakes."""
        found, problems = self._found, self._problems
        read = read_part(_MESSAGE, given, pointer, problems)
        if read is None or self._is_known(read, pointer):
            return None
        if "identifier" not in read:
            problems.add(f"{pointer}/identifier", "Required")
        broadcast = self._broadcast_of(read, pointer)
        is_in = read.get("direction") == "in"
        history = self._history(read, broadcast, is_in=is_in)
        state = history[-1].state
        if read.get("status", state) != state:
            problems.add(f"{pointer}/history", f"Must end with the status, {read['status']!r}")
        values: list[str] = []
        shape = self._shape(read, pointer, values)
        sender = broadcast.sender if broadcast else self._sender(read, pointer)
        usual = "text" if is_in or read.get("content") is not None else "template"
        worded = {"text": read.get("wording") or ""} if is_in else None
        return CueMessage(
            id=read.get("uuid") or found.ids.uuid4(MESSAGES.name),
            serial=found.ids.serial(MESSAGES.name),
            account=self._workspace,
            channel=CHANNEL,
            address=read.get("identifier", ""),
            state=state,
            created_at=history[0].at,
            history=history,
            direction="in" if is_in else "out",
            broadcast=broadcast.id if broadcast else None,
            error=self._error(read, state, pointer),
            sender=sender,
            text=read.get("wording"),
            reference=read.get("client_reference"),
            template=read.get("template", broadcast.template if broadcast else None),
            shape=self._shapes.setdefault(shape, shape),
            values=packed(values or None),
            type=read.get("type", usual),
            content=worded if read.get("content") is None else read["content"],
            session=read.get("session") or (self._session() if is_in else None),
            person=read.get("name"),
        )

    def _is_known(self, read: Read, pointer: str) -> bool:
        """Tell whether a message is there already; another workspace's is a mistake."""
        known = self._found.store.table(MESSAGES).find(read.get("uuid", ""))
        if known is not None and known.account != self._workspace:
            self._problems.add(f"{pointer}/uuid", f"Workspace {known.account!r} has this message")
        return known is not None

    def _sender(self, read: Read, pointer: str) -> str:
        wanted = read.get("channel")
        return fixture_broadcasts.sender(
            self._found, self._workspace, wanted, pointer, self._problems
        )

    def _session(self) -> str:
        return self._found.ids.uuid4("cuedesk.sessions")

    def _broadcast_of(self, read: Read, pointer: str) -> CueBroadcast | None:
        id = read.get("broadcast_uuid")
        if id is None:
            return None
        broadcast = self._found.store.table(BROADCASTS).find(id)
        if broadcast is None or broadcast.account != self._workspace:
            text = f"The workspace has no broadcast {id!r}"
            self._problems.add(f"{pointer}/broadcastUuid", text)
            return None
        return broadcast

    def _history(
        self, read: Read, broadcast: CueBroadcast | None, *, is_in: bool
    ) -> tuple[Moment, ...]:
        if "history" in read:
            history: tuple[Moment, ...] = read["history"]
            return history
        born = broadcast.created_at if broadcast else self._found.clock.now()
        at: datetime = read.get("created_at") or born
        is_waiting = broadcast is not None and broadcast.state == "scheduled"
        usual = RECEIVED if is_in else "queued" if is_waiting else "delivered"
        status = read.get("status", usual)
        way = way_to(lifecycle.LIFECYCLE, status) or ("queued", status)
        return tuple(Moment(state, at) for state in (way if not is_in else (RECEIVED,)))

    def _error(self, read: Read, state: str, pointer: str) -> Failure | None:
        given = read.get("error")
        if given is None:
            usual = {"failed": lifecycle.FAILED, "expired": lifecycle.EXPIRED}
            return usual.get(state)
        inner = read_part(_ERROR, given, f"{pointer}/error", self._problems) or {}
        code = inner.get("code", lifecycle.FAILED.code)
        return lifecycle.failure_of(Failure(code=code, message=inner.get("message", "")))

    def _shape(self, read: Read, pointer: str, values: list[str]) -> Shape:
        face = self._face(read, pointer, values)
        cards = []
        for at, item in enumerate(read.get("cards", ())):
            where = f"{pointer}/cards/{at}"
            card = read_part(_CARD, item, where, self._problems) or {}
            index = card.get("index", at)
            cards.append(CardShape(index=index, face=self._face(card, where, values)))
        return Shape(face=face, cards=tuple(cards))

    def _face(self, read: Read, pointer: str, values: list[str]) -> FaceShape:
        """Return the places of a face; what stands in them goes to the values."""
        header = None
        if read.get("header") is not None:
            where = f"{pointer}/header"
            inner = read_part(_HEADER, read["header"], where, self._problems) or {}
            header = HeaderShape(type=inner.get("type"), filename=inner.get("filename"))
            values.append(inner.get("value", ""))
        body = read.get("body", ())
        values += body
        buttons = []
        for at, item in enumerate(read.get("buttons", ())):
            where = f"{pointer}/buttons/{at}"
            inner = read_part(_BUTTON, item, where, self._problems) or {}
            buttons.append(ButtonShape(index=inner.get("index", at), type=inner.get("type")))
            values.append(inner.get("value", ""))
        return FaceShape(header=header, body=len(body), buttons=tuple(buttons))


def _waits(found: Sandbox, id: str) -> bool:
    broadcast = found.store.table(BROADCASTS).get(id)
    due = broadcast.scheduled_at
    return broadcast.state == "scheduled" and due is not None and due > found.clock.now()


def _schedule(found: Sandbox, id: str, held: Sequence[CueMessage]) -> None:
    """Plan what a scheduled broadcast will send."""
    broadcast = found.store.table(BROADCASTS).get(id)
    due = broadcast.scheduled_at
    if due is None or not held:
        return
    if found.agenda.planned(lifecycle.START_TOPIC, id) is None:
        found.agenda.plan(due, lifecycle.START_TOPIC, id)
    if broadcast.valid_until and found.agenda.planned(lifecycle.EXPIRY_TOPIC, id) is None:
        found.agenda.plan(broadcast.valid_until, lifecycle.EXPIRY_TOPIC, id)
    vendor = found.vendor(SLUG)
    fates = found.messaging.choose(
        vendor,
        broadcast.account,
        CHANNEL,
        [(message.address, body_of(message) or "") for message in held],
        template=broadcast.template,
        broadcast=id,
    )
    planned = [
        msgspec.structs.replace(message, plan=fate.plan, nth=fate.nth)
        for message, fate in zip(held, fates, strict=True)
    ]
    found.messaging.launch(vendor, planned)


def _recount(found: Sandbox, id: str) -> None:
    table = found.store.table(BROADCASTS)
    broadcast = table.get(id)
    own = found.store.table(MESSAGES).every("broadcast", id)
    counts = dict(Counter(message.state for message in own))
    usual = "processing" if "queued" in counts else "completed"
    table.change(broadcast, total=len(own), counts=counts, state=broadcast.state or usual)


def describe(defs: Defs) -> dict[str, Schema]:
    """Return the JSON Schemas of the lists of broadcasts and messages."""

    def many(name: str, kind: type[Part], **nested: Schema) -> Schema:
        return listed(defs, f"cuedesk.{name}", parts.describe(kind, known, **nested))

    known = {_number: FILLED, _texts: STRINGS}
    face = {
        "header": fields(parts.describe(_HeaderPart)),
        "buttons": many("messageButton", _ButtonPart),
    }
    message = {
        "cards": many("messageCard", _CardPart, **face),
        "error": fields(parts.describe(_ErrorPart)),
        "history": HISTORY,
    }
    return {
        "broadcasts": many("broadcast", fixture_broadcasts.BroadcastPart),
        "messages": many("message", _MessagePart, **face, **message),
    }
