"""Calls of resthooks that a tester asks for, without a flow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emulator.core.errors import Invalid, NotFound, Problem, nearest
from emulator.core.sandbox import Sandbox

from .kinds import CONTACTS, FLOWS, MESSAGES, RESTHOOKS, RUNS, WORKSPACES
from .naming import new_uuid
from .payloads import Payloads, show_channel
from .records import Contact, RapidMessage, Run, Workspace
from .resthooks import Caller, find
from .values import format_moment


def trigger(sandbox: Sandbox, slug: str, about: str | None, data: Mapping[str, Any]) -> None:
    """Call a resthook as if a run had done so.

    :param about: UUID of a run or a contact; None: a contact of the workspace is drawn.
    :param data: parts of the payload that take the place of what is known or drawn.
    :raises NotFound: there is no such run or contact.
    :raises Invalid: there is no such resthook.
    """
    run, contact = _subject(sandbox, about)
    workspace = _workspace(sandbox, slug, contact)
    if find(sandbox, workspace, slug) is None:
        raise _unknown(sandbox, slug)
    if run is not None:
        flow = sandbox.store.table(FLOWS).get(run.flow)
        message = _answer(sandbox, run)
        payload = Payloads(sandbox, workspace).of(flow, run, message)
    else:
        contact = contact or _drawn_contact(sandbox, workspace, slug)
        payload = _without_run(sandbox, workspace, contact)
    payload |= data
    told = payload["run"]
    subject = told.get("uuid") if isinstance(told, Mapping) else None
    Caller(sandbox, workspace).tell(slug, str(subject or slug), payload)


def _subject(sandbox: Sandbox, about: str | None) -> tuple[Run | None, Contact | None]:
    if about is None:
        return None, None
    run = sandbox.store.table(RUNS).find(about)
    contact = sandbox.store.table(CONTACTS).find(run.contact if run is not None else about)
    if contact is None or contact.is_deleted:
        raise NotFound(f"no run or contact {about}")
    return run, contact


def _workspace(sandbox: Sandbox, slug: str, contact: Contact | None) -> Workspace:
    table = sandbox.store.table(WORKSPACES)
    if contact is not None:
        return table.get(contact.workspace)
    for workspace in table.every("all", "all"):
        if find(sandbox, workspace, slug) is not None:
            return workspace
    raise _unknown(sandbox, slug)


def _unknown(sandbox: Sandbox, slug: str) -> Invalid:
    known = [hook.slug for hook in sandbox.store.table(RESTHOOKS) if not hook.is_deleted]
    message = f"No resthook has the slug {slug!r}"
    return Invalid([Problem(pointer="/event", message=message, suggestion=nearest(slug, known))])


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
