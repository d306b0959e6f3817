"""What messages go through, and what follows from each step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from emulator.core.counting import shifted, shifts
from emulator.core.lifecycle import Delay, Lifecycle
from emulator.core.records import Failure
from emulator.core.sandbox import Sandbox
from emulator.core.store import Kind
from emulator.core.vendor import Move

from . import faces, people, words
from .kinds import BROADCASTS, CLIENTS, CONTACTS
from .records import Contact, Face, WhBroadcast, WhMessage
from .topics import SEND_TOPIC
from .webhooks import Teller

AT_ONCE = Delay(0, 0, 0)
DELIVERY = Delay(2, 4, 60)
READING = Delay(8, 600, 7200)
LATE_FAILURE = Delay(3, 10, 120)
ANSWER = Delay(5, 900, 10800)

WAITING = frozenset({"pending", "scheduled"})
SENT = frozenset({"sent", "delivered", "read"})

UNDELIVERABLE = Failure(code="131026", message="Message undeliverable")
LATE = Failure(
    code="131049",
    message="This message was not delivered to maintain healthy ecosystem engagement.",
)
TEXTS = {
    UNDELIVERABLE.code: UNDELIVERABLE.message,
    LATE.code: LATE.message,
    "131047": "Re-engagement message",
    "131051": "Unsupported message type",
    "131056": "(Business Account, Consumer Account) pair rate limit hit",
}
"""What is said with the codes that are known, where a rule gives a code alone."""

READ = ("sent", "delivered", "read")
LATELY_FAILED = ("sent", "failed")

# Refused at once and failed later share a word, and only one of them was ever sent.
LIFECYCLE = Lifecycle(
    name="whautomate message",
    initial="pending",
    steps={
        ("pending", "sent"): AT_ONCE,
        ("pending", "refused"): AT_ONCE,
        ("scheduled", "sent"): AT_ONCE,
        ("scheduled", "refused"): AT_ONCE,
        ("sent", "delivered"): DELIVERY,
        ("sent", "failed"): LATE_FAILURE,
        ("delivered", "read"): READING,
        ("read", "replied"): ANSWER,
    },
    outcomes={
        "delivered": ("sent", "delivered"),
        "read": READ,
        "replied": READ,
        "flaky": READ,
        "rejected": ("refused",),
        "undelivered": LATELY_FAILED,
        "bounced_permanent": LATELY_FAILED,
        "bounced_transient": LATELY_FAILED,
        "stuck": ("sent",),
        "pending": (),
    },
    delay_names={
        "sent": "sent",
        "refused": "failed",
        "delivered": "delivered",
        "read": "read",
        "failed": "failed",
    },
    words={"refused": "failed"},
    # A message becomes replied by an answer alone.
    pushes={
        "pending": frozenset({"sent", "delivered", "read", "refused"}),
        "scheduled": frozenset({"sent", "delivered", "read", "refused"}),
        "sent": frozenset({"delivered", "read", "failed"}),
        "delivered": frozenset({"read"}),
    },
    approximated=frozenset({"flaky", "bounced_permanent", "bounced_transient"}),
    reply=ANSWER,
)


def of_channel(channel: str) -> Lifecycle:
    """Return the lifecycle of a channel: all have the same."""
    return LIFECYCLE


def failure_of(target: str, wanted: Failure | None) -> Failure:
    """Return why a message fails: as its rule says, else as is usual."""
    if wanted is None:
        return UNDELIVERABLE if target == "refused" else LATE
    if wanted.message:
        return wanted
    return Failure(code=wanted.code, message=TEXTS.get(wanted.code, ""))


def evolve(found: Sandbox, message: WhMessage, target: str, at: datetime) -> dict[str, Any]:
    """Return what changes in a message besides its state."""
    changes: dict[str, Any] = {}
    if target in ("refused", "failed"):
        changes["error"] = failure_of(target, message.plan.error)
    if message.state in WAITING:
        # A tester who pushes it on its way does not wait until it is due.
        found.agenda.cancel(SEND_TOPIC, message.id)
        changes["processed_at"] = at
        if message.broadcast is not None:
            changes.update(_renamed(found, message))
        # Refusals stand in a history only where somebody was promised a message.
        if target != "refused" or message.state == "scheduled":
            reader = reader_of(found, message)
            changes["contact"] = reader.id
            if message.broadcast is None:
                changes.update(_repainted(found, message, reader, at))
    return changes


def _renamed(found: Sandbox, message: WhMessage) -> dict[str, str]:
    """Return what a recipient is called by now, if the broadcast began with another name."""
    kind: Kind[Any] = CLIENTS if message.is_client else CONTACTS
    person = found.store.table(kind).find(message.person or "")
    return {} if person is None or person.name == message.name else {"name": person.name}


def _repainted(
    found: Sandbox, message: WhMessage, reader: Contact, at: datetime
) -> dict[str, Face]:
    """Return what a single message shows by now, if it had to wait or its reader is new."""
    is_fresh = message.person is not None and at == message.created_at
    if message.content is None or is_fresh:
        return {}
    template = faces.template_of(found, message.account, message.content)
    if template is None:
        return {}
    kind: Kind[Any] = CLIENTS if message.is_client else CONTACTS
    person = found.store.table(kind).find(message.person or "") or reader
    return {"face": faces.Painter(found, message.content, template).face(person)}


def reader_of(found: Sandbox, message: WhMessage) -> Contact:
    """Return the contact in whose history a message belongs; where there is none it is made."""
    contacts = found.store.table(CONTACTS)
    for id in (message.contact, None if message.is_client else message.person):
        contact = contacts.find(id) if id else None
        if contact is not None:
            return contact
    return people.contact_for(
        found,
        message.account,
        message.location,
        message.address,
        message.name,
        message.channel,
    )


def moved(found: Sandbox, moves: Sequence[Move], at: datetime) -> None:
    """Count, and call back: once for all messages that moved together."""
    steps = cast("Sequence[tuple[WhMessage, WhMessage]]", moves)
    count(found, steps, at)
    sent = [
        after for before, after in steps if before.state in WAITING and after.state != "refused"
    ]
    if sent:
        Teller(found).of_sent(sent)


def count(found: Sandbox, steps: Sequence[tuple[WhMessage, WhMessage]], at: datetime) -> None:
    """Keep the counts and states of broadcasts; each record changes once."""
    table = found.store.table(BROADCASTS)
    for id, shift in shifts(steps).items():
        broadcast = table.get(id)
        counts = shifted(broadcast.counts, shift)
        table.change(broadcast, counts=counts, **_end(broadcast, counts, at))


def _end(broadcast: WhBroadcast, counts: Mapping[str, int], at: datetime) -> dict[str, Any]:
    if broadcast.state != words.IN_PROGRESS or counts.get("pending"):
        return {}
    has_failed = counts.get("refused", 0) == broadcast.total and broadcast.total > 0
    return {"state": words.FAILED if has_failed else words.COMPLETED, "completed_at": at}
