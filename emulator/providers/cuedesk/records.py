"""What Cuedesk keeps: workspaces and all that is theirs, broadcasts, messages, and the tables."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, Literal

import msgspec

from emulator.core.kinds import LAST, Instant, by_creation, by_serial, in_all, of_account, of_name
from emulator.core.packing import Packed
from emulator.core.records import Account, Broadcast, Message
from emulator.core.rules import filed
from emulator.core.sharing import Shared
from emulator.core.store import Kind, Lookup, Order, Record

SLUG = "cuedesk"
DOCS = "https://developers.cuedesk.com/api"
CHANNEL = "whatsapp"
MEDIA = frozenset({"image", "video", "document"})
CATEGORIES = ("MARKETING", "UTILITY", "AUTHENTICATION")
PLACEHOLDER = re.compile(r"\{\{([1-9][0-9]{0,3})\}\}")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
BAD_UUID = "Must be a valid UUID"
ContactOrder = Literal["created_at", "updated_at", "first_name", "last_name", "external_contact_id"]
CONTACT_ORDERS: tuple[ContactOrder, ...] = (
    "created_at",
    "first_name",
    "last_name",
    "updated_at",
    "external_contact_id",
)


class Workspace(Account, frozen=True, kw_only=True, gc=False):
    """One customer of Cuedesk."""


class Key(Record, frozen=True, kw_only=True, gc=False):
    """An API key of a workspace; the plaintext is kept, because these are test keys."""

    account: str
    name: str
    token: str
    is_active: bool = True


class Channel(Record, frozen=True, kw_only=True, gc=False):
    """A number that a workspace sends from and receives at. Its id is its UUID."""

    account: str
    identifier: str
    type: str = CHANNEL


class Header(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The header of a template or of one of its cards.

    :param parameters: 1 where it takes a value, else 0.
    """

    type: str = "none"
    parameters: int = 0


