"""How contacts look in the API. One object shows a page of them: what they share it finds once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from emulator.core.sandbox import Sandbox
from emulator.web import texts

from . import records as r
from . import urns
from .answers import ContactOut
from .channel_choice import Routes
from .kinds import FIELDS, FLOWS, GROUPS, USERS
from .values import api_text, format_moment

Shown = dict[str, Any]

_TEXTS: Final = texts.Texts[r.Contact]()


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

    def show_all(self, contacts: Sequence[r.Contact]) -> Sequence[texts.Shown]:
        """Return contacts; those that were shown before and are unchanged cost little."""
        if self._routes is not None:
            return [self.show(contact) for contact in contacts]
        edition = self._sandbox.store.edition(FIELDS, FLOWS, GROUPS, USERS)
        beside = (self._anon, self._timezone.key, edition)
        return _TEXTS.show_all(contacts, self.show, beside)

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
        group = self._sandbox.store.table(GROUPS).find(id)
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
