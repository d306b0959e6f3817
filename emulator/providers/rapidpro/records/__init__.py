"""What a workspace holds: one frozen record for each object of the API.

``id`` is the object's UUID unless the class says otherwise; ``number`` is the integer id of
the kinds that show one. ``serial`` is the order of creation, which decides between equal times.
References are UUIDs. Deleted objects stay, as the server keeps them, and are in no list.
"""

from __future__ import annotations

from .flows import (
    Campaign,
    CampaignEvent,
    Flow,
    FlowLabel,
    FlowStart,
    Resthook,
    ResthookEvent,
    Run,
    Step,
    Subscriber,
    Trigger,
    Value,
)
from .messaging import (
    Batch,
    Channel,
    ChannelEvent,
    Classifier,
    Label,
    Media,
    OptIn,
    RapidBroadcast,
    RapidMessage,
    Template,
)
from .people import (
    MOST_NOTES,
    Contact,
    Field,
    Group,
    Note,
    Ticket,
    Topic,
)
from .words import (
    Words,
)
from .workspaces import (
    Archive,
    Boundary,
    Global,
    Team,
    Token,
    User,
    Workspace,
)

__all__ = [
    "MOST_NOTES",
    "Archive",
    "Batch",
    "Boundary",
    "Campaign",
    "CampaignEvent",
    "Channel",
    "ChannelEvent",
    "Classifier",
    "Contact",
    "Field",
    "Flow",
    "FlowLabel",
    "FlowStart",
    "Global",
    "Group",
    "Label",
    "Media",
    "Note",
    "OptIn",
    "RapidBroadcast",
    "RapidMessage",
    "Resthook",
    "ResthookEvent",
    "Run",
    "Step",
    "Subscriber",
    "Team",
    "Template",
    "Ticket",
    "Token",
    "Topic",
    "Trigger",
    "User",
    "Value",
    "Words",
    "Workspace",
]
