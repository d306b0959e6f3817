"""Bodies of requests: field names, limits and the texts that refuse them.

The envelope is read by marshmallow; lists of recipients by one pass of
:mod:`.recipients`. Violations come in the order in which the fields are declared.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from flask import request
from marshmallow import Schema, ValidationError, fields, pre_load, validates_schema

from emulator.web.bodies import parse_json, read_body
from emulator.web.context import sandbox
from emulator.web.forms import NullIsAbsent

from .errors import ValidationFailed, Violation
from .recipients import (
    EMAIL,
    MOST,
    PARTS,
    PHONE,
    TEXTS,
    AddressKind,
    Described,
    ReadValues,
    described_rows,
    expected,
    read_addresses,
    read_parts,
    read_rows,
    read_texts,
)
from .records import CHANNELS

QUICK, SCHEDULED = "quick broadcast", "schedule broadcast"
TEXT: Described = {"type": "string"}
MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}(:[0-9]{2}(\.[0-9]{1,12})?)?"
    r"(Z|[+-][0-9]{2}(:?[0-9]{2})?)"
)


class Text(fields.Field[str]):
    """A string within limits.

    :param label: what a required string that is missing or empty is called.
    """

    def __init__(self, *, label: str | None = None, most: int | None = None, **more: Any) -> None:
        self.empty = f"{label} is required" if label else "Must be at least 1 characters"
        if label is not None:
            more.update(required=True, error_messages={"required": self.empty})
        limits = {"minLength": 1, **({"maxLength": most} if most else {})}
        super().__init__(metadata={"type": "string", **limits}, **more)
        self.most = most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError(expected("string", value))
        if not value:
            raise ValidationError(self.empty)
        if self.most is not None and len(value) > self.most:
            raise ValidationError(f"Must be at most {self.most} characters")
        return value


class Word(Text):
    """One of a few words."""

    def __init__(self, words: tuple[str, ...], *, label: str) -> None:
        super().__init__(label=label)
        self.metadata = {"type": "string", "enum": list(words)}
        self.words = words
        self.complaint = f"{label} must be one of: {', '.join(words)}"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> str:
        word = super()._deserialize(value, attr, data, **more)
        if word not in self.words:
            raise ValidationError(self.complaint)
        return word


class Phone(Text):
    """One phone number."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> str:
        number = super()._deserialize(value, attr, data, **more)
        if not PHONE.matches(number):
            raise ValidationError(PHONE.complaint)
        return PHONE.normal(number)


class Moment(fields.Field[datetime]):
    """A moment in ISO 8601 with its zone."""

    def __init__(self) -> None:
        super().__init__(metadata={"type": "string", "format": "date-time"})

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> datetime:
        if not isinstance(value, str):
            raise ValidationError(expected("string", value))
        try:
            if MOMENT.fullmatch(value):
                return datetime.fromisoformat(value).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        raise ValidationError("scheduledAt must be an ISO 8601 datetime")


class Rows(fields.Field[list[Any]]):
    """A list of at most 10,000, read in one pass."""

    def __init__(
        self, read: Callable[[list[Any], list[Violation]], list[Any]], items: Described
    ) -> None:
        super().__init__()
        self.read = read
        self.items = items

    def json_schema(self) -> Described:
        """Return what the list holds."""
        return {"type": "array", "maxItems": MOST, "items": self.items}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> list[Any]:
        if not isinstance(value, list):
            raise ValidationError(expected("array", value))
        if len(value) > MOST:
            # The rows of such a list are not looked at: there may be millions.
            raise ValidationError("Maximum 10,000 recipients per request")
        violations: list[Violation] = []
        rows = self.read(value, violations)
        if violations:
            raise ValidationError(list(violations))
        return rows


class Parts(fields.Field[Mapping[str, Any]]):
    """The values for the parts of a WhatsApp template."""

    def json_schema(self) -> Described:
        """Return which parts there are."""
        return PARTS

    def _deserialize(
        self, value: Any, attr: str | None, data: Any, **more: Any
    ) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            raise ValidationError(expected("object", value))
        violations: list[Violation] = []
        read = read_parts(value, None, violations)
        if violations:
            raise ValidationError(list(violations))
        return read


def addresses(kind: AddressKind) -> Rows:
    """Return the field ``recipients`` of a channel."""
    return Rows(lambda given, violations: read_addresses(given, kind, violations), TEXT)


def rows(kind: AddressKind, read_values: ReadValues, values: Described) -> Rows:
    """Return the field ``recipientVariables`` of a channel."""
    return Rows(
        lambda given, violations: read_rows(given, kind, read_values, violations),
        described_rows(kind, values),
    )


class Body(NullIsAbsent):
    """A request's body, in camelCase."""

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        first, *others = field_name.split("_")
        field_obj.data_key = first + "".join(word.capitalize() for word in others)


