"""How contacts and groups go: at once what a list shows, a moment later all that hangs on them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, TypeVar

from emulator.core.sandbox import Sandbox
from emulator.core.store import Kind, Record

from . import records as r
from . import runs
from .background import soon
from .contacts import Contacts
from .kinds import (
    BROADCASTS,
    CHANNEL_EVENTS,
    CONTACTS,
    GROUPS,
    MESSAGES,
    RUNS,
    TICKETS,
    WORKSPACES,
)
from .planned import CLEAR, ERASE
from .smart_groups import Rules, reevaluate

R = TypeVar("R", bound=Record)

_STEP: Final = "rapidpro.step"


def delete(sandbox: Sandbox, workspace: r.Workspace, contacts: Iterable[r.Contact]) -> None:
    """Delete contacts; those that are gone already stay so."""
    book = Contacts(sandbox, workspace)
    gone = [contact for contact in contacts if not contact.is_deleted]
    for contact in interrupt(sandbox, workspace, gone):
        book.change(contact, is_deleted=True, name=None, fields={}, urns=(), groups=(), flow=None)
    soon(sandbox, ERASE, [contact.id for contact in gone])


def delete_group(sandbox: Sandbox, group: r.Group) -> None:
    """Delete a group; its members are told a moment later."""
    sandbox.store.table(GROUPS).change(group, is_deleted=True)
    soon(sandbox, CLEAR, [group.id])


def interrupt(
    sandbox: Sandbox, workspace: r.Workspace, contacts: Iterable[r.Contact]
) -> list[r.Contact]:
    """End the runs of contacts; return the contacts as they are then."""
    book = Contacts(sandbox, workspace)
    found = []
    for contact in contacts:
        runs.end_open(sandbox, contact)
        found.append(book.change(contact, flow=None))
    return found


def archive_messages(sandbox: Sandbox, contacts: Iterable[r.Contact]) -> None:
    """Archive all visible incoming messages of contacts."""
    messages, now = sandbox.store.table(MESSAGES), sandbox.clock.now()
    for contact in contacts:
        for message in messages.every("contact", contact.id):
            if message.direction == "in" and message.visibility == "visible":
                messages.change(message, visibility="archived", modified_on=now)


def _leave_out(sandbox: Sandbox, broadcast: r.RapidBroadcast, contact: str) -> None:
    rest = tuple(id for id in broadcast.contacts if id != contact)
    sandbox.store.table(BROADCASTS).change(broadcast, contacts=rest)


def erase(sandbox: Sandbox, at: datetime, ids: Sequence[str]) -> None:
    """Take away what deleted contacts leave behind."""
    contacts = sandbox.store.table(CONTACTS)
    for id in ids:
        contact = contacts.find(id)
        if contact is None or not contact.is_deleted:
            continue
        contacts.change(contact, notes=(), open_tickets=0)
        _erase_messages(sandbox, id, at)
        _erase_all(sandbox, RUNS, "modified", id)
        _erase_all(sandbox, TICKETS, "modified", id)
        _erase_all(sandbox, CHANNEL_EVENTS, "created", id)
        for broadcast in sandbox.store.table(BROADCASTS).every("contact", id):
            _leave_out(sandbox, broadcast, id)


def _erase_all(sandbox: Sandbox, kind: Kind[R], order: str, contact: str) -> None:
    table = sandbox.store.table(kind)
    for record in table.every(order, ("contact", contact)):
        table.change(record, is_deleted=True)


def _erase_messages(sandbox: Sandbox, contact: str, at: datetime) -> None:
    messages = sandbox.store.table(MESSAGES)
    for message in messages.every("contact", contact):
        sandbox.agenda.cancel(_STEP, message.id)
        messages.change(
            message, visibility="deleted", text="", attachments=(), labels=(), modified_on=at
        )


def clear(sandbox: Sandbox, _at: datetime, ids: Sequence[str]) -> None:
    """End the memberships in deleted groups."""
    groups = sandbox.store.table(GROUPS)
    for id in ids:
        group = groups.find(id)
        if group is not None and group.is_deleted:
            _lose_members(sandbox, group)


def _lose_members(sandbox: Sandbox, group: r.Group) -> None:
    contacts, now = sandbox.store.table(CONTACTS), sandbox.clock.now()
    contacts.change_all(
        [
            (
                contact,
                {
                    "groups": _without(contact.groups, group.id),
                    "smart_groups": _without(contact.smart_groups, group.id),
                    "modified_on": now,
                },
            )
            for contact in contacts.every("modified", ("group", group.id))
        ]
    )


def _without(ids: tuple[str, ...], id: str) -> tuple[str, ...]:
    return tuple([other for other in ids if other != id]) if id in ids else ids


def populate(sandbox: Sandbox, _at: datetime, ids: Sequence[str]) -> None:
    """Ask the queries of groups about all contacts again."""
    groups, contacts = sandbox.store.table(GROUPS), sandbox.store.table(CONTACTS)
    by_workspace: dict[str, list[r.Group]] = {}
    for id in ids:
        group = groups.find(id)
        if group is not None and not group.is_deleted:
            by_workspace.setdefault(group.workspace, []).append(group)
    for id, changed in by_workspace.items():
        workspace = sandbox.store.table(WORKSPACES).get(id)
        rules = Rules(sandbox, workspace).only([group.id for group in changed])
        reevaluate(sandbox, workspace, contacts.every("modified", (id,)), rules=rules)
        for group in changed:
            if group.status == "evaluating":
                groups.change(group, status="ready")


def end_runs(sandbox: Sandbox, _at: datetime, ids: Sequence[str]) -> None:
    """Interrupt what contacts are in."""
    contacts, workspaces = sandbox.store.table(CONTACTS), sandbox.store.table(WORKSPACES)
    for id in ids:
        contact = contacts.find(id)
        if contact is not None and not contact.is_deleted:
            interrupt(sandbox, workspaces.get(contact.workspace), [contact])
