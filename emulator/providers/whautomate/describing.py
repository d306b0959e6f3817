"""What bodies may hold, as JSON Schema, from the checks that read them."""

from __future__ import annotations

from typing import Final

from emulator.core.describing import (
    ANYTHING,
    COUNT,
    FILLED,
    OBJECT,
    OBJECTS,
    STRING,
    STRINGS,
    TRUTH,
    Schema,
)

from . import checks

REFERENCE: Final[Schema] = {"type": "object", "properties": {"id": FILLED}, "required": ["id"]}
_KNOWN: Final[dict[checks.Check, Schema]] = {
    checks.day: {"type": "string", "format": "date"},
    checks.filled: FILLED,
    checks.flag: TRUTH,
    checks.moment: {"type": "string", "format": "date-time"},
    checks.names: {"type": "array", "items": FILLED},
    checks.number: {"type": "number"},
    checks.phone: FILLED,
    checks.reference: REFERENCE,
    checks.references: {"type": "array", "items": REFERENCE},
    checks.string: STRING,
    checks.strings: STRINGS,
    checks.thing: OBJECT,
    checks.things: OBJECTS,
    checks.url: {"type": "string", "format": "uri"},
    checks.whole: COUNT,
}


def schema_of(check: checks.Check) -> Schema:
    """Return the schema of what a check lets through; of checks of one field alone, anything."""
    if isinstance(check, checks.Word):
        return {"enum": list(check.words)}
    if isinstance(check, checks.Degrees):
        return {"type": "number", "minimum": -check.most, "maximum": check.most}
    if isinstance(check, checks.Members):
        members = {name: schema_of(each) for name, each in check.checks.items()}
        return {"type": "object", "properties": members, "required": list(members)}
    return _KNOWN.get(check, ANYTHING)
