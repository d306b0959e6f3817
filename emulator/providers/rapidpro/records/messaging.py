"""What goes out and comes in: by which channels, to whom, and when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emulator.core.kinds import Instant
from emulator.core.messaging import Fate
from emulator.core.records import Broadcast, Message
from emulator.core.store import Record

from .words import Words


class Channel(Record, frozen=True, kw_only=True, gc=False):
    """A way to reach people: their addresses of its schemes.

    :param send_url: where an external channel sends its messages; None: nothing leaves.
    :param send_type: ``urlencoded`` or ``json``.
    :param max_length: characters after which a text is split.
    """

    workspace: str
    name: str | None
    type: str
    address: str | None
    country: str | None
    schemes: tuple[str, ...]
    created_on: Instant
    device: Mapping[str, Any] | None = None
    last_seen: Instant | None = None
    send_url: str | None = None
    send_method: str = "POST"
    send_type: str = "urlencoded"
    send_body: str | None = None
    max_length: int = 160
    is_deleted: bool = False


class ChannelEvent(Record, frozen=True, kw_only=True, gc=False):
    """A call, an opt-out or another thing that is no message."""

    workspace: str
    number: int
    type: str
    contact: str
    channel: str
    occurred_on: Instant
    created_on: Instant
    extra: Mapping[str, Any] = {}
    is_deleted: bool = False


class Label(Record, frozen=True, kw_only=True, gc=False):
    """A mark on incoming messages."""

    workspace: str
    name: str
    created_on: Instant
    is_deleted: bool = False


class RapidMessage(Message, frozen=True, kw_only=True, gc=False):
    """A message. ``account`` is the workspace, ``address`` the path of the URN.

    ``channel`` (of core) is the kind of channel that rules know: ``sms``, ``whatsapp`` or the
    scheme; ``via`` is the UUID of the channel. ``broadcast`` is the broadcast's UUID.
    ``state`` is the API's status; an incoming one is ``pending`` until it is handled.

    :param attachments: ``content-type:url`` each.
    :param errors: how often sending has failed.
    """

    number: int
    contact: str
    urn: str | None
    via: str | None
    text: str
    modified_on: Instant
    type: str = "text"
    visibility: str = "visible"
    attachments: tuple[str, ...] = ()
    quick_replies: tuple[Words, ...] = ()
    labels: tuple[str, ...] = ()
    flow: str | None = None
    sent_on: Instant | None = None
    errors: int = 0


class RapidBroadcast(Broadcast, frozen=True, kw_only=True, gc=False):
    """A message to many. ``account`` is the workspace, ``created_at`` the API's created_on.

    :param total: recipients, -1 until they are known and when there are none.
    :param waiting: recipients whose messages are still to be made.
    :param left: who those are, where an earlier version has written it; now batches hold them.
    :param fates: likewise.
    """

    number: int
    urns: tuple[str, ...]
    contacts: tuple[str, ...]
    groups: tuple[str, ...]
    text: Words
    attachments: Mapping[str, tuple[str, ...]]
    quick_replies: Mapping[str, tuple[Words, ...]]
    base_language: str
    total: int = -1
    started: int = 0
    waiting: int = 0
    left: tuple[str, ...] = ()
    fates: tuple[Fate | None, ...] = ()
    is_scheduled: bool = False
    is_deleted: bool = False


class Batch(Record, frozen=True, kw_only=True, gc=False):
    """Contacts whose turn in a broadcast or a flow start is still to come.

    :param order: the UUID of the broadcast or the flow start.
    :param fates: what becomes of the messages to them, where it was chosen for all at once;
        None for a recipient that could not be written to then.
    """

    order: str
    contacts: tuple[str, ...]
    fates: tuple[Fate | None, ...] = ()


class Media(Record, frozen=True, kw_only=True, gc=False):
    """An uploaded file."""

    workspace: str
    content_type: str
    filename: str
    content: bytes
    created_on: Instant


class OptIn(Record, frozen=True, kw_only=True, gc=False):
    """Something that people agree to be told about."""

    workspace: str
    name: str
    created_on: Instant
    is_deleted: bool = False


class Template(Record, frozen=True, kw_only=True, gc=False):
    """A WhatsApp template with its translations."""

    workspace: str
    name: str
    translations: tuple[Mapping[str, Any], ...]
    created_on: Instant
    modified_on: Instant
    is_deleted: bool = False


class Classifier(Record, frozen=True, kw_only=True, gc=False):
    """A service that recognises intents."""

    workspace: str
    name: str
    type: str
    created_on: Instant
    intents: tuple[str, ...] = ()
    is_deleted: bool = False
