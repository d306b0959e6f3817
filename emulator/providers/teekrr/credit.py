"""Credit: reserved when a broadcast is made, spent when a message is accepted, given back.

When a message has failed, its rate is back in the balance; when it is delivered, its rate
is spent. Postpaid clients accrue a cost at once and shed it for what fails.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import Enum

import msgspec

from emulator.core.sandbox import Sandbox
from emulator.web.context import hint

from . import hints
from .errors import OutOfCredit, cap_exceeded, insufficient_credit
from .records import CLIENTS, Billing, Client, TeekrrMessage

WAITING = frozenset({"pending", "enqueued"})
ACCEPTED = frozenset({"send", "sent", "delivered", "read", "bounced"})
GIVEN_UP = frozenset({"failed", "cancelled"})


class Booking(Enum):
    """What a step of a message does to the credit of its client."""

    SETTLE = "reserved credit is spent"
    RELEASE = "reserved credit is given back"
    REFUND = "spent credit is given back"


def booking_of(before: str, after: str) -> Booking | None:
    """Return what going from one state to another books, None for nothing."""
    if before in WAITING and after in ACCEPTED:
        return Booking.SETTLE
    if after in GIVEN_UP:
        return Booking.RELEASE if before in WAITING else Booking.REFUND
    return None


def check(client: Client, cost: int) -> None:
    """Check that the client who asks may spend so much more.

    :raises OutOfCredit: it is more than the balance, or goes beyond the cap.
    """
    billing = client.billing
    if billing.mode == "prepaid" and cost > billing.balance:
        hint(hints.more_credit(client, "creditBalance", cost))
        raise insufficient_credit(cost, billing.balance)
    if billing.mode == "postpaid" and billing.accrued + cost > billing.cap:
        hint(hints.more_credit(client, "cap", billing.accrued + cost))
        raise cap_exceeded(billing.accrued, cost, billing.cap)


def refusal(client: Client, cost: int) -> OutOfCredit:
    """Return what a client is told that can almost afford a cost, whatever it really has."""
    billing, too_little = client.billing, max(cost - 1, 0)
    if billing.mode == "prepaid":
        return insufficient_credit(cost, min(billing.balance, too_little))
    return cap_exceeded(billing.accrued, cost, min(billing.cap, billing.accrued + too_little))


def cost_of(client: Client, channel: str, recipients: int) -> int:
    """Return what it costs a client to write to so many people."""
    return client.rates.get(channel, 0) * recipients


def reserve(found: Sandbox, client: Client, cost: int) -> None:
    """Take the cost of a broadcast out of what a client may spend.

    To be called in the unit of work that stores the broadcast, so that two requests can
    never spend the same credit.

    :raises OutOfCredit: as :func:`check`.
    """
    clients = found.store.table(CLIENTS)
    client = clients.get(client.id)
    check(client, cost)
    billing = client.billing
    if billing.mode == "prepaid":
        changed = msgspec.structs.replace(
            billing, balance=billing.balance - cost, reserved=billing.reserved + cost
        )
    else:
        changed = msgspec.structs.replace(billing, accrued=billing.accrued + cost)
    clients.change(client, billing=changed)


def book(found: Sandbox, steps: Iterable[tuple[TeekrrMessage, TeekrrMessage]]) -> None:
    """Book the steps of many messages; each client's record changes once."""
    rates: dict[tuple[str, str, str], int] = {}
    for before, after in steps:
        step = after.account, before.state, after.state
        rates[step] = rates.get(step, 0) + after.rate
    sums: dict[str, Counter[Booking]] = {}
    for (account, left, joined), rate in rates.items():
        booking = booking_of(left, joined)
        if booking is not None and rate:
            sums.setdefault(account, Counter())[booking] += rate
    clients = found.store.table(CLIENTS)
    for account, booked in sums.items():
        client = clients.get(account)
        clients.change(client, billing=_booked(client.billing, booked))


def _booked(billing: Billing, booked: Counter[Booking]) -> Billing:
    settled, released = booked[Booking.SETTLE], booked[Booking.RELEASE]
    refunded = booked[Booking.REFUND]
    # A tester may have set the counters, or another mode, while messages were on their way:
    # what is not there cannot be moved, and no counter goes below nothing.
    if billing.mode == "postpaid":
        accrued = max(billing.accrued - released - refunded, 0)
        return msgspec.structs.replace(billing, accrued=accrued)
    released = min(released, billing.reserved)
    settled = min(settled, billing.reserved - released)
    refunded = min(refunded, billing.spent + settled)
    return msgspec.structs.replace(
        billing,
        balance=billing.balance + released + refunded,
        reserved=billing.reserved - settled - released,
        spent=billing.spent + settled - refunded,
    )
