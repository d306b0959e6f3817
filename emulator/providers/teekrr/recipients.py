"""Recipients and their values: one pass over lists of up to 10,000 rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from emulator.web.operations import IGNORES_OTHERS

from .errors import Violation

MOST = 10_000
MEDIA = ("headerImage", "headerVideo", "headerDocument")
LISTS = ("header", "body", "button")


class AddressKind(msgspec.Struct, frozen=True):
    """What addresses of a channel look like, and what is said of others.

    :param keys: under which an address may stand in a row, the first that is there counts.
    :param sign: what may stand in front of an address and is not stored.
    """

    matches: Callable[[str], Any]
    complaint: str
    keys: tuple[str, ...]
    sign: str = ""

    def normal(self, address: str) -> str:
        """Return an address as it is stored and shown."""
        return address.removeprefix(self.sign)


PHONE = AddressKind(
    re.compile(r"\+?[1-9][0-9]{6,14}").fullmatch,
    "Invalid phone number",
    ("recipient", "to", "phone", "phoneNumber", "email"),
    "+",
)
EMAIL = AddressKind(
    re.compile(r"(?=.{1,254}\Z)[^@\s]+@[^@\s]+\.[^@\s]+").fullmatch,
    "Invalid email address",
    ("recipient", "to", "email", "phone", "phoneNumber"),
)
KINDS: Mapping[str, AddressKind] = {"sms": PHONE, "whatsapp": PHONE, "email": EMAIL}

Described = dict[str, Any]
"""A JSON schema, for OpenAPI and for telling which fields nobody reads."""

_TEXT: Described = {"type": ["string", "null"]}
_URL: Described = {**_TEXT, "format": "uri"}
_LIST: Described = {"type": ["array", "null"], "items": {"type": "string"}}
TEXTS: Described = {"type": "object", "additionalProperties": _TEXT}
"""The values of ``{name}`` placeholders."""
PARTS: Described = {
    "type": "object",
    "properties": {
        **dict.fromkeys(LISTS, _LIST),
        **dict.fromkeys(MEDIA, _URL),
        "templateParams": {**TEXTS, "type": ["object", "null"]},
    },
    IGNORES_OTHERS: True,
}
"""The values of the parts of a WhatsApp template."""


class Recipient(NamedTuple):
    """One row of dynamic mode: an address and its own values."""

    address: str
    variables: Mapping[str, Any]


ReadValues = Callable[[Mapping[str, Any], int | None, list[Violation]], Mapping[str, Any]]


def type_name(value: object) -> str:
    """Return JSON's name for the type of a value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def expected(wanted: str, value: object) -> str:
    """Return what is said of a value of the wrong type."""
    return f"Expected {wanted}, received {type_name(value)}"


def read_addresses(given: Sequence[Any], kind: AddressKind, violations: list[Violation]) -> Any:
    """Return the addresses of standard mode as they are stored."""
    matches, sign, addresses = kind.matches, kind.sign, []
    for at, address in enumerate(given):
        if type(address) is not str:
            violations.append(Violation(f"recipients.{at}", expected("string", address)))
        elif not matches(address):
            violations.append(Violation(f"recipients.{at}", kind.complaint))
        else:
            addresses.append(address.removeprefix(sign))
    return addresses


def read_rows(
    given: Sequence[Any], kind: AddressKind, read_values: ReadValues, violations: list[Violation]
) -> list[Recipient]:
    """Return the rows of dynamic mode."""
    rows, usual = [], kind.keys[0]
    for at, row in enumerate(given):
        if type(row) is not dict:
            violations.append(Violation(f"recipientVariables.{at}", expected("object", row)))
            continue
        key: str | None = usual
        address = row.get(usual)
        if address is None:
            key = next((key for key in kind.keys if row.get(key) is not None), None)
            address = row.get(key)
        complaint = _complaint(address, kind)
        if complaint is not None:
            violations.append(Violation(f"recipientVariables.{at}.recipient", complaint))
        values = row.get("variables")
        if values is None:
            values = _flat_values(row, key)
        if type(values) is not dict:
            violations.append(Violation(own_values(at), expected("object", values)))
            continue
        read = read_values(values, at, violations)
        if complaint is None:
            assert address is not None
            rows.append(Recipient(kind.normal(address), read))
    return rows


def described_rows(kind: AddressKind, values: Described) -> Described:
    """Return what a row of dynamic mode may be: with its values under a name, or flat.

    :param values: what is described of the values.
    """
    text = f"The address stands under the first that is there of: {', '.join(kind.keys)}."
    addresses = dict.fromkeys(kind.keys, _TEXT)
    nested = {
        "type": "object",
        "description": text,
        "properties": {**addresses, "variables": values},
        "required": ["variables"],
        IGNORES_OTHERS: True,
    }
    own = {**addresses, **values.get("properties", {}), "variables": {"type": "null"}}
    flat = {**values, "description": f"{text} All else are values.", "properties": own}
    return {"anyOf": [nested, flat]}


def own_values(at: int | None) -> str:
    """Return the path of the values of the recipient at a position; None: of everybody."""
    return "variables" if at is None else f"recipientVariables.{at}.variables"


def _complaint(address: Any, kind: AddressKind) -> str | None:
    if address is None or address == "":
        return "Recipient is required"
    if type(address) is not str:
        return expected("string", address)
    return None if kind.matches(address) else kind.complaint


def _flat_values(row: Mapping[str, Any], address_key: str | None) -> dict[str, Any]:
    # Without `variables` all of the object but the address are values.
    return {name: value for name, value in row.items() if name not in (address_key, "variables")}


def read_texts(
    given: Mapping[str, Any], at: int | None, violations: list[Violation]
) -> Mapping[str, str]:
    """Return values for ``{name}`` placeholders: strings; null is no value."""
    for value in given.values():
        if type(value) is not str:
            return _only_texts(given, own_values(at), violations)
    return given


def _only_texts(
    given: Mapping[str, Any], where: str, violations: list[Violation]
) -> Mapping[str, str]:
    violations += [
        Violation(f"{where}.{name}", expected("string", value))
        for name, value in given.items()
        if value is not None and type(value) is not str
    ]
    return {name: value for name, value in given.items() if type(value) is str}


def read_parts(
    given: Mapping[str, Any], at: int | None, violations: list[Violation]
) -> Mapping[str, Any]:
    """Return values for the parts of a WhatsApp template; null is no value."""
    body = given.get("body")
    if len(given) == 1 and type(body) is list and all(type(value) is str for value in body):
        return given  # nearly always there is nothing else
    where = own_values(at)
    for name in LISTS:
        _check_list(given.get(name), f"{where}.{name}", violations)
    for name in MEDIA:
        value = given.get(name)
        if value is not None and type(value) is not str:
            violations.append(Violation(f"{where}.{name}", expected("string", value)))
    params = given.get("templateParams")
    if params is not None and type(params) is not dict:
        violations.append(Violation(f"{where}.templateParams", expected("object", params)))
    elif params is not None:
        texts = _only_texts(params, f"{where}.templateParams", violations)
        return {**given, "templateParams": texts}
    return given


def _check_list(values: Any, where: str, violations: list[Violation]) -> None:
    if values is None:
        return
    if type(values) is not list:
        violations.append(Violation(where, expected("array", values)))
        return
    for at, value in enumerate(values):
        if type(value) is not str:
            violations.append(Violation(f"{where}.{at}", expected("string", value)))
