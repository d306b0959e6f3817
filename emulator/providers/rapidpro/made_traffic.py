"""Makes messages and broadcasts for fixtures, with histories that agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from emulator.core.courses import walk, way_to
from emulator.core.drawing import Draw
from emulator.core.generating import Batch, Made, Maker
from emulator.core.moments import moment_of
from emulator.core.records import Moment

from . import wording
from .lifecycle import INCOMING, OUTGOING, lifecycle_of
from .made_people import (
    MINUTE,
    MONTHS,
    Known,
    group_names,
    known_people,
    languages_of,
    somebody_of,
)

ENDINGS: Final = (
    ("delivered", 0.84),
    ("sent", 0.06),
    ("failed", 0.06),
    ("wired", 0.02),
    ("queued", 0.02),
)
INCOMING_SHARE: Final = 0.3
_DIRECTIONS: Final = {**dict.fromkeys(INCOMING, "in"), **dict.fromkeys(OUTGOING, "out")}


def make_messages(batch: Batch) -> Maker:
    everybody = known_people(batch)
    sent = _broadcast(batch)
    if sent is not None:
        return _sent_messages(batch, sent, everybody)
    by_ref = {one.ref: one for one in everybody}
    named = by_ref.get(str(batch.given.get("contact")))
    status = batch.given.get("status")
    direction = batch.given.get("direction", _DIRECTIONS.get(str(status)))

    def message(n: int) -> Made:
        draw = batch.draw(n)
        somebody = named or somebody_of(draw, everybody)
        if somebody is None:
            return {"direction": "out", "status": "failed", "text": "Nobody is there"}
        at = batch.born("created_on", n, MONTHS)
        if "created_on" not in batch.given:
            at = max(at, somebody.since + MINUTE)
        is_incoming = direction == "in" or (
            direction is None
            and somebody.seen is not None
            and somebody.seen >= at
            and draw.fraction("incoming") < INCOMING_SHARE
        )
        if is_incoming:
            return _received(batch, draw, somebody, at)
        return _sent(batch, draw, somebody, at, _text(draw, wording.SENT, somebody))

    return message


def _text(draw: Draw, texts: Mapping[str, Sequence[str]], somebody: Known) -> str:
    wanted = draw.pick(texts.get(somebody.language, texts["eng"]), "text")
    return wanted.format(first=somebody.first or "friend")


def _received(batch: Batch, draw: Draw, somebody: Known, at: datetime) -> Made:
    status = str(batch.given.get("status") or "handled")
    return {
        "contact": somebody.ref,
        "direction": "in",
        "text": _text(draw, wording.RECEIVED, somebody),
        **_course(batch, (Moment(status, at),)),
    }


def _course(batch: Batch, history: tuple[Moment, ...]) -> Made:
    """Return the times of a message, if nothing is said of them already."""
    if "history" in batch.given:
        return {}
    return {"status": history[-1].state, "created_on": history[0].at, "history": history}


def _sent(batch: Batch, draw: Draw, somebody: Known, at: datetime, text: str) -> Made:
    status = str(batch.given.get("status") or draw.weighted(ENDINGS, "status"))
    lifecycle = lifecycle_of("whatsapp")
    history = walk(draw, lifecycle, way_to(lifecycle, status) or (status,), at, batch.now)
    return {
        "contact": somebody.ref,
        "direction": "out",
        "text": text,
        **_course(batch, history),
    }


def _broadcast(batch: Batch) -> Mapping[str, Any] | None:
    wanted = batch.given.get("broadcast")
    known = (
        one for one in batch.listed("broadcasts") if wanted in (one.get("id"), one.get("uuid"))
    )
    return next(known, None) if wanted is not None else None


def _sent_messages(batch: Batch, sent: Mapping[str, Any], everybody: Sequence[Known]) -> Maker:
    """Return what makes the messages of a broadcast, one for each of its recipients in turn."""
    groups, named = set(sent.get("groups") or ()), set(sent.get("contacts") or ())
    members = [one for one in everybody if one.groups & groups or one.ref in named] or everybody
    begin = moment_of(sent.get("created_on")) or batch.now - timedelta(minutes=2)
    texts = sent.get("text")
    texts = texts if isinstance(texts, dict) else {"": texts}

    def message(n: int) -> Made:
        if not members:
            return {"direction": "out", "status": "failed"}
        somebody = members[n % len(members)]
        text = str(texts.get(somebody.language) or next(iter(texts.values()), "") or "")
        filled = text.replace("@contact.first_name", somebody.first).replace(
            "@contact", somebody.first
        )
        at = min(begin + timedelta(seconds=1 + n / 20), batch.now)
        at = batch.born("created_on", n, MONTHS) if "created_on" in batch.given else at
        return _sent(batch, batch.draw(n), somebody, at, filled)

    return message


def make_broadcasts(batch: Batch) -> Maker:
    groups = group_names(batch)
    languages = languages_of(batch)

    def broadcast(n: int) -> Made:
        draw = batch.draw(n)
        texts = {
            code: draw.pick(wording.SENT[code], "text").replace("{first}", "@contact.first_name")
            for code in languages
            if code in wording.SENT
        }
        return {
            "text": texts or {languages[0]: "Hello @contact.first_name"},
            "groups": [draw.pick(groups, "group")],
            "status": "completed",
            "created_on": batch.moment(n, MONTHS),
        }

    return broadcast
