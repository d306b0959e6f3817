"""The bodies of the endpoints: field names, and the rules between fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, validates_schema

from emulator.web.context import sandbox

from .errors import (
    INVALID_FORMAT,
    INVALID_RANGE,
    LENGTH_MISMATCH,
    MUTUALLY_EXCLUSIVE,
    REQUIRED,
)
from .fields import (
    Body,
    CamelBody,
    Field,
    Index,
    Inside,
    Moment,
    Number,
    Object,
    Places,
    Rows,
    Text,
    Texts,
    UuidText,
    Word,
    Wrong,
)
from .records import CATEGORIES
from .rows import (
    FIELD_REQUIRED,
    LONGEST_REFERENCE,
    MUST_BE_STRING,
    PAYLOAD_ROW,
    RECIPIENT,
    read_payload,
    read_recipients,
)

HEADER_TYPES = ("image", "video", "document", "text")
BUTTON_TYPES = ("URL", "OTP", "QUICK_REPLY")
MESSAGE_TYPES = ("text", "image", "video", "file", "audio", "location", "buttons", "list")
NEEDED_CONTENT = {"text": "text", "image": "url", "video": "url", "file": "url"}


def _refuse(field: str, rule: str, message: str) -> ValidationError:
    return ValidationError([Wrong(rule, message)], field)


class HeaderBody(Body):
    type = Word(*HEADER_TYPES)
    payload_variable = Text()
    fallback = Text()
    filename = Text()


class BodyBody(Body):
    payload_variables = Texts()
    fallbacks = Texts(has_gaps=True)

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def check_lengths(self, _read: Any, body: Mapping[str, Any], **_more: Any) -> None:
        variables, fallbacks = body.get("payload_variables"), body.get("fallbacks")
        if variables is None:
            variables = []
        # Lists are compared whatever is in them; what is no list is complained of as such.
        if not (isinstance(variables, list) and isinstance(fallbacks, list)):
            return
        if len(fallbacks) != len(variables):
            text = "fallbacks must be the same length as payload_variables"
            raise _refuse("fallbacks", LENGTH_MISMATCH, text)


class ButtonBody(Body):
    index = Index(is_required=True)
    type = Word(*BUTTON_TYPES)
    payload_variable = Text()
    fallback = Text()


class CardBody(Body):
    index = Index(is_required=True)
    header = Inside(HeaderBody)
    body = Inside(BodyBody)
    buttons = Places(ButtonBody)


class TemplateBody(Body):
    name = Text(is_required=True)
    locale = Text(is_required=True)
    header = Inside(HeaderBody)
    body = Inside(BodyBody)
    buttons = Places(ButtonBody)
    cards = Places(CardBody)


class TimedBody(Body):
    """What the broadcast endpoints have in common besides fields.

    ``scheduled_name`` is what the time of sending is called.
    """

    scheduled_name = "scheduled_at"

    @validates_schema(skip_on_field_errors=False)
    def check_validity(self, read: Mapping[str, Any], **_more: Any) -> None:
        start, end = read.get(self.scheduled_name), read.get("valid_until")
        now = sandbox().clock.now()
        if end is not None and end <= max(start or now, now):
            text = "valid_until must be later than the send time"
            raise _refuse("valid_until", INVALID_RANGE, text)


class BroadcastBody(TimedBody):
    """A V2 broadcast."""

    name = Text()
    from_ = Text(is_required=True)
    scheduled_at = Moment()
    valid_until = Moment()
    template = Inside(TemplateBody, is_required=True)
    payload = Rows("payload", read_payload, PAYLOAD_ROW)
    contact_list_uuid = UuidText()
    client_unique_identifier = Text()

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def check_recipients(self, _read: Any, body: Mapping[str, Any], **_more: Any) -> None:
        rows, uuid = body.get("payload"), body.get("contact_list_uuid")
        if rows is None and uuid is None:
            text = "Either payload or contact_list_uuid is required"
            raise _refuse("payload", REQUIRED, text)
        if rows is not None and uuid is not None:
            text = "Provide either payload or contact_list_uuid, not both"
            raise _refuse("contact_list_uuid", MUTUALLY_EXCLUSIVE, text)


class SharedHeaderBody(Body):
    type = Word(*HEADER_TYPES)
    value = Text()


class ParametersBody(Body):
    header = Inside(SharedHeaderBody)
    body_order = Texts()
    button_order = Texts()


class FirstBroadcastBody(TimedBody):
    """A V1 broadcast."""

    scheduled_name = "scheduled_for"

    channel_type = Word("whatsapp", is_required=True)
    name = Text(is_required=True)
    template_name = Text(is_required=True)
    locale = Text()
    from_ = Text(is_required=True)
    scheduled_for = Moment()
    valid_until = Moment()
    version = Field()
    client_unique_identifier = Text()
    parameters = Inside(ParametersBody)
    recipients = Rows("recipients", read_recipients, RECIPIENT, is_required=True)


class LiteralHeaderBody(Body):
    type = Word(*HEADER_TYPES)
    link = Text()
    text = Text()
    filename = Text()


class LiteralButtonBody(Body):
    index = Index(is_required=True)
    type = Word(*BUTTON_TYPES)
    value = Text()


class LiteralCardBody(Body):
    index = Index(is_required=True)
    header = Inside(LiteralHeaderBody)
    body_variables = Texts()
    buttons = Places(LiteralButtonBody)


class LiteralTemplateBody(Body):
    name = Text(is_required=True)
    locale = Text(is_required=True)
    header = Inside(LiteralHeaderBody)
    body_variables = Texts()
    buttons = Places(LiteralButtonBody)
    cards = Places(LiteralCardBody)


class TemplateMessageBody(Body):
    """A V2 message."""

    to = Number(is_required=True)
    from_ = Text(is_required=True)
    client_reference = Text(most=LONGEST_REFERENCE)
    template = Inside(LiteralTemplateBody, is_required=True)


class FirstMessageBody(CamelBody):
    """A V1 message of a template."""

    to = Number(is_required=True)
    from_ = Text(is_required=True)
    type = Word("template", is_required=True)
    template_name = Text(is_required=True)
    language = Text(is_required=True)
    category = Word(*CATEGORIES, is_required=True)
    client_ref = Text()
    components = Field()


class FreeMessageBody(CamelBody):
    channel_type = Word("whatsapp", is_required=True)
    to = Number(is_required=True)
    from_ = Text(is_required=True)
    type = Word(*MESSAGE_TYPES, is_required=True)
    content = Object(is_required=True)
    client_ref = Text()

    @validates_schema(skip_on_field_errors=False)
    def check_content(self, read: Mapping[str, Any], **_more: Any) -> None:
        needed = NEEDED_CONTENT.get(read.get("type", ""))
        content = read.get("content")
        if needed is None or content is None:
            return
        value = content.get(needed)
        if value is None or value == "":
            wrong = Wrong(REQUIRED, FIELD_REQUIRED, needed)
        elif not isinstance(value, str):
            wrong = Wrong(INVALID_FORMAT, MUST_BE_STRING, needed)
        else:
            return
        raise ValidationError([wrong], "content")


class FreeBody(Body):
    """A V1 message that needs no template."""

    message = Inside(FreeMessageBody, is_required=True)


BROADCAST = BroadcastBody()
FIRST_BROADCAST = FirstBroadcastBody()
TEMPLATE_MESSAGE = TemplateMessageBody()
FIRST_MESSAGE = FirstMessageBody()
FREE = FreeBody()
