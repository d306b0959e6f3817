"""Campaigns: how their events are made, scheduled and fired."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from emulator.core.sandbox import Sandbox

from . import flows
from . import records as r
from .background import soon
from .fires import Fires
from .kinds import CAMPAIGN_EVENTS, CAMPAIGNS, CONTACTS, FLOWS, WORKSPACES
from .naming import new_uuid, next_serial
from .planned import READY
from .renderings import Content, Renderer
from .sending import send

#: How long it takes to find out who gets an event when.
SCHEDULING: Final = timedelta(seconds=1)

_WHEN = ("relative_to", "offset", "unit", "delivery_hour")


class Timing(NamedTuple):
    """When an event is for a contact, relative to a date of the contact."""

    relative_to: str
    offset: int
    unit: str
    delivery_hour: int


class Deed(NamedTuple):
    """What an event does: it starts a flow or sends a message.

    :param message: texts by language.
    """

    flow: str | None
    message: r.Words | None
    base_language: str | None


def create_event(
    sandbox: Sandbox, workspace: r.Workspace, campaign: r.Campaign, timing: Timing, deed: Deed
) -> r.CampaignEvent:
    """Make an event; who gets it is found out in the background."""
    event = r.CampaignEvent(
        id=new_uuid(sandbox, CAMPAIGN_EVENTS),
        serial=next_serial(sandbox, CAMPAIGN_EVENTS),
        workspace=workspace.id,
        campaign=campaign.id,
        created_on=sandbox.clock.now(),
        status="scheduling",
        **timing._asdict(),
        **deed._asdict(),
    )
    sandbox.store.table(CAMPAIGN_EVENTS).add(event)
    soon(sandbox, READY, [event.id], SCHEDULING)
    return event


def change_event(
    sandbox: Sandbox, workspace: r.Workspace, event: r.CampaignEvent, timing: Timing, deed: Deed
) -> r.CampaignEvent:
    """Change an event; if that changes its time, who gets it is found out again."""
    changes: dict[str, Any] = {**timing._asdict(), **deed._asdict()}
    is_moved = any(getattr(event, name) != changes[name] for name in _WHEN)
    if is_moved:
        _reschedule(sandbox, workspace, [event])
    event = sandbox.store.table(CAMPAIGN_EVENTS).get(event.id)
    return sandbox.store.table(CAMPAIGN_EVENTS).change(event, **changes)


def delete_event(sandbox: Sandbox, workspace: r.Workspace, event: r.CampaignEvent) -> None:
    """Delete an event with all that it has ahead of it."""
    Fires(sandbox, workspace).drop(event)
    sandbox.agenda.cancel(READY, event.id)
    sandbox.store.table(CAMPAIGN_EVENTS).change(event, is_deleted=True)


def change_campaign(
    sandbox: Sandbox, workspace: r.Workspace, campaign: r.Campaign, name: str, group: str
) -> r.Campaign:
    """Rename a campaign or give it another group, for which all its events are scheduled."""
    if group != campaign.group:
        events = sandbox.store.table(CAMPAIGN_EVENTS).every("created", ("campaign", campaign.id))
        _reschedule(sandbox, workspace, events)
    return sandbox.store.table(CAMPAIGNS).change(campaign, name=name, group=group)


def _reschedule(
    sandbox: Sandbox, workspace: r.Workspace, events: Iterable[r.CampaignEvent]
) -> None:
    fires, table = Fires(sandbox, workspace), sandbox.store.table(CAMPAIGN_EVENTS)
    for event in events:
        fires.drop(event)
        table.change(event, status="scheduling")
        soon(sandbox, READY, [event.id], SCHEDULING)


def make_ready(sandbox: Sandbox, _at: datetime, ids: Sequence[str]) -> None:
    """Find out who gets events, and when."""
    table, workspaces = sandbox.store.table(CAMPAIGN_EVENTS), sandbox.store.table(WORKSPACES)
    for id in ids:
        event = table.find(id)
        if event is not None and not event.is_deleted:
            ready = table.change(event, status="ready")
            Fires(sandbox, workspaces.get(event.workspace)).plan([ready])


def fire(sandbox: Sandbox, at: datetime, subjects: Sequence[str]) -> None:
    """Do what events are for, to all contacts that they have come up for."""
    by_event: dict[str, list[str]] = {}
    for subject in subjects:
        event, _, contact = subject.partition("/")
        by_event.setdefault(event, []).append(contact)
    for id, contacts in by_event.items():
        event_ = sandbox.store.table(CAMPAIGN_EVENTS).find(id)
        if event_ is not None:
            _fire_event(sandbox, event_, contacts, at)


def _fire_event(sandbox: Sandbox, event: r.CampaignEvent, ids: Sequence[str], at: datetime) -> None:
    workspace = sandbox.store.table(WORKSPACES).get(event.workspace)
    fires, table = Fires(sandbox, workspace), sandbox.store.table(CONTACTS)
    found = (table.find(id) for id in ids)
    contacts = [c for c in found if c is not None and fires.is_due(event, c)]
    if not contacts:
        return
    if event.message is not None:
        _send(sandbox, workspace, event, contacts, at)
    elif event.flow is not None:
        flows.start(sandbox, workspace, sandbox.store.table(FLOWS).get(event.flow), contacts)


def _send(
    sandbox: Sandbox,
    workspace: r.Workspace,
    event: r.CampaignEvent,
    contacts: Sequence[r.Contact],
    at: datetime,
) -> None:
    text = event.message or {}
    base = event.base_language or next(iter(text), "")
    renderer = Renderer(sandbox, workspace, Content(text, {}, {}, base))
    drafts = [renderer.draft(contact) for contact in contacts]
    send(sandbox, workspace, [draft for draft in drafts if draft is not None], at)
