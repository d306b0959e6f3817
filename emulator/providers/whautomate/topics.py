"""What this vendor puts on a sandbox's agenda besides steps of messages."""

from __future__ import annotations

from typing import Final

from .records import SLUG

START_TOPIC: Final = f"{SLUG}.start"
"""A broadcast is picked up."""

SEND_TOPIC: Final = f"{SLUG}.send"
"""A message goes out, or is refused."""
