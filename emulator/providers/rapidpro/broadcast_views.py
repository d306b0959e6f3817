"""How broadcasts look in the API."""

from __future__ import annotations

from typing import Any

from emulator.core.sandbox import Sandbox
from emulator.core.store import Kind

from .answers import BroadcastOut, Ref
from .kinds import CONTACTS, GROUPS
from .records import RapidBroadcast, Workspace
from .values import format_moment


class BroadcastViews:
    """Shows broadcasts of one workspace."""

    def __init__(self, sandbox: Sandbox, workspace: Workspace) -> None:
        self._store = sandbox.store
        self._is_anon = workspace.anon

    def show(self, broadcast: RapidBroadcast) -> BroadcastOut:
        """Return a broadcast as the API has it; each part has all the languages of any part."""
        parts = (broadcast.text, broadcast.attachments, broadcast.quick_replies)
        languages = dict.fromkeys(code for part in parts for code in part)
        return {
            "uuid": broadcast.id,
            "status": broadcast.state,
            "progress": {"total": broadcast.total, "started": broadcast.started},
            "urns": None if self._is_anon else broadcast.urns,
            "contacts": self._refs(CONTACTS, broadcast.contacts),
            "groups": self._refs(GROUPS, broadcast.groups),
            "text": {code: broadcast.text.get(code) for code in languages},
            "attachments": {code: broadcast.attachments.get(code, ()) for code in languages},
            "quick_replies": {code: broadcast.quick_replies.get(code, ()) for code in languages},
            "base_language": broadcast.base_language,
            "created_on": format_moment(broadcast.created_at),
            "id": broadcast.number,
        }

    def _refs(self, kind: Kind[Any], ids: tuple[str, ...]) -> list[Ref]:
        """Return the objects addressed that are still there, in the order of their creation."""
        table = self._store.table(kind)
        found = [record for id in ids if (record := table.find(id)) and not record.is_deleted]
        found.sort(key=lambda record: (record.created_on, record.serial))
        return [{"uuid": record.id, "name": record.name} for record in found]
