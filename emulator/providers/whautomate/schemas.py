"""Bodies of requests: field names, limits and the texts that refuse them.

Fields are declared in the order in which their mistakes are looked for: the first one is
reported and no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from flask import request
from marshmallow import Schema, ValidationError, fields, validates_schema

from emulator.core.describing import FILLED
from emulator.core.errors import BadBody
from emulator.web.bodies import parse_json, read_body
from emulator.web.forms import NullIsAbsent

from . import describing, words
from .checks import (
    Check,
    Degrees,
    Flaw,
    Members,
    Word,
    day,
    filled,
    flag,
    moment,
    names,
    phone,
    reference,
    references,
    some_things,
    string,
    strings,
    thing,
    url,
    whole,
    within,
)
from .describing import schema_of
from .errors import Refused
from .records import Criteria

REQUIRED = "is required"


class Field(fields.Field[Any]):
    """A field that one check reads.

    :param needs: what is said where it must be there and is not.
    :param shape: what the check lets through, if it is one of this field alone.
    """

    def __init__(
        self,
        check: Check,
        *,
        needs: str | None = None,
        within: str = "",
        shape: Mapping[str, Any] | None = None,
    ) -> None:
        self.missing = Flaw(needs or REQUIRED, within)
        messages: dict[str, Any] = {"required": [self.missing]}
        super().__init__(required=needs is not None, error_messages=messages)
        self.check = check
        self.shape = dict(shape or schema_of(check))

    def json_schema(self) -> dict[str, Any]:
        """Return what the check lets through."""
        return self.shape

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Any:
        # What must be true, false or one of some words is wrong rather than missing.
        can_be_empty = self.check is flag or isinstance(self.check, Word)
        if value == "" and self.required and not can_be_empty:
            raise ValidationError([self.missing])
        try:
            return self.check(value)
        except Flaw as flaw:
            raise ValidationError([flaw]) from flaw


class Body(NullIsAbsent):
    """A request's body, in camelCase."""

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        first, *others = field_name.split("_")
        field_obj.data_key = first + "".join(word.capitalize() for word in others)


def required_filled(value: Any) -> str:
    """Check a name as broadcasts do: whatever is no text with something in it is missing."""
    if not isinstance(value, str) or not value.strip():
        raise Flaw(REQUIRED)
    return value


def _template(value: Any) -> tuple[str, str]:
    given = value if isinstance(value, dict) else {}
    name = within("name", required_filled, given.get("name"))
    return name, within("language", required_filled, given.get("language"))


def status_word(value: Any) -> str:
    """Return what a status asks for; clients send back whole objects, so any will do."""
    return value.lower() if isinstance(value, str) else ""


PLACE = Members(latitude=Degrees(90), longitude=Degrees(180), address=string, name=string)
FLOW = Members(flowToken=string, flowData=string)


class TemplateBody(Body):
    """A template with the values for its places."""

    template = Field(_template, shape=describing.TEMPLATE)
    header_media_url = Field(url)
    header_text_parameters = Field(strings)
    body_text_parameters = Field(strings)
    button_url_parameters = Field(strings)
    location_parameters = Field(PLACE)
    flow_parameters = Field(FLOW)


class BroadcastHead(Body):
    name = Field(required_filled, needs=REQUIRED, shape=FILLED)
    type = Field(Word(*words.TYPES), needs=REQUIRED)
    status = Field(status_word)
    segments = Field(references)
    target_class = Field(reference)
    retarget_broadcast = Field(reference)
    location = Field(reference)
    target_class_status = Field(Word(*words.CLASS_STATUSES))
    retarget_engagement_type = Field(Word(*words.ENGAGEMENTS))
    schedule_date_time = Field(moment)


class BroadcastBody(TemplateBody, BroadcastHead):
    """A broadcast; the fields of the template come last."""


