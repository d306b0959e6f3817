"""How messages look in the API."""

from __future__ import annotations

from typing import Any

from emulator.core.sandbox import Sandbox

from .answers import Attachment, MessageOut, Ref
from .kinds import BROADCASTS, CHANNELS, CONTACTS, FLOWS, LABELS
from .records import RapidMessage, Workspace
from .urns import identity
from .values import format_moment


class MessageViews:
    """Shows many messages of one workspace; what they refer to is looked up once."""

    def __init__(self, sandbox: Sandbox, workspace: Workspace) -> None:
        store = sandbox.store
        self._is_anon = workspace.anon
        self._contacts = store.table(CONTACTS)
        self._channels = store.table(CHANNELS)
        self._labels = store.table(LABELS)
        self._flows = store.table(FLOWS)
        self._broadcasts = store.table(BROADCASTS)
        self._refs: dict[str, Ref | None] = {}

    def show(self, message: RapidMessage) -> MessageOut:
        """Return a message as the API has it."""
        contact = self._contacts.find(message.contact)
        broadcast = self._broadcasts.find(message.broadcast) if message.broadcast else None
        sent_on = message.sent_on if message.direction == "out" else None
        is_hidden = self._is_anon or message.urn is None
        return {
            "uuid": message.id,
            "contact": {"uuid": contact.id, "name": contact.name} if contact else None,
            "urn": None if is_hidden else identity(message.urn or ""),
            "channel": self._ref(self._channels, message.via),
            "direction": message.direction,
            "type": message.type,
            "status": "queued" if message.state == "initializing" else message.state,
            "archived": message.visibility == "archived",
            "visibility": message.visibility,
            "text": message.text,
            "labels": self._labels_of(message),
            "flow": self._ref(self._flows, message.flow),
            "attachments": [_attachment(text) for text in message.attachments],
            "quick_replies": message.quick_replies,
            "created_on": format_moment(message.created_at),
            "sent_on": format_moment(sent_on) if sent_on else None,
            "modified_on": format_moment(message.modified_on),
            "media": message.attachments[0] if message.attachments else None,
            "id": message.number,
            "broadcast": broadcast.number if broadcast else None,
        }

    def _ref(self, table: Any, id: str | None) -> Ref | None:
        if id is None:
            return None
        if id not in self._refs:
            found = table.find(id)
            self._refs[id] = None if found is None else {"uuid": found.id, "name": found.name}
        return self._refs[id]

    def _labels_of(self, message: RapidMessage) -> list[Ref]:
        if not message.labels:
            return []
        found = [self._labels.get(id) for id in message.labels]
        live = [label for label in found if not label.is_deleted]
        live.sort(key=lambda label: label.serial)
        return [{"uuid": label.id, "name": label.name} for label in live]


def _attachment(text: str) -> Attachment:
    content_type, _, url = text.partition(":")
    return {"content_type": content_type, "url": url}
