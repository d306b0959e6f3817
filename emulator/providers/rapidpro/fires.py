"""Which contact gets which campaign event, and when.

What lies ahead is on the agenda, one entry for each event and contact. Whoever changes contacts
tells :class:`Fires`, which looks at the events that the change is about and at no others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from emulator.core.sandbox import Sandbox

from . import records as r
from .kinds import CAMPAIGN_EVENTS, CAMPAIGNS, CONTACTS, FIELDS
from .planned import FIRE

#: Dates that every contact has besides its fields, with their names.
BUILT_IN: Final = {"created_on": "Created On", "last_seen_on": "Last Seen On"}
DELIVERY_HOUR_OF_VALUE: Final = -1

_MINUTE = timedelta(minutes=1)
_DAYS = {"days": 1, "weeks": 7}
_SPANS = {"minutes": timedelta(minutes=1), "hours": timedelta(hours=1)}

Anchor = Callable[[r.Contact], datetime | None]


class Watched(NamedTuple):
    """An event that fires for the members of a group."""

    event: r.CampaignEvent
    group: str
    anchor: Anchor


class Fires:
    """What the campaigns of a workspace have ahead of them. One object serves one moment."""

    def __init__(self, sandbox: Sandbox, workspace: r.Workspace) -> None:
        self._sandbox = sandbox
        self._workspace = workspace
        self._zone = ZoneInfo(workspace.timezone)

    @cached_property
    def _by_group(self) -> dict[str, list[Watched]]:
        found: dict[str, list[Watched]] = {}
        events = self._sandbox.store.table(CAMPAIGN_EVENTS)
        for event in events.every("created", (self._workspace.id,)):
            watched = self._watched(event)
            if watched is not None:
                found.setdefault(watched.group, []).append(watched)
        return found

    def follow(self, before: r.Contact | None, after: r.Contact) -> None:
        """Plan anew what a change of a contact is about."""
        if not self._by_group:
            return
        was = _groups(before) if before is not None else frozenset()
        now = _groups(after)
        for group in was | now:
            for watched in self._by_group.get(group, ()):
                old = watched.anchor(before) if before is not None and group in was else None
                new = watched.anchor(after) if group in now else None
                if old != new:
                    self._put(watched.event, {after.id: new})

    def follow_all(self, pairs: Iterable[tuple[r.Contact, r.Contact]]) -> None:
        """Plan anew what changes of contacts are about, each given before and after."""
        if self._by_group:
            for before, after in pairs:
                self.follow(before, after)

    def plan(self, events: Iterable[r.CampaignEvent]) -> None:
        """Plan events that are ready for all members of their groups."""
        for event in events:
            watched = self._watched(event)
            if watched is not None:
                anchor, members = watched.anchor, self._members(watched.group)
                self._put(event, {contact.id: anchor(contact) for contact in members})

    def drop(self, event: r.CampaignEvent) -> None:
        """Forget what an event has ahead of it; its campaign must still have its group."""
        campaign = self._sandbox.store.table(CAMPAIGNS).get(event.campaign)
        self._put(event, dict.fromkeys(contact.id for contact in self._members(campaign.group)))

    def plan_anchored(self, key: str) -> None:
        """Plan the events relative to a field whose type has changed: they had nothing ahead."""
        table = self._sandbox.store.table(CAMPAIGN_EVENTS)
        self.plan(table.every("created", ("field", self._workspace.id, key)))

    def plan_everything(self) -> None:
        """Plan all events for everybody, whatever may have changed."""
        events = self._sandbox.store.table(CAMPAIGN_EVENTS)
        mine = [event for event in events if event.workspace == self._workspace.id]
        if not mine:
            return
        contacts = self._sandbox.store.table(CONTACTS)
        everybody = [
            *contacts.every("modified", (self._workspace.id,)),
            *contacts.every("modified", (self._workspace.id, "deleted")),
        ]
        for event in mine:
            watched = self._watched(event)
            anchors = dict[str, datetime | None].fromkeys(contact.id for contact in everybody)
            if watched is not None:
                members = (one for one in everybody if _is_in(one, watched.group))
                anchors.update((contact.id, watched.anchor(contact)) for contact in members)
            self._put(event, anchors)

    def is_due(self, event: r.CampaignEvent, contact: r.Contact) -> bool:
        """Say whether an event that has come up for a contact is still meant for it."""
        watched = self._watched(event)
        return watched is not None and not contact.is_deleted and _is_in(contact, watched.group)

    def _members(self, group: str) -> list[r.Contact]:
        return self._sandbox.store.table(CONTACTS).every("modified", ("group", group))

    def _watched(self, event: r.CampaignEvent) -> Watched | None:
        """Return how an event is looked at, None if it does not fire."""
        campaign = self._sandbox.store.table(CAMPAIGNS).get(event.campaign)
        is_off = campaign.archived or campaign.is_deleted
        anchor = self._anchor(event.relative_to)
        if event.is_deleted or event.status != "ready" or is_off or anchor is None:
            return None
        return Watched(event, campaign.group, anchor)

    def _anchor(self, key: str) -> Anchor | None:
        if key == "created_on":
            return lambda contact: contact.created_on
        if key == "last_seen_on":
            return lambda contact: contact.last_seen_on
        field = self._sandbox.store.table(FIELDS).one("key", (self._workspace.id, key))
        if field is None or field.type != "datetime":
            return None

        def of_field(contact: r.Contact) -> datetime | None:
            value = contact.fields.get(key)
            return None if value is None else value.datetime

        return of_field

    def _put(self, event: r.CampaignEvent, anchors: Mapping[str, datetime | None]) -> None:
        """Plan an event for contacts by their dates; None: it is not for them any more."""
        now, zone = self._sandbox.clock.now(), self._zone
        dues: dict[datetime | None, datetime | None] = {None: None}
        for anchor in anchors.values():
            if anchor is not None and anchor not in dues:
                due = due_at(event, anchor, zone)
                dues[anchor] = None if due is None or due < now else due
        wanted = {f"{event.id}/{contact}": dues[anchor] for contact, anchor in anchors.items()}
        self._sandbox.agenda.plan_each(FIRE, wanted)


def due_at(event: r.CampaignEvent, anchor: datetime, zone: ZoneInfo) -> datetime | None:
    """Return when an event is for a contact, None if no calendar has the day.

    The value is rounded up to a whole minute; days and weeks are those of the calendar.
    """
    try:
        local = _whole_minute(anchor, zone)
        if event.unit in _DAYS:
            days = timedelta(days=event.offset * _DAYS[event.unit])
            local = (local + days).replace(fold=local.fold)
        else:
            moved = local.astimezone(UTC) + event.offset * _SPANS[event.unit]
            local = moved.astimezone(zone)
        if event.delivery_hour != DELIVERY_HOUR_OF_VALUE:
            local = local.replace(hour=event.delivery_hour, minute=0, second=0, fold=0)
        return local.astimezone(UTC)
    except OverflowError:
        return None


def _whole_minute(moment: datetime, zone: ZoneInfo) -> datetime:
    local = moment.astimezone(zone)
    over = timedelta(seconds=local.second, microseconds=local.microsecond)
    # Added in UTC, so that it doesn't matter if clocks are put forward or back within it.
    return (moment + (_MINUTE - over)).astimezone(zone) if over else local


def _is_in(contact: r.Contact, group: str) -> bool:
    return group in contact.groups or group in contact.smart_groups


def _groups(contact: r.Contact) -> frozenset[str]:
    return frozenset((*contact.groups, *contact.smart_groups))
