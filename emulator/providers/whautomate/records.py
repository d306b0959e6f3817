"""What Whautomate keeps: accounts, people, audiences, broadcasts, messages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from emulator.core.kinds import Instant
from emulator.core.records import Account, Broadcast, Message
from emulator.core.store import Record
from emulator.web.keys import NamedKey

from . import words

SLUG = "whautomate"
NOTHING: Mapping[str, Any] = {}


def _nothing() -> Mapping[str, Any]:
    # A default that is an empty dictionary would be copied for each record.
    return NOTHING


class WhAccount(Account, frozen=True, kw_only=True, gc=False):
    """One customer of Whautomate.

    :param has_opt_out: whether the rule is installed that tags people who write STOP.
    """

    owner: str = ""
    has_opt_out: bool = False


class Key(NamedKey, frozen=True, kw_only=True, gc=False):
    """An API key of an account."""


class Location(Record, frozen=True, kw_only=True, gc=False):
    """A place of business. Its WhatsApp channel is the sender of its messages.

    :param whatsapp: the number of the channel, None where none is connected.
    """

    account: str
    created_at: Instant
    title: str
    address_line1: str = ""
    address_line2: str = ""
    city: str = ""
    district: str = ""
    postal_code: str = ""
    phone: str = ""
    whatsapp: str | None = None


class Button(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A button of a template; of one that opens a URL, how many values the URL takes."""

    type: str
    text: str = ""
    variables: int = 0


class Template(Record, frozen=True, kw_only=True, gc=False):
    """A WhatsApp template in one language.

    :param header_kind: ``NONE``, ``TEXT``, ``IMAGE``, ``VIDEO``, ``DOCUMENT`` or ``LOCATION``.
    """

    account: str
    name: str
    language: str
    category: str = "MARKETING"
    status: str = "APPROVED"
    header_kind: str = "NONE"
    header_text: str = ""
    header_variables: int = 0
    body_text: str = ""
    body_variables: int = 0
    footer: str = ""
    buttons: tuple[Button, ...] = ()

    @property
    def url_variables(self) -> int:
        """How many values the URLs of its buttons take."""
        return sum(button.variables for button in self.buttons)


class Tag(Record, frozen=True, kw_only=True, gc=False):
    """A tag of contacts, or of clients.

    :param canonical: what decides whether two tags are the same.
    """

    account: str
    created_at: Instant
    updated_at: Instant
    name: str
    canonical: str


class Contact(Record, frozen=True, kw_only=True, gc=False):
    """A person on a messaging channel.

    :param phone: with a leading ``+``; empty for people known on another channel only.
    :param session_at: when the person last wrote on WhatsApp.
    :param handles: names and ids on other channels, by their names in callbacks.
    """

    account: str
    created_at: Instant
    updated_at: Instant
    last_activity: Instant
    name: str
    phone: str
    location: str
    stage: str = "Subscriber"
    notes: str = ""
    custom_fields: Mapping[str, Any] = msgspec.field(default_factory=_nothing)
    tags: tuple[str, ...] = ()
    channel: str = words.WHATSAPP
    session_at: Instant | None = None
    handles: Mapping[str, str] = msgspec.field(default_factory=_nothing)

    @property
    def digits(self) -> str:
        """The number as it is compared."""
        return self.phone.removeprefix("+")


class Client(Record, frozen=True, kw_only=True, gc=False):
    """A customer who books services.

    :param code: the running code that clients are known by, such as ``C2``.
    :param texts: fields that are plain text, by their names in the API; those unset are absent.
    :param more: fields that are shown only where they are set.
    """

    account: str
    created_at: Instant
    updated_at: Instant
    registered_at: Instant
    code: str
    name: str
    location: str
    contact_type: str
    country_code: str = ""
    phone: str = ""
    email: str = ""
    gender: str = ""
    dob: date | None = None
    tags: tuple[str, ...] = ()
    texts: Mapping[str, str] = msgspec.field(default_factory=_nothing)
    custom_fields: Mapping[str, Any] = msgspec.field(default_factory=_nothing)
    company: Mapping[str, Any] = msgspec.field(default_factory=_nothing)
    more: Mapping[str, Any] = msgspec.field(default_factory=_nothing)

    @property
    def digits(self) -> str:
        """The number as it is compared, calling code first; empty without one."""
        number = "".join(filter(_is_digit, self.phone))
        return "".join(filter(_is_digit, self.country_code)) + number if number else ""


