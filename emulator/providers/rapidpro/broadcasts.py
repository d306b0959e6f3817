"""Broadcasts: who is meant, and how the messages are made bit by bit behind the API's back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from emulator.core.errors import Conflict
from emulator.core.lifecycle import Delay
from emulator.core.messaging import Fate
from emulator.core.sandbox import Sandbox
from emulator.core.vendor import Topic

from .contacts import Contacts
from .kinds import BROADCASTS, CONTACTS, WORKSPACES
from .lifecycle import pause
from .naming import new_uuid, next_number, next_serial
from .records import Contact, RapidBroadcast, Workspace
from .renderings import Content, Renderer
from .sending import Destination, Destinations, choose_ahead, send
from .urns import engine_accepts, parse

TOPIC: Final = "rapidpro.broadcast"
BATCH: Final = 100
UNKNOWN: Final = -1
MOST_DIGITS: Final = 18
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
    sandbox.agenda.cancel(TOPIC, broadcast.id)
    return _change(sandbox, broadcast, state="interrupted", left=(), fates=())


def find_broadcast(sandbox: Sandbox, id: str) -> RapidBroadcast | None:
    """Return a broadcast by its UUID or its integer id, None if there is none."""
    table = sandbox.store.table(BROADCASTS)
    found = table.find(id)
    if found is None and len(id) <= MOST_DIGITS and id.isascii() and id.isdigit():
        found = table.one("number", int(id))
    return found


def _proceed(sandbox: Sandbox, at: datetime, ids: Sequence[str]) -> None:
    """Let broadcasts take the next of their steps."""
    table = sandbox.store.table(BROADCASTS)
    for id in ids:
        broadcast = table.find(id)
        if broadcast is not None and broadcast.state in _NEXT:
            workspace = sandbox.store.table(WORKSPACES).get(broadcast.account)
            _NEXT[broadcast.state](sandbox, workspace, broadcast, at)


def _queue(sandbox: Sandbox, workspace: Workspace, broadcast: RapidBroadcast, at: datetime) -> None:
    """Find out who the recipients are."""
    if not all(engine_accepts(parse(urn)) for urn in broadcast.urns):
        # The API takes some addresses that nobody can have.
        _change(sandbox, broadcast, state="failed")
        return
    recipients = tuple(contact.id for contact in _recipients(sandbox, workspace, broadcast, at))
    total = len(recipients) or UNKNOWN
    broadcast = _change(sandbox, broadcast, state="queued", total=total, left=recipients)
    _plan(sandbox, broadcast, at, _TO_START)


def _start(sandbox: Sandbox, workspace: Workspace, broadcast: RapidBroadcast, at: datetime) -> None:
    """Begin with the messages, if there are any to make."""
    if not broadcast.left:
        _change(sandbox, broadcast, state="completed")
        return
    fates = _fates(sandbox, workspace, broadcast)
    broadcast = _change(sandbox, broadcast, state="started", fates=fates)
    _go_on(sandbox, workspace, broadcast, at)


def _go_on(sandbox: Sandbox, workspace: Workspace, broadcast: RapidBroadcast, at: datetime) -> None:
    """Make the messages of the next batch; after the last one the broadcast is complete."""
    if not broadcast.left:
        _change(sandbox, broadcast, state="completed")
        return
    ids, fates = broadcast.left[:BATCH], broadcast.fates[:BATCH]
    made = _send(sandbox, workspace, broadcast, ids, fates)
    broadcast = _change(
        sandbox,
        broadcast,
        started=broadcast.started + made,
        left=broadcast.left[BATCH:],
        fates=broadcast.fates[BATCH:],
    )
    _plan(sandbox, broadcast, at, _OF_BATCH)


def _send(
    sandbox: Sandbox,
    workspace: Workspace,
    broadcast: RapidBroadcast,
    ids: Sequence[str],
    fates: Sequence[Fate | None],
) -> int:
    """Make the messages of some recipients; return how many there are."""
    renderer = _renderer(sandbox, workspace, broadcast)
    drafts = []
    for at, contact in enumerate(_contacts(sandbox, ids)):
        draft = renderer.draft(contact, broadcast.id) if contact is not None else None
        if draft is not None:
            drafts.append(draft._replace(fate=fates[at]) if fates else draft)
    return len(send(sandbox, workspace, drafts)) if drafts else 0


def _fates(
    sandbox: Sandbox, workspace: Workspace, broadcast: RapidBroadcast
) -> tuple[Fate | None, ...]:
    """Choose for all recipients at once where a rule is about a share of them.

    Batch by batch the share could not be exact. Nothing is chosen for those who cannot be
    written to, and nothing at all where batches can choose for themselves.
    """
    rules = sandbox.outcomes.rules
    if workspace.suspended or all(rule.share is None for rule in rules):
        return ()
    has_patterns = any(rule.text_pattern is not None for rule in rules)
    open_: dict[int, tuple[Destination, str]] = {}
    renderer = _renderer(sandbox, workspace, broadcast)
    destinations = Destinations(sandbox, workspace)
    for at, contact in enumerate(_contacts(sandbox, broadcast.left)):
        place = destinations.of(contact) if contact and contact.status == "active" else None
        if contact is None or place is None:
            continue
        draft = renderer.draft(contact, broadcast.id) if has_patterns else None
        open_[at] = place, draft.text if draft else ""
    chosen = choose_ahead(sandbox, workspace, broadcast.id, list(open_.values()))
    fates: list[Fate | None] = [None] * len(broadcast.left)
    for at, fate in zip(open_, chosen, strict=True):
        fates[at] = fate
    return tuple(fates)


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
    left = len(broadcast.left)
    due = at + pause(sandbox, delay, "broadcast", broadcast.id, broadcast.state, left)
    sandbox.agenda.plan(due, TOPIC, broadcast.id)


Step = Callable[[Sandbox, Workspace, RapidBroadcast, datetime], None]
_NEXT: Mapping[str, Step] = {"pending": _queue, "queued": _start, "started": _go_on}

#: What this module puts on the agenda.
TOPICS: Mapping[str, Topic] = {TOPIC: Topic(_proceed)}
