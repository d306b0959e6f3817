"""The six endpoints of Cuedesk's API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from flask import Blueprint, Response

from emulator.web.bodies import json_response
from emulator.web.context import caller, rests_on, sandbox
from emulator.web.operations import operation
from emulator.web.texts import Texts

from . import contacts, lifecycle, schemas, sending, views, wishes
from .answers import BroadcastAnswer, ContactsAnswer, MessageAnswer
from .fields import load
from .filling import Filler, check
from .receiving import last_inbound
from .records import DOCS, SLUG, Contact
from .sending import Draft, Note

bp = Blueprint(SLUG, __name__)

READ_ON = "2026-11-21"
DEFAULT_LOCALE = "en"

_CONTACTS: Final = Texts[Contact]()


def endpoint(path: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Serve a path by POST alone: no trailing slash, and no OPTIONS."""
    return bp.route(path, methods=["POST"], strict_slashes=True, provide_automatic_options=False)


@endpoint("/v2/broadcasts")
@operation(
    "broadcasts.create",
    source=f"{DOCS}/broadcasts/broadcasts_api_v2",
    read_on=READ_ON,
    takes=schemas.BroadcastBody,
    gives=BroadcastAnswer,
    makes="Broadcast",
)
def create_broadcast() -> Response:
    """Accept a broadcast whose rows fill a template, for now or later.

    Errors: 400 no such template or contact list, nobody to send to; 403 foreign sender;
    422 the body, or its template, breaks rules.
    """
    body, found = load(schemas.BROADCAST), sandbox()
    template = body["template"]
    draft = Draft(
        name=body.get("name"),
        sender=body["from_"],
        template=template["name"],
        locale=template["locale"],
        wish=lambda _template: wishes.of_broadcast(template),
        names=wishes.BROADCAST_NAMES,
        rows=body.get("payload"),
        contact_list=body.get("contact_list_uuid"),
        scheduled_at=body.get("scheduled_at"),
        valid_until=body.get("valid_until"),
        key=body.get("client_unique_identifier"),
    )
    made = sending.broadcast(found, caller(), draft)
    # The page lists the answer's fields; which status it begins with, and what stands there for
    # no name and no warnings, is assumed.
    rests_on("assumed")
    return _accepted(views.created_broadcast(made))


@endpoint("/broadcasts")
@operation(
    "broadcasts.create_v1",
    source=f"{DOCS}/broadcasts/broadcasts_api_v1",
    read_on=READ_ON,
    takes=schemas.FirstBroadcastBody,
    gives=BroadcastAnswer,
    makes="Broadcast",
)
def create_first_broadcast() -> Response:
    """Accept a broadcast of the first version, whose recipients bring named values.

    Errors: as :func:`create_broadcast`.
    """
    body, found = load(schemas.FIRST_BROADCAST), sandbox()
    # The answer of this version could not be read; it is assumed to be that of the second.
    rests_on("assumed")
    rows = body["recipients"]
    draft = Draft(
        name=body["name"],
        sender=body["from_"],
        template=body["template_name"],
        locale=body.get("locale") or DEFAULT_LOCALE,
        wish=partial(wishes.of_first_broadcast, body.get("parameters", {}), rows),
        names=wishes.FIRST_NAMES,
        rows=rows,
        scheduled_at=body.get("scheduled_for"),
        valid_until=body.get("valid_until"),
        key=body.get("client_unique_identifier"),
    )
    return _accepted(views.created_broadcast(sending.broadcast(found, caller(), draft)))


