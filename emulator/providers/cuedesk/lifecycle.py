"""What messages and broadcasts go through, and what follows from each step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from emulator.core.clock import LATEST
from emulator.core.counting import shifted, shifts
from emulator.core.errors import Conflict
from emulator.core.lifecycle import Delay, Lifecycle
from emulator.core.pace import step_delay
from emulator.core.records import Broadcast, Failure
from emulator.core.sandbox import Sandbox
from emulator.core.vendor import Move

from . import webhooks
from .records import BROADCASTS, MESSAGES, SLUG, CueBroadcast, CueMessage

# The vendor documents no delays; these are assumed.
AT_ONCE = Delay(0, 0, 0)
ACCEPTANCE = Delay(0.1, 3, 20)
REPORT = Delay(0.2, 8, 90)
READING = Delay(0.2, 600, 7200)

START_TOPIC = f"{SLUG}.start"
EXPIRY_TOPIC = f"{SLUG}.expiry"

STATES = ("scheduled", "processing", "completed", "cancelled")
"""What may become of broadcasts."""
RECEIVED = "received"
STATUSES = ("queued", "sent", "delivered", "read", "failed", "expired", "cancelled", RECEIVED)
UNDELIVERED = frozenset({"queued", "sent"})
USUAL = "Message undeliverable"
TEXTS: Mapping[str, str] = {
    "131008": "Required parameter is missing",
    "131026": USUAL,
    "131047": "Re-engagement message",
}
"""What is said with the codes that are known, where a rule gives a code alone."""

FAILED = Failure(code="131026", message=USUAL)
EXPIRED = Failure(code="MESSAGE_EXPIRED", message="Message expired before it was delivered")
WINDOW_CLOSED = Failure(code="131047", message=TEXTS["131047"])
VALUE_MISSING = Failure(code="131008", message=TEXTS["131008"])

_DELIVERED = ("sent", "delivered")
_READ = ("sent", "delivered", "read")
_UNDELIVERED = ("sent", "failed")

LIFECYCLE = Lifecycle(
    name="cuedesk message",
    initial="queued",
    steps={
        ("queued", "sent"): ACCEPTANCE,
        ("queued", "failed"): ACCEPTANCE,
        ("queued", "expired"): AT_ONCE,
        ("queued", "cancelled"): AT_ONCE,
        ("sent", "delivered"): REPORT,
        ("sent", "failed"): REPORT,
        ("sent", "expired"): AT_ONCE,
        ("delivered", "read"): READING,
    },
    outcomes={
        "delivered": _DELIVERED,
        "read": _READ,
        "replied": _READ,
        "rejected": ("failed",),
        "undelivered": _UNDELIVERED,
        "stuck": ("sent",),
        "pending": (),
        "bounced_permanent": _UNDELIVERED,
        "bounced_transient": _UNDELIVERED,
        "flaky": _DELIVERED,
    },
    delay_names={"sent": "sent", "delivered": "delivered", "read": "read", "failed": "failed"},
    pushes={
        "queued": frozenset({"sent", "delivered", "read", "failed", "expired"}),
        "sent": frozenset({"delivered", "read", "failed", "expired"}),
        "delivered": frozenset({"read"}),
        "read": frozenset(),
        "failed": frozenset(),
        "expired": frozenset(),
        "cancelled": frozenset(),
    },
    approximated=frozenset(
        {"replied", "flaky", "pending", "bounced_permanent", "bounced_transient"}
    ),
)


def of_channel(_channel: str) -> Lifecycle:
    """Return the lifecycle of a channel; there is one only."""
    return LIFECYCLE


def wait(found: Sandbox, message: CueMessage, target: str, at: datetime) -> datetime | None:
    """Return when a message of a scheduled broadcast takes its first step, else None.

    Nothing is sent before the time of the broadcast, and delays begin then.
    """
    if message.state != "queued" or message.broadcast is None:
        return None
    broadcast = found.store.table(BROADCASTS).find(message.broadcast)
    start = broadcast.scheduled_at if broadcast is not None else None
    if start is None or start <= at:
        return None
    return _first_step(found, message, target, start)


def _first_step(found: Sandbox, message: CueMessage, target: str, start: datetime) -> datetime:
    """Return when a message whose broadcast starts then takes its first step."""
    if start >= LATEST:
        # Beyond what clocks reach there may be no room for a delay.
        return start
    return start + step_delay(found.draws, message, LIFECYCLE, target, found.settings.latency)


def evolve(found: Sandbox, message: CueMessage, target: str, at: datetime) -> dict[str, Any]:
    """Return what changes in a message besides its state."""
    if target == "failed":
        return {"error": failure_of(message.plan.error)}
    if target == "expired":
        return {"error": EXPIRED}
    return {}


def failure_of(wanted: Failure | None) -> Failure:
    """Return why a message fails: as its rule says, else as usual."""
    if wanted is None:
        return FAILED
    if wanted.message:
        return wanted
    return Failure(code=wanted.code, message=TEXTS.get(wanted.code, USUAL))


def moved(found: Sandbox, moves: Sequence[Move], at: datetime) -> None:
    """Count and call back: once for all messages that moved together."""
    steps = cast("Sequence[tuple[CueMessage, CueMessage]]", moves)
    _count(found, steps, at)
    webhooks.tell(found, [after for _, after in steps], at)


def _count(found: Sandbox, steps: Sequence[tuple[CueMessage, CueMessage]], at: datetime) -> None:
    """Keep the counts and states of broadcasts; each record changes once."""
    table = found.store.table(BROADCASTS)
    for id, shift in shifts(steps).items():
        broadcast = table.get(id)
        counts = shifted(broadcast.counts, shift)
        state = _state(broadcast, counts, at)
        table.change(broadcast, counts=counts, state=state)
        if state == "completed":
            found.agenda.cancel(START_TOPIC, id)
        if not UNDELIVERED & counts.keys():
            found.agenda.cancel(EXPIRY_TOPIC, id)


def _state(broadcast: CueBroadcast, counts: Mapping[str, int], at: datetime) -> str:
    if broadcast.state == "cancelled":
        return broadcast.state
    if "queued" not in counts:
        return "completed"
    is_waiting = broadcast.scheduled_at is not None and at < broadcast.scheduled_at
    return "scheduled" if is_waiting else "processing"


def start(found: Sandbox, at: datetime, ids: Sequence[str]) -> None:
    """Begin broadcasts whose time has come; their messages have been planned already."""
    table = found.store.table(BROADCASTS)
    for id in ids:
        broadcast = table.find(id)
        if broadcast is not None and broadcast.state == "scheduled":
            table.change(broadcast, state="processing")


def expire(found: Sandbox, at: datetime, ids: Sequence[str]) -> None:
    """Expire what broadcasts have not delivered by the end of their validity."""
    vendor, agenda = found.vendor(SLUG), found.agenda
    for id in ids:
        left = _in_states(found, id, UNDELIVERED)
        if any(agenda.planned(vendor.step_topic, message.id) == at for message in left):
            # What falls due at this very instant still counts: look again after it.
            agenda.plan(at, EXPIRY_TOPIC, id)
        elif left:
            found.messaging.divert(vendor, left, "expired", at)


def reschedule(found: Sandbox, broadcast: CueBroadcast, at: datetime | None) -> CueBroadcast:
    """Let a broadcast that waits for its time start at another one.

    :param at: None, or a time that has passed, for now.
    """
    now = found.clock.now()
    start = now if at is None else max(at, now)
    first_steps = {
        message.id: _first_step(found, message, message.plan.path[message.taken], start)
        for message in _in_states(found, broadcast.id, frozenset({"queued"}))
        if message.plan.path
    }
    found.agenda.plan_each(found.vendor(SLUG).step_topic, first_steps)
    found.agenda.plan(start, START_TOPIC, broadcast.id)
    return found.store.table(BROADCASTS).change(broadcast, scheduled_at=at)


def limit(found: Sandbox, broadcast: CueBroadcast, at: datetime | None) -> CueBroadcast:
    """Let what a broadcast has not delivered expire at another time; None for never."""
    if at is None:
        found.agenda.cancel(EXPIRY_TOPIC, broadcast.id)
    elif UNDELIVERED & broadcast.counts.keys():
        found.agenda.plan(max(at, found.clock.now()), EXPIRY_TOPIC, broadcast.id)
    return found.store.table(BROADCASTS).change(broadcast, valid_until=at)


def cancel(found: Sandbox, broadcast: CueBroadcast) -> Broadcast:
    """Cancel a broadcast: what is still queued never leaves, and nobody is told.

    :raises Conflict: it is over.
    """
    if broadcast.state not in ("scheduled", "processing"):
        raise Conflict(f"{SLUG}: broadcast {broadcast.id} is {broadcast.state}")
    table = found.store.table(BROADCASTS)
    table.change(broadcast, state="cancelled")
    found.agenda.cancel(START_TOPIC, broadcast.id)
    queued = _in_states(found, broadcast.id, frozenset({"queued"}))
    found.messaging.divert(found.vendor(SLUG), queued, "cancelled", found.clock.now())
    return table.get(broadcast.id)


def _in_states(found: Sandbox, broadcast: str, states: frozenset[str]) -> list[CueMessage]:
    messages = found.store.table(MESSAGES).every("broadcast", broadcast)
    return [message for message in messages if message.state in states]
