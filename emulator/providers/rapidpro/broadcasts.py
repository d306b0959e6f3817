"""Broadcasts: who is meant, and how the messages are made bit by bit behind the API's back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from emulator.core.errors import Conflict
from emulator.core.lifecycle import Delay
from emulator.core.messaging import Fate
from emulator.core.sandbox import Sandbox

from . import batches
from .contacts import Contacts
from .kinds import BROADCASTS, CONTACTS, WORKSPACES
from .lifecycle import pause
from .naming import as_number, new_uuid, next_number, next_serial
from .planned import BROADCAST
from .records import Batch, Contact, RapidBroadcast, Workspace
from .renderings import Content, Renderer
from .sending import Destination, Destinations, choose_ahead, send
from .urns import engine_accepts, parse

BATCH: Final = 100
UNKNOWN: Final = -1
UNDER_WAY: Final = frozenset({"pending", "queued", "started"})

# The first numbers are the documented ones, the other two are assumed.
_TO_QUEUE = Delay(0.1, 0.3, 2)
_TO_START = Delay(0.1, 0.3, 2)
_OF_BATCH = Delay(0.2, 0.5, 3)


class Addressed(NamedTuple):
    """Whom a broadcast is for.

    :param urns: normalised, with their display.
    :param contacts: UUIDs.
    :param groups: UUIDs.
    """

    urns: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


def create(
    sandbox: Sandbox, workspace: Workspace, addressed: Addressed, content: Content
) -> RapidBroadcast:
    """Take a broadcast on; what it takes to send it happens in the background."""
    at = sandbox.clock.now()
    broadcast = RapidBroadcast(
        id=new_uuid(sandbox, BROADCASTS, at),
        serial=next_serial(sandbox, BROADCASTS),
        number=next_number(sandbox, BROADCASTS),
        account=workspace.id,
        state="pending",
        created_at=at,
        urns=addressed.urns,
        contacts=addressed.contacts,
        groups=addressed.groups,
        text=content.text,
        attachments=content.attachments,
        quick_replies=content.quick_replies,
        base_language=content.base_language,
    )
    sandbox.store.table(BROADCASTS).add(broadcast)
    _plan(sandbox, broadcast, at, _TO_QUEUE)
    return broadcast


def cancel(sandbox: Sandbox, broadcast: RapidBroadcast) -> RapidBroadcast:
    """Interrupt a broadcast; the messages of batches that have begun stay.

    :raises Conflict: it has ended.
    """
    if broadcast.state not in UNDER_WAY:
        raise Conflict(f"broadcast {broadcast.id} is {broadcast.state} already")
    sandbox.agenda.cancel(BROADCAST, broadcast.id)
    batches.drop(sandbox, broadcast.id)
    return _change(sandbox, broadcast, state="interrupted", waiting=0, left=(), fates=())


def find_broadcast(sandbox: Sandbox, id: str) -> RapidBroadcast | None:
    """Return a broadcast by its UUID or its integer id, None if there is none."""
    table = sandbox.store.table(BROADCASTS)
    found, number = table.find(id), as_number(id)
    return table.one("number", number) if found is None and number is not None else found


def proceed(sandbox: Sandbox, at: datetime, ids: Sequence[str]) -> None:
    """Let broadcasts take the next of their steps."""
    table = sandbox.store.table(BROADCASTS)
    for id in ids:
        broadcast = table.find(id)
        if broadcast is not None and broadcast.state in _NEXT:
            workspace = sandbox.store.table(WORKSPACES).get(broadcast.account)
            broadcast = _in_batches(sandbox, broadcast)
            _NEXT[broadcast.state](sandbox, workspace, broadcast, at)


def _in_batches(sandbox: Sandbox, broadcast: RapidBroadcast) -> RapidBroadcast:
    """Part the recipients of a broadcast that an earlier version has begun."""
    left = broadcast.left
    if not left:
        return broadcast
    batches.line_up(sandbox, broadcast.id, left, BATCH, broadcast.fates)
    return _change(sandbox, broadcast, waiting=len(left), left=(), fates=())


def _queue(sandbox: Sandbox, workspace: Workspace, broadcast: RapidBroadcast, at: datetime) -> None:
    """Find out who the recipients are."""
    if not all(engine_accepts(parse(urn)) for urn in broadcast.urns):
        # The API takes some addresses that nobody can have.
        _change(sandbox, broadcast, state="failed")
        return
    recipients = [contact.id for contact in _recipients(sandbox, workspace, broadcast, at)]
    count = len(recipients)
    batches.line_up(sandbox, broadcast.id, recipients, BATCH)
    broadcast = _change(sandbox, broadcast, state="queued", total=count or UNKNOWN, waiting=count)
    _plan(sandbox, broadcast, at, _TO_START)


def _start(sandbox: Sandbox, workspace: Workspace, broadcast: RapidBroadcast, at: datetime) -> None:
    """Begin with the messages, if there are any to make."""
    if broadcast.waiting:
        _choose(sandbox, workspace, broadcast)
        broadcast = _change(sandbox, broadcast, state="started")
    _go_on(sandbox, workspace, broadcast, at)


def _go_on(sandbox: Sandbox, workspace: Workspace, broadcast: RapidBroadcast, at: datetime) -> None:
    """Make the messages of the next batch; after the last one the broadcast is complete."""
    batch = batches.take(sandbox, broadcast.id)
    if batch is None:
        _change(sandbox, broadcast, state="completed")
        return
    made = _send(sandbox, workspace, broadcast, batch)
    waiting = broadcast.waiting - len(batch.contacts)
    broadcast = _change(sandbox, broadcast, started=broadcast.started + made, waiting=waiting)
    _plan(sandbox, broadcast, at, _OF_BATCH)


def _send(sandbox: Sandbox, workspace: Workspace, broadcast: RapidBroadcast, batch: Batch) -> int:
    """Make the messages of a batch; return how many there are."""
    renderer, fates = _renderer(sandbox, workspace, broadcast), batch.fates
    drafts = []
    for at, contact in enumerate(_contacts(sandbox, batch.contacts)):
        draft = renderer.draft(contact, broadcast.id) if contact is not None else None
        if draft is not None:
            drafts.append(draft._replace(fate=fates[at]) if fates else draft)
    return len(send(sandbox, workspace, drafts)) if drafts else 0


def _choose(sandbox: Sandbox, workspace: Workspace, broadcast: RapidBroadcast) -> None:
    """Choose for all recipients at once where a rule is about a share of them.

    Batch by batch the share could not be exact. Nothing is chosen for those who cannot be
    written to, and nothing at all where batches can choose for themselves.
    """
    outcomes = sandbox.outcomes
    if workspace.suspended or all(rule.share is None for rule in outcomes.rules):
        return
    has_readers = outcomes.reads_texts
    open_: dict[int, tuple[Destination, str]] = {}
    renderer = _renderer(sandbox, workspace, broadcast)
    destinations = Destinations(sandbox, workspace)
    for at, contact in enumerate(_contacts(sandbox, batches.in_line(sandbox, broadcast.id))):
        place = destinations.of(contact) if contact and contact.status == "active" else None
        if contact is None or place is None:
            continue
        draft = renderer.draft(contact, broadcast.id) if has_readers else None
        open_[at] = place, draft.text if draft else ""
    chosen = choose_ahead(sandbox, workspace, broadcast.id, list(open_.values()))
    fates: list[Fate | None] = [None] * broadcast.waiting
    for at, fate in zip(open_, chosen, strict=True):
        fates[at] = fate
    batches.decide(sandbox, broadcast.id, fates)


def _contacts(sandbox: Sandbox, ids: Sequence[str]) -> Iterator[Contact | None]:
    table = sandbox.store.table(CONTACTS)
    for id in ids:
        contact = table.find(id)
        yield None if contact is None or contact.is_deleted else contact


def _renderer(sandbox: Sandbox, workspace: Workspace, broadcast: RapidBroadcast) -> Renderer:
    content = Content(
        text=broadcast.text,
        attachments=broadcast.attachments,
        quick_replies=broadcast.quick_replies,
        base_language=broadcast.base_language,
    )
    return Renderer(sandbox, workspace, content)


def _recipients(
    sandbox: Sandbox, workspace: Workspace, broadcast: RapidBroadcast, at: datetime
) -> list[Contact]:
    """Return everybody who is meant, once each; owners of unknown addresses are made."""
    table, book = sandbox.store.table(CONTACTS), Contacts(sandbox, workspace, at)
    found: dict[str, Contact] = {}
    for contact in _contacts(sandbox, broadcast.contacts):
        if contact is not None:
            found[contact.id] = contact
    for urn in broadcast.urns:
        owner = book.for_urn(urn)
        found.setdefault(owner.id, owner)
    for group in broadcast.groups:
        members = table.every("modified", ("group", group))
        for member in sorted(members, key=lambda contact: contact.serial):
            found.setdefault(member.id, member)
    if not broadcast.groups:
        return list(found.values())
    return [contact for contact in found.values() if contact.status == "active"]


def _change(sandbox: Sandbox, broadcast: RapidBroadcast, **changes: Any) -> RapidBroadcast:
    return sandbox.store.table(BROADCASTS).change(broadcast, **changes)


def _plan(sandbox: Sandbox, broadcast: RapidBroadcast, at: datetime, delay: Delay) -> None:
    subject = ("broadcast", broadcast.id, broadcast.state, broadcast.waiting)
    due = at + pause(sandbox, delay, *subject)
    sandbox.agenda.plan(due, BROADCAST, broadcast.id)


Step = Callable[[Sandbox, Workspace, RapidBroadcast, datetime], None]
_NEXT: Mapping[str, Step] = {"pending": _queue, "queued": _start, "started": _go_on}
