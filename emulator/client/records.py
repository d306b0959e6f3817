"""What the control API shows, as records. What a newer server adds is left out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

Record = msgspec.Struct


class Step(Record, frozen=True, kw_only=True):
    """A status of a message, and when it got it."""

    status: str
    at: datetime


class Error(Record, frozen=True, kw_only=True):
    """Why a message failed, as the vendor says it."""

    code: str
    message: str


class Message(Record, frozen=True, kw_only=True, rename={"from_": "from"}):
    """A message to a person (``direction`` is ``out``) or from one (``in``).

    :ivar native: the vendor's own fields.
    """

    id: str
    provider: str
    account: str
    channel: str
    direction: str
    from_: str | None
    to: str | None
    contact: dict[str, Any] | None
    text: str | None
    template: str | None
    media: list[str]
    status: str
    outcome: str | None
    error: Error | None
    broadcast: str | None
    created_at: datetime
    history: list[Step]
    native: dict[str, Any]

    @property
    def statuses(self) -> list[str]:
        """All statuses in their order, the first included."""
        return [step.status for step in self.history]


class Broadcast(Record, frozen=True, kw_only=True):
    """A broadcast of any vendor."""

    id: str
    provider: str
    account: str
    channel: str | None
    name: str | None
    status: str
    scheduled_at: datetime | None
    created_at: datetime
    total: int
    counts: dict[str, int]
    native: dict[str, Any]


class Near(Record, frozen=True, kw_only=True):
    """An operation that a request may have been meant for."""

    method: str
    path: str
    operation: str


class Unread(Record, frozen=True, kw_only=True):
    """A field of a body that no rule of the vendor's API reads."""

    pointer: str
    suggestion: str | None = None


class Request(Record, frozen=True, kw_only=True):
    """What a client asked a vendor, and was answered.

    :ivar operation: None where the vendor has no such thing.
    :ivar status: None until it is answered.
    :ivar body: None where it was empty or not asked for, like ``response``.
    :ivar unread: of a single one only, like ``near``.
    """

    id: int
    at: datetime
    provider: str
    account: str | None
    operation: str | None
    method: str
    path: str
    query: dict[str, Any]
    headers: dict[str, Any]
    status: int | None
    duration_ms: float | None
    fault: str | None
    evidence: str | None
    hint: str | None
    body: Any = None
    response: Any = None
    unread: tuple[Unread, ...] = ()
    near: tuple[Near, ...] = ()


class Attempt(Record, frozen=True, kw_only=True):
    """One try to deliver a callback; ``error`` where there was no answer."""

    at: datetime
    status: int | None
    error: str | None
    duration_ms: float | None
    response: str | None


class Callback(Record, frozen=True, kw_only=True):
    """An event that an endpoint was owed; ``body`` is the exact text."""

    id: str
    provider: str
    account: str
    endpoint: str
    event: str
    subject: str
    url: str
    headers: dict[str, Any]
    body: str
    created_at: datetime
    attempts: list[Attempt]
    state: str

    @property
    def json(self) -> Any:
        """The body, read."""
        return msgspec.json.decode(self.body)


class Endpoint(Record, frozen=True, kw_only=True):
    """Where callbacks go; the secret is shown when it is made, and never again."""

    id: str
    provider: str
    account: str
    url: str
    events: list[str] | None
    channel: str | None
    active: bool
    secret: str | None = None


class Received(Record, frozen=True, kw_only=True):
    """A request to the sandbox's own sink."""

    at: datetime
    method: str
    path: str
    query: dict[str, Any]
    headers: dict[str, Any]
    body: str


class Clock(Record, frozen=True, kw_only=True):
    """The clock of a sandbox, and what it has before it."""

    mode: str
    rate: float
    now: datetime
    pending: int
    next_due: datetime | None
    in_flight: int


class CallbackCounts(Record, frozen=True, kw_only=True):
    """What became of the callbacks of an advance."""

    attempted: int
    succeeded: int
    failed: int


class LogEntry(Record, frozen=True, kw_only=True, rename={"from_": "from"}):
    """One thing that happened in an advance."""

    at: datetime
    kind: str
    provider: str | None
    subject: str | None
    from_: str | None
    to: str | None
    callback: str | None = None


class Ledger(Record, frozen=True, kw_only=True, rename={"from_": "from"}):
    """What happened in an advance; ``log`` where details were asked for."""

    from_: datetime
    to: datetime
    reason: str
    events: int
    transitions: dict[str, int]
    callbacks: CallbackCounts
    pending: int
    next_due: datetime | None
    real_ms: float
    log: list[LogEntry] | None = None


class Key(Record, frozen=True, kw_only=True):
    """An API key of an account."""

    name: str
    key: str


class Account(Record, frozen=True, kw_only=True):
    """An account as a sandbox introduces it; ``sandbox.accounts()`` has all of it."""

    id: str
    name: str
    keys: list[Key]


class Access(Record, frozen=True, kw_only=True):
    """Where a vendor is reached, and with which keys.

    :ivar auth: headers that show a key, with ``{key}`` where it stands.
    """

    base_url: str
    accounts: list[Account]
    auth: dict[str, str]


class World(Record, frozen=True, kw_only=True):
    """A sandbox as the server introduces it.

    :ivar dropped: how many requests, callbacks, events and so on are not kept any more.
    """

    name: str
    seed: int
    clock: Clock
    providers: dict[str, Access]
    dropped: dict[str, int]


class Candidate(Record, frozen=True, kw_only=True):
    """A rule that was looked at, and why it matched or did not."""

    rule: str
    matched: bool
    reason: str | None


class Later(Record, frozen=True, kw_only=True):
    """A status, and how many seconds after the message is made it gets it."""

    status: str
    after: float


class Explanation(Record, frozen=True, kw_only=True):
    """What would become of a message, and why."""

    outcome: str
    source: str
    rule: str | None
    candidates: list[Candidate]
    timeline: list[Later]
    approximated: bool


class Health(Record, frozen=True, kw_only=True):
    """How a server is."""

    status: str
    version: str
    uptime_s: float
    sandboxes: int


class Event(Record, frozen=True, kw_only=True):
    """Something that changed, as its list shows it."""

    id: str
    event: str
    data: Mapping[str, Any]
