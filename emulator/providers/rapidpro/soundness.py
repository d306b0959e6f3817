"""What RapidPro's records say of each other. What is deleted stays, so all of it is there."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from emulator.core.sandbox import Sandbox
from emulator.core.soundness import Flaw, References, dangling, is_zone
from emulator.core.store import Kind

from . import kinds as k
from .urns import InvalidURN, parse

_OF_KIND: References = {
    k.TEAMS.name: {"topics": k.TOPICS.name},
    k.USERS.name: {"team": k.TEAMS.name},
    k.TOKENS.name: {"user": k.USERS.name},
    k.FLOWS.name: {"labels": k.FLOW_LABELS.name},
    k.TRIGGERS.name: {
        "flow": k.FLOWS.name,
        "groups": k.GROUPS.name,
        "exclude_groups": k.GROUPS.name,
        "channel": k.CHANNELS.name,
    },
    k.CONTACTS.name: {
        "groups": k.GROUPS.name,
        "smart_groups": k.GROUPS.name,
        "flow": k.FLOWS.name,
    },
    k.MESSAGES.name: {
        "account": k.WORKSPACES.name,
        "contact": k.CONTACTS.name,
        "via": k.CHANNELS.name,
        "labels": k.LABELS.name,
        "flow": k.FLOWS.name,
        "broadcast": k.BROADCASTS.name,
    },
    k.BROADCASTS.name: {
        "account": k.WORKSPACES.name,
        "contacts": k.CONTACTS.name,
        "groups": k.GROUPS.name,
    },
    k.BATCHES.name: {"contacts": k.CONTACTS.name},
    k.CAMPAIGNS.name: {"group": k.GROUPS.name},
    k.CAMPAIGN_EVENTS.name: {"campaign": k.CAMPAIGNS.name, "flow": k.FLOWS.name},
    k.FLOW_STARTS.name: {
        "flow": k.FLOWS.name,
        "groups": k.GROUPS.name,
        "contacts": k.CONTACTS.name,
    },
    k.RUNS.name: {
        "flow": k.FLOWS.name,
        "contact": k.CONTACTS.name,
        "start": k.FLOW_STARTS.name,
    },
    k.SUBSCRIBERS.name: {"resthook": k.RESTHOOKS.name},
    k.RESTHOOK_EVENTS.name: {"resthook": k.RESTHOOKS.name},
    k.TICKETS.name: {
        "contact": k.CONTACTS.name,
        "topic": k.TOPICS.name,
        "assignee": k.USERS.name,
        "opened_by": k.USERS.name,
        "opened_in": k.FLOWS.name,
    },
    k.CHANNEL_EVENTS.name: {"contact": k.CONTACTS.name, "channel": k.CHANNELS.name},
}
_OF_WORKSPACE: References = {
    kind.name: {"workspace": k.WORKSPACES.name}
    for kind in k.ALL
    if "workspace" in kind.record.__struct_fields__
}
REFERENCES: References = {
    kind.name: {**_OF_WORKSPACE.get(kind.name, {}), **_OF_KIND.get(kind.name, {})} for kind in k.ALL
}


def _are_urns(texts: Iterable[str]) -> bool:
    try:
        for text in texts:
            parse(text)
    except InvalidURN:
        return False
    return True


def _is_jsonl(content: bytes | None) -> bool:
    try:
        for line in gzip.decompress(content).splitlines() if content is not None else ():
            msgspec.json.decode(line)
    except (OSError, EOFError, zlib.error, msgspec.DecodeError):
        return False
    return True


def _have_keys(results: Iterable[Mapping[str, Any]]) -> bool:
    return all(isinstance(result.get("key"), str) for result in results)


_SENSES: tuple[tuple[Kind[Any], str, Callable[[Any], bool], str], ...] = (
    (k.WORKSPACES, "timezone", is_zone, "Must be a time zone such as Africa/Nairobi"),
    (k.CONTACTS, "urns", _are_urns, "Must be URNs"),
    (k.BROADCASTS, "urns", _are_urns, "Must be URNs"),
    (k.FLOW_STARTS, "urns", _are_urns, "Must be URNs"),
    (k.FLOWS, "results", _have_keys, "Each must have a key: a text"),
    (k.ARCHIVES, "content", _is_jsonl, "Must be lines of JSON, packed with gzip, in Base64"),
)


def flaws(sandbox: Sandbox) -> Iterator[Flaw]:
    """Yield what names others that are not there, and values that mean nothing."""
    yield from dangling(sandbox, REFERENCES)
    for kind, field, makes_sense, message in _SENSES:
        for record in sandbox.store.table(kind).all():
            if not makes_sense(getattr(record, field)):
                yield Flaw(kind.name, record.id, field, message)
