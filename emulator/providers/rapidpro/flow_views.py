"""How flows, starts and runs look in the API. One object shows a page of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from itertools import repeat
from typing import Any, Final

from emulator.core.sandbox import Sandbox
from emulator.core.store import Kind
from emulator.web import texts

from . import urns
from .answers import FlowOut, Ref, RunContact, RunOut, StartOut, StepOut, ValueOut
from .kinds import CONTACTS, FLOW_LABELS, FLOWS, GROUPS, RUNS
from .records import Contact, Flow, FlowStart, Run, Step, Value, Workspace
from .values import format_moment

STATES: Final = ("active", "waiting", "completed", "expired", "interrupted", "failed")

_RUNS: Final = texts.Texts[Run]()


class FlowViews:
    """Shows the flows of a workspace and what comes of them."""

    def __init__(self, sandbox: Sandbox, workspace: Workspace) -> None:
        self._store = sandbox.store
        self._is_anon = workspace.anon
        self._flows: dict[str, Ref] = {}
        self._contacts: dict[str, RunContact] = {}

    def flow(self, flow: Flow) -> FlowOut:
        """Return a flow with the counts of its runs."""
        count = self._store.table(RUNS).count
        return {
            "uuid": flow.id,
            "name": flow.name,
            "type": flow.type,
            "archived": flow.archived,
            "labels": self._refs(FLOW_LABELS, flow.labels),
            "expires": flow.expires,
            "runs": {state: count("modified", ("flow", flow.id, state)) for state in STATES},
            "results": flow.results,
            "parent_refs": flow.parent_refs,
            "created_on": format_moment(flow.created_on),
            "modified_on": format_moment(flow.modified_on),
        }

    def start(self, start: FlowStart) -> StartOut:
        """Return a flow start."""
        return {
            "uuid": start.id,
            "flow": self._flow(start.flow),
            "status": start.status,
            "progress": {"total": start.total, "started": start.started},
            "groups": self._refs(GROUPS, start.groups),
            "contacts": self._refs(CONTACTS, start.contacts),
            "params": start.params,
            "created_on": format_moment(start.created_on),
            "modified_on": format_moment(start.modified_on),
            "id": start.number,
            "extra": start.params,
            "restart_participants": start.restart_participants,
            "exclude_active": start.exclude_active,
        }

    def run(self, run: Run, *, has_path: bool) -> RunOut:
        """Return a run, with or without the nodes that it has passed."""
        return {
            "uuid": run.id,
            "flow": self._flow(run.flow),
            "contact": self._contact(run.contact),
            "start": {"uuid": run.start} if run.start else None,
            "responded": run.responded,
            "path": [_step(step) for step in run.path] if has_path else None,
            "values": {key: _value(value) for key, value in run.values.items()},
            "created_on": format_moment(run.created_on),
            "modified_on": format_moment(run.modified_on),
            "exited_on": _moment(run.exited_on),
            "exit_type": run.exit_type,
            "id": run.number,
        }

    def runs(self, runs: Sequence[Run], *, has_path: bool) -> list[texts.Shown]:
        """Return runs; those that were shown before and are unchanged cost little."""
        store, how = self._store, (self._is_anon, has_path)

        def besides() -> Iterable[object]:
            return zip(
                store.table(CONTACTS).find_all([run.contact for run in runs]),
                repeat(how),
                repeat(store.edition(FLOWS)),
            )

        edition = how, store.edition(CONTACTS, FLOWS)
        return _RUNS.show_all(runs, partial(self.run, has_path=has_path), edition, besides)

    def _flow(self, id: str) -> Ref:
        shown = self._flows.get(id)
        if shown is None:
            shown = {"uuid": id, "name": self._store.table(FLOWS).get(id).name}
            self._flows[id] = shown
        return shown

    def _contact(self, id: str) -> RunContact:
        shown = self._contacts.get(id)
        if shown is None:
            shown = self._contacts[id] = self._show_contact(self._store.table(CONTACTS).get(id))
        return shown

    def _show_contact(self, contact: Contact) -> RunContact:
        first = contact.urns[0] if contact.urns else None
        if self._is_anon:
            masked = None if first is None else urns.mask(first)
            shown = self._named(contact, masked, None)
            shown["ref"] = shown["anon_display"] = contact.ref
            return shown
        if first is None:
            return self._named(contact, None, None)
        return self._named(contact, urns.identity(first), urns.urn_display(first))

    @staticmethod
    def _named(contact: Contact, urn: str | None, display: str | None) -> RunContact:
        return {"uuid": contact.id, "name": contact.name, "urn": urn, "urn_display": display}

    def _refs(self, kind: Kind[Any], ids: tuple[str, ...]) -> list[Ref]:
        """Return the objects that are still there, in the order of their creation."""
        table = self._store.table(kind)
        found = [record for id in ids if (record := table.find(id)) and not record.is_deleted]
        found.sort(key=lambda record: (record.created_on, record.serial))
        return [{"uuid": record.id, "name": record.name} for record in found]


def _step(step: Step) -> StepOut:
    return {"node": step.node, "time": format_moment(step.time)}


def _value(value: Value) -> ValueOut:
    return {
        "name": value.name,
        "value": value.value,
        "category": value.category,
        "node": value.node,
        "time": _moment(value.time),
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else format_moment(moment)
