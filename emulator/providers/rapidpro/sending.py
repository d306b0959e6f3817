"""Make outgoing messages: by which channel each leaves, and which ones fail at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from emulator.core.messaging import Fate
from emulator.core.records import NO_PLAN, Failure, Moment
from emulator.core.sandbox import Sandbox

from . import gateway, urns
from .channel_choice import Routes
from .kinds import MESSAGES
from .lifecycle import channel_kind
from .naming import new_uuid, next_number, next_serial
from .records import Contact, RapidMessage, Words, Workspace

SLUG: Final = "rapidpro"
#: So many messages of equal text may go to a contact within the span; more look like a loop.
MOST_ECHOES: Final = 20
ECHO_SPAN: Final = timedelta(seconds=300)

INACTIVE = Failure(code="contact", message="The contact is not active")
SUSPENDED = Failure(code="suspended", message="The workspace is suspended")
NO_DESTINATION = Failure(code="no_destination", message="No channel reaches the contact")
LOOPING = Failure(code="looping", message="The same text went to the contact too often")


class Draft(NamedTuple):
    """A message that is to be sent.

    :param contact: its present record.
    :param attachments: ``content-type:url`` each.
    :param broadcast: UUID of the broadcast that it belongs to.
    :param flow: UUID of the flow that sends it.
    :param fate: what becomes of it, where that was chosen before.
    :param type: ``text``, or ``voice`` for what is said on the telephone.
    """

    contact: Contact
    text: str
    attachments: tuple[str, ...] = ()
    quick_replies: tuple[Words, ...] = ()
    broadcast: str | None = None
    flow: str | None = None
    fate: Fate | None = None
    type: str = "text"


class Destination(NamedTuple):
    """Where a message goes: an address, the UUID of a channel, and the kind of channel.

    :param is_carried: whether it is handed to a real carrier, who decides what becomes of it.
    """

    urn: str
    via: str
    kind: str
    path: str
    is_carried: bool = False


class Destinations:
    """Finds out how the contacts of a workspace are reached."""

    def __init__(self, sandbox: Sandbox, workspace: Workspace) -> None:
        self._routes = Routes(sandbox, workspace)

    def of(self, contact: Contact, urn: str | None = None) -> Destination | None:
        """Return where a message to a contact goes, None if no channel reaches it."""
        for address in contact.urns if urn is None else (urn,):
            channel = self._routes.channel_for(address)
            if channel is not None:
                kind = channel_kind(urns.scheme(address))
                path, is_carried = urns.path(address), gateway.is_carried(channel)
                return Destination(address, channel.id, kind, path, is_carried)
        return None


def send(
    sandbox: Sandbox, workspace: Workspace, drafts: Sequence[Draft], at: datetime | None = None
) -> list[RapidMessage]:
    """Make a message of each draft, store them, and plan what becomes of them.

    Those of one call that belong to a broadcast are all of the same one.

    :param at: when they are created, if not now.
    """
    at = at or sandbox.clock.now()
    destinations = Destinations(sandbox, workspace)
    places = [destinations.of(draft.contact) for draft in drafts]
    guard = LoopGuard(sandbox, at)
    faults = [
        _fault(workspace, draft.contact, place) or guard.fault(draft)
        for draft, place in zip(drafts, places, strict=True)
    ]
    fates = _fates(sandbox, workspace, drafts, places, faults)
    messages = _made(sandbox, workspace, list(zip(drafts, places, faults, fates, strict=True)), at)
    sandbox.messaging.launch(sandbox.vendor(SLUG), messages)
    gateway.hand_over(sandbox, messages)
    return messages


class LoopGuard:
    """Counts equal texts to a contact, those being made included."""

    def __init__(self, sandbox: Sandbox, at: datetime) -> None:
        self._messages = sandbox.store.table(MESSAGES)
        self._since = at - ECHO_SPAN
        self._new: Counter[tuple[str, str]] = Counter()

    def fault(self, draft: Draft) -> Failure | None:
        """Count a message; return why it fails if there were too many like it."""
        same = (draft.contact.id, draft.text)
        self._new[same] += 1
        if self._messages.count("echo", same) + self._new[same] <= MOST_ECHOES:
            return None
        earlier = self._messages.page("echo", same, limit=MOST_ECHOES, low=self._since)
        is_loop = len(earlier.records) + self._new[same] > MOST_ECHOES
        return LOOPING if is_loop else None


def choose_ahead(
    sandbox: Sandbox,
    workspace: Workspace,
    broadcast: str,
    recipients: Sequence[tuple[Destination, str]],
) -> list[Fate]:
    """Choose what becomes of all messages of a broadcast before they are made in batches.

    :param recipients: destination and rendered text of each.
    """
    return sandbox.messaging.choose_each(
        sandbox.vendor(SLUG),
        workspace.id,
        [(place.kind, place.path, text) for place, text in recipients],
        broadcast=broadcast,
    )


def _fault(workspace: Workspace, contact: Contact, place: Destination | None) -> Failure | None:
    if contact.status != "active":
        return INACTIVE
    if workspace.suspended:
        return SUSPENDED
    return NO_DESTINATION if place is None else None


def _fates(
    sandbox: Sandbox,
    workspace: Workspace,
    drafts: Sequence[Draft],
    places: Sequence[Destination | None],
    faults: Sequence[Failure | None],
) -> list[Fate | None]:
    """Return the fate of each message, None for those that fail at once."""
    fates = [
        draft.fate if fault is None else None for draft, fault in zip(drafts, faults, strict=True)
    ]
    for at, place in enumerate(places):
        if place is not None and place.is_carried and faults[at] is None:
            fates[at] = Fate(gateway.CARRIED, 1)
    open_ = [
        (at, place)
        for at, (place, fault) in enumerate(zip(places, faults, strict=True))
        if place is not None and fault is None and fates[at] is None
    ]
    if open_:
        chosen = sandbox.messaging.choose_each(
            sandbox.vendor(SLUG),
            workspace.id,
            [(place.kind, place.path, drafts[at].text) for at, place in open_],
            broadcast=drafts[0].broadcast,
        )
        for (at, _), fate in zip(open_, chosen, strict=True):
            fates[at] = fate
    return fates


def _made(
    sandbox: Sandbox,
    workspace: Workspace,
    parts: Sequence[tuple[Draft, Destination | None, Failure | None, Fate | None]],
    at: datetime,
) -> list[RapidMessage]:
    serial = next_serial(sandbox, MESSAGES, len(parts))
    number = next_number(sandbox, MESSAGES, len(parts))
    # Shared: there may be tens of thousands of these.
    histories = {state: (Moment(state, at),) for state in ("queued", "failed")}
    messages = []
    for ahead, (draft, place, fault, fate) in enumerate(parts):
        state = "queued" if fault is None else "failed"
        messages.append(
            RapidMessage(
                id=new_uuid(sandbox, MESSAGES, at),
                serial=serial + ahead,
                number=number + ahead,
                account=workspace.id,
                channel=place.kind if place else "",
                address=place.path if place else "",
                urn=place.urn if place else None,
                via=place.via if place else None,
                contact=draft.contact.id,
                text=draft.text,
                type=draft.type,
                attachments=draft.attachments,
                quick_replies=draft.quick_replies,
                broadcast=draft.broadcast,
                flow=draft.flow,
                state=state,
                history=histories[state],
                created_at=at,
                modified_on=at,
                plan=fate.plan if fate else NO_PLAN,
                nth=fate.nth if fate else 1,
                error=fault,
            )
        )
    return messages