class Button(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A button of a template.

    :param is_dynamic: each recipient may get a value of their own.
    """

    index: int
    type: str = "URL"
    is_dynamic: bool = False

    @property
    def needs_value(self) -> bool:
        """Whether a message must bring a value; the values of quick replies are optional."""
        return self.is_dynamic and self.type != "QUICK_REPLY"


class Face(msgspec.Struct, frozen=True, kw_only=True):
    """What a template, or a card of it, consists of."""

    header: Header = Header()
    body_text: str = ""
    body_parameters: int = 0
    buttons: tuple[Button, ...] = ()


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A card of a carousel."""

    index: int
    face: Face = Face()


class Template(Record, frozen=True, kw_only=True, gc=False):
    """A WhatsApp template in one language."""

    account: str
    name: str
    locale: str
    status: str = "APPROVED"
    category: str = "MARKETING"
    face: Face = Face()
    cards: tuple[Card, ...] = ()


class Contact(Record, frozen=True, kw_only=True, gc=False):
    """A person that a workspace knows. Its id is its UUID.

    :param lists: the ids of the contact lists that the person is in.
    """

    account: str
    created_at: Instant
    updated_at: Instant
    phone: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    external_contact_id: str | None = None
    custom_fields: Mapping[str, Any] = {}
    lists: tuple[str, ...] = ()


class ContactList(Record, frozen=True, kw_only=True, gc=False):
    """An uploaded list of contacts, in the order of its rows. Its id is its UUID."""

    account: str
    name: str
    contacts: tuple[str, ...] = ()


class HeaderShape(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The header that messages of one request show."""

    type: str | None = None
    filename: str | None = None


class ButtonShape(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A button that messages of one request bring a value for."""

    index: int
    type: str | None = None


class FaceShape(msgspec.Struct, frozen=True, kw_only=True):
    """For which places of a face messages bring values: in this order, header first."""

    header: HeaderShape | None = None
    body: int = 0
    buttons: tuple[ButtonShape, ...] = ()


class CardShape(msgspec.Struct, frozen=True, kw_only=True):
    """For which places of a card messages bring values."""

    index: int
    face: FaceShape


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """What the values of a message stand for; shared by all messages of a request.

    :param wording: the template's body as it was then; None: messages have texts of their own.
    """

    face: FaceShape = FaceShape()
    cards: tuple[CardShape, ...] = ()
    wording: str | None = None


NO_SHAPE = Shape()


class Complaint(msgspec.Struct, frozen=True, gc=False):
    """Why a row was not sent, or will fail. The identifier is shown as it was given."""

    identifier: Any
    errors: tuple[str, ...]


class CueBroadcast(Broadcast, frozen=True, kw_only=True, gc=False):
    """One broadcast.

    :param sender: id of the channel.
    :param total: how many messages it has.
    :param counts: how many of them are in each state.
    :param key: the client's unique identifier, None if it gave none.
    """

    sender: str
    name: str | None
    template: str
    scheduled_at: Instant | None
    valid_until: Instant | None
    total: int
    counts: Mapping[str, int]
    key: str | None = None
    warnings: tuple[Complaint, ...] = ()


class CueMessage(Message, frozen=True, kw_only=True, gc=False):
    """One message to, or from, one person.

    :param sender: id of the channel that it goes by, or comes by.
    :param reference: what the client calls it.
    :param text: the body, where it does not follow from ``shape`` and ``values``.
    :param values: what ``shape`` has places for: a list of texts.
    :param type: ``template``, or the type of a free-form or inbound message.
    :param content: of a free-form or inbound message, as it was given.
    :param session: of an inbound message: the conversation that it belongs to.
    :param person: of an inbound message: what the person is called.
    """

    sender: str
    text: str | None = None
    reference: str | None = None
    template: str | None = None
    shape: Shared[Shape] = NO_SHAPE
    values: Packed | None = None
    type: str = "template"
    content: Any = None
    session: str | None = None
    person: str | None = None


NAMED: Mapping[str, Order[Any]] = {
    "account": Order(frozenset({"account"}), of_account, by_serial),
    "name": Order(frozenset({"account", "name"}), of_name, by_serial),
}

WORKSPACES: Kind[Workspace] = Kind(
    "cuedesk.workspaces", Workspace, orders={"all": Order(frozenset(), in_all, by_serial)}
)

KEYS: Kind[Key] = Kind(
    "cuedesk.keys",
    Key,
    lookups={"token": Lookup(frozenset({"token"}), lambda k: (k.token,))},
    orders=NAMED,
)

CHANNELS: Kind[Channel] = Kind(
    "cuedesk.channels",
    Channel,
    lookups={
        "name": Lookup(
            frozenset({"account", "identifier"}),
            lambda c: ((c.account, c.identifier), (c.account, c.id)),
        )
    },
    orders={"account": Order(frozenset({"account"}), of_account, by_serial)},
)

TEMPLATES: Kind[Template] = Kind(
    "cuedesk.templates",
    Template,
    lookups={
        "name": Lookup(
            frozenset({"account", "name", "locale"}), lambda t: ((t.account, t.name, t.locale),)
        )
    },
    orders={"account": Order(frozenset({"account"}), of_account, by_serial)},
)


def _contact_order(field: ContactOrder) -> Order[Contact]:
    def position(contact: Contact) -> Any:
        value = getattr(contact, field)
        return LAST if value is None else value

    return Order(frozenset({"account", "lists", field}), _contact_partitions, position)


def _contact_partitions(contact: Contact) -> Iterable[Hashable]:
    return (contact.account, *((contact.account, id) for id in contact.lists))


CONTACTS: Kind[Contact] = Kind(
    "cuedesk.contacts",
    Contact,
    lookups={
        "phone": Lookup(
            frozenset({"account", "phone"}),
            lambda c: () if c.phone is None else ((c.account, c.phone),),
        )
    },
    orders={field: _contact_order(field) for field in CONTACT_ORDERS},
)

LISTS: Kind[ContactList] = Kind(
    "cuedesk.contact_lists",
    ContactList,
    orders=NAMED,
)

BROADCASTS: Kind[CueBroadcast] = Kind(
    "cuedesk.broadcasts",
    CueBroadcast,
    lookups={
        "key": Lookup(
            frozenset({"account", "key"}),
            lambda b: () if b.key is None else ((b.account, b.key),),
        )
    },
    orders={"all": Order(frozenset({"created_at"}), in_all, by_creation)},
)


def _broadcast(message: CueMessage) -> Iterable[Hashable]:
    return () if message.broadcast is None else (message.broadcast,)


MESSAGES: Kind[CueMessage] = Kind(
    "cuedesk.messages",
    CueMessage,
    orders={
        "all": Order(frozenset({"created_at"}), in_all, by_creation),
        "address": Order(frozenset({"address", "direction", "created_at"}), filed, by_creation),
        "broadcast": Order(frozenset({"broadcast", "created_at"}), _broadcast, by_creation),
    },
)

KINDS: tuple[Kind[Any], ...] = (
    WORKSPACES,
    KEYS,
    CHANNELS,
    TEMPLATES,
    CONTACTS,
    LISTS,
    BROADCASTS,
    MESSAGES,
)
