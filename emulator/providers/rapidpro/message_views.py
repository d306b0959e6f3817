"""How messages look in the API. One object shows a page of them: what they share it finds once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from typing import Any, Final, TypeVar

from emulator.core.sandbox import Sandbox
from emulator.core.store import Table
from emulator.web.texts import Shown, Texts

from .answers import Attachment, MessageOut, Ref
from .kinds import BROADCASTS, CHANNELS, CONTACTS, FLOWS, LABELS
from .lookups import ref
from .records import RapidBroadcast, RapidMessage, Workspace
from .urns import identity
from .values import format_moment

T = TypeVar("T")

_TEXTS: Final = Texts[RapidMessage]()


class _Found(dict[str | None, T | None]):
    """How others name the records of a table, each looked up once."""

    def __init__(self, table: Table[Any], name: Callable[[Any], T]) -> None:
        self[None] = None
        self._table = table
        self._name = name

    def __missing__(self, id: str) -> T | None:
        found = self._table.find(id)
        self[id] = None if found is None else self._name(found)
        return self[id]


class MessageViews:
    """Shows the messages of a workspace."""

    def __init__(self, sandbox: Sandbox, workspace: Workspace) -> None:
        store = self._store = sandbox.store
        self._is_anon = workspace.anon
        self._labels = store.table(LABELS)
        self._contacts = _Found(store.table(CONTACTS), ref)
        self._channels = _Found(store.table(CHANNELS), ref)
        self._flows = _Found(store.table(FLOWS), ref)
        self._broadcasts = _Found(store.table(BROADCASTS), _number)

    def show(self, message: RapidMessage) -> MessageOut:
        """Return a message as the API has it."""
        sent_on = message.sent_on if message.direction == "out" else None
        is_hidden = self._is_anon or message.urn is None
        attachments = message.attachments
        return {
            "uuid": message.id,
            "contact": self._contacts[message.contact],
            "urn": None if is_hidden else identity(message.urn or ""),
            "channel": self._channels[message.via],
            "direction": message.direction,
            "type": message.type,
            "status": "queued" if message.state == "initializing" else message.state,
            "archived": message.visibility == "archived",
            "visibility": message.visibility,
            "text": message.text,
            "labels": self._labels_of(message) if message.labels else [],
            "flow": self._flows[message.flow],
            "attachments": [_attachment(text) for text in attachments] if attachments else [],
            "quick_replies": message.quick_replies,
            "created_on": format_moment(message.created_at),
            "sent_on": format_moment(sent_on) if sent_on else None,
            "modified_on": format_moment(message.modified_on),
            "media": attachments[0] if attachments else None,
            "id": message.number,
            "broadcast": self._broadcasts[message.broadcast],
        }

    def show_all(self, messages: Sequence[RapidMessage]) -> list[Shown]:
        """Return messages; those that were shown before and are unchanged cost little."""
        store, number = self._store, self._broadcasts
        edition = self._is_anon, store.edition(CONTACTS, BROADCASTS, CHANNELS, FLOWS, LABELS)

        def besides() -> Iterable[object]:
            return zip(
                store.table(CONTACTS).find_all([message.contact for message in messages]),
                [number[message.broadcast] for message in messages],
                repeat(self._is_anon),
                repeat(store.edition(CHANNELS, FLOWS, LABELS)),
            )

        return _TEXTS.show_all(messages, self.show, edition, besides)

    def _labels_of(self, message: RapidMessage) -> list[Ref]:
        found = [self._labels.get(id) for id in message.labels]
        live = [label for label in found if not label.is_deleted]
        live.sort(key=lambda label: label.serial)
        return [ref(label) for label in live]


def _number(broadcast: RapidBroadcast) -> int:
    return broadcast.number


def _attachment(text: str) -> Attachment:
    content_type, _, url = text.partition(":")
    return {"content_type": content_type, "url": url}