@endpoint("/v2/messages/whatsapp")
@operation(
    "messages.send_template",
    source=f"{DOCS}/templates/templates_api_v2",
    read_on=READ_ON,
    takes=schemas.TemplateMessageBody,
    gives=MessageAnswer,
    makes="Message",
)
def send_template_message() -> Response:
    """Accept one template message whose values are given as they are.

    Errors: 400 no such template; 403 foreign sender; 422 the body breaks rules.
    """
    body, found, workspace = load(schemas.TEMPLATE_MESSAGE), sandbox(), caller()
    wanted = body["template"]
    channel = sending.channel_of(found, workspace, body["from_"])
    template = sending.template_of(found, workspace, wanted["name"], wanted["locale"])
    wish = wishes.of_message(wanted, template)
    check(template, wish, wishes.MESSAGE_NAMES)
    filler = Filler(template, wish)
    values, _ = filler.fill({})
    note = Note(
        to=body["to"],
        channel=channel,
        reference=body.get("client_reference"),
        template=template.name,
        shape=wish.shape(template),
        values=values,
        text=filler.text(values),
    )
    # WhatsApp refuses an empty value; no warning could say so here.
    failure = None if all(values) else lifecycle.VALUE_MISSING
    return _sent(sending.send(found, note, failure=failure))


@endpoint("/v1/messages/whatsapp")
@operation(
    "messages.send_template_v1",
    source=f"{DOCS}/templates/templates_api_v1",
    read_on=READ_ON,
    takes=schemas.FirstMessageBody,
    gives=MessageAnswer,
    makes="Message",
)
def send_first_message() -> Response:
    """Accept one template message of the first version; its components are kept unread.

    Errors: as :func:`send_template_message`.
    """
    body, found, workspace = load(schemas.FIRST_MESSAGE), sandbox(), caller()
    channel = sending.channel_of(found, workspace, body["from_"])
    template = sending.template_of(found, workspace, body["template_name"], body["language"])
    components = body.get("components")
    note = Note(
        to=body["to"],
        channel=channel,
        reference=body.get("client_ref"),
        template=template.name,
        text=template.face.body_text,
        content=None if components is None else {"components": components},
    )
    return _sent(sending.send(found, note))


@endpoint("/v1/messages")
@operation(
    "messages.send",
    source=f"{DOCS}/messages_api",
    read_on=READ_ON,
    takes=schemas.FreeBody,
    gives=MessageAnswer,
    makes="Message",
)
def send_free_message() -> Response:
    """Accept one free-form message; outside the 24-hour window it fails afterwards.

    Errors: 403 foreign sender; 422 the body breaks rules.
    """
    body, found, workspace = load(schemas.FREE)["message"], sandbox(), caller()
    channel = sending.channel_of(found, workspace, body["from_"])
    content = body["content"]
    note = Note(
        to=body["to"],
        channel=channel,
        reference=body.get("client_ref"),
        text=_wording(content),
        type=body["type"],
        content=content,
    )
    last = last_inbound(found, workspace.id, note.to, found.clock.now())
    failure = None if last is not None else lifecycle.WINDOW_CLOSED
    return _sent(sending.send(found, note, failure=failure))


@bp.route("/v1/contacts", methods=["GET"], strict_slashes=True, provide_automatic_options=False)
@operation(
    "contacts.list",
    source=f"{DOCS}/contacts_api",
    read_on=READ_ON,
    answers=(200,),
    gives=ContactsAnswer,
    asks=contacts.ASKS,
)
def list_contacts() -> Response:
    """List the contacts of the workspace, or of one of its contact lists.

    Errors: 422 a query parameter is wrong.
    """
    wanted = contacts.read_query()
    page, total = contacts.page(sandbox(), caller(), wanted)
    # The shape of the items is assumed.
    rests_on("assumed")
    answer = {
        "contacts": _CONTACTS.show_all(page, views.contact, edition=None),
        "pagination": {"limit": wanted.limit, "offset": wanted.offset, "total": total},
    }
    return json_response(answer)


def _wording(content: dict[str, Any]) -> str | None:
    """Return what a person reads of free-form content, as far as it is known."""
    for name in ("text", "caption"):
        if isinstance(content.get(name), str):
            return str(content[name])
    return None


def _sent(message: Any) -> Response:
    # The body of this answer could not be read.
    rests_on("assumed")
    return _accepted(views.created_message(sandbox(), message))


def _accepted(answer: Mapping[str, Any]) -> Response:
    return json_response(answer, 202)
