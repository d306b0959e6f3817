"""The records that core itself reads; providers add their own fields by inheritance."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Annotated, Literal

import msgspec

from .durations import LONGEST
from .kinds import Instant, Natural, by_creation
from .sharing import Shared
from .store import Kind, Lookup, Order, Record

Seconds = Annotated[float, msgspec.Meta(ge=0, le=LONGEST)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Moment(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A state, and when it was reached; a pair would take twice the memory."""

    state: str
    at: Instant


class Delays(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A span in virtual seconds: fixed, evenly drawn from a range, or lognormal."""

    fixed: Seconds | None = None
    least: Seconds | None = None
    most: Seconds | None = None
    p50: Seconds | None = None
    p95: Seconds | None = None


class Failure(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """Why a message failed, in the vendor's code and words."""

    code: str
    message: str


class Plan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a message is meant to go through; shared by all messages with the same fate.

    :param outcome: canonical name of the ending.
    :param path: the states still to come when the message is made.
    :param source: what decided: a rule, a magic number or the default.
    """

    outcome: str
    path: tuple[str, ...]
    source: Literal["rule", "magic", "default"] = "default"
    rule: str | None = None
    delays: Mapping[str, Delays] = {}
    error: Failure | None = None
    reply: str | None = None


NO_PLAN = Plan(outcome="", path=())


class Account(Record, frozen=True, kw_only=True, gc=False):
    """One customer at one provider."""

    name: str


class Broadcast(Record, frozen=True, kw_only=True, gc=False):
    """One send-out to many."""

    account: str
    state: str
    created_at: Instant


class Message(Record, frozen=True, kw_only=True, gc=False):
    """One text to (``out``) or from (``in``) one person.

    :param address: the person's address as the provider normalises it.
    :param state: where it is in its lifecycle; see the provider for the wire word.
    :param history: every state with its moment, the first included.
    :param nth: the how manieth send to this address in the sandbox.
    :param taken: steps of the plan's path taken so far.
    """

    account: str
    channel: str
    address: str
    state: str
    created_at: Instant
    history: Shared[Annotated[tuple[Moment, ...], msgspec.Meta(min_length=1)]]
    direction: Literal["out", "in"] = "out"
    broadcast: str | None = None
    plan: Shared[Plan] = NO_PLAN
    nth: Natural = 1
    taken: Natural = 0
    error: Failure | None = None


class Adversary(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What goes wrong with callbacks on their way to an endpoint: shares from 0 to 1.

    :param shuffle: whether those of one instant leave in another order.
    :param delay: virtual seconds by which they leave later.
    """

    duplicate: Share = 0.0
    drop: Share = 0.0
    bad_signature: Share = 0.0
    shuffle: bool = False
    delay: Seconds = 0.0


class Endpoint(Record, frozen=True, kw_only=True, gc=False):
    """A URL that an account wants told.

    :param events: event names it is told of; None is all.
    :param channel: tell only of this channel; None is all.
    """

    provider: str
    account: str
    url: str
    secret: str
    events: tuple[str, ...] | None = None
    channel: str | None = None
    is_active: bool = True
    adversary: Adversary | None = None
    extra: Mapping[str, str] = {}


class Attempt(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One HTTP try: when (virtual), what came back, how long it took (real)."""

    at: Instant
    status: int | None
    error: str | None
    duration_ms: float
    response: str

    @property
    def is_success(self) -> bool:
        """Whether the receiver answered with a 2xx status."""
        return self.status is not None and 200 <= self.status < 300


class Delivery(Record, frozen=True, kw_only=True, gc=False):
    """One event owed to one endpoint: the exact bytes, and every attempt to bring them.

    :param subject: the id of the message or object that the event is about.
    :param tries: attempts that the vendor's retries made; a tester's redeliveries do not count.
    :param trick: whether it is lost on its way, or arrives twice.
    :param lane: those of one lane go one after another; None: with those of its subject and
        endpoint.
    """

    provider: str
    account: str
    endpoint: str
    event: str
    subject: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    created_at: Instant
    attempts: tuple[Attempt, ...] = ()
    state: Literal["pending", "succeeded", "failed"] = "pending"
    method: str = "POST"
    tries: Natural = 0
    trick: Literal["drop", "duplicate"] | None = None
    lane: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will be tried unless a tester asks for it."""
        return self.state != "pending"

    @property
    def size(self) -> int:
        """Roughly how many bytes this holds."""
        told = sum(200 + len(attempt.response) for attempt in self.attempts)
        return 1500 + len(self.url) + len(self.body) + told


def lane_of(delivery: Delivery) -> str:
    """Return what a delivery has in common with those that it goes one after another with."""
    return delivery.lane or f"{delivery.subject} {delivery.endpoint}"


def _untried(delivery: Delivery) -> Iterable[Hashable]:
    return (lane_of(delivery),) if delivery.state == "pending" and not delivery.tries else ()


ENDPOINTS: Kind[Endpoint] = Kind(
    "endpoints",
    Endpoint,
    orders={
        "all": Order(frozenset(), lambda e: ("all",), lambda e: e.serial),
        "account": Order(
            frozenset({"provider", "account"}),
            lambda e: ((e.provider, e.account),),
            lambda e: e.serial,
        ),
        "url": Order(
            frozenset({"provider", "account", "url"}),
            lambda e: ((e.provider, e.account, e.url),),
            lambda e: e.serial,
        ),
    },
)

DELIVERIES: Kind[Delivery] = Kind(
    "deliveries",
    Delivery,
    orders={
        "all": Order(frozenset({"created_at"}), lambda d: ("all",), by_creation),
        "endpoint": Order(
            frozenset({"endpoint", "created_at"}), lambda d: (d.endpoint,), by_creation
        ),
        "subject": Order(frozenset({"subject", "created_at"}), lambda d: (d.subject,), by_creation),
        "untried": Order(
            frozenset({"state", "tries", "lane", "subject", "endpoint", "created_at"}),
            _untried,
            by_creation,
        ),
        "over": Order(
            frozenset({"state", "created_at"}),
            lambda d: ("over",) if d.is_over else (),
            by_creation,
        ),
    },
)

__all__ = [
    "DELIVERIES",
    "ENDPOINTS",
    "NO_PLAN",
    "Account",
    "Adversary",
    "Attempt",
    "Broadcast",
    "Delays",
    "Delivery",
    "Endpoint",
    "Failure",
    "Lookup",
    "Message",
    "Moment",
    "Plan",
]
