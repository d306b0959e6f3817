"""What Teekrr keeps: clients, keys, templates, broadcasts, messages, uploads, and their tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from emulator.core.kinds import Instant, by_creation, by_serial, in_all, of_account
from emulator.core.packing import Packed
from emulator.core.records import Account, Broadcast, Message
from emulator.core.rules import filed
from emulator.core.store import Kind, Lookup, Order, Record
from emulator.web.keys import KEY_ORDERS, NamedKey

SLUG = "teekrr"
CHANNELS = ("sms", "whatsapp", "email")
SCOPES = tuple(f"send_{channel}" for channel in CHANNELS)

NO_VALUES: Mapping[str, Any] = {}


class Billing(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How a client pays, in integer cents; prepaid and postpaid use different counters."""

    mode: Literal["prepaid", "postpaid"] = "prepaid"
    balance: int = 0
    reserved: int = 0
    spent: int = 0
    cap: int = 0
    accrued: int = 0


class Client(Account, frozen=True, kw_only=True, gc=False):
    """One customer of Teekrr.

    :param rates: cents for each message, by channel.
    """

    billing: Billing = Billing()
    rates: Mapping[str, int] = NO_VALUES
    subscriptions: Mapping[str, bool] = NO_VALUES
    has_own_waba: bool = False
    may_use_platform_waba: bool = False
    keywords: tuple[str, ...] = ()


class Key(NamedKey, frozen=True, kw_only=True, gc=False):
    """An API key of a client."""

    scopes: tuple[str, ...] = SCOPES
    ip_whitelist: tuple[str, ...] = ()
    expires_at: Instant | None = None
    revoked_at: Instant | None = None


class Template(Record, frozen=True, kw_only=True, gc=False):
    """A message template; SMS and e-mail have ``content``, WhatsApp has the rest.

    :param header_format: ``none``, ``text``, ``image``, ``video`` or ``document``.
    :param header_variables: how many positional values the header takes; likewise the others.
    """

    account: str
    channel: str
    name: str
    status: str = "approved"
    content: str = ""
    language: str = "en"
    header_format: str = "none"
    header_variables: int = 0
    body_text: str = ""
    body_variables: int = 0
    button_variables: int = 0
    named_params: tuple[str, ...] = ()


class Upload(Record, frozen=True, kw_only=True, gc=False):
    """A media file for template headers."""

    account: str
    content_type: str
    content: bytes
    created_at: Instant


class Campaign(Broadcast, frozen=True, kw_only=True, gc=False):
    """One broadcast.

    :param scheduled_at: None for an immediate one.
    :param total: how many messages it has.
    :param counts: how many of them are in each state.
    :param unfinished: how many of them still have something before them.
    :param wording: the text that the messages' variables fill; None: they have texts of their own.
    """

    channel: str
    name: str | None
    scheduled_at: Instant | None
    total: int
    counts: Mapping[str, int]
    unfinished: int
    wording: str | None = None

    @property
    def type(self) -> str:
        """The vendor's word for when it is sent."""
        return "quick broadcast" if self.scheduled_at is None else "schedule broadcast"


class TeekrrMessage(Message, frozen=True, kw_only=True, gc=False):
    """One message to, or from, one person.

    :param content: the text after substitution; None: it follows from the broadcast's wording.
    :param variables: the values given for this recipient.
    :param medium: which of the values is the URL of its media, empty where it shows none; None:
        nobody noted it, and the template's present header decides.
    :param rate: cents; 0 for test sends.
    :param is_over: it is in a final state, or accepted with nothing more to come.
    """

    content: str | None
    template: str | None = None
    variables: Packed | None = None
    keyword: str | None = None
    subject: str | None = None
    medium: str | None = None
    rate: int = 0
    is_over: bool = False


CLIENTS: Kind[Client] = Kind(
    "teekrr.clients", Client, orders={"all": Order(frozenset(), in_all, by_serial)}
)

KEYS: Kind[Key] = Kind(
    "teekrr.keys",
    Key,
    lookups={"key": Lookup(frozenset({"key"}), lambda k: (k.key,))},
    orders=KEY_ORDERS,
)

TEMPLATES: Kind[Template] = Kind(
    "teekrr.templates",
    Template,
    lookups={
        "name": Lookup(
            frozenset({"account", "channel", "name"}), lambda t: ((t.account, t.channel, t.name),)
        )
    },
    orders={"account": Order(frozenset({"account"}), of_account, by_serial)},
)

UPLOADS: Kind[Upload] = Kind("teekrr.uploads", Upload)

CAMPAIGNS: Kind[Campaign] = Kind(
    "teekrr.broadcasts",
    Campaign,
    orders={
        "all": Order(frozenset({"created_at"}), in_all, by_creation),
        "account": Order(frozenset({"account", "created_at"}), of_account, by_creation),
    },
)

MESSAGES: Kind[TeekrrMessage] = Kind(
    "teekrr.messages",
    TeekrrMessage,
    orders={
        "all": Order(frozenset({"created_at"}), in_all, by_creation),
        "address": Order(frozenset({"address", "direction", "created_at"}), filed, by_creation),
        "broadcast": Order(
            frozenset({"broadcast", "created_at"}),
            lambda m: () if m.broadcast is None else (m.broadcast,),
            by_creation,
        ),
    },
)

KINDS: tuple[Kind[Any], ...] = (CLIENTS, KEYS, TEMPLATES, UPLOADS, CAMPAIGNS, MESSAGES)
