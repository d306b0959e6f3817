"""What this vendor puts on a sandbox's agenda besides steps of messages."""

from __future__ import annotations

from typing import Final

BROADCAST: Final = "rapidpro.broadcast"
FLOW_START: Final = "rapidpro.flow_start"
CALL: Final = "rapidpro.call"
"""Somebody answers a flow that calls, and so begins it."""

GO_ON: Final = "rapidpro.run"
EXPIRE: Final = "rapidpro.expire_run"
READY: Final = "rapidpro.campaign_event"
"""It is found out who gets a campaign event, and when."""

FIRE: Final = "rapidpro.fire"
ERASE: Final = "rapidpro.erase_contact"
CLEAR: Final = "rapidpro.clear_group"
POPULATE: Final = "rapidpro.populate_group"
INTERRUPT: Final = "rapidpro.interrupt_contact"
TRIM: Final = "rapidpro.trim"
