"""Rows of recipients: read in one pass, and sorted into those that are sent to and the others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from emulator.web.operations import IGNORES_OTHERS

from .errors import INVALID_FORMAT, MAX_LENGTH, REQUIRED, Violation
from .filling import Filler, text_of
from .records import Complaint

NUMBER = re.compile(r"[1-9][0-9]{6,14}")
LONGEST_REFERENCE = 255

FIELD_REQUIRED = "Field required"
MUST_BE_STRING = "Must be a string"
MUST_BE_OBJECT = "Must be an object"
TOO_LONG = f"Must be at most {LONGEST_REFERENCE} characters"
BAD_IDENTIFIER = "Invalid identifier: expected a phone number with country code and no leading +"

_COLUMN = {"type": ["string", "number", "boolean", "null"]}
_COLUMNS = {"type": ["object", "null"], "additionalProperties": _COLUMN}
_HEAD = {
    "identifier": {"type": ["string", "number", "boolean"], "minLength": 1},
    "client_reference": {**_COLUMN, "maxLength": LONGEST_REFERENCE},
}
PAYLOAD_ROW: Mapping[str, Any] = {
    "type": "object",
    "properties": _HEAD,
    "required": ["identifier"],
    "additionalProperties": _COLUMN,
}
"""The JSON schema of what :func:`read_payload` takes."""
RECIPIENT: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        **_HEAD,
        "parameters": {
            "type": ["object", "null"],
            "properties": {
                "header": {
                    "type": ["object", "null"],
                    "properties": {"value": _COLUMN},
                    "additionalProperties": _COLUMN,
                    IGNORES_OTHERS: True,
                },
                "body": _COLUMNS,
                "button": _COLUMNS,
            },
            IGNORES_OTHERS: True,
        },
    },
    "required": ["identifier"],
    IGNORES_OTHERS: True,
}
"""The JSON schema of what :func:`read_recipients` takes."""


class Row(msgspec.Struct, frozen=True, gc=False):
    """One recipient as a request names it.

    :param identifier: as it was given; text where it was a whole number.
    :param values: the row's columns, by the keys that slots have.
    """

    identifier: Any
    reference: str | None
    values: Mapping[Any, Any]


class Letter(msgspec.Struct, frozen=True, gc=False):
    """What one recipient is to get.

    :param is_doomed: it lacks values, and will fail for that.
    """

    address: str
    reference: str | None
    values: tuple[str, ...]
    is_doomed: bool


class Sorted(NamedTuple):
    """What has become of the rows."""

    letters: list[Letter]
    complaints: tuple[Complaint, ...]


def read_payload(given: Sequence[Any], violations: list[Violation]) -> list[Row]:
    """Return the rows of a V2 broadcast; every other key of a row is a column."""
    rows = []
    for at, row in enumerate(given):
        if type(row) is not dict:
            violations.append(Violation(f"payload.{at}", INVALID_FORMAT, MUST_BE_OBJECT))
            continue
        for value in row.values():
            if type(value) is dict or type(value) is list:
                violations += _containers(row, f"payload.{at}")
                break
        identifier, reference = row.get("identifier"), row.get("client_reference")
        if not (_is_plain(identifier) and (reference is None or _is_plain(reference))):
            identifier, reference = _head(identifier, reference, f"payload.{at}", violations)
        rows.append(Row(identifier, reference, row))
    return rows


def _is_plain(value: Any) -> bool:
    return type(value) is str and 0 < len(value) <= LONGEST_REFERENCE


def _containers(row: Mapping[str, Any], where: str) -> list[Violation]:
    return [
        Violation(f"{where}.{name}", INVALID_FORMAT, MUST_BE_STRING)
        for name, value in row.items()
        if isinstance(value, dict | list)
    ]


def _head(
    identifier: Any, reference: Any, where: str, violations: list[Violation]
) -> tuple[Any, str | None]:
    """Return what a row is called by; containers have been refused already."""
    if identifier is None or identifier == "":
        violations.append(Violation(f"{where}.identifier", REQUIRED, FIELD_REQUIRED))
    elif type(identifier) is int:
        identifier = str(identifier)
    if reference is None or isinstance(reference, dict | list):
        return identifier, None
    reference = text_of(reference)
    if len(reference) > LONGEST_REFERENCE:
        violations.append(Violation(f"{where}.client_reference", MAX_LENGTH, TOO_LONG))
    return identifier, reference


def read_recipients(given: Sequence[Any], violations: list[Violation]) -> list[Row]:
    """Return the rows of a V1 broadcast, whose values are sorted by the parts of the template."""
    rows = []
    for at, row in enumerate(given):
        where = f"recipients.{at}"
        if type(row) is not dict:
            violations.append(Violation(where, INVALID_FORMAT, MUST_BE_OBJECT))
            continue
        known = {name: row.get(name) for name in ("identifier", "client_reference")}
        violations += _containers(known, where)
        identifier, reference = _head(
            row.get("identifier"), row.get("client_reference"), where, violations
        )
        values = _parameters(row.get("parameters"), where, violations)
        rows.append(Row(identifier, reference, values))
    return rows


def _parameters(given: Any, where: str, violations: list[Violation]) -> Mapping[Any, Any]:
    where = f"{where}.parameters"
    found: dict[Any, Any] = {}
    parts = _object(given, where, violations)
    for part in ("header", "body", "button"):
        values = _object(parts.get(part), f"{where}.{part}", violations)
        violations += _containers(values, f"{where}.{part}")
        found.update({(part, name): value for name, value in values.items()})
    return found


def _object(value: Any, where: str, violations: list[Violation]) -> Mapping[str, Any]:
    if value is None:
        return {}
    if type(value) is not dict:
        violations.append(Violation(where, INVALID_FORMAT, MUST_BE_OBJECT))
        return {}
    return value


def sort_out(rows: Iterable[Row], filler: Filler, *, sends_incomplete: bool) -> Sorted:
    """Fill the template for each row, and complain of the rows that cannot be sent.

    :param sends_incomplete: rows that lack values are sent all the same, and fail.
    """
    letters, complaints = [], []
    is_number, fill = NUMBER.fullmatch, filler.fill
    for row in rows:
        identifier = row.identifier
        values, missing = fill(row.values)
        is_valid = type(identifier) is str and is_number(identifier) is not None
        if missing or not is_valid:
            complaints.append(_complaint(identifier, missing, is_valid=is_valid))
        if is_valid and (sends_incomplete or not missing):
            letters.append(Letter(identifier, row.reference, values, bool(missing)))
    return Sorted(letters, tuple(complaints))


def _complaint(identifier: Any, missing: Sequence[str], *, is_valid: bool) -> Complaint:
    errors = [f"Missing payload variable '{name}' with no fallback defined" for name in missing]
    return Complaint(identifier, tuple(errors if is_valid else [BAD_IDENTIFIER, *errors]))
