"""The addresses that the carrier behind an external channel calls.

They are the gateway's, not the API's: no token is asked for, and answers have its own form.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from flask import Blueprint, Response, request

from emulator.core.vendor import Inbound
from emulator.providers.rapidpro import contacts, trimming, urns
from emulator.providers.rapidpro import records as r
from emulator.providers.rapidpro.answers import (
    Accepted,
    ReceivedOut,
    StatusOut,
    StopOut,
)
from emulator.providers.rapidpro.context import now, table
from emulator.providers.rapidpro.describing import READ_ON
from emulator.providers.rapidpro.errors import GatewayRefusal
from emulator.providers.rapidpro.kinds import CHANNEL_EVENTS, CHANNELS, MESSAGES, WORKSPACES
from emulator.providers.rapidpro.naming import new_uuid, next_number, next_serial
from emulator.providers.rapidpro.sending import SLUG
from emulator.providers.rapidpro.values import format_moment
from emulator.web.bodies import json_response
from emulator.web.context import rests_on, sandbox
from emulator.web.operations import operation

T = TypeVar("T")
View = TypeVar("View", bound=Callable[..., Any])

SOURCE: Final = "https://github.com/nyaruka/courier"
ROOT: Final = "/c/ex/<id>"
# What may be given under several names, of which the first that says something counts.
SENDER: Final = ("sender", "from")
DATE: Final = ("date", "time")
MESSAGE: Final = ("uuid", "id")
_RFC_3339: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
#: The letters by which the gateway knows what becomes of a message.
LETTERS: Final = {"sent": "S", "delivered": "D", "failed": "F"}


def called(name: str, gives: type, *asks: str) -> Callable[[View], View]:
    """Mark a view as one of the gateway's.

    :param asks: the parameters of a query or a form.
    """
    return operation(
        f"carrier.{name}",
        source=SOURCE,
        read_on=READ_ON,
        evidence="observed",
        gives=gives,
        answers=(200,),
        asks=asks,
    )


def _channel(id: str) -> r.Channel:
    """Return an external channel.

    :raises GatewayRefusal: there is none with this UUID.
    """
    found = table(CHANNELS).find(id.lower())
    if found is None or found.is_deleted or found.type != "external":
        raise GatewayRefusal("channel not found")
    return found


def _given(*names: str) -> str:
    """Return the first parameter that says something, of the query or of a form."""
    return next((value for name in names if (value := request.values.get(name))), "")


def _urn(channel: r.Channel, sender: str) -> str:
    """Return the normalised URN of a sender.

    :raises GatewayRefusal: it is none that the channel can reach.
    """
    scheme = next(iter(channel.schemes), "tel")
    try:
        return urns.clean(f"{scheme}:{sender}", channel.country or None).text
    except urns.InvalidURN as error:
        raise GatewayRefusal(f"invalid {scheme} URN: {sender}") from error


def _moment(text: str) -> datetime:
    """Return a moment in RFC 3339.

    :raises GatewayRefusal: it is none.
    """
    try:
        if _RFC_3339.fullmatch(text):
            return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise GatewayRefusal("invalid date format, must be RFC 3339")


def _accepted(message: str, about: T) -> Response:
    answer: Accepted[T] = {"message": message, "data": [about]}
    return json_response(answer)


@called("receive", Accepted[ReceivedOut], *SENDER, *DATE, "text")
def receive(id: str) -> Response:
    """Take a message from somebody's telephone."""
    channel = _channel(id)
    sender, date = _given(*SENDER), _given(*DATE)
    if not sender:
        raise GatewayRefusal("must have one of 'sender' or 'from' set")
    received_at = _moment(date) if date else now()
    urn, text = _urn(channel, sender), _given("text")
    wanted = Inbound(account=channel.workspace, from_=urn, to=channel.id, text=text)
    message = sandbox().vendor(SLUG).receive(sandbox(), wanted)
    about: ReceivedOut = {
        "type": "msg",
        "channel_uuid": channel.id,
        "msg_uuid": message.id,
        "text": text,
        "urn": urn,
        "received_on": format_moment(received_at),
    }
    return _accepted("Message Accepted", about)


def _told(id: str, status: str) -> Response:
    """Take a status of a message; one that comes too late changes nothing."""
    channel = _channel(id)
    named = _given(*MESSAGE)
    if not named:
        raise GatewayRefusal("parameters id or uuid should not be empty")
    message = table(MESSAGES).find(named.lower())
    is_ours = message is not None and message.direction == "out" and message.via == channel.id
    if message is None or not is_ours:
        # The gateway answers like this where it has no such message.
        rests_on("assumed")
        why: StatusOut = {"type": "info", "info": "message not found, ignored"}
        return _accepted("Ignored", why)
    vendor = sandbox().vendor(SLUG)
    pushes = vendor.lifecycle(message.channel).pushes
    if status in pushes.get(message.state, ()):
        sandbox().messaging.push(vendor, message, status)
    about: StatusOut = {
        "type": "status",
        "channel_uuid": channel.id,
        "status": LETTERS[status],
    }
    return _accepted("Status Update Accepted", about)


@called("sent", Accepted[StatusOut], *MESSAGE)
def sent(id: str) -> Response:
    """Note that the carrier has sent a message on."""
    return _told(id, "sent")


@called("delivered", Accepted[StatusOut], *MESSAGE)
def delivered(id: str) -> Response:
    """Note that a message has arrived."""
    return _told(id, "delivered")


@called("failed", Accepted[StatusOut], *MESSAGE)
def failed(id: str) -> Response:
    """Note that a message could not be brought."""
    return _told(id, "failed")


@called("stopped", Accepted[StopOut], "from")
def stopped(id: str) -> Response:
    """Note that somebody wants no more messages; the contact leaves all groups."""
    channel = _channel(id)
    sender = _given("from")
    if not sender:
        raise GatewayRefusal("must have one of 'sender' or 'from' set")
    urn = _urn(channel, sender)
    workspace = table(WORKSPACES).get(channel.workspace)
    contact = contacts.contact_for_urn(sandbox(), workspace, urn)
    if contact.status == "active":
        contacts.set_status(sandbox(), workspace, [contact], "stopped")
    event = _note_stop(channel, contact)
    about: StopOut = {
        "type": "event",
        "channel_uuid": channel.id,
        "event_type": "stop_contact",
        "urn": urn,
        "received_on": format_moment(event.occurred_on),
    }
    return _accepted("Event Accepted", about)


def _note_stop(channel: r.Channel, contact: r.Contact) -> r.ChannelEvent:
    event = r.ChannelEvent(
        id=new_uuid(sandbox(), CHANNEL_EVENTS),
        serial=next_serial(sandbox(), CHANNEL_EVENTS),
        number=next_number(sandbox(), CHANNEL_EVENTS),
        workspace=channel.workspace,
        type="stop-contact",
        contact=contact.id,
        channel=channel.id,
        occurred_on=now(),
        created_on=now(),
    )
    table(CHANNEL_EVENTS).add(event)
    trimming.watch(sandbox(), CHANNEL_EVENTS)
    return event


def register_gateway(blueprint: Blueprint) -> None:
    """Route the addresses that carriers call."""
    for view in (receive, sent, delivered, failed, stopped):
        name = view.__name__
        blueprint.add_url_rule(
            f"{ROOT}/{name}",
            f"carrier_{name}",
            view,
            methods=["GET", "POST"],
            provide_automatic_options=False,
        )
