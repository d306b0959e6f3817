"""Messages and broadcasts as testers see them, whatever the vendor."""

from __future__ import annotations

from collections import Counter

from emulator.core.sandbox import Sandbox
from emulator.core.vendor import BroadcastView, MessageView

from .broadcast_views import BroadcastViews
from .kinds import CHANNELS, CONTACTS, MESSAGES, WORKSPACES
from .lookups import as_integer
from .message_views import MessageViews
from .records import RapidBroadcast, RapidMessage


def find_message(sandbox: Sandbox, id: str) -> RapidMessage | None:
    """Return a message by its UUID or its integer id, None if there is none."""
    table = sandbox.store.table(MESSAGES)
    number = as_integer(id)
    return table.find(id) or (None if number is None else table.one("number", number))


def message_view(sandbox: Sandbox, message: RapidMessage) -> MessageView:
    """Return what RapidPro says about a message; people are known by their URNs."""
    store = sandbox.store
    workspace = store.table(WORKSPACES).get(message.account)
    channel = store.table(CHANNELS).find(message.via) if message.via else None
    ours = channel.address if channel is not None else None
    ends = (ours, message.urn) if message.direction == "out" else (message.urn, ours)
    contact = store.table(CONTACTS).find(message.contact)
    return MessageView(
        status=message.state,
        statuses=[step.state for step in message.history],
        text=message.text,
        from_=ends[0],
        to=ends[1],
        contact={"id": contact.id, "name": contact.name} if contact is not None else None,
        media=[item.partition(":")[2] for item in message.attachments],
        broadcast=message.broadcast,
        native=MessageViews(sandbox, workspace).show(message),
    )


def broadcast_view(sandbox: Sandbox, broadcast: RapidBroadcast) -> BroadcastView:
    """Return what RapidPro says about a broadcast, and how its messages stand."""
    store = sandbox.store
    workspace = store.table(WORKSPACES).get(broadcast.account)
    sent = store.table(MESSAGES).every("broadcast", broadcast.id)
    channels = {message.channel for message in sent if message.channel}
    return BroadcastView(
        status=broadcast.state,
        channel=channels.pop() if len(channels) == 1 else None,
        name=None,
        total=max(broadcast.total, 0),
        counts=Counter(message.state for message in sent),
        native=BroadcastViews(sandbox, workspace).show(broadcast),
    )
