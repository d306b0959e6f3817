"""The tables of messages and broadcasts, and of what they go by."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from emulator.core.kinds import by_creation
from emulator.core.rules import filed
from emulator.core.store import Kind, Lookup, Order
from emulator.providers.rapidpro import records as r

from .orders import NAME, by_created, by_modified, called, plain, plain_called

CHANNELS: Kind[r.Channel] = plain_called("channels", r.Channel, "address", "name")


def _channel_events(event: r.ChannelEvent) -> Iterable[Hashable]:
    return () if event.is_deleted else ("all", (event.workspace,), ("contact", event.contact))


CHANNEL_EVENTS: Kind[r.ChannelEvent] = Kind(
    "rapidpro.channel_events",
    r.ChannelEvent,
    lookups={"number": Lookup(frozenset({"number"}), lambda e: (e.number,))},
    orders=by_created(_channel_events, "contact"),
)


LABELS: Kind[r.Label] = plain("labels", r.Label, **NAME)


def folder_of(message: r.RapidMessage) -> str | None:
    """Return the folder that a message lies in, None while it is in none."""
    if message.direction == "in":
        return _incoming_folder(message)
    if message.visibility != "visible":
        return None
    if message.state in ("initializing", "queued", "errored"):
        return "outbox"
    return "failed" if message.state == "failed" else "sent"


def _incoming_folder(message: r.RapidMessage) -> str | None:
    if message.visibility == "deleted" or message.state != "handled":
        return None
    if message.visibility == "archived":
        return "archived"
    return "flows" if message.flow else "inbox"


def _listed(message: r.RapidMessage) -> Iterable[Hashable]:
    """Yield the partitions of the API's lists that show a message."""
    is_hidden = message.direction == "in" and message.state != "handled"
    if message.visibility == "deleted" or is_hidden:
        return
    workspace = message.account
    yield (workspace,)
    yield ("contact", message.contact)
    folder = folder_of(message)
    if folder is not None:
        yield (workspace, folder)
    if message.broadcast is not None:
        yield ("broadcast", message.broadcast)
    for label in message.labels:
        yield ("label", label)
        if message.visibility == "visible":
            yield ("label", label, "visible")


def _sent(message: r.RapidMessage) -> Iterable[Hashable]:
    is_sent = message.sent_on is not None and folder_of(message) == "sent"
    return ((message.account,),) if is_sent else ()


def _counted(message: r.RapidMessage) -> Iterable[Hashable]:
    """Yield what statistics count a message under: channel, sort and day of creation."""
    if message.via is None:
        return ()
    sort = f"{'voice' if message.type == 'voice' else 'text'}:{message.direction}"
    return ((message.via, sort, message.created_at.date()),)


_PLACE = frozenset({"account", "direction", "state", "visibility", "flow"})


MESSAGES: Kind[r.RapidMessage] = Kind(
    "rapidpro.messages",
    r.RapidMessage,
    lookups={"number": Lookup(frozenset({"number"}), lambda m: (m.number,))},
    orders={
        "all": Order(frozenset({"created_at"}), lambda _: ("all",), by_creation),
        "address": Order(frozenset({"address", "direction", "created_at"}), filed, by_creation),
        "broadcast": Order(
            frozenset({"broadcast", "created_at"}),
            lambda m: (m.broadcast,) if m.broadcast else (),
            by_creation,
        ),
        "contact": Order(frozenset({"contact", "created_at"}), lambda m: (m.contact,), by_creation),
        "created": Order(
            _PLACE | {"contact", "labels", "broadcast", "created_at"},
            _listed,
            by_creation,
        ),
        "day": Order(
            frozenset({"via", "type", "direction", "created_at"}), _counted, lambda m: m.serial
        ),
        "echo": Order(
            frozenset({"contact", "text", "direction", "created_at"}),
            lambda m: ((m.contact, m.text),) if m.direction == "out" else (),
            by_creation,
        ),
        "sent": Order(_PLACE | {"sent_on"}, _sent, lambda m: m.sent_on),
    },
)


def _broadcasts(broadcast: r.RapidBroadcast) -> Iterable[Hashable]:
    if broadcast.is_deleted or broadcast.is_scheduled:
        return ()
    return ((broadcast.account,),)


BROADCASTS: Kind[r.RapidBroadcast] = Kind(
    "rapidpro.broadcasts",
    r.RapidBroadcast,
    lookups={"number": Lookup(frozenset({"number"}), lambda b: (b.number,))},
    orders={
        "all": Order(frozenset({"created_at"}), lambda _: ("all",), by_creation),
        "created": Order(
            frozenset({"account", "created_at", "is_deleted", "is_scheduled"}),
            _broadcasts,
            by_creation,
        ),
        "contact": Order(
            frozenset({"contacts", "created_at"}),
            lambda b: tuple(dict.fromkeys(b.contacts)),
            by_creation,
        ),
    },
)


BATCHES: Kind[r.Batch] = Kind(
    "rapidpro.batches",
    r.Batch,
    orders={"order": Order(frozenset({"order"}), lambda b: (b.order,), lambda b: b.serial)},
)


MEDIA: Kind[r.Media] = Kind("rapidpro.media", r.Media)


OPTINS: Kind[r.OptIn] = plain("optins", r.OptIn, **NAME)


TEMPLATES: Kind[r.Template] = Kind(
    "rapidpro.templates",
    r.Template,
    orders={**by_created(), **by_modified(), **called("name")},
)


CLASSIFIERS: Kind[r.Classifier] = plain_called("classifiers", r.Classifier, "name")
