"""Calls of resthooks that a tester asks for, without a flow."""

from __future__ import annotations

from typing import Any

from emulator.core.errors import Problems, nearest
from emulator.core.records import Delivery
from emulator.core.sandbox import Sandbox
from emulator.core.triggers import Trigger, overlaid

from .kinds import CONTACTS, FLOWS, MESSAGES, RESTHOOKS, RUNS, WORKSPACES
from .naming import new_uuid
from .payloads import Payloads, show_channel
from .records import Contact, RapidMessage, Run, Workspace
from .resthooks import Caller, find
from .values import format_moment


def trigger(sandbox: Sandbox, wanted: Trigger, problems: Problems) -> list[Delivery]:
    """Call a resthook as if a run had done so; the event's name is the slug.

    It may be about a run or a contact; about nothing, a contact of the workspace is drawn.
    """
    run, contact = _subject(sandbox, wanted.about)
    if wanted.about is not None and contact is None:
        problems.add("/about", f"No run or contact {wanted.about!r}")
        return []
    workspace = _workspace(sandbox, wanted.event, contact)
    if workspace is None:
        _note_unknown(sandbox, wanted.event, problems)
        return []
    if run is not None:
        flow = sandbox.store.table(FLOWS).get(run.flow)
        known = Payloads(sandbox, workspace).of(flow, run, _answer(sandbox, run))
    else:
        contact = contact or _drawn_contact(sandbox, workspace, wanted.event)
        known = _without_run(sandbox, workspace, contact)
    payload = overlaid(known, wanted.data)
    return Caller(sandbox, workspace).tell(wanted.event, known["run"]["uuid"], payload)


def _subject(sandbox: Sandbox, about: str | None) -> tuple[Run | None, Contact | None]:
    if about is None:
        return None, None
    run = sandbox.store.table(RUNS).find(about)
    contact = sandbox.store.table(CONTACTS).find(run.contact if run is not None else about)
    return (None, None) if contact is None or contact.is_deleted else (run, contact)


def _workspace(sandbox: Sandbox, slug: str, contact: Contact | None) -> Workspace | None:
    """Return the contact's workspace, else the first, that has a resthook; None if it has not."""
    table = sandbox.store.table(WORKSPACES)
    known = table.every("all", "all") if contact is None else [table.get(contact.workspace)]
    found = (workspace for workspace in known if find(sandbox, workspace, slug) is not None)
    return next(found, None)


def _note_unknown(sandbox: Sandbox, slug: str, problems: Problems) -> None:
    known = [hook.slug for hook in sandbox.store.table(RESTHOOKS) if not hook.is_deleted]
    problems.add("/event", f"No resthook has the slug {slug!r}", nearest(slug, known))


def _answer(sandbox: Sandbox, run: Run) -> RapidMessage | None:
    """Return what the contact has answered last in a run."""
    answers = sandbox.store.table(MESSAGES).page(
        "contact",
        run.contact,
        limit=1,
        low=run.created_on,
        where=lambda message: message.direction == "in" and message.flow == run.flow,
    )
    return next(iter(answers.records), None)


def _drawn_contact(sandbox: Sandbox, workspace: Workspace, slug: str) -> Contact | None:
    known = sandbox.store.table(CONTACTS).every("modified", (workspace.id,))
    known.sort(key=lambda contact: contact.serial)
    return known[sandbox.draws.below(len(known), "trigger", slug)] if known else None


def _without_run(sandbox: Sandbox, workspace: Workspace, contact: Contact | None) -> dict[str, Any]:
    payloads, now = Payloads(sandbox, workspace), sandbox.clock.now()
    channel = None if contact is None else payloads.channel_of(contact)
    return {
        "channel": show_channel(channel),
        "contact": None if contact is None else payloads.contact(contact),
        "flow": None,
        "input": None,
        "path": [],
        "results": {},
        "run": {"created_on": format_moment(now), "uuid": new_uuid(sandbox, RUNS, now)},
    }
