"""Globals: named values that texts can use."""

from __future__ import annotations

import re
from typing import Any, Final

from flask import Response
from marshmallow import ValidationError

from emulator.providers.rapidpro import filters
from emulator.providers.rapidpro.answers import GlobalOut
from emulator.providers.rapidpro.context import has_all, is_taken, now, table, target, workspace
from emulator.providers.rapidpro.endpoint import Endpoint
from emulator.providers.rapidpro.kinds import GLOBALS
from emulator.providers.rapidpro.lookups import by_key
from emulator.providers.rapidpro.naming import new_uuid, next_serial
from emulator.providers.rapidpro.paging import page
from emulator.providers.rapidpro.records import Global
from emulator.providers.rapidpro.scalars import Text
from emulator.providers.rapidpro.validation import Body, Schema
from emulator.providers.rapidpro.values import format_moment
from emulator.web.context import sandbox

LIMIT: Final = 250
_NAME: Final = re.compile(r"[A-Za-z0-9_\- ]+")
_KEY: Final = re.compile(r"[a-z][a-z0-9_]*")


def show(found: Global) -> GlobalOut:
    return {
        "key": found.key,
        "name": found.name,
        "value": found.value,
        "modified_on": format_moment(found.modified_on),
    }


def make_key(name: str) -> str:
    """Return the key of a new global."""
    return "_".join(re.findall("[a-z0-9]+", name.lower()))


def _check_unique(name: str) -> None:
    if is_taken(GLOBALS)(name):
        raise ValidationError("This field must be unique.")


def _check_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValidationError("Name contains illegal characters.")
    if not _KEY.fullmatch(make_key(name)):
        raise ValidationError("Name creates Key that is invalid")
    return name


class GlobalIn(Schema):
    """The body of a POST."""

    value = Text(required=True, max_length=10_000)
    name = Text(max_length=36, validators=[_check_unique], then=[_check_name])

    def name_is_there(self, values: dict[str, Any]) -> str | None:
        if target() is None and "name" not in values:
            return "Name is required when creating new global."
        return None

    checks = (name_is_there,)


globals_ = Endpoint(
    "globals",
    asks=("key", "before", "after", "reverse"),
    model="Global",
    show=show,
    lookups={"key": lambda key: by_key(GLOBALS, key)},
    is_full=has_all(GLOBALS, LIMIT),
)


@globals_.lists
def list_() -> Response:
    """Return the globals, by key or time of change if asked."""
    key = filters.text("key")
    return page(
        GLOBALS,
        "modified",
        (workspace().id,),
        show,
        where=None if key is None else lambda found: found.key == key,
        is_timed=True,
    )


@globals_.creates(GlobalIn)
def create(body: Body) -> Global:
    """Make a global, or give another value to one whose key the name comes to."""
    values = GlobalIn().read(body)
    key, moment = make_key(values["name"]), now()
    known = by_key(GLOBALS, key)
    if known is not None:
        # The server does not note a change here.
        return table(GLOBALS).change(known, value=values["value"])
    made = Global(
        id=new_uuid(sandbox(), GLOBALS),
        serial=next_serial(sandbox(), GLOBALS),
        workspace=workspace().id,
        key=key,
        name=values["name"],
        value=values["value"],
        created_on=moment,
        modified_on=moment,
    )
    table(GLOBALS).add(made)
    return made


@globals_.updates(GlobalIn)
def update(found: Global, body: Body) -> Global:
    """Give another value to a global; its name stays."""
    value = GlobalIn().read(body)["value"]
    return table(GLOBALS).change(found, value=value, modified_on=now())


ENDPOINTS = (globals_,)
