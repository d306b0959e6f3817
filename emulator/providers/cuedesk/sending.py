"""Make broadcasts and single messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from emulator.core.messaging import Fate
from emulator.core.packing import pack_each, packed
from emulator.core.records import Failure, Moment, Plan
from emulator.core.rules import bare
from emulator.core.sandbox import Sandbox
from emulator.web.context import has_fault, hint

from . import hints, lifecycle
from .errors import ForeignChannel, NobodyLeft, NoContactList, NoTemplate
from .filling import Filler, Filling, Names, check
from .records import (
    BROADCASTS,
    CHANNEL,
    CHANNELS,
    CONTACTS,
    LISTS,
    MESSAGES,
    SLUG,
    TEMPLATES,
    Channel,
    Contact,
    CueBroadcast,
    CueMessage,
    Shape,
    Template,
    Workspace,
)
from .rows import Letter, Row, Sorted, sort_out

APPROVED = "APPROVED"


class Draft(NamedTuple):
    """A broadcast as a client asks for it; its fields are right, as far as they tell.

    :param wish: says what it wants in the places of a template.
    :param rows: None where a contact list names the recipients.
    """

    name: str | None
    sender: str
    template: str
    locale: str
    wish: Callable[[Template], Filling]
    names: Names
    rows: Sequence[Row] | None
    contact_list: str | None = None
    scheduled_at: datetime | None = None
    valid_until: datetime | None = None
    key: str | None = None


class Note(NamedTuple):
    """A single message as a client asks for it, checked."""

    to: str
    channel: Channel
    reference: str | None
    template: str | None = None
    shape: Shape = Shape()
    values: tuple[str, ...] = ()
    text: str | None = None
    type: str = "template"
    content: Any = None


def broadcast(found: Sandbox, workspace: Workspace, draft: Draft) -> CueBroadcast:
    """Store a broadcast and plan its messages; one whose key is known already is that one.

    :raises ForeignChannel: the workspace has no such sender.
    :raises NoTemplate: it has no such template, or none that is approved.
    :raises ParametersMismatch: the template has other places.
    :raises NoContactList: it has no such contact list.
    :raises NobodyLeft: no row can be sent to.
    """
    known = _known(found, workspace, draft.key)
    if known is not None:
        return known
    channel = channel_of(found, workspace, draft.sender)
    template = template_of(found, workspace, draft.template, draft.locale)
    wanted = draft.wish(template)
    check(template, wanted, draft.names)
    rows = draft.rows
    if rows is None:
        rows = list(_rows_of_list(found, workspace, draft.contact_list or ""))
    policy = found.settings[SLUG]["missing_variable"]
    filler, sends_incomplete = Filler(template, wanted), policy == "send_and_fail"
    sorted_out = sort_out(rows, filler, sends_incomplete=sends_incomplete)
    if not sorted_out.letters:
        raise NobodyLeft
    made = _store(found, channel, draft, sorted_out)
    fates = _fates(found, made, sorted_out.letters, filler)
    _launch(found, made, sorted_out.letters, fates, wanted.shape(template))
    return made


def _known(found: Sandbox, workspace: Workspace, key: str | None) -> CueBroadcast | None:
    # The sandbox is locked while a request is served, so of parallel ones the first makes it.
    return found.store.table(BROADCASTS).one("key", (workspace.id, key)) if key else None


def channel_of(found: Sandbox, workspace: Workspace, sender: str) -> Channel:
    """Return the WhatsApp channel of a workspace with this identifier or UUID."""
    channel = found.store.table(CHANNELS).one("name", (workspace.id, sender))
    if channel is None or channel.type != CHANNEL:
        hint(hints.foreign_channel(found, workspace))
        raise ForeignChannel(sender)
    return channel


def template_of(found: Sandbox, workspace: Workspace, name: str, locale: str) -> Template:
    """Return an approved template; another status is as good as none."""
    table = found.store.table(TEMPLATES)
    template = table.one("name", (workspace.id, name, locale))
    if template is None:
        others = table.every("account", workspace.id)
        hint(hints.no_template(name, others))
        raise NoTemplate(name, has_other_locale=any(other.name == name for other in others))
    if template.status != APPROVED:
        hint(hints.no_template(name, [template]))
        raise NoTemplate(name)
    if has_fault(NoTemplate.name):
        raise NoTemplate(name)
    return template


def _rows_of_list(found: Sandbox, workspace: Workspace, uuid: str) -> Iterable[Row]:
    contact_list = found.store.table(LISTS).find(uuid.lower())
    if contact_list is None or contact_list.account != workspace.id:
        raise NoContactList(uuid)
    contacts = found.store.table(CONTACTS)
    for id in contact_list.contacts:
        contact = contacts.get(id)
        yield Row(contact.phone or contact.id, None, _variables(contact))


def _variables(contact: Contact) -> dict[str, Any]:
    """Return what templates may say of a contact; its own fields cannot hide the usual ones."""
    return {
        **contact.custom_fields,
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "email": contact.email,
        "phone": contact.phone,
        "external_contact_id": contact.external_contact_id,
    }


def _store(found: Sandbox, channel: Channel, draft: Draft, rows: Sorted) -> CueBroadcast:
    now, total = found.clock.now(), len(rows.letters)
    is_later = draft.scheduled_at is not None and draft.scheduled_at > now
    made = CueBroadcast(
        id=found.ids.uuid4(BROADCASTS.name),
        serial=found.ids.serial(BROADCASTS.name),
        account=channel.account,
        state="scheduled" if is_later else "processing",
        created_at=now,
        sender=channel.id,
        name=draft.name,
        template=draft.template,
        scheduled_at=draft.scheduled_at,
        valid_until=draft.valid_until,
        total=total,
        counts={"queued": total},
        key=draft.key or None,
        warnings=rows.complaints,
    )
    found.store.table(BROADCASTS).add(made)
    if draft.scheduled_at is not None and is_later:
        found.agenda.plan(draft.scheduled_at, lifecycle.START_TOPIC, made.id)
    if draft.valid_until is not None:
        found.agenda.plan(draft.valid_until, lifecycle.EXPIRY_TOPIC, made.id)
    return made


def _launch(
    found: Sandbox,
    made: CueBroadcast,
    letters: Sequence[Letter],
    fates: Sequence[Fate],
    shape: Shape,
) -> None:
    """Make the messages of a broadcast; what is equal is shared."""
    total = len(letters)
    ids = found.ids.uuid4s(MESSAGES.name, total)
    serial = found.ids.serial(MESSAGES.name, total)
    account, now, template = made.account, made.created_at, made.template
    history = (Moment("queued", now),)
    values = pack_each(letter.values or None for letter in letters)
    messages = [
        CueMessage(
            id=ids[at],
            serial=serial + at,
            account=account,
            channel=CHANNEL,
            address=letter.address,
            state="queued",
            created_at=now,
            history=history,
            broadcast=made.id,
            plan=fate.plan,
            nth=fate.nth,
            sender=made.sender,
            reference=letter.reference,
            template=template,
            shape=shape,
            values=own,
        )
        for at, (letter, fate, own) in enumerate(zip(letters, fates, values, strict=True))
    ]
    found.messaging.launch(found.vendor(SLUG), messages)


def _fates(
    found: Sandbox, made: CueBroadcast, letters: Sequence[Letter], filler: Filler
) -> list[Fate]:
    """Return what becomes of each letter; those that lack values fail without being drawn."""
    sound = [letter for letter in letters if not letter.is_doomed]
    has_readers = found.outcomes.reads_texts
    drawn = iter(
        found.messaging.choose(
            found.vendor(SLUG),
            made.account,
            CHANNEL,
            [
                (letter.address, filler.text(letter.values) if has_readers else "")
                for letter in sound
            ],
            template=made.template,
            broadcast=made.id,
        )
    )
    plan = _failing(lifecycle.VALUE_MISSING)
    return [
        _doom(found, letter.address, plan) if letter.is_doomed else next(drawn)
        for letter in letters
    ]


def _failing(error: Failure) -> Plan:
    return Plan(outcome="rejected", path=("failed",), error=error)


def _doom(found: Sandbox, address: str, plan: Plan) -> Fate:
    return Fate(plan, found.store.count_send(bare(address)))


def send(found: Sandbox, note: Note, *, failure: Failure | None = None) -> CueMessage:
    """Store a single message and plan its first step.

    :param failure: why it will be refused, whatever the rules say.
    """
    if failure is not None:
        fate = _doom(found, note.to, _failing(failure))
    else:
        [fate] = found.messaging.choose(
            found.vendor(SLUG),
            note.channel.account,
            CHANNEL,
            [(note.to, note.text or "")],
            template=note.template,
        )
    now = found.clock.now()
    message = CueMessage(
        id=found.ids.uuid4(MESSAGES.name),
        serial=found.ids.serial(MESSAGES.name),
        account=note.channel.account,
        channel=CHANNEL,
        address=note.to,
        state="queued",
        created_at=now,
        history=(Moment("queued", now),),
        plan=fate.plan,
        nth=fate.nth,
        sender=note.channel.id,
        text=note.text if note.shape.wording is None else None,
        reference=note.reference,
        template=note.template,
        shape=note.shape,
        values=packed(note.values or None),
        type=note.type,
        content=note.content,
    )
    found.messaging.launch(found.vendor(SLUG), [message])
    return message