def _is_digit(char: str) -> bool:
    return char.isascii() and char.isdigit()


Person = Contact | Client


class Criteria(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Who belongs to a segment; what is None or empty does not restrict.

    :param active_within: days since the last activity.
    :param age_from: whole years; likewise ``age_to``, both included.
    """

    tags: tuple[str, ...] = ()
    exclusion_tags: tuple[str, ...] = ()
    gender: str | None = None
    active_within: int | None = None
    age_from: int | None = None
    age_to: int | None = None
    stage: str | None = None
    locations: tuple[str, ...] = ()


class Segment(Record, frozen=True, kw_only=True, gc=False):
    """An audience that is worked out whenever it is used.

    :param location: where it is filed; does not restrict who belongs to it.
    """

    account: str
    created_at: Instant
    name: str
    type: str
    criteria: Criteria = Criteria()
    location: str | None = None


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """A template and the values for its places, as a request gives them."""

    template: str | None = None
    language: str | None = None
    header_media: str | None = None
    header_texts: tuple[str, ...] = ()
    body_texts: tuple[str, ...] = ()
    button_urls: tuple[str, ...] = ()
    location: Mapping[str, Any] | None = None
    flow: Mapping[str, str] | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """All values that may hold placeholders."""
        return (*self.header_texts, *self.body_texts, *self.button_urls)


NO_CONTENT = Content()


class Audience(msgspec.Struct, frozen=True, kw_only=True):
    """Where the recipients of a broadcast come from; the last source that is set counts."""

    segments: tuple[str, ...] = ()
    target_class: str | None = None
    class_status: str | None = None
    retargeted: str | None = None
    engagement: str | None = None

    @property
    def is_given(self) -> bool:
        """Whether there is any source."""
        return bool(self.segments or self.target_class or self.retargeted)


class WhBroadcast(Broadcast, frozen=True, kw_only=True, gc=False):
    """One broadcast.

    :param is_held: a draft on purpose, and not for lack of something.
    :param total: how many recipients it turned out to have.
    :param counts: how many of them are in each state.
    """

    name: str
    type: str
    audience: Audience = Audience()
    content: Content = NO_CONTENT
    location: str | None = None
    scheduled_at: Instant | None = None
    started_at: Instant | None = None
    completed_at: Instant | None = None
    is_held: bool = False
    total: int = 0
    counts: Mapping[str, int] = NOTHING

    @property
    def is_complete(self) -> bool:
        """Whether it has everything that sending takes."""
        return bool(self.content.template and self.location and self.audience.is_given)


class Face(msgspec.Struct, frozen=True, kw_only=True):
    """What the reader of a message sees; shared where many see the same."""

    text: str | None = None
    header_text: str | None = None
    media_url: str | None = None
    caption: str | None = None
    footer: str | None = None
    options: tuple[str, ...] = ()


NO_FACE = Face()


class WhMessage(Message, frozen=True, kw_only=True, gc=False):
    """One message to, or from, one person; of a broadcast also the person's log.

    :param location: whose channel it goes by, or comes by.
    :param person: the id of the contact or client that it is meant for.
    :param name: what the person is called; likewise ``country_code`` and ``number`` are the
        person's as stored then, None where they follow from the address.
    :param contact: in whose history it stands, None where it stands in none.
    :param processed_at: when it was sent or refused, None before that.
    :param content: what it was made from, to be looked at again when it goes out.
    :param reply: the person's first answer.
    """

    location: str
    type: str = "template"
    face: Face = NO_FACE
    content: Content | None = None
    sender: str | None = None
    person: str | None = None
    is_client: bool = False
    name: str = ""
    country_code: str | None = None
    number: str | None = None
    contact: str | None = None
    processed_at: Instant | None = None
    reply: str = ""
    quoted: str | None = None
