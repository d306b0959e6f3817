"""What the texts of broadcasts and campaigns can say of a contact."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

from emulator.core.moments import local
from emulator.core.sandbox import Sandbox

from . import records as r
from . import urns
from .channel_choice import Routes
from .expressions.values import DEFAULT_PROPERTY, Value, to_text
from .kinds import FIELDS, GLOBALS, GROUPS


class Surroundings:
    """What all contacts of a workspace share; each part is looked up when it is first asked for."""

    def __init__(self, sandbox: Sandbox, workspace: r.Workspace) -> None:
        self._sandbox = sandbox
        self._workspace = workspace
        self.is_anon = workspace.anon
        self.date_style = workspace.date_style
        self.timezone = ZoneInfo(workspace.timezone)

    @property
    def now(self) -> datetime:
        """The present in the workspace's time zone."""
        return self._sandbox.clock.now().astimezone(self.timezone)

    @cached_property
    def fields(self) -> Mapping[str, r.Field]:
        """The fields by key, sorted by name."""
        found = self._sandbox.store.table(FIELDS).every("created", (self._workspace.id,))
        return {field.key: field for field in sorted(found, key=lambda field: field.name)}

    @cached_property
    def globals(self) -> Mapping[str, Value]:
        """The values of the globals by key; without a key, a line for each."""
        found = self._sandbox.store.table(GLOBALS).every("created", (self._workspace.id,))
        lines = sorted(f"{item.name}: {item.value}" for item in found)
        return {DEFAULT_PROPERTY: "\n".join(lines), **{item.key: item.value for item in found}}

    @cached_property
    def routes(self) -> Routes:
        """The channels."""
        return Routes(self._sandbox, self._workspace)

    def groups_of(self, contact: r.Contact) -> tuple[Value, ...]:
        """Return a contact's groups in the order of their creation."""
        table = self._sandbox.store.table(GROUPS)
        found = [table.get(id) for id in (*contact.groups, *contact.smart_groups)]
        found.sort(key=lambda group: group.serial)
        return tuple(
            {DEFAULT_PROPERTY: group.name, "name": group.name, "uuid": group.id}
            for group in found
            if not group.is_deleted
        )

    def shown(self, urn: str) -> str:
        """Return a stored URN as texts have it."""
        return urns.mask(urn) if self.is_anon else urns.identity(urn)

    def format_urn(self, urn: str) -> str:
        """Return a URN as people read it, masked if the workspace is anonymous.

        :raises ValueError: this is no URN.
        """
        try:
            display = urns.urn_display(urn)
        except urns.InvalidURN as error:
            raise ValueError(urn) from error
        return urns.MASK if self.is_anon else display


class ContactScope:
    """One contact as expressions see it."""

    __slots__ = ("_contact", "_surroundings")

    def __init__(self, surroundings: Surroundings, contact: r.Contact) -> None:
        self._surroundings = surroundings
        self._contact = contact

    @property
    def now(self) -> datetime:
        """The present in the workspace's time zone."""
        return self._surroundings.now

    @property
    def date_style(self) -> str:
        """How the workspace writes dates."""
        return self._surroundings.date_style

    def format_urn(self, urn: str) -> str:
        """Return a URN as people read it.

        :raises ValueError: this is no URN.
        """
        return self._surroundings.format_urn(urn)

    def resolve(self, path: tuple[str, ...]) -> Value:
        """Return what a path of lower-case names stands for, None if it is not set.

        :raises LookupError: there is no such property.
        """
        root, *names = path
        if len(names) > 1:
            raise LookupError(".".join(path))
        if root == "contact":
            return _PROPERTIES[names[0] if names else DEFAULT_PROPERTY](
                self._contact, self._surroundings
            )
        if root == "fields":
            return self._field(names[0]) if names else self._fields()
        if root == "globals":
            found = self._surroundings.globals
            return found[names[0]] if names else found
        return self._urn(names[0]) if names else self._urns()

    def _field(self, key: str) -> Value:
        field = self._surroundings.fields[key]
        value = self._contact.fields.get(key)
        if value is None:
            return None
        found: Value = getattr(value, field.type)
        if isinstance(found, datetime):
            return local(found, self._surroundings.timezone)
        return found

    def _fields(self) -> Mapping[str, Value]:
        fields = self._surroundings.fields
        values = {key: self._field(key) for key in fields}
        lines = (
            f"{fields[key].name}: {to_text(value)}"
            for key, value in values.items()
            if value is not None
        )
        return {DEFAULT_PROPERTY: "\n".join(lines), **values}

    def _urn(self, scheme: str) -> Value:
        if scheme not in urns.SCHEMES:
            raise LookupError(scheme)
        return self._urns().get(scheme)

    def _urns(self) -> Mapping[str, Value]:
        """Return the first URN of each scheme."""
        found: dict[str, Value] = {}
        for urn in self._contact.urns:
            found.setdefault(urns.scheme(urn), self._surroundings.shown(urn))
        return found


def _as_named(contact: r.Contact, surroundings: Surroundings) -> Value:
    """Return what a contact is called: its name, else its address."""
    if contact.name or not contact.urns:
        return contact.name
    # Assumed, after the engine: an address that may not be shown is no name.
    return contact.ref if surroundings.is_anon else surroundings.format_urn(contact.urns[0])


def _first_name(contact: r.Contact, _: Surroundings) -> Value:
    words = (contact.name or "").split()
    return words[0] if words else None


def _sendable_urn(contact: r.Contact, surroundings: Surroundings) -> Value:
    for urn in contact.urns:
        if surroundings.routes.channel_for(urn) is not None:
            return surroundings.shown(urn)
    return None


_PROPERTIES: Final[Mapping[str, Callable[[r.Contact, Surroundings], Value]]] = {
    DEFAULT_PROPERTY: _as_named,
    "name": lambda contact, _: contact.name,
    "first_name": _first_name,
    "uuid": lambda contact, _: contact.id,
    "ref": lambda contact, _: contact.ref,
    "language": lambda contact, _: contact.language,
    "status": lambda contact, _: contact.status,
    "created_on": lambda contact, _: contact.created_on,
    "last_seen_on": lambda contact, _: contact.last_seen_on,
    "urn": _sendable_urn,
    "urns": lambda contact, around: tuple(around.shown(urn) for urn in contact.urns),
    "groups": lambda contact, around: around.groups_of(contact),
}
