"""What contacts are given for their fields, read as the fields' types ask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

import msgspec

from emulator.core.sandbox import Sandbox

from . import records as r
from .kinds import FIELDS
from .places import places_of
from .values import LEVELS, FieldValue, Reader

#: The type of the field that says in which place the place of another lies.
_ABOVE = {"district": "state", "ward": "district"}


class FieldTexts:
    """Reads the texts that a workspace's contacts are given; one object serves many contacts."""

    def __init__(self, sandbox: Sandbox, workspace: r.Workspace) -> None:
        fields = sandbox.store.table(FIELDS).every("created", (workspace.id,))
        self.types: Mapping[str, str] = {field.key: field.type for field in fields}
        # A district is looked for in the contact's state, so the state is read before it.
        ranked = sorted(self.types, key=lambda key: LEVELS.get(self.types[key], 0))
        self._rank = {key: n for n, key in enumerate(ranked)}
        has_places = not LEVELS.keys().isdisjoint(self.types.values())
        self._reader = Reader(
            timezone=ZoneInfo(workspace.timezone),
            date_style=workspace.date_style,
            now=sandbox.clock.now(),
            locations=places_of(sandbox, workspace.id) if has_places else None,
        )

    def read(
        self, given: Mapping[str, str | None], known: Mapping[str, FieldValue] | None = None
    ) -> Mapping[str, FieldValue]:
        """Return a contact's values after it has been given some.

        :param given: text by key of a field; None or a text of blanks takes the value away.
        :param known: what it has so far; this very object is returned if nothing changes.
        """
        known = {} if known is None else known
        values = dict(known)
        for key in sorted(given, key=self._rank.__getitem__):
            text = (given[key] or "").strip()
            if not text:
                values.pop(key, None)
            else:
                values[key] = self._value(key, text, values)
        return known if values == known else values

    def _value(self, key: str, text: str, values: Mapping[str, FieldValue]) -> FieldValue:
        kind, before = self.types[key], values.get(key)
        new = self._reader.read(text, kind, self._above(kind, values))
        if before is not None and before.text == new.text:
            # A date without a time would mean another moment each time it is read.
            return msgspec.structs.replace(new, datetime=before.datetime)
        return new

    def _above(self, kind: str, values: Mapping[str, FieldValue]) -> str | None:
        wanted = _ABOVE.get(kind)
        if wanted is None:
            return None
        for key, type_ in self.types.items():
            if type_ == wanted and key in values:
                place: str | None = getattr(values[key], wanted)
                if place is not None:
                    return place
        return None


def changed_fields(
    before: Mapping[str, FieldValue], after: Mapping[str, FieldValue]
) -> Iterable[str]:
    """Return the keys of the fields whose values differ."""
    return [key for key in before.keys() | after.keys() if before.get(key) != after.get(key)]
