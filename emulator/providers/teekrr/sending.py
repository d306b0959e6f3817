"""Make broadcasts and test sends."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from emulator.core.messaging import Fate
from emulator.core.packing import pack_each, packed
from emulator.core.records import Moment, Plan
from emulator.core.sandbox import Sandbox

from . import credit, lifecycle, templates
from .errors import EnqueueFailed, SendRefused
from .records import CAMPAIGNS, MESSAGES, SLUG, Campaign, Client, TeekrrMessage, Template


class Letter(NamedTuple):
    """What one recipient is to get.

    :param content: None where it follows from the draft's wording and the variables.
    """

    address: str
    content: str | None
    variables: Mapping[str, Any] | None = None
    subject: str | None = None


class Draft(NamedTuple):
    """A broadcast as a client asks for it, checked and worded.

    :param scheduled_at: None for at once.
    :param wording: what letters without a content of their own say.
    :param medium: which of the variables is the URL of the media that is shown.
    """

    channel: str
    name: str | None
    scheduled_at: datetime | None
    template: str | None
    letters: Sequence[Letter]
    keyword: str | None = None
    wording: str | None = None
    medium: str = ""

    def recipients(self, *, has_readers: bool) -> list[tuple[str, str]]:
        """Return the address and the text of each letter.

        :param has_readers: whether anybody looks at the texts; if not, some are left out.
        """
        if self.wording is None or not has_readers:
            return [(letter.address, letter.content or "") for letter in self.letters]
        wording = templates.wording_of(self.channel, self.wording)
        return [
            (letter.address, templates.fill(self.channel, wording, letter.variables or {}))
            for letter in self.letters
        ]


class Order(NamedTuple):
    """A broadcast that is paid for; it and its messages are yet to be stored."""

    campaign: Campaign
    draft: Draft
    rate: int
    fates: Sequence[Fate]


def broadcast(
    found: Sandbox, client: Client, draft: Draft, *, is_refused: bool = False
) -> Campaign:
    """Store a broadcast, reserve its cost, and queue or dispatch it.

    :param is_refused: the queue, or the mail service, is to fail.
    :raises OutOfCredit: nothing is stored then.
    :raises EnqueueFailed: it is stored, and its messages have failed.
    """
    order = _place(found, client, draft)
    if is_refused:
        refuse(found, order)
    elif draft.channel == "email" and draft.scheduled_at is None:
        dispatch(found, order)
    else:
        enqueue(found, order)
    return found.store.table(CAMPAIGNS).get(order.campaign.id)


def _place(found: Sandbox, client: Client, draft: Draft) -> Order:
    total = len(draft.letters)
    credit.reserve(found, client, credit.cost_of(client, draft.channel, total))
    campaign = Campaign(
        id=found.ids.uuid4(CAMPAIGNS.name),
        serial=found.ids.serial(CAMPAIGNS.name),
        account=client.id,
        state="processing" if draft.scheduled_at is None else "scheduled",
        created_at=found.clock.now(),
        channel=draft.channel,
        name=draft.name,
        scheduled_at=draft.scheduled_at,
        total=total,
        counts={"pending": total},
        unfinished=total,
        wording=draft.wording,
    )
    fates = found.messaging.choose(
        found.vendor(SLUG),
        client.id,
        draft.channel,
        draft.recipients(has_readers=found.outcomes.reads_texts),
        template=draft.template,
        broadcast=campaign.id,
    )
    return Order(campaign, draft, credit.cost_of(client, draft.channel, 1), fates)


def enqueue(found: Sandbox, order: Order) -> None:
    """Hand a broadcast to the queue: at once, or at its time."""
    campaign, now = order.campaign, order.campaign.created_at
    vendor = found.vendor(SLUG)
    if campaign.scheduled_at is not None:
        _store(found, campaign)
        path_of = _queued_mail if campaign.channel == "email" else _as_planned
        messages = _make(found, order, (Moment("pending", now),), path_of)
        found.messaging.launch(vendor, messages, campaign.scheduled_at)
        return
    _store(found, campaign, counts={"enqueued": campaign.total})
    messages = _make(found, order, (Moment("pending", now), Moment("enqueued", now)))
    found.messaging.launch(vendor, messages)


def dispatch(found: Sandbox, order: Order) -> None:
    """Attempt every recipient of an immediate e-mail broadcast before the call returns."""
    now = order.campaign.created_at
    _store(found, order.campaign)
    messages = _make(found, order, (Moment("pending", now),))
    found.store.table(MESSAGES).add_all(messages)
    attempted = [(message, message.plan.path[0]) for message in messages if message.plan.path]
    found.messaging.move(found.vendor(SLUG), attempted, now)


def refuse(found: Sandbox, order: Order) -> None:
    """Fail a broadcast that the queue, or the mail service, does not take.

    It stays, its messages have failed, its credit is given back, and nobody is called.

    :raises EnqueueFailed: always.
    """
    campaign, now = order.campaign, order.campaign.created_at
    pending = _make(found, order, (Moment("pending", now),))
    history = (Moment("pending", now), Moment("failed", now))
    failed = [
        msgspec.structs.replace(message, state="failed", history=history, is_over=True)
        for message in pending
    ]
    _store(found, campaign, counts={"failed": campaign.total}, unfinished=0, state="failed")
    found.store.table(MESSAGES).add_all(failed)
    credit.book(found, zip(pending, failed, strict=True))
    raise EnqueueFailed


def _store(found: Sandbox, campaign: Campaign, **changes: Any) -> None:
    found.store.table(CAMPAIGNS).add(msgspec.structs.replace(campaign, **changes))


def _as_planned(plan: Plan) -> Plan:
    return plan


def _queued_mail(plan: Plan) -> Plan:
    return msgspec.structs.replace(plan, path=("enqueued", *plan.path))


def _make(
    found: Sandbox,
    order: Order,
    history: tuple[Moment, ...],
    plan_of: Callable[[Plan], Plan] = _as_planned,
) -> list[TeekrrMessage]:
    """Return the messages of a broadcast, not stored yet; what is equal is shared."""
    draft = order.draft
    total = len(draft.letters)
    ids = found.ids.uuid4s(MESSAGES.name, total)
    serial = found.ids.serial(MESSAGES.name, total)
    common = _common(order, history)
    plans: dict[int, Plan] = {}
    replace = msgspec.structs.replace
    messages = []
    variables = pack_each(letter.variables for letter in draft.letters)
    letters = zip(draft.letters, order.fates, variables, strict=True)
    for at, (letter, fate, own) in enumerate(letters):
        plan = plans.get(id(fate.plan))
        if plan is None:
            plan = plans[id(fate.plan)] = plan_of(fate.plan)
        # A copy takes a quarter of the time of a message made from scratch.
        message = replace(
            common,
            id=ids[at],
            serial=serial + at,
            address=letter.address,
            plan=plan,
            nth=fate.nth,
            content=letter.content,
            variables=own,
            subject=letter.subject,
        )
        messages.append(message)
    return messages


def _common(order: Order, history: tuple[Moment, ...]) -> TeekrrMessage:
    """Return what all messages of a broadcast have in common."""
    campaign, draft = order.campaign, order.draft
    return TeekrrMessage(
        id="",
        serial=0,
        account=campaign.account,
        channel=campaign.channel,
        address="",
        state=history[-1].state,
        created_at=campaign.created_at,
        history=history,
        broadcast=campaign.id,
        taken=len(history) - 1,
        content="",
        template=draft.template,
        keyword=draft.keyword,
        medium=draft.medium,
        rate=order.rate,
    )


def send_test(found: Sandbox, client: Client, template: Template, letter: Letter) -> TeekrrMessage:
    """Send one WhatsApp message without broadcast, queue or credit.

    :raises SendRefused: its outcome is a refusal.
    """
    vendor = found.vendor(SLUG)
    recipient = letter.address, letter.content or ""
    [fate] = found.messaging.choose(
        vendor, client.id, "whatsapp", [recipient], template=template.name
    )
    path = fate.plan.path[1:]  # no queue
    if path[:1] == ("failed",):
        failure = lifecycle.failure_of("whatsapp", fate.plan.error)
        raise SendRefused(failure.code, failure.message)
    now = found.clock.now()
    history = (Moment("pending", now), *(Moment(state, now) for state in path[:1]))
    message = TeekrrMessage(
        id=found.ids.uuid4(MESSAGES.name),
        serial=found.ids.serial(MESSAGES.name),
        account=client.id,
        channel="whatsapp",
        address=letter.address,
        state=history[-1].state,
        created_at=now,
        history=history,
        plan=msgspec.structs.replace(fate.plan, path=path),
        nth=fate.nth,
        taken=len(history) - 1,
        content=letter.content,
        template=template.name,
        variables=packed(letter.variables),
        medium=templates.medium_of(template),
    )
    found.messaging.launch(vendor, [message])
    return message


def meta_message_id(found: Sandbox, number: str) -> str:
    """Return an id in the manner of META: the number in base64, and something drawn."""
    drawn = found.ids.text("teekrr.wamid", 18, "0123456789ABCDEF")
    parts = (b"\x1c\x18", bytes([len(number)]), number.encode(), b"\x15\x02\x00\x11\x18\x12")
    return "wamid." + base64.b64encode(b"".join(parts) + drawn.encode() + b"\0").decode()
