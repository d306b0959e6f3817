"""The little that core asks of a vendor."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from .errors import Problems
from .lifecycle import OUTCOMES, Lifecycle
from .records import Account, Attempt, Broadcast, Delivery, Endpoint, Message
from .store import Kind, Record
from .triggers import Trigger
from .webhooks import RetryPolicy

if TYPE_CHECKING:
    from .belongings import Belongings
    from .generating import Batch, Maker
    from .sandbox import Sandbox
    from .soundness import Flaw

NO_RETRY = RetryPolicy()


class Move(NamedTuple):
    """A message before and after one step."""

    before: Message
    after: Message


class Topic(msgspec.Struct, frozen=True):
    """A sort of planned thing and what happens when such things fall due at one instant.

    :param handle: is given the sandbox, the due moment and the subjects, in order.
    :param holds_idle: whether the sandbox is not idle while one is planned.
    """

    handle: Callable[[Sandbox, datetime, Sequence[str]], None]
    holds_idle: bool = True


class Inbound(NamedTuple):
    """A message from a person's phone, as a tester asks for it."""

    account: str | None
    from_: str
    to: str | None = None
    text: str | None = None
    media: tuple[str, ...] = ()
    name: str | None = None
    in_reply_to: str | None = None


class Setting(msgspec.Struct, frozen=True):
    """A setting of a vendor: its default, and a check that returns the value.

    The check raises ValueError with what the value must be.
    """

    default: Any
    check: Callable[[Any], Any]


def _no_changes(sandbox: Sandbox, message: Message, target: str, at: datetime) -> dict[str, Any]:
    return {}


def _no_wait(sandbox: Sandbox, message: Message, target: str, at: datetime) -> datetime | None:
    return None


def _as_said(message: Message, target: str) -> str:
    return target


def _as_given(sandbox: Sandbox, account: str, channel: str, address: str) -> str:
    return address


def _no_channels(sandbox: Sandbox, account: str) -> Sequence[str]:
    return ()


def _no_retry(sandbox: Sandbox, delivery: Delivery) -> RetryPolicy:
    return NO_RETRY


def _subject(sandbox: Sandbox, delivery: Delivery) -> str:
    return delivery.subject


def _nothing(sandbox: Sandbox, delivery: Delivery, attempt: Attempt) -> None:
    return None


def _nothing_wrong(sandbox: Sandbox) -> Iterable[Flaw]:
    return ()


