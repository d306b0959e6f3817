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
from emulator.web.operations import IGNORES_OTHERS

from . import checks, words

REFERENCE: Final[Schema] = {"type": "object", "properties": {"id": FILLED}, "required": ["id"]}
REFERENCES: Final[Schema] = {"type": "array", "items": REFERENCE}
TEMPLATE: Final[Schema] = {
    "type": "object",
    "properties": {"name": FILLED, "language": FILLED},
    "required": ["name", "language"],
}
GENDER: Final[Schema] = {"enum": [*words.GENDERS, ""]}
TAGS: Final[Schema] = {"type": "array", "items": FILLED, "minItems": 1}
EVENTS: Final[Schema] = {
    "type": "array",
    "items": {"enum": list(words.EVENTS)},
    "minItems": 1,
}
HEADERS: Final[Schema] = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"key": FILLED, "value": STRING},
        "required": ["key", "value"],
    },
}
RECIPIENT: Final[Schema] = {
    "type": "object",
    "properties": {"phoneNumber": FILLED, "name": {"type": ["string", "null"]}},
    "required": ["phoneNumber"],
    IGNORES_OTHERS: True,
}
FROM_ONE: Final[Schema] = {"type": "integer", "minimum": 1}
SPANS: Final[Schema] = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"startTime": FILLED, "endTime": FILLED},
        "required": ["startTime", "endTime"],
    },
    "minItems": 1,
}


def _or_empty(schema: Schema) -> Schema:
    """Return the schema of a criterion: one that is empty does not restrict."""
    return {"anyOf": [schema, {"enum": [None, "", []]}]}


_AGE: Final = _or_empty(COUNT)
CRITERIA: Final[Schema] = {
    "type": "object",
    "properties": {
        "tags": _or_empty(STRINGS),
        "exclusionTags": _or_empty(STRINGS),
        "gender": _or_empty({"enum": list(words.GENDERS)}),
        "numberOfDaysLastActivity": _or_empty(COUNT),
        "ageFrom": _AGE,
        "ageTo": _AGE,
        "contactStage": _or_empty({"enum": list(words.STAGES)}),
        "primaryLocations": _or_empty(REFERENCES),
    },
    IGNORES_OTHERS: True,
}
_KNOWN: Final[dict[checks.Check, Schema]] = {
    checks.day: {"type": "string", "format": "date"},
    checks.filled: FILLED,
    checks.flag: TRUTH,
    checks.moment: {"type": "string", "format": "date-time"},
    checks.names: {"type": "array", "items": FILLED},
    checks.number: {"type": "number"},
    checks.phone: FILLED,
    checks.reference: REFERENCE,
    checks.references: REFERENCES,
    checks.string: STRING,
    checks.strings: STRINGS,
    checks.thing: OBJECT,
    checks.things: OBJECTS,
    checks.some_things: {**OBJECTS, "minItems": 1},
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
