"""Write an account back as a fixture has it, with its broadcasts and messages."""

from __future__ import annotations

from typing import Any

from emulator.core.kinds import by_serial
from emulator.core.sandbox import Sandbox

from . import account_view, shapes, webhooks, words
from .kinds import BROADCASTS, MESSAGES
from .lifecycle import LIFECYCLE
from .records import WhAccount, WhBroadcast, WhMessage


def write(found: Sandbox, shown: WhAccount) -> dict[str, Any]:
    """Return an account with all that is its own."""
    broadcasts = sorted(found.store.table(BROADCASTS), key=lambda one: one.serial)
    messages = sorted(found.store.table(MESSAGES), key=lambda one: one.serial)
    subscribed = webhooks.subscriptions(found, shown.id)
    return {
        **account_view.account(found, shown),
        # Whoever was there first is told first.
        "webhooks": [webhooks.subscription(one) for one in sorted(subscribed, key=by_serial)],
        "broadcasts": [_broadcast(one) for one in broadcasts if one.account == shown.id],
        "messages": [_message(one) for one in messages if one.account == shown.id],
    }


def _broadcast(shown: WhBroadcast) -> dict[str, Any]:
    times = {
        "createdAt": shown.created_at,
        "startedAt": shown.started_at,
        "completedAt": shown.completed_at,
    }
    # Drafts that nobody holds back are scheduled as soon as they are complete.
    status = None if shown.state == words.DRAFT and not shown.is_held else shown.state
    whole = {"id": shown.id, "status": status, **shapes.settable(shown), **times}
    return {name: value for name, value in whole.items() if value is not None}


def _message(shown: WhMessage) -> dict[str, Any]:
    face = shown.face
    whole = {
        "id": shown.id,
        "contact": shown.contact if shown.is_client else shown.person or shown.contact,
        "client": shown.person if shown.is_client else None,
        "location": shown.location,
        "broadcast": shown.broadcast,
        "channel": shown.channel,
        "type": shown.type,
        "isIncoming": shown.direction == "in" or None,
        "text": face.text,
        "headerText": face.header_text,
        "mediaUrl": face.media_url,
        "caption": face.caption,
        "footerText": face.footer,
        "options": list(face.options) or None,
        "errorMessage": shown.error.message if shown.error else None,
        "reply": shown.reply or None,
        "replyToMessage": shown.quoted,
        "sentBy": shown.sender,
        "timestamp": shown.created_at,
        "history": [
            {"status": LIFECYCLE.word(step.state), "at": step.at} for step in shown.history
        ],
    }
    return {name: value for name, value in whole.items() if value is not None}