class Vendor(msgspec.Struct, frozen=True, kw_only=True):
    """What core needs to know of a vendor: data and functions, no class hierarchy.

    :param slug: URL prefix, key in fixtures, name of the vendor's package.
    :param title: what people call the vendor.
    :param kinds: all kinds of record of this vendor, the three named ones included; their names
        begin with the slug and a dot.
    :param messages: has the orders ``all``, ``address`` (see :func:`.rules.filed`) and
        ``broadcast``.
    :param broadcasts: has the order ``all``.
    :param events: names that endpoints may ask for; None where the vendor's users make them.
    :param key_header: the header in which requests carry an API key, and the form of its value,
        which has ``{key}`` where the key stands.
    :param default_outcome: canonical outcome where nothing else decides.
    :param has_rate_limits: default of ``settings.rate_limits`` (a sandbox may say otherwise).
    :param rate_scopes: what requests are counted by, as ``settings.rate_limits`` names it.
    :param lifecycle: the lifecycle of a channel.
    :param topics: what else of it stands on the agenda; their names begin as those of kinds do.
        One named as :attr:`reply_topic` takes over how people answer.
    :param settings: its own settings, below ``settings.<slug>``.
    :param sign: headers of a callback, the signature over exactly these bytes included.
    :param moved: side effects of steps: credit, counters, callbacks. One call for many moves.
    :param evolve: fields that change with the state, besides the state and history.
    :param forced: the state that a message comes into when it is forced into another than its
        plan says: the one asked for, unless the vendor draws a conclusion from it at once.
    :param wait: moment of the next step where delays alone do not say it; None: they do.
    :param addressed: an address that a client of an account gives, as messages of a channel
        carry it; what is none stays as it is.
    :param receive: make an inbound message, with everything that follows from it.
    :param answered: effects of a callback's answer, besides the retry.
    :param endpoint_channels: the channels of an account that an endpoint may be limited to.
    :param endpoint_changed: effects of what a tester did to an endpoint: before and after, None
        where it was removed.
    :param told_of: whom or what a callback is about: those about the same go one after another,
        the others side by side; absent: its subject.
    :param calls_in_turn: whether callbacks about one subject go one after another, also to
        different endpoints.
    :param trigger: owe an event that a tester sets off, within :meth:`Webhooks.at_once`; mistakes
        are noted, and then nothing is owed.
    :param cancel: stop a broadcast. :raises Conflict: its state does not allow it.
    :param load: read a vendor's part of a fixture into the sandbox (merging).
    :param write: an account as a fixture has it, with all that is its own, of which there may be
        much that belongs to others; None: as ``account_view`` shows it.
    :param generate: return what makes the objects that a fixture wants generated in one of the
        vendor's lists; None: the fixture says all there is to them.
    :param sample: return a part of a fixture that has one account with so many contacts and
        messages, to be generated. :raises ValueError: the vendor keeps no contacts.
    :param describe: return the JSON Schema of the vendor's part of a fixture, and add what it
        refers to.
    :param account_of_key: the account that an API key belongs to, or None.
    :param accounts: an account as fixtures show it, with live values.
    :param keys: the keys of an account: objects with ``name`` and ``key``.
    :param channels: what its messages go by; the first where a tester names none.
    :param message_statuses: all words that the view of a message may have as its status; likewise
        ``broadcast_statuses``; none: nobody can tell.
    :param flaws: what its records say that cannot be, where people have edited them.
    :param message_view: the vendor's own words for a message: see :class:`MessageView`.
    :param broadcast_view: likewise for a broadcast.
    """

    slug: str
    title: str
    kinds: tuple[Kind[Any], ...]
    accounts: Kind[Any]
    messages: Kind[Any]
    broadcasts: Kind[Any]
    lifecycle: Callable[[str], Lifecycle]
    sign: Callable[[Sandbox, Endpoint, str, bytes], tuple[tuple[str, str], ...]]
    moved: Callable[[Sandbox, Sequence[Move], datetime], None]
    receive: Callable[[Sandbox, Inbound], Message]
    cancel: Callable[[Sandbox, Any], Broadcast]
    load: Callable[[Sandbox, Mapping[str, Any], str, Problems], None]
    account_of_key: Callable[[Sandbox, str], str | None]
    account_view: Callable[[Sandbox, Any], dict[str, Any]]
    keys: Callable[[Sandbox, Account], list[dict[str, Any]]]
    message_view: Callable[[Sandbox, Any], MessageView]
    broadcast_view: Callable[[Sandbox, Any], BroadcastView]
    make_key: Callable[[Sandbox, Any, Mapping[str, Any], Problems], dict[str, Any]]
    drop_key: Callable[[Sandbox, Any, str], None]
    key_header: tuple[str, str] = ("Authorization", "Bearer {key}")
    events: frozenset[str] | None = None
    default_outcome: str = "delivered"
    has_rate_limits: bool = False
    rate_scopes: frozenset[str] = frozenset()
    settings: Mapping[str, Setting | Mapping[str, Setting]] = {}
    topics: Mapping[str, Topic] = {}
    evolve: Callable[[Sandbox, Any, str, datetime], dict[str, Any]] = _no_changes
    forced: Callable[[Any, str], str] = _as_said
    wait: Callable[[Sandbox, Any, str, datetime], datetime | None] = _no_wait
    addressed: Callable[[Sandbox, str, str, str], str] = _as_given
    retry: Callable[[Sandbox, Delivery], RetryPolicy] = _no_retry
    answered: Callable[[Sandbox, Delivery, Attempt], None] = _nothing
    find_message: Callable[[Sandbox, str], Message | None] | None = None
    find_broadcast: Callable[[Sandbox, str], Broadcast | None] | None = None
    new_endpoint: Callable[[Sandbox, Endpoint], Endpoint] | None = None
    endpoint_changed: Callable[[Sandbox, Endpoint, Endpoint | None], None] | None = None
    endpoint_channels: Callable[[Sandbox, str], Sequence[str]] = _no_channels
    told_of: Callable[[Sandbox, Delivery], str] = _subject
    calls_in_turn: bool = False
    trigger: Callable[[Sandbox, Trigger, Problems], list[Delivery]] | None = None
    write: Callable[[Sandbox, Any, Belongings], dict[str, Any]] | None = None
    account_part: Callable[[Mapping[str, Any]], dict[str, Any]] | None = None
    generate: Callable[[Batch], Maker | None] | None = None
    sample: Callable[[int, int], dict[str, Any]] | None = None
    describe: Callable[[dict[str, dict[str, Any]]], dict[str, Any]] | None = None
    channels: tuple[str, ...] = ("sms",)
    message_statuses: tuple[str, ...] = ()
    broadcast_statuses: tuple[str, ...] = ()
    flaws: Callable[[Sandbox], Iterable[Flaw]] = _nothing_wrong

    def __post_init__(self) -> None:
        faults = "; ".join(_faults(self))
        if faults:
            raise ValueError(f"{self.slug}: {faults}")

    @property
    def step_topic(self) -> str:
        """The agenda's word for a step of one of this vendor's messages."""
        return f"{self.slug}.step"

    @property
    def reply_topic(self) -> str:
        """The agenda's word for a person's answer to one of this vendor's messages."""
        return f"{self.slug}.reply"


