"""Kinds of fields in bodies, and how what is wrong with them becomes violations.

Null is absent. Unless a text is marked as the vendor's own, its wording is assumed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from flask import request
from marshmallow import Schema, ValidationError, fields

from emulator.core.errors import BadBody
from emulator.web.bodies import parse_json, read_body
from emulator.web.forms import NullIsAbsent

from .errors import INVALID_FORMAT, MAX_LENGTH, REQUIRED, ValidationFailed, Violation
from .records import BAD_UUID, UUID
from .rows import FIELD_REQUIRED, MUST_BE_OBJECT, MUST_BE_STRING, NUMBER

MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-9]{2}(:[0-9]{2}([.,][0-9]{1,12})?)?"
    r"(Z|[+-][0-9]{2}(:?[0-9]{2})?)?"
)

MUST_BE_ARRAY = "Must be an array"
BAD_INDEX = "Must be a unique non-negative integer"
BAD_MOMENT = "Must be an ISO 8601 datetime"
BAD_NUMBER = "Must be a phone number with country code and no leading +"


class Wrong(NamedTuple):
    """What is wrong with a field; ``at`` is a path below it."""

    rule: str
    message: str
    at: str = ""


def wrong(rule: str, message: str) -> ValidationError:
    """Return the refusal of a field."""
    return ValidationError([Wrong(rule, message)])


def _texts(null: str = MUST_BE_STRING) -> dict[str, Any]:
    """Return what marshmallow is to say on its own; null is seen within lists only."""
    return {
        "required": [Wrong(REQUIRED, FIELD_REQUIRED)],
        "null": [Wrong(INVALID_FORMAT, null)],
    }


class Field(fields.Field[Any]):
    """A field; ``has_empty`` says that an empty string is no way of leaving it out."""

    has_empty = False

    def __init__(self, *, is_required: bool = False) -> None:
        super().__init__(required=is_required, error_messages=_texts())

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Any:
        if self.required and value == "" and not self.has_empty:
            raise wrong(REQUIRED, FIELD_REQUIRED)
        return self.read(value)

    def json_schema(self) -> dict[str, Any]:
        """Return what is meant to stand here."""
        return {}

    def read(self, value: Any) -> Any:
        """Return the value, checked."""
        return value


class Text(Field):
    """A string.

    :param most: how many characters it may have.
    """

    def __init__(self, *, is_required: bool = False, most: int | None = None) -> None:
        super().__init__(is_required=is_required)
        self.most = most

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string"} | ({} if self.most is None else {"maxLength": self.most})

    def read(self, value: Any) -> Any:
        if not isinstance(value, str):
            raise wrong(INVALID_FORMAT, MUST_BE_STRING)
        if self.most is not None and len(value) > self.most:
            raise wrong(MAX_LENGTH, f"Must be at most {self.most} characters")
        return value


class Word(Text):
    """One of a few words."""

    def __init__(self, *words: str, is_required: bool = False) -> None:
        super().__init__(is_required=is_required)
        self.words = words

    def json_schema(self) -> dict[str, Any]:
        return {"enum": list(self.words)}

    def read(self, value: Any) -> str:
        word = str(super().read(value))
        if word not in self.words:
            raise wrong(INVALID_FORMAT, f"Must be one of: {', '.join(self.words)}")
        return word


class Number(Text):
    """A phone number with country code."""

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{NUMBER.pattern}$"}

    def read(self, value: Any) -> str:
        number = str(super().read(value))
        if not NUMBER.fullmatch(number):
            raise wrong(INVALID_FORMAT, BAD_NUMBER)
        return number


class UuidText(Text):
    """A UUID as text."""

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "uuid"}

    def read(self, value: Any) -> str:
        uuid = str(super().read(value))
        if not UUID.fullmatch(uuid):
            raise wrong(INVALID_FORMAT, BAD_UUID)
        return uuid


class Moment(Text):
    """A moment in ISO 8601; without an offset it is in UTC."""

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date-time"}

    def read(self, value: Any) -> datetime:
        text = str(super().read(value))
        try:
            if MOMENT.fullmatch(text):
                moment = datetime.fromisoformat(text)
                return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            pass
        raise wrong(INVALID_FORMAT, BAD_MOMENT)


class Index(Field):
    """A position; that it is unique is seen to by the list."""

    has_empty = True

    def json_schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": 0}

    def read(self, value: Any) -> int:
        if type(value) is not int or value < 0:
            raise wrong(INVALID_FORMAT, BAD_INDEX)
        return value


class Texts(Field):
    """A list of strings.

    :param has_gaps: null may stand in it.
    """

    def __init__(self, *, has_gaps: bool = False) -> None:
        super().__init__()
        self.has_gaps = has_gaps

    def json_schema(self) -> dict[str, Any]:
        return {
            "type": "array",
            "items": {"type": ["string", "null"] if self.has_gaps else "string"},
        }

    def read(self, value: Any) -> list[str | None]:
        if not isinstance(value, list):
            raise wrong(INVALID_FORMAT, MUST_BE_ARRAY)
        found = [
            Wrong(INVALID_FORMAT, MUST_BE_STRING, str(at))
            for at, item in enumerate(value)
            if not isinstance(item, str) and not (item is None and self.has_gaps)
        ]
        if found:
            raise ValidationError(found)
        return value


class Object(Field):
    """An object of which no field is looked at."""

    def json_schema(self) -> dict[str, Any]:
        return {"type": "object"}

    def read(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise wrong(INVALID_FORMAT, MUST_BE_OBJECT)
        if self.required and not value:
            raise wrong(REQUIRED, FIELD_REQUIRED)
        return value


class Rows(Field):
    """A list of recipients, read in one pass.

    :param row: the JSON schema of one of them.
    """

    def __init__(
        self,
        name: str,
        read_rows: Callable[[Sequence[Any], list[Violation]], Any],
        row: Mapping[str, Any],
        *,
        is_required: bool = False,
    ) -> None:
        super().__init__(is_required=is_required)
        self.prefix = f"{name}."
        self.read_rows = read_rows
        self.row = row

    def json_schema(self) -> dict[str, Any]:
        return {"type": "array", "items": self.row, "minItems": 1}

    def read(self, value: Any) -> Any:
        if not isinstance(value, list):
            raise wrong(INVALID_FORMAT, MUST_BE_ARRAY)
        if not value:
            raise wrong(REQUIRED, "At least one recipient is required")
        violations: list[Violation] = []
        rows = self.read_rows(value, violations)
        if violations:
            raise ValidationError(
                [
                    Wrong(rule, message, field.removeprefix(self.prefix))
                    for field, rule, message in violations
                ]
            )
        return rows


class Inside(fields.Nested):
    """An object with fields of its own."""

    def __init__(self, schema: type[Body], *, is_required: bool = False) -> None:
        super().__init__(schema, required=is_required, error_messages=_texts(MUST_BE_OBJECT))

    def _deserialize(self, value: Any, *args: Any, **more: Any) -> Any:
        if self.required and value in ("", {}):
            raise wrong(REQUIRED, FIELD_REQUIRED)
        if not isinstance(value, dict):
            raise wrong(INVALID_FORMAT, MUST_BE_OBJECT)
        return super()._deserialize(value, *args, **more)


class Places(fields.List[Any]):
    """A list of objects, each with an index that no other has."""

    def __init__(self, schema: type[Body]) -> None:
        super().__init__(Inside(schema))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> list[Any]:
        if not isinstance(value, list):
            raise wrong(INVALID_FORMAT, MUST_BE_ARRAY)
        found: dict[Any, Any] = {}
        places: list[Any] = []
        try:
            places = super()._deserialize(value, attr, data, **more)
        except ValidationError as error:
            found.update(error.messages_dict)
        seen: set[int] = set()
        for at, item in enumerate(value):
            index = item.get("index") if isinstance(item, dict) else None
            if type(index) is int and index in seen:
                found.setdefault(at, {})["index"] = [Wrong(INVALID_FORMAT, BAD_INDEX)]
            elif type(index) is int:
                seen.add(index)
        if found:
            raise ValidationError(found)
        return places


class Body(NullIsAbsent):
    """A body, or an object in it, in snake_case."""

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        # An underscore at the end tells a name from a word of Python's.
        field_obj.data_key = field_name.rstrip("_")


class CamelBody(Body):
    """A body whose fields are in camelCase."""

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        first, *others = field_name.rstrip("_").split("_")
        field_obj.data_key = first + "".join(word.capitalize() for word in others)


def load(schema: Body) -> dict[str, Any]:
    """Return the fields of the request's body.

    :raises BadBody: it is no JSON object, or does not say that it is JSON.
    :raises ValidationFailed: it breaks rules; lists all of the violations.
    """
    body = parse_json(read_body()) if request.mimetype == "application/json" else None
    if not isinstance(body, dict):
        raise BadBody("no JSON object")
    try:
        found: dict[str, Any] = schema.load(body)
    except ValidationError as error:
        raise ValidationFailed(_violations(schema, error.messages_dict, "")) from error
    return found


def _violations(schema: Schema, messages: Mapping[Any, Any], prefix: str) -> list[Violation]:
    """Return what is wrong, field by field in the order in which a schema has them."""
    found: list[Violation] = []
    for name, field in schema.load_fields.items():
        key = field.data_key or name
        if key in messages:
            found += _of_field(field, messages[key], f"{prefix}{key}")
    return found


def _of_field(field: fields.Field[Any], messages: Any, where: str) -> list[Violation]:
    if isinstance(messages, list):
        return [
            Violation(f"{where}.{at}" if at else where, rule, message)
            for rule, message, at in messages
        ]
    if isinstance(field, fields.Nested):
        return _violations(field.schema, messages, f"{where}.")
    assert isinstance(field, fields.List)
    return [
        violation
        for at in sorted(messages)
        for violation in _of_field(field.inner, messages[at], f"{where}.{at}")
    ]
