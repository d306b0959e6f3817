"""Fields: what a workspace wants to know of its contacts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from flask import Response
from marshmallow import ValidationError

from emulator.providers.rapidpro import field_types, filters, lookups, paging
from emulator.providers.rapidpro import records as r
from emulator.providers.rapidpro.answers import FieldOut
from emulator.providers.rapidpro.context import is_taken, now, table, target, workspace
from emulator.providers.rapidpro.endpoint import Endpoint
from emulator.providers.rapidpro.kinds import CAMPAIGN_EVENTS, FIELDS, FLOWS
from emulator.providers.rapidpro.naming import new_uuid, next_serial
from emulator.providers.rapidpro.scalars import Choice, Text
from emulator.providers.rapidpro.smart_groups import field_uses
from emulator.providers.rapidpro.validation import Body, Schema
from emulator.web.context import rests_on, sandbox

MOST: Final = 250
MAX_NAME: Final = 36
TYPES: Final = ("text", "number", "datetime", "state", "district", "ward")
#: How a type was called before, where that differs.
OLD_NAMES: Final = {"number": "numeric"}
NEW_NAMES: Final = {OLD_NAMES.get(type_, type_): type_ for type_ in TYPES}
#: Names of built-in fields that are in no list.
HIDDEN: Final = frozenset({"created on", "last seen on"})
RESERVED: Final = frozenset({"has", "is", "fields", "urns", "created_on", "last_seen_on"})

_NAME = re.compile(r"[A-Za-z0-9\- ]+")
_KEY = re.compile(r"[a-z][a-z0-9_]*")
_SEPARATORS = re.compile(r"[^a-z0-9]+")


class FieldViews:
    """Shows fields. How often smart groups use each is counted once for a page of them."""

    def __init__(self) -> None:
        self._groups: Counter[str] = field_uses(sandbox(), workspace())

    def show(self, field: r.Field) -> FieldOut:
        """Return a field as the API has it."""
        partition = ("field", field.workspace, field.key)
        return {
            "key": field.key,
            "name": field.name,
            "type": field.type,
            "featured": field.featured,
            "priority": field.priority,
            "usages": {
                "flows": table(FLOWS).count("created", partition),
                "groups": self._groups[field.key],
                "campaign_events": table(CAMPAIGN_EVENTS).count("created", partition),
            },
            "agent_access": field.agent_access,
            "label": field.name,
            "value_type": OLD_NAMES.get(field.type, field.type),
        }


def show(field: r.Field) -> FieldOut:
    """Return one field."""
    return FieldViews().show(field)


fields = Endpoint(
    "fields",
    asks=("key",),
    model="ContactField",
    show=show,
    lookups={"key": lookups.find_field},
    is_full=lambda: table(FIELDS).count("created", (workspace().id,)) >= MOST,
)


@fields.lists
def list_() -> Response:
    """Answer with fields, the newest first."""
    key = filters.text("key")
    show = FieldViews().show
    if key is None:
        return paging.page(FIELDS, "created", (workspace().id,), show)
    return paging.few([lookups.find_field(key)], show)


def make_key(name: str) -> str:
    """Return the key that a new field of this name gets."""
    return _SEPARATORS.sub(" ", name.lower()).strip().replace(" ", "_")


def _check_unique(name: str) -> None:
    if is_taken(FIELDS)(name) or name.lower() in HIDDEN:
        raise ValidationError("This field must be unique.")


def _speakable(name: str) -> str:
    """Return a name from which a key can be made that is free."""
    if not _NAME.fullmatch(name):
        raise ValidationError("Can only contain letters, numbers and hypens.")
    key = make_key(name)
    if not _KEY.fullmatch(key) or key in RESERVED:
        raise ValidationError(f'Generated key "{key}" is invalid or a reserved name.')
    if target() is None and lookups.find_field(key) is not None:
        rests_on("assumed")
        raise ValidationError("This field must be unique.")
    return name


def _changeable(type_: str) -> str:
    field: Any = target()
    if field is None or field.type != "datetime" or NEW_NAMES.get(type_, type_) == "datetime":
        return type_
    if table(CAMPAIGN_EVENTS).count("created", ("field", field.workspace, field.key)):
        raise ValidationError("Can't change type of date field being used by campaign events.")
    return type_


def _required(*keys: str) -> Callable[[Schema, dict[str, Any]], str | None]:
    def check(_: Schema, values: dict[str, Any]) -> str | None:
        has_one = any(key in values for key in keys)
        return None if has_one else f"Field '{keys[0]}' is required."

    return check


class FieldBody(Schema):
    """What can be said of a field, in the present words or those of before."""

    name = Text(max_length=MAX_NAME, validators=[_check_unique], then=[_speakable])
    label = Text(max_length=MAX_NAME, validators=[_check_unique], then=[_speakable])
    type = Choice(TYPES, then=[_changeable])
    value_type = Choice(tuple(NEW_NAMES), then=[_changeable])

    checks = (_required("name", "label"), _required("type", "value_type"))


BODY = FieldBody()


def _read(body: Body) -> tuple[str, str]:
    """Return the name and the type that a body asks for."""
    values = BODY.read(body)
    type_ = values.get("type") or NEW_NAMES[values["value_type"]]
    return values.get("name") or values["label"], type_


@fields.creates(FieldBody)
def create(body: Body) -> r.Field:
    """Make a field; its key follows from the name."""
    name, type_ = _read(body)
    field = r.Field(
        id=new_uuid(sandbox(), FIELDS),
        serial=next_serial(sandbox(), FIELDS),
        workspace=workspace().id,
        key=make_key(name),
        name=name,
        type=type_,
        created_on=now(),
    )
    table(FIELDS).add(field)
    return field


@fields.updates(FieldBody)
def update(field: r.Field, body: Body) -> r.Field:
    """Change the name and the type of a field; the key stays."""
    name, type_ = _read(body)
    changed = table(FIELDS).change(field, name=name, type=type_)
    if type_ != field.type:
        field_types.changed(sandbox(), workspace(), changed)
    return changed


ENDPOINTS = (fields,)
