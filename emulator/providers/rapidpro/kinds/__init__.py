"""The tables of a workspace's objects: by which keys they are found, in which orders listed.

Lists of the API run over partitions: ``(workspace,)`` holds what the plain list shows, longer
tuples hold what a filter leaves of it. What is deleted is in no partition.
"""

from __future__ import annotations

from typing import Any

from emulator.core.store import Kind

from .flows import (
    CAMPAIGN_EVENTS,
    CAMPAIGNS,
    FLOW_LABELS,
    FLOW_STARTS,
    FLOWS,
    RESTHOOK_EVENTS,
    RESTHOOKS,
    RUNS,
    SUBSCRIBERS,
    TRIGGERS,
)
from .messaging import (
    BATCHES,
    BROADCASTS,
    CHANNEL_EVENTS,
    CHANNELS,
    CLASSIFIERS,
    LABELS,
    MEDIA,
    MESSAGES,
    OPTINS,
    TEMPLATES,
    folder_of,
)
from .people import (
    CONTACTS,
    FIELDS,
    GROUPS,
    TICKETS,
    TOPICS,
)
from .workspaces import (
    ARCHIVES,
    BOUNDARIES,
    GLOBALS,
    TEAMS,
    TOKENS,
    USERS,
    WORKSPACES,
)

ALL: tuple[Kind[Any], ...] = (
    WORKSPACES,
    TEAMS,
    USERS,
    TOKENS,
    BOUNDARIES,
    FIELDS,
    GLOBALS,
    GROUPS,
    CHANNELS,
    TOPICS,
    LABELS,
    FLOW_LABELS,
    FLOWS,
    TRIGGERS,
    CONTACTS,
    MESSAGES,
    BROADCASTS,
    BATCHES,
    MEDIA,
    CAMPAIGNS,
    CAMPAIGN_EVENTS,
    FLOW_STARTS,
    RUNS,
    RESTHOOKS,
    SUBSCRIBERS,
    RESTHOOK_EVENTS,
    TICKETS,
    ARCHIVES,
    CHANNEL_EVENTS,
    CLASSIFIERS,
    OPTINS,
    TEMPLATES,
)

__all__ = [
    "ALL",
    "ARCHIVES",
    "BATCHES",
    "BOUNDARIES",
    "BROADCASTS",
    "CAMPAIGNS",
    "CAMPAIGN_EVENTS",
    "CHANNELS",
    "CHANNEL_EVENTS",
    "CLASSIFIERS",
    "CONTACTS",
    "FIELDS",
    "FLOWS",
    "FLOW_LABELS",
    "FLOW_STARTS",
    "GLOBALS",
    "GROUPS",
    "LABELS",
    "MEDIA",
    "MESSAGES",
    "OPTINS",
    "RESTHOOKS",
    "RESTHOOK_EVENTS",
    "RUNS",
    "SUBSCRIBERS",
    "TEAMS",
    "TEMPLATES",
    "TICKETS",
    "TOKENS",
    "TOPICS",
    "TRIGGERS",
    "USERS",
    "WORKSPACES",
    "folder_of",
]
