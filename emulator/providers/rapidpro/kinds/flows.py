"""The tables of flows and campaigns, of the ways through them, and of resthooks."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from emulator.core.store import Kind, Lookup
from emulator.providers.rapidpro import records as r

from .orders import NAME, by_created, by_modified, plain

FLOW_LABELS: Kind[r.FlowLabel] = plain("flow_labels", r.FlowLabel, **NAME)


def _flows(flow: r.Flow) -> Iterable[Hashable]:
    if flow.is_deleted:
        return ()
    keys = dict.fromkeys(flow.dependencies.get("fields", ()))
    return ((flow.workspace,), *(("field", flow.workspace, key) for key in keys))


FLOWS: Kind[r.Flow] = Kind(
    "rapidpro.flows", r.Flow, lookups=NAME, orders=by_created(_flows, "dependencies")
)


TRIGGERS: Kind[r.Trigger] = plain("triggers", r.Trigger)


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
    orders=by_created(_campaigns, "archived", "group"),
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
    orders=by_created(_events, "campaign", "relative_to"),
)


def _starts(start: r.FlowStart) -> Iterable[Hashable]:
    is_listed = start.type in ("api", "manual") and not start.is_deleted
    return ((start.workspace,),) if is_listed else ()


FLOW_STARTS: Kind[r.FlowStart] = Kind(
    "rapidpro.flow_starts",
    r.FlowStart,
    lookups={"number": Lookup(frozenset({"number"}), lambda s: (s.number,))},
    orders=by_modified(_starts, "type"),
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
    orders=by_modified(_runs, "flow", "contact", "status", "exit_type", "responded"),
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
    orders=by_modified(),
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
    orders=by_created(_subscribers, "resthook", "target_url"),
)


def _resthook_events(event: r.ResthookEvent) -> Iterable[Hashable]:
    return () if event.is_deleted else ("all", (event.workspace,), ("resthook", event.resthook))


RESTHOOK_EVENTS: Kind[r.ResthookEvent] = Kind(
    "rapidpro.resthook_events", r.ResthookEvent, orders=by_created(_resthook_events, "resthook")
)
