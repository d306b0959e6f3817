"""Histories of contacts, and single messages."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Blueprint, Response

from emulator.core.records import Failure
from emulator.core.sandbox import Sandbox
from emulator.providers.whautomate import sending, shapes, targets
from emulator.providers.whautomate.answers import MessageOut, SentOut
from emulator.providers.whautomate.errors import NotApproved
from emulator.providers.whautomate.kinds import CONTACTS, MESSAGES
from emulator.providers.whautomate.lookups import need_location, own
from emulator.providers.whautomate.records import Face, WhMessage
from emulator.providers.whautomate.schemas import (
    ButtonsBody,
    ElementsBody,
    MediaBody,
    SendTemplateBody,
    TextBody,
    body,
    read,
)
from emulator.providers.whautomate.sending import Letter
from emulator.providers.whautomate.words import WHATSAPP
from emulator.web.bodies import json_response
from emulator.web.context import caller, has_fault, rests_on, sandbox

from .common import SPAN, endpoint, listing, span_test

bp = Blueprint("messages", __name__)
PAGE = "messages"
CHANNEL = "<any(whatsapp, messenger, instagram, telegram):channel>"
MEDIA = ("image", "video", "audio")


@endpoint(
    bp, "GET", "/messages/<id>", "messages.list", page=PAGE, gives=list[MessageOut], asks=SPAN
)
def list_messages(id: str) -> Response:
    """List the messages of a contact, newest first."""
    contact = own(CONTACTS, id, "Contact")
    rests_on("assumed")
    return listing(
        sandbox().store.table(MESSAGES),
        _show,
        span_test(lambda message: message.processed_at),
        order="history",
        partition=contact.id,
        beside=(),
    )


def _show(_found: Sandbox, message: WhMessage) -> MessageOut:
    return shapes.message(message)


@endpoint(
    bp,
    "POST",
    f"/messages/{CHANNEL}/sendtext",
    "messages.text",
    page=PAGE,
    takes=TextBody,
    gives=SentOut,
)
def send_text(channel: str) -> Response:
    """Send a text to one person."""
    wanted = read(TextBody, body())
    return _send(channel, wanted, "text", Face(text=wanted["text_message"]))


@endpoint(
    bp,
    "POST",
    f"/messages/{CHANNEL}/sendmedia",
    "messages.media",
    page=PAGE,
    takes=MediaBody,
    gives=SentOut,
)
def send_media(channel: str) -> Response:
    """Send a media file to one person."""
    wanted = read(MediaBody, body())
    kind = wanted["mime_type"].strip().lower().partition("/")[0]
    type = kind if kind in MEDIA else "document"
    return _send(channel, wanted, type, Face(media_url=wanted["media_url"]))


@endpoint(
    bp,
    "POST",
    f"/messages/{CHANNEL}/sendtemplate",
    "messages.template",
    page=PAGE,
    takes=(SendTemplateBody, ElementsBody, ButtonsBody),
    gives=SentOut,
)
def send_template(channel: str) -> Response:
    """Send a template to one person; what a template is depends on the channel."""
    if channel == WHATSAPP:
        return _send(channel, read(SendTemplateBody, body()), "template")
    if channel == "telegram":
        wanted = read(ButtonsBody, body())
        options = _titles(wanted["buttons"])
        return _send(
            channel, wanted, "template", Face(text=wanted["text_message"], options=options)
        )
    wanted = read(ElementsBody, body())
    return _send(channel, wanted, "template", Face(options=_titles(wanted["elements"])))


def _titles(given: list[dict[str, Any]]) -> tuple[str, ...]:
    titles = (item.get("title") or item.get("text") for item in given)
    return tuple(title for title in titles if isinstance(title, str))


def _send(channel: str, wanted: dict[str, Any], type: str, face: Face | None = None) -> Response:
    if channel != WHATSAPP:
        rests_on("observed")
    need_location(wanted["location"])
    letter = Letter(
        channel=channel,
        location=wanted["location"],
        type=type,
        content=targets.content_of(wanted) if face is None else None,
        face=face or Face(),
        due=wanted.get("schedule_date_time"),
    )
    is_rejected = partial(has_fault, NotApproved.name)
    return _answer(sending.submit(sandbox(), caller().id, wanted, letter, is_rejected))


def _answer(sent: WhMessage | Failure) -> Response:
    if isinstance(sent, Failure):
        rests_on("assumed")
        failed: SentOut = {"id": "", "status": "failed", "error": shapes.error_text(sent)}
        return json_response(failed)
    status = "scheduled" if sent.state == "scheduled" else "sent"
    answer: SentOut = {"id": sent.id, "status": status, "error": ""}
    return json_response(answer)