class BroadcastBody(Body):
    """What the three broadcast endpoints have in common besides fields."""

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def check_schedule(
        self, read: Mapping[str, Any], body: Mapping[str, Any], **_more: Any
    ) -> None:
        if body.get("type") != SCHEDULED:
            return
        if body.get("scheduledAt") is None:
            text = "scheduledAt is required when type is schedule broadcast"
            raise ValidationError(text, "scheduledAt")
        moment = read.get("scheduled_at")
        if moment is not None and moment <= sandbox().clock.now():
            raise ValidationError("scheduledAt must be in the future", "scheduledAt")

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def check_recipients(
        self, _read: Mapping[str, Any], body: Mapping[str, Any], **_more: Any
    ) -> None:
        plain, own = body.get("recipients"), body.get("recipientVariables")
        if plain is not None and own is not None:
            text = "Provide either recipients or recipientVariables, not both"
            raise ValidationError(text, "recipients")
        if plain in (None, []) and own in (None, []):
            raise ValidationError("At least one recipient is required", "recipients")


class SmsBody(BroadcastBody):
    campaign_name = Text(label="Campaign name")
    type = Word((QUICK, SCHEDULED), label="Type")
    template_name = Text(most=512)
    template_content = Text()
    scheduled_at = Moment()
    keyword = Text(most=10)
    recipients = addresses(PHONE)
    recipient_variables = rows(PHONE, read_texts, TEXTS)

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def check_template(
        self, _read: Mapping[str, Any], body: Mapping[str, Any], **_more: Any
    ) -> None:
        named, inline = body.get("templateName"), body.get("templateContent")
        if named is not None and inline is not None:
            text = "Provide either templateName or templateContent, not both"
            raise ValidationError(text, "templateName")
        if named is None and inline is None:
            raise ValidationError("Provide templateName or templateContent", "templateName")


class WhatsAppBody(BroadcastBody):
    template_name = Text(label="Template name", most=512)
    campaign_name = Text(label="Campaign name")
    type = Word((QUICK, SCHEDULED), label="Type")
    scheduled_at = Moment()
    recipients = addresses(PHONE)
    variables = Parts()
    recipient_variables = rows(PHONE, read_parts, PARTS)

    @pre_load
    def drop_shared_values(self, body: Mapping[str, Any], **_more: Any) -> dict[str, Any]:
        # Where each recipient has values, the shared ones are ignored, mistakes included.
        is_dynamic = body.get("recipientVariables") is not None
        return {name: v for name, v in body.items() if name != "variables" or not is_dynamic}


class TestSendBody(Body):
    __test__ = False  # a body, not a test of pytest's

    template_name = Text(label="Template name", most=512)
    to = Phone(label="To")
    variables = Parts()


class UploadBody(Schema):
    """The form of an upload, for those who describe it; the one file in it may have any name."""

    file = fields.Raw(metadata={"type": "string", "format": "binary"})


class EmailBody(BroadcastBody):
    template_name = Text(label="Template name", most=512)
    subject = Text(label="Subject", most=200)
    type = Word((QUICK, SCHEDULED), label="Type")
    campaign_name = Text(most=255)
    scheduled_at = Moment()
    recipients = addresses(EMAIL)
    recipient_variables = rows(EMAIL, read_texts, TEXTS)


def _read_any(given: list[Any], violations: list[Violation]) -> list[Any]:
    violations += [
        Violation(f"recipients.{at}", expected("string", value))
        for at, value in enumerate(given)
        if value is not None and not isinstance(value, str)
    ]
    return given


class ListBody(Body):
    """A list of recipients to be looked at."""

    channel = Word(CHANNELS, label="Channel")
    recipients = Rows(_read_any, {"type": ["string", "null"]})

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def check_recipients(
        self, _read: Mapping[str, Any], body: Mapping[str, Any], **_more: Any
    ) -> None:
        if body.get("recipients") in (None, []):
            raise ValidationError("At least one recipient is required", "recipients")


_SCHEMAS: Mapping[type[Body], Body] = {
    schema: schema() for schema in (SmsBody, WhatsAppBody, EmailBody, TestSendBody, ListBody)
}


def read(kind: type[Body]) -> dict[str, Any]:
    """Return the fields of the request's body.

    :raises BadBody: it says that it is JSON and is not.
    :raises ValidationFailed: it breaks rules; lists all of the violations.
    """
    body = parse_json(read_body()) if request.is_json else {}
    if not isinstance(body, dict):
        raise ValidationFailed([Violation("body", "Expected object")])
    schema = _SCHEMAS[kind]
    try:
        found: dict[str, Any] = schema.load(body)
    except ValidationError as error:
        raise ValidationFailed(_in_order(schema, error.messages_dict)) from error
    return found


def _in_order(schema: Schema, messages: Mapping[str, Any]) -> list[Violation]:
    """Return the violations field by field: first the field's own, then those inside it."""
    violations: list[Violation] = []
    for field in schema.load_fields.values():
        name = field.data_key or ""
        found = messages.get(name, ())
        own = [message for message in found if isinstance(message, str)]
        # A field that is wrong in itself needs no second complaint.
        violations += [Violation(name, message) for message in own[:1]]
        violations += [message for message in found if isinstance(message, Violation)]
    return violations
