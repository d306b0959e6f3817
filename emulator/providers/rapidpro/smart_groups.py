"""Smart groups: which contacts their queries take in, asked again whenever a contact changes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from emulator.core.sandbox import Sandbox

from . import records as r
from .fires import Fires
from .kinds import CONTACTS, FIELDS, GROUPS
from .queries import FieldValue, Query, QueryError, parse_query
from .urns import SCHEMES, path

#: Statuses in which a group takes contacts in.
EVALUATED: Final = frozenset({"ready", "evaluating"})

_PROPERTY = re.compile(r"(?:fields\.)?([a-z]\w*)\s*(?:[=~<>!]|has\b|is\b)", re.ASCII)


class Wording:
    """How one workspace writes its queries; each is parsed once."""

    def __init__(self, types: tuple[tuple[str, str], ...], date_style: str, timezone: str) -> None:
        self.types: Mapping[str, str] = dict(types)
        self._date_style = date_style
        self._timezone = ZoneInfo(timezone)
        self._queries: dict[str, Query | None] = {}

    def query(self, text: str) -> Query | None:
        """Return what a query means, None if it cannot be evaluated with the present fields."""
        if text not in self._queries:
            self._queries[text] = self._parse(text)
        return self._queries[text]

    def fields_of(self, text: str) -> frozenset[str]:
        """Return the keys of the fields that a query uses."""
        query = self.query(text)
        if query is not None:
            return query.fields
        # Groups may stand in a fixture with queries beyond what is evaluated here.
        return frozenset(_PROPERTY.findall(text.lower())) & self.types.keys()

    def _parse(self, text: str) -> Query | None:
        try:
            return parse_query(
                text,
                self.types,
                schemes=SCHEMES,
                date_style=self._date_style,
                timezone=self._timezone,
            )
        except QueryError:
            return None


# A wording keeps its queries, and a workspace has a new one whenever its fields change.
_wording = lru_cache(maxsize=64)(Wording)


def wording(sandbox: Sandbox, workspace: r.Workspace) -> Wording:
    """Return how a workspace's queries are to be understood at present."""
    fields = sandbox.store.table(FIELDS).every("created", (workspace.id,))
    types = tuple((field.key, field.type) for field in fields)
    return _wording(types, workspace.date_style, workspace.timezone)


class Rules:
    """The smart groups of a workspace, asked which of them a contact belongs to."""

    def __init__(self, sandbox: Sandbox, workspace: r.Workspace) -> None:
        self._wording = wording(sandbox, workspace)
        groups = sandbox.store.table(GROUPS).every("created", (workspace.id, "smart"))
        self._rules = tuple(
            (group.id, self._wording.query(group.query or ""))
            for group in groups
            if group.status in EVALUATED
        )

    def memberships(
        self, contact: r.Contact, changed: Collection[str] | None = None
    ) -> tuple[str, ...]:
        """Return the smart groups of a contact.

        :param changed: what has changed in it, in the words of :attr:`Query.attributes`; the
            other groups are not asked again. None: everything may have.
        """
        before = contact.smart_groups
        if contact.status != "active" or contact.is_deleted:
            return () if before else before
        seen = _Seen(contact, self._wording.types)
        found = tuple(
            id
            for id, query in self._rules
            if (
                id in before
                if query is None or (changed is not None and query.attributes.isdisjoint(changed))
                else query.matches(seen)
            )
        )
        return before if found == before else found

    def only(self, groups: Collection[str]) -> Rules:
        """Return rules that ask some groups again and leave the others as they are."""
        some = object.__new__(Rules)
        some._wording = self._wording
        some._rules = tuple((id, query if id in groups else None) for id, query in self._rules)
        return some


class _Seen:
    """A contact as queries look at it."""

    __slots__ = ("_contact", "_types")

    def __init__(self, contact: r.Contact, types: Mapping[str, str]) -> None:
        self._contact = contact
        self._types = types

    @property
    def name(self) -> str | None:
        return self._contact.name

    @property
    def language(self) -> str | None:
        return self._contact.language

    @property
    def created_on(self) -> datetime:
        return self._contact.created_on

    @property
    def last_seen_on(self) -> datetime | None:
        return self._contact.last_seen_on

    @property
    def open_tickets(self) -> int:
        return self._contact.open_tickets

    def field(self, key: str) -> FieldValue:
        value = self._contact.fields.get(key)
        if value is None:
            return None
        found: FieldValue = getattr(value, self._types[key])
        return found

    def urn_paths(self, scheme: str) -> Sequence[str]:
        prefix = f"{scheme}:"
        return [path(urn) for urn in self._contact.urns if urn.startswith(prefix)]


def reevaluate(
    sandbox: Sandbox,
    workspace: r.Workspace,
    contacts: Iterable[r.Contact],
    changed: Collection[str] | None = None,
    *,
    rules: Rules | None = None,
) -> None:
    """Bring the smart groups of stored contacts up to date.

    :param changed: see :meth:`Rules.memberships`.
    """
    rules = rules or Rules(sandbox, workspace)
    now = sandbox.clock.now()
    known = {contact.id: contact for contact in contacts}
    wanted = [
        (contact, {"smart_groups": groups, "modified_on": now})
        for contact in known.values()
        if (groups := rules.memberships(contact, changed)) is not contact.smart_groups
    ]
    if not wanted:
        return
    changed_ones = sandbox.store.table(CONTACTS).change_all(wanted)
    Fires(sandbox, workspace).follow_all((known[after.id], after) for after in changed_ones)


def field_uses(sandbox: Sandbox, workspace: r.Workspace) -> Counter[str]:
    """Return in how many smart groups each field is used, initializing ones included."""
    table, words = sandbox.store.table(GROUPS), wording(sandbox, workspace)
    uses: Counter[str] = Counter()
    for kind in ("smart", "initializing"):
        for group in table.every("created", (workspace.id, kind)):
            if group.query:
                uses.update(words.fields_of(group.query))
    return uses


def groups_using(sandbox: Sandbox, workspace: r.Workspace, key: str) -> list[r.Group]:
    """Return the smart groups whose queries use a field."""
    words = wording(sandbox, workspace)
    groups = sandbox.store.table(GROUPS).every("created", (workspace.id, "smart"))
    return [group for group in groups if group.query and key in words.fields_of(group.query)]
