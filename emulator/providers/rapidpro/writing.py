"""Write a workspace back as a fixture has it: the inverse of the package ``fixture``.

Most fields of a record have the name and the value that a fixture gives them; the functions here
write the others. References are ids, or names where the thing has no id of its own.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec
from msgspec import UNSET

from emulator.core.belongings import Belongings
from emulator.core.sandbox import Sandbox
from emulator.core.store import Kind

from . import records as r
from .accounts import account_view
from .fixture import SHELVES
from .fixture.shelves import Shelf
from .fixture.traffic import HANDED_OVER
from .kinds import GROUPS, RESTHOOKS, TEAMS, TOPICS

NAMES: Final[Mapping[str, str]] = {
    "messages.status": "state",
    "messages.channel": "via",
    "broadcasts.status": "state",
    "broadcasts.scheduled": "is_scheduled",
    "archives.rolled_up": "is_rolled_up",
    "users.active": "is_active",
}
#: Where reading would make something of what is left out, so that nothing has to be said.
NOTHING: Final[Mapping[str, frozenset[str]]] = {
    "archives": frozenset({"hash", "records"}),
    "channels": frozenset({"device", "schemes"}),
    "flow_starts": frozenset({"params"}),
    "messages": frozenset({"urn", "channel", "sent_on"}),
    "runs": frozenset({"exited_on"}),
    "tickets": frozenset({"closed_on"}),
    "triggers": frozenset({"match_type"}),
}


def write(sandbox: Sandbox, workspace: r.Workspace, belongings: Belongings) -> dict[str, Any]:
    """Return a workspace with all of its lists."""
    writer = _Writer(workspace, belongings)
    shown = account_view(sandbox, workspace)
    for shelf in SHELVES:
        if shelf.name != "users":
            shown[shelf.name] = writer.items(shelf)
    return {name: value for name, value in shown.items() if value != []}


class _Writer:
    """Writes the lists of one workspace."""

    def __init__(self, workspace: r.Workspace, belongings: Belongings) -> None:
        self._workspace, self._belongings = workspace.id, belongings
        # What is built in gets another id in another sandbox, and a resthook has none to show.
        built_in = [one for kind in (TOPICS, GROUPS, TEAMS) for one in self._own(kind)]
        self._called = {record.id: record.name for record in built_in if record.is_system}
        self._called |= {hook.id: hook.slug for hook in self._own(RESTHOOKS)}

    def _own(self, kind: Kind[Any], owner: str = "workspace") -> Sequence[Any]:
        return self._belongings.of(self._workspace, kind, owner)

    def items(self, shelf: Shelf) -> list[dict[str, Any]]:
        """Return the objects of a list, oldest first."""
        return [
            self._item(shelf, one)
            for one in self._own(shelf.kind, shelf.owner)
            if not getattr(one, "is_system", False)
        ]

    def _item(self, shelf: Shelf, record: Any) -> dict[str, Any]:
        item: dict[str, Any] = {}
        if shelf.has_uuid:
            item["uuid"] = record.id
        if shelf.numbered is not None:
            item["id"] = getattr(record, shelf.numbered)
        if shelf.born:
            item[shelf.born] = getattr(record, shelf.born_as)
        special = _SPECIAL.get(shelf.name)
        for key in shelf.keys.split():
            field = NAMES.get(f"{shelf.name}.{key}", key)
            if field in record.__struct_fields__:
                item[key] = self._plain(getattr(record, field))
        if special is not None:
            item |= {key: self._plain(value) for key, value in special(record).items()}
        if getattr(record, "is_deleted", False):
            item["deleted"] = True
        said = NOTHING.get(shelf.name, frozenset[str]())
        return {
            key: value
            for key, value in item.items()
            if value is not UNSET and (key in said or (value is not None and value != []))
        }

    def _plain(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._called.get(value, value)
        if isinstance(value, datetime | date):
            return value.isoformat().replace("+00:00", "Z")
        if isinstance(value, msgspec.Struct):
            return self._plain(msgspec.structs.asdict(value))
        if isinstance(value, Mapping):
            return {key: self._plain(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._plain(item) for item in value]
        return value


def _contact(contact: r.Contact) -> dict[str, Any]:
    values = {key: value.text for key, value in contact.fields.items()}
    groups = contact.groups if contact.status == "active" else ()
    return {"fields": values or None, "groups": groups}


def _message(message: r.RapidMessage) -> dict[str, Any]:
    history = [{"status": step.state, "at": step.at} for step in message.history]
    was_sent = message.state in HANDED_OVER or message.sent_on is not None
    return {"history": history} | ({} if was_sent else {"sent_on": UNSET})


def _progress(record: r.RapidBroadcast | r.FlowStart) -> dict[str, Any]:
    return {"progress": {"total": record.total, "started": record.started}}


def _run(run: r.Run) -> dict[str, Any]:
    return {"status" if run.exit_type else "exited_on": UNSET}


def _archive(archive: r.Archive) -> dict[str, Any]:
    if archive.content is None:
        return {}
    lines = gzip.decompress(archive.content).splitlines()
    records = [msgspec.json.decode(line) for line in lines]
    return {"records": records, "record_count": UNSET, "size": UNSET, "hash": UNSET}


def _ticket(ticket: r.Ticket) -> dict[str, Any]:
    return {} if ticket.status == "closed" else {"closed_on": UNSET}


_SPECIAL: Final[Mapping[str, Callable[[Any], dict[str, Any]]]] = {
    "archives": _archive,
    "broadcasts": _progress,
    "contacts": _contact,
    "flow_starts": _progress,
    "messages": _message,
    "runs": _run,
    "tickets": _ticket,
}
