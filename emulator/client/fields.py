"""What calls take: fields of rules, faults and endpoints, and filters of lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypedDict

Duration = float | str | timedelta
"""Seconds, ``"90s"``, ``"2h"``, ``"3d"``, ``"PT1H30M"`` or a timedelta."""
Moment = str | datetime
"""ISO 8601 with ``Z`` or an offset, or an aware datetime."""
Document = Mapping[str, Any]
Fixture = str | Document | Sequence[str | Document]
Failure = tuple[str, str] | str | Document
"""Code and message of a vendor's error; a code alone; or both by name."""


class Rule(TypedDict, total=False):
    """The fields of an outcome rule besides its outcome; those absent match everything."""

    id: str
    provider: str
    account: str
    channel: str
    to: str
    to_prefix: str
    to_suffix: str
    to_pattern: str
    template: str
    text_pattern: str
    broadcast: str
    nth: int | Sequence[int]
    times: int
    share: float
    error: Failure
    delays: Mapping[str, Duration | Mapping[str, Duration]]
    reply: str | Document


class Likely(TypedDict, total=False):
    """What may be known of a message whose fate is to be explained."""

    account: str
    channel: str
    template: str
    text: str
    broadcast: str
    nth: int


class Fault(TypedDict, total=False):
    """Which requests a fault is for; those absent match everything."""

    id: str
    provider: str
    account: str
    method: str
    path: str
    times: int
    skip: int
    share: float


class Broken(TypedDict, total=False):
    """Ways for a request to go wrong other than an error by name."""

    status: int
    body: Any
    headers: Mapping[str, str]
    delay: Duration
    drop: str
    malformed: bool


class AnyFault(Fault, Broken, total=False):
    """Which requests a fault is for, and what happens to them."""


class ListenerFields(TypedDict, total=False):
    """What an endpoint listens to."""

    account: str
    events: Sequence[str]
    channel: str
    secret: str
    active: bool
    adversary: Document


class Listener(ListenerFields, total=False):
    """The fields of an endpoint besides provider and URL."""

    id: str


class EndpointChange(ListenerFields, total=False):
    """The fields of an endpoint that can be changed."""

    url: str


class MessageFilter(TypedDict, total=False):
    """Filters of a list of messages. ``limit`` ends the list early."""

    provider: str
    to: str
    from_: str
    status: str
    direction: str
    broadcast: str
    text: str
    since: Moment
    limit: int


class BroadcastFilter(TypedDict, total=False):
    """Filters of a list of broadcasts."""

    provider: str
    account: str
    status: str
    name: str
    limit: int


class RequestFilter(TypedDict, total=False):
    """Filters of a list of requests; ``path`` may hold ``*`` and ``?``."""

    provider: str
    operation: str
    method: str
    path: str
    status: int
    matched: bool
    since: int
    limit: int
    bodies: bool


class CallbackFilter(TypedDict, total=False):
    """Filters of a list of callbacks."""

    provider: str
    endpoint: str
    event: str
    subject: str
    state: str
    limit: int


class Person(TypedDict, total=False):
    """What an inbound message may say besides provider, sender and text."""

    account: str
    to: str
    media: Sequence[str]
    name: str
    in_reply_to: str


class Limits(TypedDict, total=False):
    """Where an advance ends early."""

    max_events: int
    max_virtual: Duration
    max_real: Duration


class Wish(TypedDict, total=False):
    """How a new sandbox shall be.

    ``fixture`` is a name, a document or a list of them; ``from_`` a sandbox to fork.
    """

    name: str
    fixture: Fixture
    from_: str
    seed: int
    clock: Mapping[str, Any]
    settings: Document
    ttl: Duration


def failure(given: Failure) -> Document:
    """Return a vendor's error as the control API takes it."""
    if isinstance(given, str):
        return {"code": given}
    if isinstance(given, tuple):
        code, message = given
        return {"code": code, "message": message}
    return given


def outcome_rule(outcome: str, fields: Rule) -> dict[str, Any]:
    """Return an outcome rule as the control API takes it."""
    rule: dict[str, Any] = {**fields, "outcome": outcome}
    if "error" in fields:
        rule["error"] = failure(fields["error"])
    if "nth" in fields and isinstance(fields["nth"], int):
        rule["nth"] = [fields["nth"]]
    if "reply" in fields and isinstance(fields["reply"], str):
        rule["reply"] = {"text": fields["reply"]}
    return rule


def fault(error: str | None, fields: AnyFault) -> dict[str, Any]:
    """Return a fault as the control API takes it."""
    conditions = {k: v for k, v in fields.items() if k in Fault.__annotations__}
    happening = {k: v for k, v in fields.items() if k not in Fault.__annotations__}
    if error is not None:
        happening["error"] = error
    return {**conditions, "fault": happening}


def renamed(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields with ``from_`` under its own name."""
    return {"from" if name == "from_" else name: value for name, value in fields.items()}
