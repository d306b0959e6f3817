"""A JSON Schema of fixtures, by which editors complete and check them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .adversary import FIELDS as ADVERSARY
from .endpoints import ENDPOINT_FIELDS
from .fixtures import VERSION
from .generating import GENERATE, MOST, NOW
from .lifecycle import OUTCOMES
from .moments import read_moment
from .options import LATENCIES, OneOf, boolean
from .retention import KEEP
from .retention import MOST as MOST_KEPT
from .rules import DELAY_NAMES, Rule, channels_of

if TYPE_CHECKING:
    from .vendor import Setting, Vendor

DRAFT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]
Defs = dict[str, Schema]

ANYTHING: Schema = {}
STRING: Schema = {"type": "string"}
FILLED: Schema = {"type": "string", "minLength": 1}
TRUTH: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 0}
NUMBER: Schema = {"type": "integer"}
STRINGS: Schema = {"type": "array", "items": STRING}
OBJECT: Schema = {"type": "object"}
OBJECTS: Schema = {"type": "array", "items": OBJECT}
DURATION: Schema = {"type": ["string", "number"]}
MOMENT: Schema = {"$ref": "#/$defs/moment"}
HISTORY: Schema = {"$ref": "#/$defs/history"}


def document(vendors: Sequence[Vendor]) -> Schema:
    """Return the schema of a whole fixture."""
    defs: Defs = {
        "moment": {
            "description": "A time, or a span before or after the sandbox's own",
            "anyOf": [
                {"type": "string", "format": "date-time"},
                fields({NOW: {"type": "string", "examples": ["-2d", "+90m"]}}, [NOW]),
            ],
        },
        "history": {
            "description": "When a message came into each of its states",
            "type": "array",
            "items": fields({"status": STRING, "at": MOMENT}, ["status", "at"]),
        },
    }
    parts = {vendor.slug: vendor.describe(defs) for vendor in vendors if vendor.describe}
    slugs = [vendor.slug for vendor in vendors]
    properties = {
        "$schema": STRING,
        "emulator": {"const": VERSION, "description": "The version of the format"},
        "description": STRING,
        "seed": NUMBER,
        "clock": {"anyOf": [{"const": "real"}, {"type": "string", "format": "date-time"}]},
        "settings": _settings(vendors),
        **parts,
        "outcomes": listed(defs, "outcome", _rule(vendors), ["outcome"]),
        "endpoints": listed(defs, "endpoint", _endpoint(slugs), ["url"]),
    }
    return {
        "$schema": DRAFT,
        "title": "A fixture of broadcast-emulator",
        **fields(properties, ["emulator"]),
        "$defs": dict(sorted(defs.items())),
    }


def fields(properties: Mapping[str, Schema], required: Sequence[str] = ()) -> Schema:
    """Return the schema of an object that has no other fields."""
    schema: Schema = {
        "type": "object",
        "properties": dict(properties),
        "additionalProperties": False,
    }
    return {**schema, "required": list(required)} if required else schema


def listed(
    defs: Defs, name: str, properties: Mapping[str, Schema], required: Sequence[str] = ()
) -> Schema:
    """Return the schema of a list of objects, some of which may be generated.

    What is required of a new object is not of one that is merged, and is left to the loader;
    ``required`` are fields that an object cannot do without in any case.
    """
    defs[name] = {"type": "object", "properties": dict(properties)}
    ref = {"$ref": f"#/$defs/{name}"}
    count = {"count": {"type": "integer", "minimum": 0, "maximum": MOST}}
    many = {**ref, "properties": count, "required": ["count"], "unevaluatedProperties": False}
    one: Schema = {**ref, "not": {"required": [GENERATE]}, "unevaluatedProperties": False}
    if required:
        one["required"] = list(required)
    return {"type": "array", "items": {"anyOf": [one, fields({GENERATE: many}, [GENERATE])]}}


def optional(schema: Schema) -> Schema:
    """Return the schema of a value that may be null."""
    return {"anyOf": [schema, {"type": "null"}]} if schema else schema


def choice(choices: Sequence[str]) -> Schema:
    """Return the schema of one of some words."""
    return {"enum": list(choices)}


def _settings(vendors: Sequence[Vendor]) -> Schema:
    slugs = [vendor.slug for vendor in vendors]
    limit = {"anyOf": [TRUTH, fields({"window": DURATION, "limits": OBJECT})]}
    most: Schema = {"type": "integer", "minimum": 1, "maximum": MOST_KEPT}
    return fields(
        {
            "latency": choice(LATENCIES),
            "magic_numbers": TRUTH,
            "unknown_keys": choice(("refuse", "accept")),
            "evidence_header": TRUTH,
            "default_outcome": fields(dict.fromkeys(slugs, choice(OUTCOMES))),
            "rate_limits": fields(dict.fromkeys(slugs, limit)),
            "keep": fields(
                {name: fields(dict.fromkeys(units, most)) for name, units in KEEP.items()}
            ),
            **{vendor.slug: _group(vendor.settings) for vendor in vendors if vendor.settings},
        }
    )


def _group(settings: Mapping[str, Any]) -> Schema:
    return fields(
        {
            name: _group(setting) if isinstance(setting, Mapping) else _setting(setting)
            for name, setting in settings.items()
        }
    )


def _setting(setting: Setting) -> Schema:
    if isinstance(setting.check, OneOf):
        return choice(setting.check.choices)
    return TRUTH if setting.check is boolean else ANYTHING


def _rule(vendors: Sequence[Vendor]) -> dict[str, Schema]:
    by_slug = {vendor.slug: vendor for vendor in vendors}
    spans = fields(dict.fromkeys(("min", "max", "p50", "p95"), DURATION))
    delay = {"anyOf": [DURATION, spans]}
    delays = fields(dict.fromkeys(DELAY_NAMES, delay))
    special = {
        "outcome": choice(OUTCOMES),
        "provider": choice(list(by_slug)),
        "channel": choice(channels_of(by_slug)),
        "nth": {"type": "array", "items": {"type": "integer", "minimum": 1}},
        "times": COUNT,
        "share": {"type": "number", "minimum": 0, "maximum": 1},
        "error": fields({"code": STRING, "message": STRING}),
        "delays": delays,
        "reply": fields({"text": STRING}),
    }
    return {name: special.get(name, STRING) for name in Rule.__struct_fields__}


def _endpoint(slugs: Sequence[str]) -> dict[str, Schema]:
    share = {"type": "number", "minimum": 0, "maximum": 1}
    adversary = dict.fromkeys(ADVERSARY, share) | {"shuffle": TRUTH, "delay": DURATION}
    special = {
        "provider": choice(slugs),
        "events": optional(STRINGS),
        "active": TRUTH,
        "adversary": optional(fields(adversary)),
        "channel": optional(FILLED),
    }
    return {name: special.get(name, FILLED) for name in ENDPOINT_FIELDS}


def of_check(check: Any, known: Mapping[Any, Schema]) -> Schema:
    """Return the schema of a value by the function that checks it.

    :param known: functions whose values are known; of others, anything is allowed.
    """
    if isinstance(check, OneOf):
        return choice(check.choices)
    if check is read_moment:
        return MOMENT
    return known.get(check, ANYTHING)