ROLES: Mapping[str, tuple[type[Record], tuple[str, ...]]] = {
    "accounts": (Account, ()),
    "messages": (Message, ("all", "address", "broadcast")),
    "broadcasts": (Broadcast, ("all",)),
}
"""What core's own records are to a vendor, and the orders in which they are asked for."""

_SLUG = re.compile(r"[a-z][a-z0-9-]+")


def _faults(vendor: Vendor) -> Iterator[str]:
    """Yield what cannot be true of a vendor."""
    if not _SLUG.fullmatch(vendor.slug):
        yield "a slug has two or more small letters, digits and hyphens, a letter first"
    for role, (record, orders) in ROLES.items():
        yield from _unfit(vendor, role, record, orders)
    names = [kind.name for kind in vendor.kinds]
    yield from (f"two kinds are called {name!r}" for name in names if names.count(name) > 1)
    for name in (*names, *vendor.topics):
        if not name.startswith(f"{vendor.slug}."):
            yield f"the name {name!r} does not begin with {vendor.slug!r} and a dot"
    if vendor.default_outcome not in OUTCOMES:
        yield f"the default outcome {vendor.default_outcome!r} is none of {', '.join(OUTCOMES)}"
    if "{key}" not in vendor.key_header[1]:
        yield f"the form of the key header, {vendor.key_header[1]!r}, lacks {{key}}"


def _unfit(vendor: Vendor, role: str, record: type[Record], orders: Sequence[str]) -> Iterator[str]:
    """Yield why a kind of record cannot be what core takes it for."""
    kind: Kind[Any] = getattr(vendor, role)
    if not any(kind is each for each in vendor.kinds):
        yield f"{role} are {kind.name!r}, which is not among its kinds"
    if not issubclass(kind.record, record):
        yield f"{role} are {kind.record.__name__}, which is no {record.__name__}"
    missing = [order for order in orders if order not in kind.orders]
    if missing:
        yield f"{role} ({kind.name}) lack the orders {', '.join(missing)}"


class MessageView(msgspec.Struct, frozen=True, kw_only=True):
    """What a vendor adds to the view of a message that all vendors share.

    :param status: the state in the vendor's word.
    :param statuses: words of the states in the history, in their order.
    """

    status: str
    statuses: Sequence[str]
    text: str | None
    from_: str | None
    to: str | None
    contact: dict[str, str | None] | None = None
    template: str | None = None
    media: Sequence[str] = ()
    broadcast: str | None = None
    native: Mapping[str, Any] = {}


class BroadcastView(msgspec.Struct, frozen=True, kw_only=True):
    """What a vendor adds to the view of a broadcast that all vendors share."""

    status: str
    channel: str | None
    name: str | None
    total: int
    counts: Mapping[str, int]
    scheduled_at: datetime | None = None
    native: Mapping[str, Any] = {}
