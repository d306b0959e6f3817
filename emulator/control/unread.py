"""Which fields of a body nobody reads: mostly misspelt ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import INCLUDE, Schema
from marshmallow import fields as kinds

from emulator.core.errors import BadBody, escape, nearest
from emulator.core.journal import Exchange
from emulator.web.bodies import parse_json
from emulator.web.operations import IGNORES_OTHERS
from emulator.web.provider_app import ProviderApp


def fields(app: ProviderApp, exchange: Exchange) -> list[dict[str, Any]]:
    """Return the fields of a request's body that no schema of its operation reads.

    Empty where the operation names no schema, or the body is no JSON object.
    """
    forms = next(
        (
            served.operation.forms
            for served in app.served()
            if served.operation.id == exchange.operation
        ),
        (),
    )
    schemas = [form() if isinstance(form, type) else form for form in forms]
    try:
        body = parse_json(exchange.body)
    except BadBody:
        return []
    found = [list(_unread(schema, body, "")) for schema in schemas if isinstance(schema, Schema)]
    # Where several may be meant, what any of them reads is read.
    places = [{field["pointer"] for field in each} for each in found]
    return (
        [field for field in found[0] if all(field["pointer"] in each for each in places)]
        if found
        else []
    )


def _unread(schema: Schema, value: Any, pointer: str) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for at, item in enumerate(value):
            yield from _unread(schema, item, f"{pointer}/{at}")
    if not isinstance(value, Mapping) or schema.unknown == INCLUDE:
        return
    known = {field.data_key or name: field for name, field in schema.load_fields.items()}
    for key, inner in value.items():
        here = f"{pointer}/{escape(key)}"
        if key not in known:
            yield {"pointer": here, "suggestion": nearest(key, known)}
        elif (below := _schema_of(known[key])) is not None:
            yield from _unread(below, inner, here)
        else:
            describe = getattr(known[key], "json_schema", dict[str, Any])
            yield from _ignored(describe(), inner, here)


def _ignored(described: Any, value: Any, pointer: str) -> Iterator[dict[str, Any]]:
    """Yield what is ignored within a field that a vendor reads in a way of its own."""
    if not isinstance(described, Mapping):
        return
    for schema in described.get("anyOf", (described,)):
        if isinstance(value, list) and "items" in schema:
            for at, item in enumerate(value):
                yield from _ignored(schema["items"], item, f"{pointer}/{at}")
        if isinstance(value, Mapping) and schema.get("type") == "object":
            yield from _ignored_in(schema, value, pointer)


def _ignored_in(
    schema: Mapping[str, Any], value: Mapping[str, Any], pointer: str
) -> Iterator[dict[str, Any]]:
    known = schema.get("properties", {})
    for key, inner in value.items():
        here = f"{pointer}/{escape(key)}"
        if key not in known and schema.get(IGNORES_OTHERS):
            yield {"pointer": here, "suggestion": nearest(key, known)}
        yield from _ignored(known.get(key, schema.get("additionalProperties")), inner, here)


def _schema_of(field: kinds.Field[Any]) -> Schema | None:
    if isinstance(field, kinds.List):
        return _schema_of(field.inner)
    return field.schema if isinstance(field, kinds.Nested) else None
