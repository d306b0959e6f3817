"""Flows and campaigns as they are exported, with what they depend on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from emulator.core.sandbox import Sandbox
from emulator.core.store import Kind

from . import answers
from .answers import Ref
from .fires import BUILT_IN
from .kinds import CAMPAIGN_EVENTS, CAMPAIGNS, CHANNELS, FIELDS, FLOWS, GROUPS, TRIGGERS
from .payloads import REVISION
from .records import Campaign, CampaignEvent, Flow, Trigger, Workspace

VERSION: Final = "13"
#: Assumed: the version in which the newest server writes flows.
SPEC_VERSION: Final = "14.4.0"
TYPES: Final = {
    "message": "messaging",
    "voice": "voice",
    "background": "messaging_background",
    "survey": "messaging_offline",
}

Ids = dict[str, None]


class Export:
    """Flows and campaigns of a workspace with everything that belongs to them.

    :param depends: ``none``: just what is named; ``flows``: also sub-flows and triggers;
        ``all``: also campaigns, fields and groups.
    """

    def __init__(self, sandbox: Sandbox, workspace: Workspace, depends: str) -> None:
        self._store = sandbox.store
        self._workspace = workspace
        self._depends = depends
        self._flows: Ids = {}
        self._campaigns: Ids = {}
        self._fields: Ids = {}
        self._groups: Ids = {}
        self._triggers = [] if depends == "none" else self._live(TRIGGERS)

    def of(self, flows: Iterable[Flow], campaigns: Iterable[Campaign]) -> answers.Exported:
        """Return what is exported, apart from where."""
        for flow in flows:
            self._add_flow(flow)
        for campaign in campaigns:
            self._add_campaign(campaign)
        triggers = [trigger for trigger in self._triggers if trigger.flow in self._flows]
        for trigger in triggers:
            self._groups |= dict.fromkeys((*trigger.groups, *trigger.exclude_groups))
        has_parts = self._depends == "all"
        return {
            "version": VERSION,
            "flows": [self._flow(flow) for flow in self._chosen(FLOWS, self._flows)],
            "campaigns": [
                self._campaign(campaign) for campaign in self._chosen(CAMPAIGNS, self._campaigns)
            ],
            "triggers": [self._trigger(trigger) for trigger in triggers],
            "fields": self._field_list() if has_parts else [],
            "groups": self._group_list() if has_parts else [],
        }

    def _add_flow(self, flow: Flow) -> None:
        if flow.id in self._flows:
            return
        self._flows[flow.id] = None
        if self._depends == "none":
            return
        self._fields |= dict.fromkeys(flow.dependencies.get("fields", ()))
        self._groups |= dict.fromkeys(flow.dependencies.get("groups", ()))
        for sub_flow in self._chosen(FLOWS, flow.dependencies.get("flows", ())):
            self._add_flow(sub_flow)
        if self._depends == "all":
            self._add_campaigns_with(flow)

    def _add_campaigns_with(self, flow: Flow) -> None:
        for campaign in self._live(CAMPAIGNS):
            if any(event.flow == flow.id for event in self._events(campaign)):
                self._add_campaign(campaign)

    def _add_campaign(self, campaign: Campaign) -> None:
        if campaign.id in self._campaigns:
            return
        self._campaigns[campaign.id] = None
        self._groups[campaign.group] = None
        if self._depends == "none":
            return
        for event in self._events(campaign):
            self._fields[event.relative_to] = None
            if event.flow is not None:
                for flow in self._chosen(FLOWS, [event.flow]):
                    self._add_flow(flow)

    def _live(self, kind: Kind[Any]) -> list[Any]:
        found = self._store.table(kind).every("created", (self._workspace.id,))
        return [record for record in found if not getattr(record, "archived", False)]

    def _chosen(self, kind: Kind[Any], ids: Iterable[str]) -> list[Any]:
        """Return those of some objects that are still there, in the order of their creation."""
        found = [record for id in ids if (record := self._store.table(kind).find(id))]
        live = [record for record in found if not record.is_deleted]
        return sorted(live, key=lambda record: (record.created_on, record.serial))

    def _events(self, campaign: Campaign) -> list[CampaignEvent]:
        events = self._store.table(CAMPAIGN_EVENTS).every("created", ("campaign", campaign.id))
        return sorted(events, key=lambda event: event.flow is None)

    def _flow(self, flow: Flow) -> answers.ExportedFlow:
        languages = self._workspace.languages
        return {
            "uuid": flow.id,
            "name": flow.name,
            "type": TYPES[flow.type],
            "revision": REVISION,
            "spec_version": SPEC_VERSION,
            "expire_after_minutes": flow.expires,
            # Assumed: flows are written in the workspace's first language.
            "language": languages[0] if languages else "eng",
            "nodes": flow.nodes,
        }

    def _campaign(self, campaign: Campaign) -> answers.ExportedCampaign:
        return {
            "uuid": campaign.id,
            "name": campaign.name,
            "group": self._ref(GROUPS, campaign.group),
            "events": [self._event(event) for event in self._events(campaign)],
        }

    def _event(self, event: CampaignEvent) -> answers.ExportedEvent:
        shown: answers.ExportedEvent = {
            "uuid": event.id,
            "offset": event.offset,
            "unit": event.unit[0].upper(),
            "event_type": "M" if event.flow is None else "F",
            "delivery_hour": event.delivery_hour,
            "relative_to": {"label": self._label(event.relative_to), "key": event.relative_to},
            "start_mode": "I",
        }
        if event.flow is not None:
            shown["flow"] = self._ref(FLOWS, event.flow)
        else:
            shown["message"] = event.message
            shown["base_language"] = event.base_language
        return shown

    def _label(self, key: str) -> str:
        field = self._store.table(FIELDS).one("key", (self._workspace.id, key))
        return field.name if field is not None else BUILT_IN.get(key, key)

    def _trigger(self, trigger: Trigger) -> answers.ExportedTrigger:
        channel = trigger.channel
        return {
            "trigger_type": trigger.trigger_type,
            "flow": self._ref(FLOWS, trigger.flow),
            "groups": self._group_refs(trigger.groups),
            "exclude_groups": self._group_refs(trigger.exclude_groups),
            "channel": None if channel is None else self._ref(CHANNELS, channel),
            "keywords": trigger.keywords,
            "match_type": trigger.match_type,
        }

    def _ref(self, kind: Kind[Any], id: str) -> Ref:
        return {"uuid": id, "name": self._store.table(kind).get(id).name}

    def _group_refs(self, ids: Iterable[str]) -> list[Ref]:
        return [{"uuid": group.id, "name": group.name} for group in self._chosen(GROUPS, ids)]

    def _field_list(self) -> list[answers.ExportedField]:
        table = self._store.table(FIELDS)
        found = (table.one("key", (self._workspace.id, key)) for key in sorted(self._fields))
        return [
            {"key": field.key, "name": field.name, "type": field.type}
            for field in found
            if field is not None
        ]

    def _group_list(self) -> list[answers.ExportedGroup]:
        groups = self._chosen(GROUPS, self._groups)
        groups.sort(key=lambda group: group.name)
        return [
            {"uuid": group.id, "name": group.name, "query": group.query}
            for group in groups
            if not group.is_system
        ]
