"""Fields of bodies that say what a message has besides its text."""

from __future__ import annotations

from typing import Any

from emulator.web.context import rests_on

from . import lookups
from .compounds import ListOf, QuickReply, ReferenceList
from .context import is_strict, tolerate
from .records import Media

MOST = 10


def _accepts_texts() -> bool:
    """Say whether a bare text may stand for a quick reply; the newest server crashes on it."""
    rests_on("assumed")
    if is_strict():
        return False
    tolerate("quick_replies: items must be objects; a text was taken for one of type text")
    return True


def attachment_list() -> ReferenceList[Media]:
    """Return a field of uploads."""
    return ReferenceList(lookups.find_media, max_items=MOST)


def quick_reply_list() -> ListOf[dict[str, str]]:
    """Return a field of quick replies."""
    return ListOf(QuickReply(_accepts_texts), max_items=MOST)


def needs_content(_: Any, values: dict[str, Any]) -> str | None:
    """Check that there is a text or an attachment."""
    if not values.get("text") and not values.get("attachments"):
        return "Must provide either text or attachments."
    return None
