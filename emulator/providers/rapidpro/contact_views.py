"""How contacts look in the API. One object shows a page of them: what they share it finds once."""

from __future__ import annotations

from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from emulator.core.sandbox import Sandbox

from . import records as r
from . import urns
from .answers import ContactOut
from .channel_choice import Routes
from .kinds import FIELDS, FLOWS, GROUPS, USERS
from .values import api_text, format_moment

Shown = dict[str, Any]
#: Whether URNs are hidden, the time zone, and key and type of each field.
Style = tuple[bool, str, tuple[tuple[str, str], ...]]

#: So many contacts are kept as they were last written: some twenty pages.
MOST_KEPT: Final = 5_000
MOST_STYLES: Final = 500


class Written(NamedTuple):
    """A contact as it was written for a list, and all that the text follows from."""

    contact: r.Contact
    groups: list[r.Group | None]
    style: Style
    text: msgspec.Raw


# Records are never changed, only replaced, so whatever the text follows from is still the same
# object or it is outdated. Forks of a sandbox share their records, and so these.
_written: dict[str, Written] = {}
_styles: dict[Style, Style] = {}


class ContactViews:
    """Shows the contacts of a workspace.

    :param is_expanded: whether URNs are objects that say which channel reaches them.
    :param is_by_priority: whether expanded URNs stay in the order of priority; otherwise those
        that no channel reaches go last.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        workspace: r.Workspace,
        *,
        is_expanded: bool = False,
        is_by_priority: bool = False,
    ) -> None:
        self._sandbox = sandbox
        self._anon = workspace.anon
        self._timezone = ZoneInfo(workspace.timezone)
        fields = sandbox.store.table(FIELDS).every("created", (workspace.id,))
        self._types = {field.key: field.type for field in fields}
        self._unset: dict[str, str | None] = dict.fromkeys(self._types)
        self._routes = Routes(sandbox, workspace) if is_expanded else None
        self._is_by_priority = is_by_priority
        self._style = _one_and_the_same(
            (workspace.anon, workspace.timezone, tuple(self._types.items()))
        )
        self._records: dict[str, r.Group | None] = {}
        self._groups: dict[str, tuple[int, Shown] | None] = {}
        self._refs: dict[str, Shown] = {}

    def show(self, contact: r.Contact) -> ContactOut:
        """Return a contact as the API has it; of a deleted one little is left."""
        shown: Any = {"uuid": contact.id, "name": contact.name}
        if self._anon:
            shown["ref"] = shown["anon_display"] = contact.ref
        is_live = not contact.is_deleted
        seen = contact.last_seen_on
        shown |= {
            "status": contact.status if is_live else None,
            "language": contact.language if is_live else None,
            "urns": self._urns(contact) if is_live else [],
            "groups": self._memberships(contact) if is_live else [],
            "notes": [self._note(note) for note in contact.notes] if is_live else [],
            "fields": self._fields(contact) if is_live else {},
            "flow": self._flow(contact.flow) if is_live and contact.flow else None,
            "created_on": format_moment(contact.created_on),
            "modified_on": format_moment(contact.modified_on),
            "last_seen_on": None if seen is None else format_moment(seen),
            "blocked": contact.status == "blocked" if is_live else None,
            "stopped": contact.status == "stopped" if is_live else None,
        }
        # Put together of parts, which no checker follows; a test holds answers against it.
        answer: ContactOut = shown
        return answer

    def write(self, contact: r.Contact) -> msgspec.Raw:
        """Return a contact as JSON; one that was written before and is unchanged costs little."""
        if contact.flow or contact.notes or self._routes is not None:
            return msgspec.Raw(msgspec.json.encode(self.show(contact)))
        records = self._records
        ids = (*contact.groups, *contact.smart_groups)
        groups = [records[id] if id in records else self._record(id) for id in ids]
        kept = _written.get(contact.id)
        if (
            kept is not None
            and kept.contact is contact
            and kept.style is self._style
            and kept.groups == groups
        ):
            return kept.text
        text = msgspec.Raw(msgspec.json.encode(self.show(contact)))
        if len(_written) >= MOST_KEPT:
            _written.clear()
        _written[contact.id] = Written(contact, groups, self._style, text)
        return text

    def _record(self, id: str) -> r.Group | None:
        found = self._records[id] = self._sandbox.store.table(GROUPS).find(id)
        return found

    def _urns(self, contact: r.Contact) -> list[Any]:
        if self._routes is None:
            return [self._urn(urn) for urn in contact.urns]
        shown = [self._expanded(urn, self._routes) for urn in contact.urns]
        if not self._is_by_priority:
            shown.sort(key=lambda urn: urn["channel"] is None)
        return shown

    def _urn(self, urn: str) -> str:
        return urns.mask(urn) if self._anon else urns.identity(urn)

    def _expanded(self, urn: str, routes: Routes) -> Shown:
        channel = routes.channel_for(urn)
        parsed = urns.parse(urn)
        return {
            "channel": None if channel is None else {"uuid": channel.id, "name": channel.name},
            "scheme": parsed.scheme,
            "path": urns.MASK if self._anon else parsed.path,
            "display": None if self._anon else parsed.display,
        }

    def _memberships(self, contact: r.Contact) -> list[Shown]:
        found = []
        for id in (*contact.groups, *contact.smart_groups):
            group = self._groups[id] if id in self._groups else self._group(id)
            if group is not None:
                found.append(group)
        # Serial numbers differ, so the objects beside them are never compared.
        return [shown for _, shown in sorted(found)] if len(found) > 1 else [g[1] for g in found]

    def _group(self, id: str) -> tuple[int, Shown] | None:
        group = self._record(id)
        # Members of a group lose it a moment after it has been deleted.
        found = None
        if group is not None and not group.is_deleted:
            found = group.serial, {"uuid": id, "name": group.name}
        self._groups[id] = found
        return found

    def _fields(self, contact: r.Contact) -> dict[str, str | None]:
        shown, types, timezone = self._unset.copy(), self._types, self._timezone
        for key, value in contact.fields.items():
            kind = types.get(key)
            if kind is not None:
                shown[key] = value.text if kind == "text" else api_text(value, kind, timezone)
        return shown

    def _note(self, note: r.Note) -> Shown:
        return {
            "text": note.text,
            "created_on": format_moment(note.created_on),
            "created_by": self._author(note.created_by) if note.created_by else None,
        }

    def _author(self, id: str) -> Shown | None:
        if id not in self._refs:
            user = self._sandbox.store.table(USERS).find(id)
            if user is None:
                return None
            name = f"{user.first_name} {user.last_name}".strip()
            self._refs[id] = {"email": user.email, "name": name}
        return self._refs[id]

    def _flow(self, id: str) -> Shown | None:
        if id not in self._refs:
            flow = self._sandbox.store.table(FLOWS).find(id)
            if flow is None:
                return None
            self._refs[id] = {"uuid": id, "name": flow.name}
        return self._refs[id]


def _one_and_the_same(style: Style) -> Style:
    """Return a style as it was first met, so that equal ones are one object."""
    if len(_styles) >= MOST_STYLES:
        _styles.clear()
    return _styles.setdefault(style, style)
