"""What a workspace holds: one frozen record for each object of the API.

``id`` is the object's UUID unless the class says otherwise; ``number`` is the integer id of
the kinds that show one. ``serial`` is the order of creation, which decides between equal times.
References are UUIDs. Deleted objects stay, as the server keeps them, and are in no list.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import msgspec

from emulator.core.messaging import Fate
from emulator.core.records import Account, Broadcast, Message
from emulator.core.store import Record

from .values import FieldValue

Words = Mapping[str, str]


class Workspace(Account, frozen=True, kw_only=True, gc=False):
    """A customer; its API keys belong to users.

    :param country: two letters, ``""`` for none.
    :param languages: ISO 639-3, the primary one first.
    :param api_rates: scope to ``"3600/hour"``, where the workspace has its own.
    """

    country: str
    languages: tuple[str, ...]
    timezone: str
    date_style: str
    created_on: datetime
    anon: bool = False
    flagged: bool = False
    suspended: bool = False
    api_rates: Words = msgspec.field(default_factory=dict)


class Team(Record, frozen=True, kw_only=True, gc=False):
    """Agents who share topics; ``All Topics`` is built in."""

    workspace: str
    name: str
    created_on: datetime
    topics: tuple[str, ...] = ()
    is_system: bool = False
    is_deleted: bool = False


class User(Record, frozen=True, kw_only=True, gc=False):
    """A member of a workspace. One person in two workspaces is two records."""

    workspace: str
    email: str
    first_name: str
    last_name: str
    role: str
    created_on: datetime
    joined_on: datetime
    team: str | None = None
    avatar: str | None = None
    is_active: bool = True
    is_deleted: bool = False


class Token(Record, frozen=True, kw_only=True, gc=False):
    """An API key (its ``id``) of one user in one workspace."""

    workspace: str
    user: str
    is_revoked: bool = False


class Boundary(Record, frozen=True, kw_only=True, gc=False):
    """A country, state, district or ward of a workspace; ``id`` is workspace and osm_id."""

    workspace: str
    osm_id: str
    name: str
    level: int
    parent: str | None = None
    aliases: tuple[str, ...] = ()
    geometry: Any = None
    is_deleted: bool = False


class Field(Record, frozen=True, kw_only=True, gc=False):
    """A contact field."""

    workspace: str
    key: str
    name: str
    type: str
    created_on: datetime
    featured: bool = False
    priority: int = 0
    agent_access: str = "view"
    is_deleted: bool = False


class Global(Record, frozen=True, kw_only=True, gc=False):
    """A named value that texts can use."""

    workspace: str
    key: str
    name: str
    value: str
    created_on: datetime
    modified_on: datetime
    is_deleted: bool = False


class Group(Record, frozen=True, kw_only=True, gc=False):
    """A manual group, or with a query a smart one."""

    workspace: str
    name: str
    created_on: datetime
    query: str | None = None
    status: str = "ready"
    is_system: bool = False
    is_deleted: bool = False


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
    created_on: datetime
    device: Mapping[str, Any] | None = None
    last_seen: datetime | None = None
    send_url: str | None = None
    send_method: str = "POST"
    send_type: str = "urlencoded"
    send_body: str | None = None
    max_length: int = 160
    is_deleted: bool = False


class Topic(Record, frozen=True, kw_only=True, gc=False):
    """A subject of tickets; ``General`` is built in."""

    workspace: str
    name: str
    created_on: datetime
    is_system: bool = False
    is_deleted: bool = False


class Label(Record, frozen=True, kw_only=True, gc=False):
    """A mark on incoming messages."""

    workspace: str
    name: str
    created_on: datetime
    is_deleted: bool = False


class FlowLabel(Record, frozen=True, kw_only=True, gc=False):
    """A mark on flows, unrelated to labels of messages."""

    workspace: str
    name: str
    created_on: datetime
    is_deleted: bool = False


class Flow(Record, frozen=True, kw_only=True, gc=False):
    """A flow. There is no flow engine: ``simulate`` says what a run of it does.

    :param expires: minutes until a waiting run expires.
    :param results: objects with key, name, categories and node_uuids.
    :param dependencies: keys of fields, UUIDs of groups and flows that it uses.
    """

    workspace: str
    name: str
    type: str
    expires: int
    created_on: datetime
    modified_on: datetime
    archived: bool = False
    labels: tuple[str, ...] = ()
    results: tuple[Mapping[str, Any], ...] = ()
    parent_refs: tuple[str, ...] = ()
    simulate: Mapping[str, Any] | None = None
    nodes: tuple[Any, ...] = ()
    dependencies: Mapping[str, tuple[str, ...]] = {}
    is_deleted: bool = False


class Trigger(Record, frozen=True, kw_only=True, gc=False):
    """What starts a flow."""

    workspace: str
    flow: str
    trigger_type: str
    created_on: datetime
    keywords: tuple[str, ...] = ()
    match_type: str | None = "F"
    groups: tuple[str, ...] = ()
    exclude_groups: tuple[str, ...] = ()
    channel: str | None = None
    archived: bool = False
    is_deleted: bool = False


class Note(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A note on a contact; ``created_by`` is the UUID of a user."""

    text: str
    created_on: datetime
    created_by: str | None


