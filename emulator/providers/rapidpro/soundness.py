"""What RapidPro's records say of each other. What is deleted stays, so all of it is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

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

_WITH_URNS: tuple[Kind[Any], ...] = (k.CONTACTS, k.BROADCASTS, k.FLOW_STARTS)


def flaws(sandbox: Sandbox) -> Iterator[Flaw]:
    """Yield what names others that are not there, and names that mean nothing."""
    yield from dangling(sandbox, REFERENCES)
    yield from _senseless(sandbox)


def _senseless(sandbox: Sandbox) -> Iterator[Flaw]:
    for workspace in sandbox.store.table(k.WORKSPACES).all():
        if not is_zone(workspace.timezone):
            text = f"There is no time zone {workspace.timezone!r}"
            yield Flaw(k.WORKSPACES.name, workspace.id, "timezone", text)
    for kind in _WITH_URNS:
        for record in sandbox.store.table(kind).all():
            wrong = [urn for urn in record.urns if not _is_urn(urn)]
            if wrong:
                yield Flaw(kind.name, record.id, "urns", f"{wrong[0]!r} is no URN")
    for flow in sandbox.store.table(k.FLOWS).all():
        if not all(isinstance(result.get("key"), str) for result in flow.results):
            yield Flaw(k.FLOWS.name, flow.id, "results", "Each must have a key: a text")


def _is_urn(text: str) -> bool:
    try:
        parse(text)
    except InvalidURN:
        return False
    return True
