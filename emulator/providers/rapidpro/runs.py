"""Runs: how one contact's way through a flow waits, goes on and ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from emulator.core.clock import LATEST
from emulator.core.sandbox import Sandbox

from .contacts import Contacts
from .kinds import CONTACTS, FLOWS, RUNS, WORKSPACES
from .planned import EXPIRE, GO_ON
from .records import Contact, Flow, Run

#: However long a flow lets people think, nobody is waited for longer than this.
LONGEST: Final = timedelta(days=30)


def open_runs(sandbox: Sandbox, contact: str) -> list[Run]:
    """Return the runs of a contact that have not ended, the one changed last at the end."""
    return sandbox.store.table(RUNS).every("modified", ("contact", contact, "open"))


def waiting_run(sandbox: Sandbox, contact: str) -> Run | None:
    """Return the run that waits for a contact's answer, None if none does."""
    waiting = [run for run in open_runs(sandbox, contact) if run.status == "waiting"]
    return waiting[-1] if waiting else None


def expires_at(run: Run, flow: Flow) -> datetime:
    """Return when a run that has begun to wait gives up."""
    longest = min(run.created_on, LATEST) + LONGEST
    if not flow.expires:
        return longest
    span = timedelta(minutes=min(flow.expires, LONGEST // timedelta(minutes=1)))
    return min(min(run.modified_on, LATEST) + span, longest)


def plan_expiry(sandbox: Sandbox, run: Run, flow: Flow) -> None:
    """Plan when a run expires, if it waits and that moment has not passed."""
    due = expires_at(run, flow)
    is_waiting = run.exit_type is None and run.status == "waiting" and not run.is_deleted
    if is_waiting and due > sandbox.clock.now():
        sandbox.agenda.plan(due, EXPIRE, run.id)
    else:
        sandbox.agenda.cancel(EXPIRE, run.id)


def end(sandbox: Sandbox, run: Run, exit_type: str, **changes: Any) -> Run:
    """End a run; the contact's record is left to the caller."""
    sandbox.agenda.cancel(EXPIRE, run.id)
    sandbox.agenda.cancel(GO_ON, run.id)
    now = sandbox.clock.now()
    changes |= {"exit_type": exit_type, "exited_on": now, "modified_on": now}
    return sandbox.store.table(RUNS).change(run, **changes)


def end_open(sandbox: Sandbox, contact: Contact, *, spares_background: bool = False) -> None:
    """Interrupt the runs of a contact that have not ended; its record is left to the caller.

    :param spares_background: leave those of background flows, which nobody notices.
    """
    flows = sandbox.store.table(FLOWS)
    for run in open_runs(sandbox, contact.id):
        if not spares_background or flows.get(run.flow).type != "background":
            end(sandbox, run, "interrupted")


def release(sandbox: Sandbox, run: Run) -> Contact:
    """Note that a contact no longer waits in the flow of a run."""
    contact = sandbox.store.table(CONTACTS).get(run.contact)
    if contact.flow != run.flow:
        return contact
    workspace = sandbox.store.table(WORKSPACES).get(run.workspace)
    return Contacts(sandbox, workspace).change(contact, flow=None)


def expire(sandbox: Sandbox, _at: datetime, ids: Sequence[str]) -> None:
    """End runs that have waited too long."""
    runs = sandbox.store.table(RUNS)
    for id in ids:
        run = runs.find(id)
        if run is not None and run.exit_type is None and run.status == "waiting":
            end(sandbox, run, "expired")
            release(sandbox, run)
