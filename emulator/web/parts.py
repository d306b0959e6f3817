"""Parts of fixtures: objects whose fields are read one by one, with every mistake noted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields

from emulator.core.describing import (
    ANYTHING,
    COUNT,
    FILLED,
    OBJECT,
    OBJECTS,
    STRING,
    TRUTH,
    of_check,
    optional,
)
from emulator.core.describing import (
    Schema as Description,
)
from emulator.core.errors import Problems, escape, nearest
from emulator.core.options import boolean

ONE_OF = "Must be one of: "


class Value(fields.Field[Any]):
    """A value that one function reads; it raises ValueError with what the value must be."""

    def __init__(self, check: Callable[[Any], Any], **more: Any) -> None:
        if not callable(check):
            # A field called as a check is hides it from the fields below.
            raise TypeError(f"{check!r} is no check; does a field of this part have its name?")
        super().__init__(**more)
        self.check = check

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Any:
        try:
            return self.check(value)
        except ValueError as error:
            raise ValidationError(str(error)) from error


class Part(Schema):
    """An object of a fixture; fields that are absent stay absent."""

    class Meta:
        unknown = EXCLUDE


class CamelPart(Part):
    """A part whose field names are in camelCase in the document."""

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Name the field as the document does."""
        first, *others = field_name.split("_")
        field_obj.data_key = first + "".join(word.capitalize() for word in others)


def each_account(
    part: Mapping[str, Any], name: str, pointer: str, problems: Problems
) -> Iterator[tuple[Any, str]]:
    """Yield what a vendor's part has in its one list, each with the pointer to it."""
    problems.unknown_keys(pointer, part, (name,))
    given = part.get(name, [])
    if not isinstance(given, list):
        problems.add(f"{pointer}/{name}", "Must be a list of objects")
        return
    for at, item in enumerate(given):
        yield item, f"{pointer}/{name}/{at}"


def read_part(schema: Part, given: Any, pointer: str, problems: Problems) -> dict[str, Any] | None:
    """Return the fields given, None if there are mistakes."""
    before = len(problems.found)
    read = read_good(schema, given, pointer, problems)
    return read if len(problems.found) == before else None


def read_good(schema: Part, given: Any, pointer: str, problems: Problems) -> dict[str, Any] | None:
    """Return the fields given that have no mistakes, None if there is no object.

    For objects with lists, in which mistakes are looked for in any case.
    """
    if not isinstance(given, dict):
        problems.add(pointer, "Must be an object")
        return None
    known = [field.data_key or name for name, field in schema.load_fields.items()]
    problems.unknown_keys(pointer, given, known)
    try:
        read: dict[str, Any] = schema.load(given, partial=True)
    except ValidationError as error:
        for name, messages in error.messages_dict.items():
            for message in messages:
                suggestion = _suggestion(given.get(name), message)
                problems.add(f"{pointer}/{escape(name)}", message, suggestion)
        return error.valid_data if isinstance(error.valid_data, dict) else {}
    return read


def check_status(
    state: str, status: str, others: Iterable[str], pointer: str, problems: Problems
) -> bool:
    """Tell whether a broadcast that has messages may be said to have a status.

    :param state: what it is in.
    :param others: what else may be said: what it can come to, or what it was before, which a
        fixture that is merged again still says.
    """
    possible = dict.fromkeys((*others, state))
    if status not in possible:
        text = f"The broadcast is {state}; must be one of: {', '.join(possible)}"
        problems.add(f"{pointer}/status", text)
    return status in possible


def _suggestion(value: Any, message: str) -> str | None:
    choices = message.removeprefix(ONE_OF)
    if choices == message or not isinstance(value, str):
        return None
    return nearest(value, choices.split(", "))


def text(value: Any) -> str:
    """Check that a value is a string with something in it."""
    if not isinstance(value, str) or not value:
        raise ValueError("Must be a string that is not empty")
    return value


def any_text(value: Any) -> str:
    """Check that a value is a string."""
    if not isinstance(value, str):
        raise ValueError("Must be a string")
    return value


def whole(value: Any) -> int:
    """Check that a value is a whole number from 0."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("Must be a whole number from 0")
    return value


def thing(value: Any) -> dict[str, Any]:
    """Check that a value is an object."""
    if not isinstance(value, dict):
        raise ValueError("Must be an object")
    return value


def things(value: Any) -> list[Any]:
    """Check that a value is a list; its items are read by whoever knows them."""
    if not isinstance(value, list):
        raise ValueError("Must be a list of objects")
    return value


def key_text(value: Any, longest: int = 512) -> str:
    """Check that a value can be an API key: one that a header can carry."""
    key = text(value)
    is_plain = key.isascii() and key.isprintable() and key == key.strip()
    if len(key) > longest or not is_plain:
        raise ValueError(f"Must be 1 to {longest} printable ASCII characters")
    return key


def check_ids(given: Iterable[Any], name: str, pointer: str, problems: Problems) -> None:
    """Note the items of a list whose id one before has.

    :param name: of the field that holds the id, where an item has one.
    """
    seen: set[str] = set()
    for at, item in enumerate(given):
        id = item.get(name) if isinstance(item, dict) else None
        if not isinstance(id, str):
            continue
        if id in seen:
            problems.add(f"{pointer}/{at}/{name}", "Stands in this list twice")
        seen.add(id)


_KNOWN = {
    any_text: STRING,
    boolean: TRUTH,
    key_text: FILLED,
    text: FILLED,
    thing: OBJECT,
    things: OBJECTS,
    whole: COUNT,
}


def describe(
    part: type[Part], known: Mapping[Any, Description] | None = None, **nested: Description
) -> dict[str, Description]:
    """Return the JSON Schemas of a part's fields, by their names in the document.

    :param known: the values of checks of a vendor's own.
    :param nested: fields, by their names here, whose values are read by another part.
    """
    checks = {**_KNOWN, **(known or {})}
    described = {}
    for name, field in part().load_fields.items():
        check = field.check if isinstance(field, Value) else None
        schema = nested.get(name) or of_check(check, checks)
        is_optional = field.allow_none and schema is not ANYTHING
        described[field.data_key or name] = optional(schema) if is_optional else schema
    return described
