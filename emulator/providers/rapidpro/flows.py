"""Flows: how contacts enter them, what happens at an answer, and what they leave behind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import msgspec

from emulator.core.lifecycle import Delay
from emulator.core.sandbox import Sandbox

from . import resthooks, runs
from .contacts import Contacts
from .flow_webhooks import WebhookCaller
from .kinds import CONTACTS, FLOW_STARTS, FLOWS, RUNS, WORKSPACES
from .lifecycle import pause
from .naming import new_uuid, next_number, next_serial
from .planned import CALL, GO_ON
from .records import Contact, Flow, RapidMessage, Run, Step, Value, Workspace
from .renderings import Content, Renderer
from .sending import Draft, send
from .simulations import as_value, drawn_category, simulation_of

#: So long after a run of a flow somebody is no participant any more.
PARTICIPATION: Final = timedelta(days=90)

# Assumed: how long it takes until a call is answered.
_TO_ANSWER = Delay(2, 8, 25)


def start(
    sandbox: Sandbox,
    workspace: Workspace,
    flow: Flow,
    contacts: Iterable[Contact],
    *,
    start: str | None = None,
    interrupts: bool = True,
) -> list[Run]:
    """Let contacts enter a flow; return their runs as they are then.

    Nobody enters an archived flow, and those called by a voice flow enter it when they answer,
    so their runs are not there yet.

    :param contacts: each once, as they are stored.
    :param start: UUID of the flow start that this is part of.
    :param interrupts: end the runs that the contacts are in; a background flow never does.
    """
    if flow.archived or flow.is_deleted:
        return []
    if flow.type == "voice":
        _call(sandbox, flow, list(contacts), start)
        return []
    return _Play(sandbox, flow, workspace).enter(list(contacts), start, interrupts=interrupts)


def may_enter(
    sandbox: Sandbox, flow: Flow, contact: Contact, *, restarts: bool, excludes_active: bool
) -> bool:
    """Say whether a start with these wishes is for a contact.

    :param restarts: also for one with a run of the flow in the last 90 days.
    :param excludes_active: not for one that is in a flow.
    """
    if excludes_active and _is_in_flow(sandbox, contact):
        return False
    return restarts or not _took_part(sandbox, flow, contact)


def resume(
    sandbox: Sandbox, workspace: Workspace, contact: Contact, message: RapidMessage
) -> str | None:
    """Give a contact's message to the run that waits for it.

    :return: the flow's UUID, None if nothing waits.
    """
    run = runs.waiting_run(sandbox, contact.id)
    if run is None:
        return None
    flow = sandbox.store.table(FLOWS).get(run.flow)
    if flow.is_deleted:
        runs.release(sandbox, runs.end(sandbox, run, "failed"))
        return None
    _Play(sandbox, flow, workspace).answer(run, message)
    return flow.id


def _is_in_flow(sandbox: Sandbox, contact: Contact) -> bool:
    return contact.flow is not None or bool(runs.open_runs(sandbox, contact.id))


def _took_part(sandbox: Sandbox, flow: Flow, contact: Contact) -> bool:
    since = sandbox.clock.now() - PARTICIPATION
    earlier = sandbox.store.table(RUNS).page(
        "modified",
        ("contact", contact.id),
        limit=1,
        low=since,
        where=lambda run: run.flow == flow.id and run.created_on >= since,
    )
    return bool(earlier.records)


class _Play:
    """One flow while contacts go through it."""

    def __init__(self, sandbox: Sandbox, flow: Flow, workspace: Workspace | None = None) -> None:
        self._sandbox = sandbox
        self._flow = flow
        self._workspace = workspace or sandbox.store.table(WORKSPACES).get(flow.workspace)
        self._simulation = simulation_of(sandbox, flow)
        self._runs = sandbox.store.table(RUNS)
        self._now = sandbox.clock.now()
        self._caller = resthooks.Caller(sandbox, self._workspace)
        self._urls = WebhookCaller(sandbox, self._workspace, flow)

    def enter(
        self, contacts: Sequence[Contact], start: str | None, *, interrupts: bool
    ) -> list[Run]:
        """Begin a run for each contact."""
        is_noticed = self._flow.type != "background"
        if interrupts and is_noticed:
            for contact in contacts:
                runs.end_open(self._sandbox, contact, spares_background=True)
        new = self._new_runs(contacts, start)
        is_over = not self._simulation.waits and not self._simulation.duration
        if is_over:
            new = [self._concluded(run, None) for run in new]
        self._runs.add_all(new)
        self._count(start, len(new))
        if is_noticed:
            contacts = self._hold(contacts, new, leaves=interrupts)
        self._send(contacts)
        for run in new:
            self._follow_up(run, None, is_over=is_over)
        return new

    def answer(self, run: Run, message: RapidMessage) -> None:
        """Give an answer to a run that waits for it."""
        answered = msgspec.structs.replace(run, responded=True, modified_on=self._now)
        # Without a wait all has taken effect before, and there is nothing left to happen.
        is_over = self._simulation.waits or not self._simulation.is_endless
        if is_over:
            answered = self._concluded(answered, message)
        self._runs.put(answered)
        if answered.exit_type is not None:
            runs.release(self._sandbox, answered)
        self._follow_up(answered, message, is_over=is_over)

    def go_on(self, run: Run) -> None:
        """Let a run that took its time come to its outcome."""
        after = self._concluded(run, None)
        self._runs.put(after)
        if after.status == "waiting":
            contact = self._sandbox.store.table(CONTACTS).get(run.contact)
            self._hold([contact], [after], leaves=False)
        self._follow_up(after, None, is_over=True)

    def _new_runs(self, contacts: Sequence[Contact], start: str | None) -> list[Run]:
        sandbox, at = self._sandbox, self._now
        serial = next_serial(sandbox, RUNS, len(contacts))
        number = next_number(sandbox, RUNS, len(contacts))
        path = tuple(Step(node, at) for node in self._simulation.path)
        return [
            Run(
                id=new_uuid(sandbox, RUNS, at),
                serial=serial + ahead,
                number=number + ahead,
                workspace=self._workspace.id,
                flow=self._flow.id,
                contact=contact.id,
                status="waiting" if self._simulation.waits else "active",
                created_on=at,
                modified_on=at,
                start=start,
                path=path,
            )
            for ahead, contact in enumerate(contacts)
        ]

    def _concluded(self, run: Run, message: RapidMessage | None) -> Run:
        """Return a run as results and outcome leave it."""
        outcome = self._simulation.outcome
        changes: dict[str, Any] = {"modified_on": self._now, "values": self._values(run, message)}
        if not self._simulation.is_endless or self._flow.type == "background":
            changes |= {"exit_type": outcome, "exited_on": self._now}
        else:
            changes["status"] = "waiting"
        return msgspec.structs.replace(run, **changes)

    def _values(self, run: Run, message: RapidMessage | None) -> Mapping[str, Value]:
        values = dict(run.values)
        for result in self._simulation.results:
            category = result.category or drawn_category(
                self._sandbox, self._flow, run.contact, result
            )
            answer = message.text if message is not None else None
            value = result.value if result.value is not None else answer
            values[result.key] = as_value(
                result._replace(input=result.input if result.input is not None else answer),
                # Assumed: where nobody has answered, a result has its category for a value.
                category if value is None else value,
                category,
                self._now,
            )
        return values

    def _count(self, start: str | None, count: int) -> None:
        if start is not None and count:
            table = self._sandbox.store.table(FLOW_STARTS)
            found = table.get(start)
            table.change(found, started=found.started + count)

    def _hold(
        self, contacts: Sequence[Contact], new: Sequence[Run], *, leaves: bool
    ) -> list[Contact]:
        """Note in which flow contacts wait now.

        :param leaves: whether they have left the one that they were in.
        """
        book = Contacts(self._sandbox, self._workspace)
        found = []
        for contact, run in zip(contacts, new, strict=True):
            before = None if leaves else contact.flow
            found.append(book.change(contact, flow=self._flow.id if _waits(run) else before))
        return found

    def _send(self, contacts: Sequence[Contact]) -> None:
        """Send the messages of the flow to contacts that enter it."""
        renderers = [
            Renderer(self._sandbox, self._workspace, Content({"": text}, {}, {}, ""))
            for text in self._simulation.messages
        ]
        type = "voice" if self._flow.type == "voice" else "text"
        drafts: list[Draft] = []
        for contact in contacts:
            for renderer in renderers:
                draft = renderer.draft(contact)
                if draft is not None:
                    drafts.append(draft._replace(flow=self._flow.id, type=type))
        if drafts:
            send(self._sandbox, self._workspace, drafts)

    def _follow_up(self, run: Run, message: RapidMessage | None, *, is_over: bool) -> None:
        """Do what follows from the state of a stored run.

        :param is_over: whether the flow's effects have just come about.
        """
        if is_over:
            for webhook in self._simulation.webhooks:
                self._urls.call(webhook, run)
            for slug in self._simulation.resthooks:
                self._caller.call(slug, self._flow, run, message)
        runs.plan_expiry(self._sandbox, run, self._flow)
        if run.exit_type is None and run.status == "active":
            due = self._now + self._simulation.duration
            self._sandbox.agenda.plan(due, GO_ON, run.id)


def _waits(run: Run) -> bool:
    return run.exit_type is None and run.status == "waiting"


def go_on(sandbox: Sandbox, _at: object, ids: Sequence[str]) -> None:
    """Let runs that have paused take their next step."""
    table, play = sandbox.store.table(RUNS), _plays(sandbox)
    for id in ids:
        run = table.find(id)
        if run is not None and run.exit_type is None:
            play(run.flow).go_on(run)


def _plays(sandbox: Sandbox) -> Callable[[str], _Play]:
    """Return a function that finds a flow; each is read once."""
    known: dict[str, _Play] = {}

    def play(id: str) -> _Play:
        if id not in known:
            known[id] = _Play(sandbox, sandbox.store.table(FLOWS).get(id))
        return known[id]

    return play


def _call(sandbox: Sandbox, flow: Flow, contacts: Sequence[Contact], start: str | None) -> None:
    """Call contacts by telephone; who has no number is not reached."""
    now = sandbox.clock.now()
    for contact in contacts:
        if contact.status == "active" and any(urn.startswith("tel:") for urn in contact.urns):
            due = now + pause(sandbox, _TO_ANSWER, "call", flow.id, contact.id)
            sandbox.agenda.plan(due, CALL, f"{flow.id} {contact.id} {start or ''}")


def answer_calls(sandbox: Sandbox, _at: object, subjects: Sequence[str]) -> None:
    """Begin the runs of those who have answered."""
    contacts, play = sandbox.store.table(CONTACTS), _plays(sandbox)
    groups: dict[tuple[str, str], list[Contact]] = {}
    for subject in subjects:
        flow, id, start = subject.split(" ")
        contact = contacts.find(id)
        if contact is not None and not contact.is_deleted:
            groups.setdefault((flow, start), []).append(contact)
    for (flow, start), called in groups.items():
        play(flow).enter(called, start or None, interrupts=True)
