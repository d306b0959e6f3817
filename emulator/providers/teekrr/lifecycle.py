"""What messages go through, and what follows from each step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from emulator.core.counting import shifted, shifts
from emulator.core.errors import Conflict, Invalid, Problem
from emulator.core.lifecycle import Delay, Lifecycle, reachable
from emulator.core.pace import step_delay
from emulator.core.records import Broadcast, Failure, Message, Moment
from emulator.core.sandbox import Sandbox
from emulator.core.vendor import Inbound, Move

from . import credit, webhooks
from .records import CAMPAIGNS, MESSAGES, SLUG, Campaign, TeekrrMessage

# The vendor documents no delays; these are assumed.
AT_ONCE = Delay(0, 0, 0)
ACCEPTANCE = Delay(0.1, 3, 20)
REPORT = Delay(0.2, 8, 90)
READING = Delay(0.2, 600, 7200)

BOUNCE_TOPIC = f"{SLUG}.bounce"
REPLY_TOPIC = f"{SLUG}.reply"
SHORTCODE = "68100"

STATES = ("processing", "scheduled", "completed", "cancelled", "failed")
"""What may become of broadcasts."""
RECEIVED = "received"
STATUSES = (
    "pending",
    "enqueued",
    "send",
    "sent",
    "delivered",
    "read",
    "failed",
    "bounced",
    "cancelled",
    RECEIVED,
)
FINAL = frozenset({"failed", "bounced", "read", "cancelled"})

FAILURES: Mapping[str, Failure] = {
    "sms": Failure(code="UNDELIVERABLE", message="Message could not be delivered"),
    "whatsapp": Failure(code="131026", message="Recipient cannot receive"),
    "email": Failure(code="MessageRejected", message="Message rejected"),
}
TEXTS = {
    "UNDELIVERABLE": "Message could not be delivered",
    "131026": "Recipient cannot receive",
    "131047": "More than 24 hours since the recipient last wrote",
    "131051": "Message type is not supported",
    "133010": "Phone number is not registered",
    "Throttling": "Sending rate exceeded",
    "MessageRejected": "Message rejected",
}
"""What is said with the codes that are known, where a rule gives a code alone."""


def _queued(accepted: str, **more: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    delivered = ("enqueued", accepted, "delivered")
    undelivered = ("enqueued", accepted, "failed")
    return {
        "delivered": delivered,
        "read": delivered,
        "replied": delivered,
        "flaky": delivered,
        "rejected": ("enqueued", "failed"),
        "undelivered": undelivered,
        "bounced_permanent": undelivered,
        "bounced_transient": undelivered,
        "stuck": ("enqueued", accepted),
        "pending": ("enqueued",),
        **more,
    }


_SMS_STEPS = {
    ("pending", "enqueued"): AT_ONCE,
    ("enqueued", "send"): ACCEPTANCE,
    ("enqueued", "failed"): ACCEPTANCE,
    ("send", "delivered"): REPORT,
    ("send", "failed"): REPORT,
}
SMS = Lifecycle(
    name="teekrr sms",
    initial="pending",
    steps=_SMS_STEPS,
    outcomes=_queued("send"),
    delay_names={"send": "sent", "delivered": "delivered", "failed": "failed"},
    pushes=reachable(_SMS_STEPS),
    approximated=frozenset(
        {"read", "replied", "flaky", "pending", "bounced_permanent", "bounced_transient"}
    ),
)

_WHATSAPP_STEPS = {
    ("pending", "enqueued"): AT_ONCE,
    ("pending", "sent"): AT_ONCE,  # test sends know no queue
    ("enqueued", "sent"): ACCEPTANCE,
    ("enqueued", "failed"): ACCEPTANCE,
    ("sent", "delivered"): REPORT,
    ("sent", "failed"): REPORT,
    ("delivered", "read"): READING,
}
WHATSAPP = Lifecycle(
    name="teekrr whatsapp",
    initial="pending",
    steps=_WHATSAPP_STEPS,
    outcomes=_queued("sent", read=("enqueued", "sent", "delivered", "read")),
    delay_names={"sent": "sent", "delivered": "delivered", "read": "read", "failed": "failed"},
    pushes=reachable(_WHATSAPP_STEPS),
    approximated=frozenset(
        {"replied", "flaky", "pending", "bounced_permanent", "bounced_transient"}
    ),
)

_EMAIL_STEPS = {
    ("pending", "send"): AT_ONCE,
    ("pending", "failed"): AT_ONCE,
    ("pending", "enqueued"): AT_ONCE,
    ("enqueued", "send"): ACCEPTANCE,
    ("enqueued", "failed"): ACCEPTANCE,
    ("send", "delivered"): REPORT,
    ("send", "failed"): REPORT,
    ("send", "bounced"): REPORT,
    ("delivered", "bounced"): REPORT,
}
EMAIL = Lifecycle(
    name="teekrr email",
    initial="pending",
    steps=_EMAIL_STEPS,
    # These are the ways of immediate e-mail; scheduled e-mail is enqueued first.
    outcomes={
        **{name: path[1:] for name, path in _queued("send").items()},
        "bounced_permanent": ("send", "bounced"),
        "bounced_transient": ("send",),
    },
    delay_names={
        "send": "sent",
        "delivered": "delivered",
        "failed": "failed",
        "bounced": "failed",
    },
    pushes=reachable(_EMAIL_STEPS),
    approximated=frozenset({"read", "replied", "flaky"}),
)

LIFECYCLES = {"sms": SMS, "whatsapp": WHATSAPP, "email": EMAIL}


def of_channel(channel: str) -> Lifecycle:
    """Return the lifecycle of a channel."""
    return LIFECYCLES[channel]


def failure_of(message_channel: str, wanted: Failure | None) -> Failure:
    """Return why a message fails: as its rule says, else as is usual on its channel."""
    if wanted is None:
        return FAILURES[message_channel]
    if wanted.message:
        return wanted
    usual = FAILURES[message_channel].message
    return Failure(code=wanted.code, message=TEXTS.get(wanted.code, usual))


def evolve(found: Sandbox, message: TeekrrMessage, target: str, at: datetime) -> dict[str, Any]:
    """Return what changes in a message besides its state."""
    changes: dict[str, Any] = {}
    if target == "failed":
        changes["error"] = failure_of(message.channel, message.plan.error)
    is_last = message.taken + 1 >= len(message.plan.path)
    if target in FINAL or (is_last and target in credit.ACCEPTED):
        changes["is_over"] = True
    return changes


def moved(found: Sandbox, moves: Sequence[Move], at: datetime) -> None:
    """Book the credit, count, call back: once for all messages that moved together."""
    steps = cast("Sequence[tuple[TeekrrMessage, TeekrrMessage]]", moves)
    credit.book(found, steps)
    count(found, steps, at)
    webhooks.tell(found, steps, at)
    for before, after in steps:
        if after.plan.outcome == "bounced_transient" and (before.state, after.state) in _ACCEPTING:
            delay = step_delay(found.draws, after, EMAIL, "bounced", found.settings.latency)
            found.agenda.plan(at + delay, BOUNCE_TOPIC, after.id)


_ACCEPTING = frozenset({("pending", "send"), ("enqueued", "send")})


def bounce_softly(found: Sandbox, at: datetime, ids: Sequence[str]) -> None:
    """Report soft bounces; the messages stay as they are."""
    table = found.store.table(MESSAGES)
    messages = [message for id in ids if (message := table.find(id)) is not None]
    webhooks.tell_of_soft_bounces(
        found, [message for message in messages if message.state == "send"], at
    )


def count(
    found: Sandbox, steps: Sequence[tuple[TeekrrMessage, TeekrrMessage]], at: datetime
) -> None:
    """Keep the counts and states of broadcasts; each record changes once."""
    finished: Counter[str] = Counter()
    for before, after in steps:
        if after.broadcast is not None:
            finished[after.broadcast] += after.is_over and not before.is_over
    table = found.store.table(CAMPAIGNS)
    for id, shift in shifts(steps).items():
        campaign = table.get(id)
        unfinished = campaign.unfinished - finished[id]
        counts = shifted(campaign.counts, shift)
        state = _campaign_state(campaign, counts, unfinished, at)
        table.change(campaign, counts=counts, unfinished=unfinished, state=state)


def _campaign_state(
    campaign: Campaign, counts: Mapping[str, int], unfinished: int, at: datetime
) -> str:
    if campaign.state in ("failed", "cancelled"):
        return campaign.state
    if unfinished == 0:
        return "completed"
    is_ahead = campaign.scheduled_at is not None and at < campaign.scheduled_at
    # A tester may have sent all of its messages on their way before.
    return "scheduled" if is_ahead and "pending" in counts else "processing"


def reschedule(found: Sandbox, campaign: Campaign, at: datetime | None) -> Campaign:
    """Let a broadcast that waits for its time go out at another one.

    :param at: None, or a time that has passed, for now.
    """
    now = found.clock.now()
    due = now if at is None else max(at, now)
    waiting = {
        message.id: due
        for message in found.store.table(MESSAGES).every("broadcast", campaign.id)
        if message.state == "pending" and message.plan.path
    }
    found.agenda.plan_each(found.vendor(SLUG).step_topic, waiting)
    return found.store.table(CAMPAIGNS).change(campaign, scheduled_at=at)


def cancel(found: Sandbox, campaign: Campaign) -> Broadcast:
    """Cancel a scheduled broadcast: its messages never leave, and their credit is given back.

    :raises Conflict: it is not waiting for its time.
    """
    if campaign.state != "scheduled":
        raise Conflict(f"{SLUG}: broadcast {campaign.id} is {campaign.state}, not scheduled")
    now = found.clock.now()
    table, agenda = found.store.table(MESSAGES), found.agenda
    topic = found.vendor(SLUG).step_topic
    entry = Moment("cancelled", now)
    steps = []
    for message in table.every("broadcast", campaign.id):
        if message.state == "pending":
            agenda.cancel(topic, message.id)
            history = (*message.history, entry)
            after = table.change(message, state="cancelled", history=history, is_over=True)
            steps.append((message, after))
    credit.book(found, steps)
    count(found, steps, now)
    campaigns = found.store.table(CAMPAIGNS)
    return campaigns.change(campaigns.get(campaign.id), state="cancelled")


def reply(found: Sandbox, at: datetime, ids: Sequence[str]) -> None:
    """Enter the answers of people; Teekrr tells nobody of them."""
    table = found.store.table(MESSAGES)
    for id in ids:
        message = table.find(id)
        if message is not None:
            table.add(
                TeekrrMessage(
                    id=found.ids.uuid4(MESSAGES.name),
                    serial=found.ids.serial(MESSAGES.name),
                    account=message.account,
                    channel=message.channel,
                    address=message.address,
                    state="received",
                    created_at=at,
                    history=(Moment("received", at),),
                    direction="in",
                    content=message.plan.reply or "YES",
                    is_over=True,
                )
            )


def receive(found: Sandbox, wanted: Inbound) -> Message:
    """Refuse a message from a person: this vendor takes none.

    :raises Invalid: always.
    """
    text = f"{SLUG} has no inbound messages; rules can ask for the outcome replied"
    raise Invalid([Problem(pointer="/provider", message=text)])
