"""Which parameters of a query and fields of a body nobody reads: mostly misspelt ones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any

from marshmallow import INCLUDE, Schema
from marshmallow import fields as kinds

from emulator.core.errors import BadBody, escape, nearest
from emulator.core.journal import Exchange
from emulator.web.bodies import parse_json
from emulator.web.operations import IGNORES_OTHERS, Operation
from emulator.web.provider_app import ProviderApp

_CAPITAL = re.compile("[A-Z]")
MOST = 100
"""How many fields are told: a list of thousands has mostly the same mistake in each row."""


def fields(app: ProviderApp, exchange: Exchange) -> list[dict[str, Any]]:
    """Return what of a request's query and body its operation does not read, the first of it.

    Empty where the operation names neither parameters nor a schema, and the body is no JSON object.
    """
    served = (each.operation for each in app.served())
    operation = next((each for each in served if each.id == exchange.operation), None)
    if operation is None:
        return []
    in_query = _unread_parameters({*operation.asks, *app.provider.also_asks}, operation, exchange)
    return list(islice(chain(in_query, _unread_fields(operation, exchange)), MOST))


def _unread_parameters(
    known: set[str], operation: Operation, exchange: Exchange
) -> Iterator[dict[str, Any]]:
    """Yield parameters that a list would ignore, and show more than was asked for."""
    if not operation.asks:
        return
    for name in dict.fromkeys(name for name, _ in exchange.query):
        # Some vendors take both spellings.
        if not {name, _CAPITAL.sub(r"_\g<0>", name).lower()} & known:
            yield {"pointer": f"?{name}", "suggestion": nearest(name, known)}


def _unread_fields(operation: Operation, exchange: Exchange) -> Iterator[dict[str, Any]]:
    schemas = [form() if isinstance(form, type) else form for form in operation.forms]
    try:
        body = parse_json(exchange.body)
    except BadBody:
        return iter(())
    return _in_all([_unread(each, body, "") for each in schemas if isinstance(each, Schema)])


def _in_all(found: Sequence[Iterator[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    """Yield what none of the schemas reads: where several may be meant, one is enough."""
    if not found:
        return
    first, *others = found
    places = [{field["pointer"] for field in each} for each in others]
    yield from (field for field in first if all(field["pointer"] in each for each in places))


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
    schema = _meant(described, value) if isinstance(described, Mapping) else None
    if schema is None:
        return
    if isinstance(value, list):
        for at, item in enumerate(value):
            yield from _ignored(schema.get("items"), item, f"{pointer}/{at}")
    else:
        yield from _ignored_in(schema, value, pointer)


def _meant(described: Mapping[str, Any], value: Any) -> Mapping[str, Any] | None:
    """Return the first alternative that a list or an object has all that is required for.

    The last one of its type, if it lacks something for each; None where none has its type.
    """
    if not isinstance(value, list | dict):
        return None
    kind = "array" if isinstance(value, list) else "object"
    fitting = [s for s in described.get("anyOf", (described,)) if kind in _types(s)]
    whole = (s for s in fitting if isinstance(value, list) or _has_required(s, value))
    return next(whole, fitting[-1] if fitting else None)


def _types(schema: Mapping[str, Any]) -> Sequence[str]:
    types = schema.get("type", ())
    return (types,) if isinstance(types, str) else types


def _has_required(schema: Mapping[str, Any], value: Mapping[str, Any]) -> bool:
    return all(value.get(name) is not None for name in schema.get("required", ()))


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