class ContactBody(Body):
    name = Field(filled, needs=REQUIRED)
    phone_number = Field(phone, needs=REQUIRED)
    location = Field(reference, needs=REQUIRED, within=".id")
    stage = Field(Word(*words.STAGES))
    notes = Field(string)
    custom_fields = Field(thing)
    tags = Field(names)
    channel = Field(Word(*words.CHANNELS))


CLIENT_TEXTS = (
    "preferredName",
    "notes",
    "referralSource",
    "address",
    "addressType",
    "identificationNumber",
    "preferredLanguage",
    "maritalStatus",
    "emergencyRelationType",
    "emergencyName",
    "emergencyCountryCode",
    "emergencyPhone",
    "taxIdType",
    "taxIdNumber",
)


def _gender(value: Any) -> str:
    return "" if value == "" else str(Word(*words.GENDERS)(value))


class ClientBody(Body):
    full_name = Field(filled, needs=REQUIRED)
    primary_location = Field(reference, needs=REQUIRED, within=".id")
    preferred_name = Field(string)
    email = Field(string)
    notes = Field(string)
    referral_source = Field(string)
    address = Field(string)
    address_type = Field(string)
    identification_number = Field(string)
    preferred_language = Field(string)
    marital_status = Field(string)
    gender = Field(_gender, shape=describing.GENDER)
    contact_type = Field(string)
    country_code = Field(string)
    phone = Field(string)
    registration_date = Field(moment)
    dob = Field(day)
    tags = Field(names)
    photo = Field(string)
    primary_staff = Field(thing)
    emergency_relation_type = Field(string)
    emergency_name = Field(string)
    emergency_country_code = Field(string)
    emergency_phone = Field(string)
    custom_fields = Field(thing)
    company = Field(thing)
    tax_id_type = Field(string)
    tax_id_number = Field(string)


def _tags(value: Any) -> tuple[str, ...]:
    try:
        found = names(value)
    except Flaw as flaw:
        raise Flaw(REQUIRED) from flaw
    if not found:
        raise Flaw(REQUIRED)
    return found


class TagsBody(Body):
    tags = Field(_tags, needs=REQUIRED, shape=describing.TAGS)


class TagBody(Body):
    name = Field(filled, needs=REQUIRED)


_CRITERIA: Mapping[str, tuple[str, Check]] = {
    "tags": ("tags", strings),
    "exclusionTags": ("exclusion_tags", strings),
    "gender": ("gender", Word(*words.GENDERS)),
    "numberOfDaysLastActivity": ("active_within", whole),
    "ageFrom": ("age_from", whole),
    "ageTo": ("age_to", whole),
    "contactStage": ("stage", Word(*words.STAGES)),
    "primaryLocations": ("locations", references),
}


def criteria(value: Any) -> Criteria:
    """Check the criteria of a segment; those that are empty are left out."""
    if not isinstance(value, dict):
        raise Flaw("must be an object")
    read = {
        attribute: within(name, check, value[name])
        for name, (attribute, check) in _CRITERIA.items()
        if value.get(name) not in (None, "", [])
    }
    if read.get("age_from", 0) > read.get("age_to", float("inf")):
        raise Flaw("ageFrom must not exceed ageTo", ".ageFrom", is_sentence=True)
    return Criteria(**read)


class SegmentBody(Body):
    name = Field(filled, needs=REQUIRED)
    type = Field(Word(*words.TYPES), needs=REQUIRED)
    criteria = Field(criteria, shape=describing.CRITERIA)
    location = Field(reference)


def _recipient(value: Any) -> tuple[str, str]:
    given = value if isinstance(value, dict) else {}
    if given.get("phoneNumber") is None:
        raise Flaw(REQUIRED, ".phoneNumber")
    number = within("phoneNumber", phone, given["phoneNumber"])
    given_name = given.get("name")
    name = "" if given_name is None else within("name", string, given_name)
    return number, name.strip() or number


