"""Contacts: how they are made and changed, whoever asks for it.

Every change goes through :class:`Contacts`, which keeps the smart groups, the time of change and
the plans of campaigns right. Nothing here knows of requests; what a request may ask for is the
routes' business.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from emulator.core.sandbox import Sandbox

from . import records as r
from .contact_fields import changed_fields
from .fires import Fires
from .kinds import CONTACTS
from .naming import new_ref, new_uuid, next_serial
from .smart_groups import Rules
from .urns import SCHEMES, identity
from .values import FieldValue

# What a change of a record's field is called in queries; other fields are in none.
_ATTRIBUTES = {
    "name": ("name",),
    "language": ("language",),
    "last_seen_on": ("last_seen_on",),
    "open_tickets": ("tickets",),
    "urns": tuple(f"urns.{scheme}" for scheme in SCHEMES),
}


class Contacts:
    """The contacts of one workspace. One object serves many changes of one moment.

    :param at: the moment of the changes, otherwise the sandbox's.
    """

    def __init__(
        self, sandbox: Sandbox, workspace: r.Workspace, at: datetime | None = None
    ) -> None:
        self.workspace = workspace
        self._sandbox = sandbox
        self._table = sandbox.store.table(CONTACTS)
        self._at = at or sandbox.clock.now()
        self._rules: Rules | None = None
        self._fires: Fires | None = None

    @property
    def fires(self) -> Fires:
        """The campaigns as they are when they are first asked for."""
        if self._fires is None:
            self._fires = Fires(self._sandbox, self.workspace)
        return self._fires

    @property
    def rules(self) -> Rules:
        """The smart groups as they are when they are first asked for."""
        if self._rules is None:
            self._rules = Rules(self._sandbox, self.workspace)
        return self._rules

    def owner(self, urn: str) -> r.Contact | None:
        """Return the contact that has a normalised URN, or None."""
        return self._table.one("urn", (self.workspace.id, identity(urn)))

    def create(
        self,
        *,
        name: str | None = None,
        language: str | None = None,
        urns: Sequence[str] = (),
        groups: Sequence[str] = (),
        fields: Mapping[str, FieldValue] | None = None,
    ) -> r.Contact:
        """Make a contact.

        :param urns: normalised; nobody may have them.
        :param groups: UUIDs of manual groups.
        """
        new = r.Contact(
            id=new_uuid(self._sandbox, CONTACTS),
            serial=next_serial(self._sandbox, CONTACTS),
            workspace=self.workspace.id,
            name=name,
            ref=new_ref(self._sandbox),
            status="active",
            created_on=self._at,
            modified_on=self._at,
            language=language,
            urns=tuple(urns),
            groups=tuple(dict.fromkeys(groups)),
            fields=fields or {},
        )
        smart = self.rules.memberships(new)
        contact = msgspec.structs.replace(new, smart_groups=smart) if smart else new
        self._table.add(contact)
        self.fires.follow(None, contact)
        return contact

    def for_urn(self, urn: str) -> r.Contact:
        """Return the contact that has a normalised URN, a new one if nobody has it."""
        return self.owner(urn) or self.create(urns=(urn,))

    def change(self, contact: r.Contact, **changes: Any) -> r.Contact:
        """Change a contact and what follows from it; return it as it is then.

        What has the value already is no change, and without one the contact stays as it was.
        """
        contact = self._table.get(contact.id)
        changes = {
            name: value for name, value in changes.items() if getattr(contact, name) != value
        }
        if not changes:
            return contact
        after = msgspec.structs.replace(contact, **changes)
        smart = self.rules.memberships(after, _attributes(contact, after, changes))
        if smart != contact.smart_groups:
            changes["smart_groups"] = smart
        if after.status != "active" and after.groups:
            changes["groups"] = ()
        changes.setdefault("modified_on", self._at)
        after = self._table.change(contact, **changes)
        self.fires.follow(contact, after)
        return after

    def set_status(self, contacts: Iterable[r.Contact], status: str) -> list[r.Contact]:
        """Bring contacts into a status.

        Whoever leaves ``active`` leaves all groups; smart ones take the returning in again.
        """
        return [self.change(contact, status=status) for contact in contacts]

    def add_to_group(self, contacts: Iterable[r.Contact], group: str) -> list[r.Contact]:
        """Make contacts members of a manual group; they must be active."""
        return [
            contact
            if group in contact.groups
            else self.change(contact, groups=(*contact.groups, group))
            for contact in contacts
        ]

    def remove_from_group(self, contacts: Iterable[r.Contact], group: str) -> list[r.Contact]:
        """End memberships in a group."""
        return [
            self.change(contact, groups=tuple(id for id in contact.groups if id != group))
            for contact in contacts
        ]

    def merged_urns(self, contact: r.Contact, urns: Iterable[str]) -> tuple[str, ...]:
        """Return the URNs that a contact has after it has been given these instead of its own.

        :param urns: normalised; those of other contacts are passed over.
        """
        wanted: dict[str, str] = {}
        for urn in urns:
            owner = self.owner(urn)
            if owner is None or owner.id == contact.id:
                wanted.setdefault(identity(urn), urn)
        known = {identity(urn): urn for urn in contact.urns}
        # A URN that is given without a display keeps the one it has.
        return tuple(urn if "#" in urn else known.get(id, urn) for id, urn in wanted.items())

    def add_note(self, contact: r.Contact, text: str, author: str | None) -> r.Contact:
        """Write a note on a contact and keep the newest; that is no change of the contact."""
        contact = self._table.get(contact.id)
        note = r.Note(text=text, created_on=self._at, created_by=author)
        return self._table.change(contact, notes=(*contact.notes, note)[-r.MOST_NOTES :])


def contact_for_urn(
    sandbox: Sandbox, workspace: r.Workspace, urn: str, at: datetime | None = None
) -> r.Contact:
    """Return the contact that has a normalised URN, a new one if nobody has it."""
    return Contacts(sandbox, workspace, at).for_urn(urn)


def touch(
    sandbox: Sandbox, workspace: r.Workspace, contact: r.Contact, at: datetime | None = None
) -> r.Contact:
    """Note that a contact has written; one that was stopped is active again."""
    contacts = Contacts(sandbox, workspace, at)
    status = "active" if contact.status == "stopped" else contact.status
    return contacts.change(contact, last_seen_on=at or sandbox.clock.now(), status=status)


def set_status(
    sandbox: Sandbox,
    workspace: r.Workspace,
    contacts: Iterable[r.Contact],
    status: str,
    at: datetime | None = None,
) -> list[r.Contact]:
    """Bring contacts into a status, with what that does to their groups."""
    return Contacts(sandbox, workspace, at).set_status(contacts, status)


def _attributes(
    before: r.Contact, after: r.Contact, changes: Collection[str]
) -> Collection[str] | None:
    """Return what has changed in the words of queries, None for everything."""
    if "status" in changes:
        return None
    found: set[str] = set()
    for name in changes:
        found.update(_ATTRIBUTES.get(name, ()))
    if "fields" in changes:
        found.update(f"fields.{key}" for key in changed_fields(before.fields, after.fields))
    return found
