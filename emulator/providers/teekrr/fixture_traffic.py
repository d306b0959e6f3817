"""Read broadcasts and messages from fixtures, as the message log of the dashboard writes them.

They stand as given, but for broadcasts that wait for their time: their messages go out then. A
broadcast that is there already and waits can get another time, or be cancelled. What the client's
billing does not say of reserved and spent credit follows from the messages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from emulator.core.belongings import Belongings
from emulator.core.courses import way_to
from emulator.core.describing import HISTORY, Defs, Schema, listed
from emulator.core.errors import Problems
from emulator.core.messaging import Fate
from emulator.core.moments import read_history, read_moment
from emulator.core.options import one_of
from emulator.core.packing import opened, packed
from emulator.core.records import Failure, Moment
from emulator.core.sandbox import Sandbox
from emulator.web import parts
from emulator.web.parts import (
    CamelPart,
    Value,
    any_text,
    check_ids,
    check_status,
    read_part,
    text,
    thing,
    whole,
)

from . import credit, lifecycle, templates, views
from .lifecycle import RECEIVED, STATES, STATUSES
from .recipients import MEDIA
from .records import CAMPAIGNS, CHANNELS, CLIENTS, MESSAGES, SLUG, Campaign, Client, TeekrrMessage

_WORDS = {status: status for status in STATUSES}


class _BroadcastPart(CamelPart):
    broadcast_uuid = Value(text)
    campaign_name = Value(text, allow_none=True)
    channel = Value(one_of(*CHANNELS))
    status = Value(one_of(*STATES))
    scheduled_at = Value(read_moment, allow_none=True)
    created_at = Value(read_moment)


class _MessagePart(CamelPart):
    message_uuid = Value(text)
    broadcast_uuid = Value(text, allow_none=True)
    channel = Value(one_of(*CHANNELS))
    recipient = Value(text)
    direction = Value(one_of("out", "in"))
    status = Value(one_of(*STATUSES))
    content = Value(any_text)
    template = Value(text, allow_none=True)
    variables = Value(thing, allow_none=True)
    keyword = Value(text, allow_none=True)
    subject = Value(any_text, allow_none=True)
    medium = Value(one_of(*MEDIA, ""))
    rate = Value(whole)
    error_code = Value(text, allow_none=True)
    error_message = Value(any_text, allow_none=True)
    created_at = Value(read_moment)
    history = Value(lambda value: read_history(value, _WORDS))


_BROADCAST, _MESSAGE = _BroadcastPart(), _MessagePart()
Read = dict[str, Any]


def load(found: Sandbox, client: Client, read: Read, pointer: str, problems: Problems) -> None:
    """Add the broadcasts and messages of a client; messages that are there stay as they are."""
    before = len(problems.found)
    touched = [
        _load_broadcast(found, client, item, f"{pointer}/broadcasts/{at}", problems)
        for at, item in enumerate(read.get("broadcasts", ()))
    ]
    check_ids(read.get("messages", ()), "messageUuid", f"{pointer}/messages", problems)
    made = [
        _message(found, client, item, f"{pointer}/messages/{at}", problems)
        for at, item in enumerate(read.get("messages", ()))
    ]
    if len(problems.found) > before:
        return
    messages = [message for message in made if message is not None]
    ids = dict.fromkeys(
        id for id in (*touched, *(message.broadcast for message in messages)) if id is not None
    )
    waiting: dict[str | None, list[TeekrrMessage]] = {id: [] for id in ids if _waits(found, id)}
    rest = [m for m in messages if m.broadcast not in waiting]
    for message in messages:
        if message.broadcast in waiting:
            waiting[message.broadcast].append(message)
    found.store.table(MESSAGES).add_all(rest)
    for id, held in waiting.items():
        _schedule(found, client, str(id), held)
    for id in ids:
        _recount(found, id)
    _bill(found, client, messages, read.get("billing") or {})


def _load_broadcast(
    found: Sandbox, client: Client, given: Any, pointer: str, problems: Problems
) -> str | None:
    read = read_part(_BROADCAST, given, pointer, problems)
    if read is None:
        return None
    table = found.store.table(CAMPAIGNS)
    id = read.get("broadcast_uuid") or found.ids.uuid4(CAMPAIGNS.name)
    known = table.find(id)
    if known is not None and known.account != client.id:
        problems.add(f"{pointer}/broadcastUuid", f"Client {known.account!r} has this broadcast")
        return None
    if known is not None and known.total:
        _change_broadcast(found, known, read, pointer, problems)
        return id
    scheduled_at = read.get("scheduled_at", known.scheduled_at if known else None)
    known = known or _new_broadcast(found, client, id, scheduled_at)
    table.put(
        msgspec.structs.replace(
            known,
            state=read.get("status", known.state),
            created_at=read.get("created_at", known.created_at),
            channel=read.get("channel", known.channel),
            name=read.get("campaign_name", known.name),
            scheduled_at=scheduled_at,
        )
    )
    return id


def _new_broadcast(
    found: Sandbox, client: Client, id: str, scheduled_at: datetime | None
) -> Campaign:
    """Return a broadcast of which nothing is said but its time, if it has one to come."""
    now = found.clock.now()
    return Campaign(
        id=id,
        serial=found.ids.serial(CAMPAIGNS.name),
        account=client.id,
        state="scheduled" if scheduled_at is not None and scheduled_at > now else "",
        created_at=now,
        channel="sms",
        name=None,
        scheduled_at=None,
        total=0,
        counts={},
        unfinished=0,
    )


def _change_broadcast(
    found: Sandbox, known: Campaign, read: Read, pointer: str, problems: Problems
) -> None:
    """Change a broadcast that has messages; what these have gone through stays as it is."""
    if read.get("channel", known.channel) != known.channel:
        problems.add(f"{pointer}/channel", f"Its messages are of channel {known.channel}")
    is_waiting = known.state == "scheduled"
    status = read.get("status", known.state)
    others = ("scheduled", "cancelled") if is_waiting else ("scheduled", "processing")
    if not check_status(known.state, status, others, pointer, problems):
        return
    known = found.store.table(CAMPAIGNS).change(
        known,
        name=read.get("campaign_name", known.name),
        created_at=read.get("created_at", known.created_at),
    )
    if is_waiting and "scheduled_at" in read:
        known = lifecycle.reschedule(found, known, read["scheduled_at"])
    if is_waiting and status == "cancelled":
        lifecycle.cancel(found, known)


def _message(
    found: Sandbox, client: Client, given: Any, pointer: str, problems: Problems
) -> TeekrrMessage | None:
    read = read_part(_MESSAGE, given, pointer, problems)
    if read is None:
        return None
    known = found.store.table(MESSAGES).find(read.get("message_uuid", ""))
    if known is not None:
        if known.account != client.id:
            problems.add(f"{pointer}/messageUuid", f"Client {known.account!r} has this message")
        return None
    if "recipient" not in read:
        problems.add(f"{pointer}/recipient", "Required")
    campaign = _campaign(found, client, read, pointer, problems)
    channel = read.get("channel", campaign.channel if campaign else "sms")
    is_in = read.get("direction") == "in"
    history = _history(found, read, channel, campaign, is_in=is_in)
    state = history[-1].state
    _check_state(read, state, None if is_in else channel, pointer, problems)
    rate = client.rates.get(channel, 0) if campaign is not None else 0
    return TeekrrMessage(
        id=read.get("message_uuid") or found.ids.uuid4(MESSAGES.name),
        serial=found.ids.serial(MESSAGES.name),
        account=client.id,
        channel=channel,
        address=read.get("recipient", ""),
        state=state,
        created_at=history[0].at,
        history=history,
        direction="in" if is_in else "out",
        broadcast=campaign.id if campaign else None,
        error=_error(read, channel, state),
        content=read.get("content", ""),
        template=read.get("template"),
        variables=packed(read.get("variables")),
        keyword=read.get("keyword"),
        subject=read.get("subject"),
        medium=read.get("medium", None if is_in or channel == "whatsapp" else ""),
        rate=read.get("rate", 0 if is_in else rate),
        is_over=state not in credit.WAITING,
    )


def _check_state(
    read: Read, state: str, channel: str | None, pointer: str, problems: Problems
) -> None:
    """Note a history that ends elsewhere, or a state that messages of a channel never have.

    :param channel: None for messages from people.
    """
    if read.get("status", state) != state:
        problems.add(f"{pointer}/history", f"Must end with the status, {read['status']!r}")
    elif channel and state not in {*lifecycle.of_channel(channel).states, "cancelled"}:
        problems.add(f"{pointer}/status", f"No message of channel {channel} is {state}")


def _campaign(
    found: Sandbox, client: Client, read: Read, pointer: str, problems: Problems
) -> Campaign | None:
    id = read.get("broadcast_uuid")
    if id is None:
        return None
    campaign = found.store.table(CAMPAIGNS).find(id)
    if campaign is None or campaign.account != client.id:
        problems.add(f"{pointer}/broadcastUuid", f"This client has no broadcast {id!r}")
        return None
    return campaign


def _history(
    found: Sandbox, read: Read, channel: str, campaign: Campaign | None, *, is_in: bool
) -> tuple[Moment, ...]:
    if "history" in read:
        history: tuple[Moment, ...] = read["history"]
        return history
    at: datetime = read.get("created_at") or (
        campaign.created_at if campaign else found.clock.now()
    )
    is_waiting = campaign is not None and campaign.state == "scheduled"
    usual = RECEIVED if is_in else "pending" if is_waiting else "delivered"
    status = read.get("status", usual)
    way = way_to(lifecycle.of_channel(channel), status) or (status,)
    return tuple(Moment(state, at) for state in way)


def _error(read: Read, channel: str, state: str) -> Failure | None:
    code, message = read.get("error_code"), read.get("error_message")
    if code is None and message is None and state != "failed":
        return None
    usual = lifecycle.FAILURES[channel]
    wanted = Failure(code=code or usual.code, message=message or "")
    return lifecycle.failure_of(channel, wanted)


def _waits(found: Sandbox, id: str) -> bool:
    campaign = found.store.table(CAMPAIGNS).get(id)
    at = campaign.scheduled_at
    return campaign.state == "scheduled" and at is not None and at > found.clock.now()


def _schedule(found: Sandbox, client: Client, id: str, messages: Sequence[TeekrrMessage]) -> None:
    """Plan what a scheduled broadcast will send; what has left already stays as it is."""
    campaign = found.store.table(CAMPAIGNS).get(id)
    held = [message for message in messages if message.state == "pending"]
    fates = found.messaging.choose(
        found.vendor(SLUG),
        client.id,
        campaign.channel,
        [
            (message.address, templates.content_of(found, message, opened(message.variables)))
            for message in held
        ],
        template=next((message.template for message in held), None),
        broadcast=id,
    )
    launched = [_planned(message, fate) for message, fate in zip(held, fates, strict=True)]
    found.messaging.launch(found.vendor(SLUG), launched, campaign.scheduled_at)
    over = [message for message in messages if message.state != "pending"]
    found.store.table(MESSAGES).add_all(over)


def _planned(message: TeekrrMessage, fate: Fate) -> TeekrrMessage:
    plan = fate.plan
    if message.channel == "email":
        plan = msgspec.structs.replace(plan, path=("enqueued", *plan.path))
    return msgspec.structs.replace(message, plan=plan, nth=fate.nth)


def _recount(found: Sandbox, id: str) -> None:
    table = found.store.table(CAMPAIGNS)
    campaign = table.get(id)
    own = found.store.table(MESSAGES).every("broadcast", id)
    unfinished = sum(not message.is_over for message in own)
    table.change(
        campaign,
        total=len(own),
        counts=dict(Counter(message.state for message in own)),
        unfinished=unfinished,
        state=campaign.state or ("processing" if unfinished else "completed"),
    )


def _bill(
    found: Sandbox, client: Client, messages: Sequence[TeekrrMessage], said: Mapping[str, Any]
) -> None:
    reserved = sum(m.rate for m in messages if m.state in credit.WAITING)
    spent = sum(m.rate for m in messages if m.state in credit.ACCEPTED)
    clients = found.store.table(CLIENTS)
    client = clients.get(client.id)
    billing, changes = client.billing, {}
    if billing.mode == "prepaid":
        if "creditReserved" not in said:
            changes["reserved"] = billing.reserved + reserved
        if "creditSpent" not in said:
            changes["spent"] = billing.spent + spent
    elif "accrued" not in said:
        changes["accrued"] = billing.accrued + reserved + spent
    if changes:
        clients.change(client, billing=msgspec.structs.replace(billing, **changes))


def describe(defs: Defs) -> dict[str, Schema]:
    """Return the JSON Schemas of the lists of broadcasts and messages."""
    message = parts.describe(_MessagePart, history=HISTORY)
    return {
        "broadcasts": listed(defs, "teekrr.broadcast", parts.describe(_BroadcastPart)),
        "messages": listed(defs, "teekrr.message", message),
    }


def write(found: Sandbox, client: Client, belongings: Belongings) -> dict[str, Any]:
    """Return a client with its broadcasts and messages, as fixtures have them."""
    own = client.id
    return {
        **views.account(found, client),
        "broadcasts": [_write_broadcast(one) for one in belongings.of(own, CAMPAIGNS)],
        "messages": [_write_message(found, one) for one in belongings.of(own, MESSAGES)],
    }


def _write_broadcast(campaign: Campaign) -> Read:
    return {
        "broadcastUuid": campaign.id,
        "campaignName": campaign.name,
        "channel": campaign.channel,
        "status": campaign.state,
        "scheduledAt": campaign.scheduled_at,
        "createdAt": campaign.created_at,
    }


def _write_message(found: Sandbox, message: TeekrrMessage) -> Read:
    shown = {
        "messageUuid": message.id,
        "broadcastUuid": message.broadcast,
        "channel": message.channel,
        "recipient": message.address,
        "direction": message.direction,
        "content": templates.content_of(found, message, opened(message.variables)),
        "template": message.template,
        "variables": opened(message.variables),
        "keyword": message.keyword,
        "subject": message.subject,
        "medium": message.medium if message.channel == "whatsapp" else None,
        "rate": message.rate,
        "errorCode": message.error.code if message.error else None,
        "errorMessage": message.error.message if message.error else None,
        "history": [{"status": step.state, "at": step.at} for step in message.history],
    }
    return {name: value for name, value in shown.items() if value is not None}