ADDRESSEES = ("contact", "client", "recepient")


class MessageBody(Body):
    """What all kinds of single messages have in common."""

    contact = Field(reference)
    client = Field(reference)
    recepient = Field(_recipient, shape=describing.RECIPIENT)
    location = Field(reference, needs=REQUIRED, within=".id")

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def check_addressee(
        self, _read: Mapping[str, Any], body: Mapping[str, Any], **_more: Any
    ) -> None:
        given = [name for name in ADDRESSEES if body.get(name) is not None]
        if not given:
            raise ValidationError("contact, client or recepient is required")
        if len(given) > 1:
            raise ValidationError("Only one of contact, client, recepient is allowed")


class TextBody(MessageBody):
    text_message = Field(filled, needs=REQUIRED)
    schedule_date_time = Field(moment)


class MediaBody(MessageBody):
    media_url = Field(url, needs=REQUIRED)
    mime_type = Field(filled, needs=REQUIRED)
    schedule_date_time = Field(moment)


class SendTemplateBody(TemplateBody, MessageBody):
    template = Field(_template, needs=REQUIRED, within=".name", shape=describing.TEMPLATE)
    schedule_date_time = Field(moment)


class ElementsBody(MessageBody):
    elements = Field(some_things, needs=REQUIRED)
    schedule_date_time = Field(moment)


class ButtonsBody(MessageBody):
    text_message = Field(filled, needs=REQUIRED)
    buttons = Field(some_things, needs=REQUIRED)
    schedule_date_time = Field(moment)


def _headers(value: Any) -> list[tuple[str, str]]:
    if not isinstance(value, list):
        raise Flaw("must be an array of objects")
    found = []
    for item in value:
        given = item if isinstance(item, dict) else {}
        key = within("key", required_filled, given.get("key"))
        found.append((key, within("value", string, given.get("value"))))
    return found


def _events(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise Flaw(REQUIRED)
    for event in strings(value):
        if event not in words.EVENTS:
            raise Flaw(f"Invalid event: {event}", is_sentence=True)
    return tuple(dict.fromkeys(value))


class WebhookBody(Body):
    name = Field(filled, needs=REQUIRED)
    active = Field(flag, needs=REQUIRED)
    server_url = Field(url, needs=REQUIRED)
    webhook_headers = Field(_headers, shape=describing.HEADERS)
    events = Field(_events, needs=REQUIRED, shape=describing.EVENTS)


def checks_of(kind: type[Body]) -> dict[str, Check]:
    """Return the check of each field of a body, by the names of the attributes."""
    fields = _instance(kind).load_fields.items()
    return {name: field.check for name, field in fields if isinstance(field, Field)}


@cache
def _instance(kind: type[Body]) -> Body:
    return kind()


def body() -> dict[str, Any]:
    """Return the request's body; one that does not say that it is JSON is empty.

    :raises BadBody: it is no JSON object.
    """
    raw = read_body()
    value = parse_json(raw) if raw and request.is_json else {}
    if not isinstance(value, dict):
        raise BadBody("no object")
    return value


def read(kind: type[Body], given: Mapping[str, Any], *, is_partial: bool = False) -> dict[str, Any]:
    """Return the fields of a body, those that are absent left out.

    :param is_partial: nothing is required.
    :raises Refused: says the first mistake.
    """
    schema = _instance(kind)
    try:
        found: dict[str, Any] = schema.load(given, partial=is_partial)
    except ValidationError as error:
        raise _first(schema, error.messages_dict) from error
    return found


def _first(schema: Schema, messages: Mapping[str, Any]) -> Refused:
    if "_schema" in messages:
        return Refused(messages["_schema"][0])
    names = (field.data_key or "" for field in schema.load_fields.values())
    name = next(name for name in names if name in messages)
    flaw = messages[name][0]
    assert isinstance(flaw, Flaw)
    return Refused(*flaw.of(name))
