"""The tables of a workspace's objects: by which keys they are found, in which orders listed.

Lists of the API run over partitions: ``(workspace,)`` holds what the plain list shows, longer
tuples hold what a filter leaves of it. What is deleted is in no partition.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any

from emulator.core.kinds import by_creation
from emulator.core.outcomes import bare
from emulator.core.store import Kind, Lookup, Order, Record

from . import records as r
from .urns import identity

CREATED = frozenset({"workspace", "created_on", "is_deleted"})
MODIFIED = frozenset({"workspace", "modified_on", "is_deleted"})


def _live(record: Any) -> Iterable[Hashable]:
    return () if record.is_deleted else ((record.workspace,),)


def _by_created(
    partitions: Callable[[Any], Iterable[Hashable]] = _live, *on: str
) -> dict[str, Order[Any]]:
    return {"created": Order(CREATED | set(on), partitions, lambda record: record.created_on)}


def _by_modified(
    partitions: Callable[[Any], Iterable[Hashable]] = _live, *on: str
) -> dict[str, Order[Any]]:
    return {"modified": Order(MODIFIED | set(on), partitions, lambda record: record.modified_on)}


def _named(record: Any) -> Iterable[Hashable]:
    return () if record.is_deleted else ((record.workspace, record.name.lower()),)


NAME: dict[str, Lookup[Any]] = {
    "name": Lookup(frozenset({"workspace", "name", "is_deleted"}), _named)
}


def _keyed(record: Any) -> Iterable[Hashable]:
    return () if record.is_deleted else ((record.workspace, record.key),)


KEY: dict[str, Lookup[Any]] = {"key": Lookup(frozenset({"workspace", "key", "is_deleted"}), _keyed)}


def _called(*fields: str) -> dict[str, Order[Any]]:
    """Return the order of those that go by a name, where several may; the oldest comes first."""

    def names(record: Any) -> Iterable[Hashable]:
        found = (getattr(record, field) for field in fields)
        names = dict.fromkeys(name.lower() for name in found if name)
        return () if record.is_deleted else [(record.workspace, name) for name in names]

    return {"called": Order(CREATED | set(fields), names, lambda record: record.created_on)}


def _plain(table: str, record: type[Any], **lookups: Lookup[Any]) -> Kind[Any]:
    return Kind(f"rapidpro.{table}", record, lookups=lookups, orders=_by_created())


def _plain_called(table: str, record: type[Any], *fields: str) -> Kind[Any]:
    return Kind(f"rapidpro.{table}", record, orders=_by_created() | _called(*fields))


WORKSPACES: Kind[r.Workspace] = Kind(
    "rapidpro.workspaces",
    r.Workspace,
    orders={"all": Order(frozenset(), lambda _: ("all",), lambda w: w.serial)},
)

TEAMS: Kind[r.Team] = _plain("teams", r.Team, **NAME)


def _members(user: r.User) -> Iterable[Hashable]:
    return () if user.is_deleted or not user.is_active else ((user.workspace,),)


USERS: Kind[r.User] = Kind(
    "rapidpro.users",
    r.User,
    lookups={
        "email": Lookup(
            frozenset({"workspace", "email", "is_deleted"}),
            lambda u: () if u.is_deleted else ((u.workspace, u.email.lower()),),
        )
    },
    orders={
        "joined": Order(
            frozenset({"workspace", "joined_on", "is_active", "is_deleted"}),
            _members,
            lambda u: u.joined_on,
        )
    },
)

TOKENS: Kind[r.Token] = Kind(
    "rapidpro.tokens",
    r.Token,
    orders={
        "workspace": Order(frozenset({"workspace"}), lambda t: (t.workspace,), lambda t: t.serial),
        "user": Order(frozenset({"user"}), lambda t: (t.user,), lambda t: t.serial),
    },
)

BOUNDARIES: Kind[r.Boundary] = Kind(
    "rapidpro.boundaries",
    r.Boundary,
    orders={
        "osm_id": Order(
            frozenset({"workspace", "osm_id", "is_deleted"}), _live, lambda b: b.osm_id.encode()
        ),
        "called": Order(
            frozenset({"workspace", "osm_id", "is_deleted"}),
            lambda b: () if b.is_deleted else ((b.workspace, b.osm_id.lower()),),
            lambda b: b.osm_id.encode(),
        ),
    },
)

FIELDS: Kind[r.Field] = _plain("fields", r.Field, **NAME, **KEY)
GLOBALS: Kind[r.Global] = Kind(
    "rapidpro.globals",
    r.Global,
    lookups={**NAME, **KEY},
    orders={**_by_created(), **_by_modified()},
)


def _groups(group: r.Group) -> Iterable[Hashable]:
    if group.is_deleted:
        return ()
    kind = "smart" if group.query is not None else "manual"
    listed = ((group.workspace,), (group.workspace, kind))
    return listed if group.status != "initializing" else ((group.workspace, "initializing"),)


GROUPS: Kind[r.Group] = Kind(
    "rapidpro.groups",
    r.Group,
    lookups=NAME,
    orders=_by_created(_groups, "query", "status"),
)

CHANNELS: Kind[r.Channel] = _plain_called("channels", r.Channel, "address", "name")
TOPICS: Kind[r.Topic] = _plain("topics", r.Topic, **NAME)
LABELS: Kind[r.Label] = _plain("labels", r.Label, **NAME)
FLOW_LABELS: Kind[r.FlowLabel] = _plain("flow_labels", r.FlowLabel, **NAME)


def _flows(flow: r.Flow) -> Iterable[Hashable]:
    if flow.is_deleted:
        return ()
    keys = dict.fromkeys(flow.dependencies.get("fields", ()))
    return ((flow.workspace,), *(("field", flow.workspace, key) for key in keys))


FLOWS: Kind[r.Flow] = Kind(
    "rapidpro.flows", r.Flow, lookups=NAME, orders=_by_created(_flows, "dependencies")
)
TRIGGERS: Kind[r.Trigger] = _plain("triggers", r.Trigger)


def _urns(contact: r.Contact) -> Iterable[Hashable]:
    if contact.is_deleted:
        return ()
    return [(contact.workspace, identity(urn)) for urn in contact.urns]


def _contacts(contact: r.Contact) -> Iterable[Hashable]:
    if contact.is_deleted:
        return ((contact.workspace, "deleted"),)
    groups = [("group", group) for group in (*contact.groups, *contact.smart_groups)]
    return ((contact.workspace,), *groups)


CONTACTS: Kind[r.Contact] = Kind(
    "rapidpro.contacts",
    r.Contact,
    lookups={"urn": Lookup(frozenset({"workspace", "urns", "is_deleted"}), _urns)},
    orders=_by_modified(_contacts, "groups", "smart_groups"),
)


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
        "address": Order(
            frozenset({"address", "created_at"}),
            lambda m: (bare(m.address),),
            by_creation,
        ),
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


def _campaigns(campaign: r.Campaign) -> Iterable[Hashable]:
    if campaign.is_deleted:
        return ()
    if campaign.archived:
        return (("group", campaign.group, "archived"),)
    return ((campaign.workspace,), ("group", campaign.group))


CAMPAIGNS: Kind[r.Campaign] = Kind(
    "rapidpro.campaigns",
    r.Campaign,
    lookups=NAME,
    orders=_by_created(_campaigns, "archived", "group"),
)


def _events(event: r.CampaignEvent) -> Iterable[Hashable]:
    if event.is_deleted:
        return ()
    return (
        (event.workspace,),
        ("campaign", event.campaign),
        ("field", event.workspace, event.relative_to),
    )


CAMPAIGN_EVENTS: Kind[r.CampaignEvent] = Kind(
    "rapidpro.campaign_events",
    r.CampaignEvent,
    orders=_by_created(_events, "campaign", "relative_to"),
)


def _starts(start: r.FlowStart) -> Iterable[Hashable]:
    is_listed = start.type in ("api", "manual") and not start.is_deleted
    return ((start.workspace,),) if is_listed else ()


FLOW_STARTS: Kind[r.FlowStart] = Kind(
    "rapidpro.flow_starts",
    r.FlowStart,
    lookups={"number": Lookup(frozenset({"number"}), lambda s: (s.number,))},
    orders=_by_modified(_starts, "type"),
)


def _runs(run: r.Run) -> Iterable[Hashable]:
    if run.is_deleted:
        return ()
    state = run.exit_type or run.status
    places: tuple[tuple[str, ...], ...] = (
        (run.workspace,),
        ("flow", run.flow),
        ("contact", run.contact),
    )
    listed = (*places, ("flow", run.flow, state))
    if not run.exit_type:
        listed = (*listed, ("contact", run.contact, "open"))
    return (*listed, *((*place, "responded") for place in places)) if run.responded else listed


RUNS: Kind[r.Run] = Kind(
    "rapidpro.runs",
    r.Run,
    lookups={"number": Lookup(frozenset({"number"}), lambda x: (x.number,))},
    orders=_by_modified(_runs, "flow", "contact", "status", "exit_type", "responded"),
)

RESTHOOKS: Kind[r.Resthook] = Kind(
    "rapidpro.resthooks",
    r.Resthook,
    lookups={
        "slug": Lookup(
            frozenset({"workspace", "slug", "is_deleted"}),
            lambda h: () if h.is_deleted else ((h.workspace, h.slug),),
        )
    },
    orders=_by_modified(),
)


def _subscribers(subscriber: r.Subscriber) -> Iterable[Hashable]:
    if subscriber.is_deleted:
        return ()
    hook = subscriber.resthook
    return ((subscriber.workspace,), ("resthook", hook), ("url", hook, subscriber.target_url))


SUBSCRIBERS: Kind[r.Subscriber] = Kind(
    "rapidpro.resthook_subscribers",
    r.Subscriber,
    lookups={"number": Lookup(frozenset({"number"}), lambda s: (s.number,))},
    orders=_by_created(_subscribers, "resthook", "target_url"),
)


def _resthook_events(event: r.ResthookEvent) -> Iterable[Hashable]:
    return () if event.is_deleted else ("all", (event.workspace,), ("resthook", event.resthook))


RESTHOOK_EVENTS: Kind[r.ResthookEvent] = Kind(
    "rapidpro.resthook_events", r.ResthookEvent, orders=_by_created(_resthook_events, "resthook")
)


def _tickets(ticket: r.Ticket) -> Iterable[Hashable]:
    if ticket.is_deleted:
        return ()
    return (
        (ticket.workspace,),
        ("contact", ticket.contact),
        ("topic", ticket.topic, ticket.status),
    )


TICKETS: Kind[r.Ticket] = Kind(
    "rapidpro.tickets", r.Ticket, orders=_by_modified(_tickets, "contact", "topic", "status")
)


def _archives(archive: r.Archive) -> Iterable[Hashable]:
    return () if archive.is_deleted or archive.is_rolled_up else ((archive.workspace,),)


ARCHIVES: Kind[r.Archive] = Kind(
    "rapidpro.archives",
    r.Archive,
    orders={
        "start_date": Order(
            frozenset({"workspace", "start_date", "is_deleted", "is_rolled_up"}),
            _archives,
            lambda a: a.start_date,
        ),
        "period": Order(
            frozenset({"workspace", "type", "period", "start_date"}),
            lambda a: ((a.workspace, f"{a.type} {a.period} {a.start_date.isoformat()}"),),
            lambda a: a.serial,
        ),
    },
)


def _channel_events(event: r.ChannelEvent) -> Iterable[Hashable]:
    return () if event.is_deleted else ("all", (event.workspace,), ("contact", event.contact))


CHANNEL_EVENTS: Kind[r.ChannelEvent] = Kind(
    "rapidpro.channel_events",
    r.ChannelEvent,
    lookups={"number": Lookup(frozenset({"number"}), lambda e: (e.number,))},
    orders=_by_created(_channel_events, "contact"),
)
CLASSIFIERS: Kind[r.Classifier] = _plain_called("classifiers", r.Classifier, "name")
OPTINS: Kind[r.OptIn] = _plain("optins", r.OptIn, **NAME)
TEMPLATES: Kind[r.Template] = Kind(
    "rapidpro.templates",
    r.Template,
    orders={**_by_created(), **_by_modified(), **_called("name")},
)

ALL: tuple[Kind[Any], ...] = (
    WORKSPACES,
    TEAMS,
    USERS,
    TOKENS,
    BOUNDARIES,
    FIELDS,
    GLOBALS,
    GROUPS,
    CHANNELS,
    TOPICS,
    LABELS,
    FLOW_LABELS,
    FLOWS,
    TRIGGERS,
    CONTACTS,
    MESSAGES,
    BROADCASTS,
    BATCHES,
    MEDIA,
    CAMPAIGNS,
    CAMPAIGN_EVENTS,
    FLOW_STARTS,
    RUNS,
    RESTHOOKS,
    SUBSCRIBERS,
    RESTHOOK_EVENTS,
    TICKETS,
    ARCHIVES,
    CHANNEL_EVENTS,
    CLASSIFIERS,
    OPTINS,
    TEMPLATES,
)

__all__ = ["ALL", "Record", "folder_of"]
