"""Flow starts: who is meant, and how they enter the flow bit by bit behind the API's back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from emulator.core.errors import Conflict
from emulator.core.lifecycle import Delay
from emulator.core.sandbox import Sandbox

from . import batches, flows
from .contacts import Contacts
from .kinds import CONTACTS, FLOW_STARTS, FLOWS, WORKSPACES
from .lifecycle import pause
from .naming import new_uuid, next_number, next_serial
from .planned import FLOW_START
from .records import Contact, Flow, FlowStart, Workspace
from .urns import engine_accepts, parse

BATCH: Final = 25
UNKNOWN: Final = -1
UNDER_WAY: Final = frozenset({"pending", "queued", "started"})

# Assumed to be those of broadcasts.
_TO_QUEUE = Delay(0.1, 0.3, 2)
_TO_START = Delay(0.1, 0.3, 2)
_OF_BATCH = Delay(0.2, 0.5, 3)


class Wish(NamedTuple):
    """Whom a start is for, and who of them is left out.

    :param urns: normalised, with their display.
    :param contacts: UUIDs.
    :param groups: UUIDs.
    :param type: ``api``; anything but that and ``manual`` is in no list.
    """

    urns: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    params: Mapping[str, Any] | None = None
    restart_participants: bool = True
    exclude_active: bool = False
    type: str = "api"


def create(sandbox: Sandbox, workspace: Workspace, flow: Flow, wish: Wish) -> FlowStart:
    """Take a start on; the contacts enter the flow in the background."""
    at = sandbox.clock.now()
    start = FlowStart(
        id=new_uuid(sandbox, FLOW_STARTS),
        serial=next_serial(sandbox, FLOW_STARTS),
        number=next_number(sandbox, FLOW_STARTS),
        workspace=workspace.id,
        flow=flow.id,
        status="pending",
        created_on=at,
        modified_on=at,
        **wish._asdict(),
    )
    sandbox.store.table(FLOW_STARTS).add(start)
    _plan(sandbox, start, at, _TO_QUEUE)
    return start


def cancel(sandbox: Sandbox, start: FlowStart) -> FlowStart:
    """Interrupt a start; who has entered the flow by then stays in it.

    :raises Conflict: it has ended.
    """
    if start.status not in UNDER_WAY:
        raise Conflict(f"flow start {start.id} is {start.status} already")
    sandbox.agenda.cancel(FLOW_START, start.id)
    batches.drop(sandbox, start.id)
    return _change(sandbox, start, status="interrupted", waiting=0, left=())


def proceed(sandbox: Sandbox, at: datetime, ids: Sequence[str]) -> None:
    """Let starts take the next of their steps."""
    table = sandbox.store.table(FLOW_STARTS)
    for id in ids:
        start = table.find(id)
        if start is not None and start.status in _NEXT:
            workspace = sandbox.store.table(WORKSPACES).get(start.workspace)
            _NEXT[start.status](sandbox, workspace, _in_batches(sandbox, start), at)


def _in_batches(sandbox: Sandbox, start: FlowStart) -> FlowStart:
    """Part those who are still to enter by a start that an earlier version has begun."""
    left = start.left
    if not left:
        return start
    batches.line_up(sandbox, start.id, left, BATCH)
    return sandbox.store.table(FLOW_STARTS).change(start, waiting=len(left), left=())


def _queue(sandbox: Sandbox, workspace: Workspace, start: FlowStart, at: datetime) -> None:
    """Find out who enters the flow."""
    if not all(engine_accepts(parse(urn)) for urn in start.urns):
        # The API takes some addresses that nobody can have.
        _change(sandbox, start, status="failed")
        return
    entering = [contact.id for contact in _entering(sandbox, workspace, start, at)]
    count = len(entering)
    batches.line_up(sandbox, start.id, entering, BATCH)
    start = _change(sandbox, start, status="queued", total=count or UNKNOWN, waiting=count)
    _plan(sandbox, start, at, _TO_START)


def _begin(sandbox: Sandbox, workspace: Workspace, start: FlowStart, at: datetime) -> None:
    """Begin with the runs, if there are any to make."""
    if start.waiting:
        start = _change(sandbox, start, status="started")
    _go_on(sandbox, workspace, start, at)


def _go_on(sandbox: Sandbox, workspace: Workspace, start: FlowStart, at: datetime) -> None:
    """Let the next batch enter the flow; after the last one the start is complete."""
    batch = batches.take(sandbox, start.id)
    if batch is None:
        _change(sandbox, start, status="completed")
        return
    table = sandbox.store.table(FLOW_STARTS)
    start = table.change(start, waiting=start.waiting - len(batch.contacts))
    flow = sandbox.store.table(FLOWS).get(start.flow)
    flows.start(sandbox, workspace, flow, _contacts(sandbox, batch.contacts), start=start.id)
    _plan(sandbox, start, at, _OF_BATCH)


def _entering(
    sandbox: Sandbox, workspace: Workspace, start: FlowStart, at: datetime
) -> list[Contact]:
    """Return everybody who is meant and not left out; owners of unknown addresses are made."""
    found = _recipients(sandbox, workspace, start, at)
    restarts, excludes_active = start.restart_participants, start.exclude_active
    if restarts and not excludes_active and not start.groups:
        return found
    flow = sandbox.store.table(FLOWS).get(start.flow)
    return [
        contact
        for contact in found
        if contact.status == "active"
        and flows.may_enter(
            sandbox, flow, contact, restarts=restarts, excludes_active=excludes_active
        )
    ]


def _recipients(
    sandbox: Sandbox, workspace: Workspace, start: FlowStart, at: datetime
) -> list[Contact]:
    table, book = sandbox.store.table(CONTACTS), Contacts(sandbox, workspace, at)
    found = {contact.id: contact for contact in _contacts(sandbox, start.contacts)}
    for urn in start.urns:
        owner = book.for_urn(urn)
        found.setdefault(owner.id, owner)
    for group in start.groups:
        members = table.every("modified", ("group", group))
        for member in sorted(members, key=lambda contact: contact.serial):
            found.setdefault(member.id, member)
    return list(found.values())


def _contacts(sandbox: Sandbox, ids: Sequence[str]) -> Iterator[Contact]:
    table = sandbox.store.table(CONTACTS)
    for id in ids:
        contact = table.find(id)
        if contact is not None and not contact.is_deleted:
            yield contact


def _change(sandbox: Sandbox, start: FlowStart, **changes: Any) -> FlowStart:
    now = sandbox.clock.now()
    return sandbox.store.table(FLOW_STARTS).change(start, modified_on=now, **changes)


def _plan(sandbox: Sandbox, start: FlowStart, at: datetime, delay: Delay) -> None:
    due = at + pause(sandbox, delay, "flow start", start.id, start.status, start.waiting)
    sandbox.agenda.plan(due, FLOW_START, start.id)


Step = Callable[[Sandbox, Workspace, FlowStart, datetime], None]
_NEXT: Mapping[str, Step] = {"pending": _queue, "queued": _begin, "started": _go_on}