class Contact(Record, frozen=True, kw_only=True, gc=False):
    """A person.

    :param urns: in order of priority, with their display.
    :param groups: manual memberships, by creation of the membership.
    :param smart_groups: memberships that queries decide.
    :param fields: values by field key; unset ones are absent.
    :param flow: the flow whose run waits for the person.
    :param open_tickets: how many tickets of the person are open.
    """

    workspace: str
    name: str | None
    ref: str
    status: str
    created_on: datetime
    modified_on: datetime
    language: str | None = None
    urns: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    smart_groups: tuple[str, ...] = ()
    fields: Mapping[str, FieldValue] = {}
    notes: tuple[Note, ...] = ()
    flow: str | None = None
    last_seen_on: datetime | None = None
    open_tickets: int = 0
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
    modified_on: datetime
    type: str = "text"
    visibility: str = "visible"
    attachments: tuple[str, ...] = ()
    quick_replies: tuple[Words, ...] = ()
    labels: tuple[str, ...] = ()
    flow: str | None = None
    sent_on: datetime | None = None
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
    created_on: datetime


class Campaign(Record, frozen=True, kw_only=True, gc=False):
    """Messages and flows sent relative to a date of each contact in a group."""

    workspace: str
    name: str
    group: str
    created_on: datetime
    archived: bool = False
    is_deleted: bool = False


class CampaignEvent(Record, frozen=True, kw_only=True, gc=False):
    """One message or flow of a campaign; ``relative_to`` is the key of a field."""

    workspace: str
    campaign: str
    relative_to: str
    offset: int
    unit: str
    delivery_hour: int
    created_on: datetime
    flow: str | None = None
    message: Words | None = None
    base_language: str | None = None
    status: str = "ready"
    is_deleted: bool = False


class FlowStart(Record, frozen=True, kw_only=True, gc=False):
    """An order to start many contacts in a flow; ``waiting`` and ``left`` as for broadcasts."""

    workspace: str
    number: int
    flow: str
    status: str
    type: str
    created_on: datetime
    modified_on: datetime
    groups: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    urns: tuple[str, ...] = ()
    params: Mapping[str, Any] | None = None
    total: int = -1
    started: int = 0
    restart_participants: bool = True
    exclude_active: bool = False
    waiting: int = 0
    left: tuple[str, ...] = ()
    is_deleted: bool = False


class Step(msgspec.Struct, frozen=True, gc=False):
    """A node of a flow that a run has come to, and when."""

    node: str
    time: datetime


class Value(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A result of a run; ``input`` is the answer that it comes from, ``node`` where it was set."""

    name: str | None = None
    value: str | None = None
    category: str | None = None
    node: str | None = None
    time: datetime | None = None
    input: str | None = None


class Run(Record, frozen=True, kw_only=True, gc=False):
    """One contact's way through a flow. ``status`` is ``active`` or ``waiting`` until it exits."""

    workspace: str
    number: int
    flow: str
    contact: str
    status: str
    created_on: datetime
    modified_on: datetime
    start: str | None = None
    responded: bool = False
    path: tuple[Step, ...] = ()
    values: Mapping[str, Value] = {}
    exited_on: datetime | None = None
    exit_type: str | None = None
    is_deleted: bool = False


class Resthook(Record, frozen=True, kw_only=True, gc=False):
    """An event that flows call, by slug."""

    workspace: str
    slug: str
    created_on: datetime
    modified_on: datetime
    is_deleted: bool = False


class Subscriber(Record, frozen=True, kw_only=True, gc=False):
    """A URL that a resthook calls; ``id`` is the number as text."""

    workspace: str
    number: int
    resthook: str
    target_url: str
    created_on: datetime
    is_deleted: bool = False


class ResthookEvent(Record, frozen=True, kw_only=True, gc=False):
    """One call of a resthook, with what was sent."""

    workspace: str
    resthook: str
    data: Mapping[str, Any]
    created_on: datetime
    is_deleted: bool = False


class Ticket(Record, frozen=True, kw_only=True, gc=False):
    """A conversation that people take care of."""

    workspace: str
    contact: str
    topic: str
    status: str
    opened_on: datetime
    modified_on: datetime
    assignee: str | None = None
    opened_by: str | None = None
    opened_in: str | None = None
    closed_on: datetime | None = None
    notes: tuple[Note, ...] = ()
    is_deleted: bool = False


class Archive(Record, frozen=True, kw_only=True, gc=False):
    """A file of old messages or runs.

    :param content: the gzip file; None where only its size is known, or there is none.
    """

    workspace: str
    type: str
    period: str
    start_date: date
    record_count: int
    size: int
    hash: str | None
    created_on: datetime
    content: bytes | None = None
    is_rolled_up: bool = False
    is_deleted: bool = False


class ChannelEvent(Record, frozen=True, kw_only=True, gc=False):
    """A call, an opt-out or another thing that is no message."""

    workspace: str
    number: int
    type: str
    contact: str
    channel: str
    occurred_on: datetime
    created_on: datetime
    extra: Mapping[str, Any] = {}
    is_deleted: bool = False


class Classifier(Record, frozen=True, kw_only=True, gc=False):
    """A service that recognises intents."""

    workspace: str
    name: str
    type: str
    created_on: datetime
    intents: tuple[str, ...] = ()
    is_deleted: bool = False


class OptIn(Record, frozen=True, kw_only=True, gc=False):
    """Something that people agree to be told about."""

    workspace: str
    name: str
    created_on: datetime
    is_deleted: bool = False


class Template(Record, frozen=True, kw_only=True, gc=False):
    """A WhatsApp template with its translations."""

    workspace: str
    name: str
    translations: tuple[Mapping[str, Any], ...]
    created_on: datetime
    modified_on: datetime
    is_deleted: bool = False
