"""How what the control API takes and gives is shaped, for its OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emulator.core.fault_documents import METHODS
from emulator.core.fixtures import COMMON
from emulator.core.lifecycle import OUTCOMES
from emulator.core.options import LATENCIES
from emulator.core.retention import KEEP
from emulator.core.rules import DELAY_NAMES

Shape = Mapping[str, Any]

ANY: Shape = {}
TEXT: Shape = {"type": "string"}
FILLED: Shape = {"type": "string", "minLength": 1}
FLAG: Shape = {"type": "boolean"}
WHOLE: Shape = {"type": "integer"}
NUMBER: Shape = {"type": "number"}
COUNT: Shape = {"type": "integer", "minimum": 0}
POSITIVE: Shape = {"type": "integer", "minimum": 1}
SHARE: Shape = {"type": "number", "minimum": 0, "maximum": 1}
MOMENT: Shape = {"type": "string", "format": "date-time"}
SPAN: Shape = {
    "description": 'Seconds, or a text such as "90s", "2h", "3d" or "PT1H30M".',
    "type": ["number", "string"],
    "minimum": 0,
}
OBJECT: Shape = {"type": "object"}
URL: Shape = {"type": "string", "format": "uri", "pattern": "^https?://"}
NAME: Shape = {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,62}$"}
PROVIDER: Shape = {"$ref": "#/components/schemas/ProviderName"}


def words(*known: str) -> Shape:
    """Return the shape of one of some words."""
    return {"type": "string", "enum": list(known)}


def listed(items: Shape) -> Shape:
    """Return the shape of a plain list."""
    return {"type": "array", "items": items}


def maybe(shape: Shape) -> Shape:
    """Return a shape that may be null."""
    if isinstance(shape.get("type"), str):
        return {**shape, "type": [shape["type"], "null"]}
    return {"anyOf": [shape, {"type": "null"}]}


def thing(*required: str, **properties: Shape) -> Shape:
    """Return the shape of an object; a trailing underscore keeps Python's words apart."""
    shown = {name.removesuffix("_"): shape for name, shape in properties.items()}
    needed = {"required": [name.removesuffix("_") for name in required]} if required else {}
    return {"type": "object", **needed, "properties": shown, "additionalProperties": False}


def ref(name: str) -> Shape:
    """Return a reference to one of :data:`SHAPES`."""
    return {"$ref": f"#/components/schemas/{name}"}


def page(items: Shape) -> Shape:
    """Return the shape of a page of a list."""
    return {
        "type": "object",
        "required": ["items", "next", "total"],
        "properties": {"items": listed(items), "next": maybe(TEXT), "total": COUNT},
    }


def bounded_page(items: Shape) -> Shape:
    """Return the shape of a page of a list of which only so much is kept."""
    whole = page(items)
    return {
        **whole,
        "required": [*whole["required"], "dropped"],
        "properties": {**whole["properties"], "dropped": COUNT},
    }


CLOCK_WISH = thing(mode=words("real", "manual"), now=MOMENT, rate=NUMBER)
FAILURE = thing("code", code={"type": ["string", "integer"]}, message=TEXT)
DELAY: Shape = {
    "description": "A duration, {min, max} or {p50, p95}.",
    "anyOf": [SPAN, thing(min=SPAN, max=SPAN), thing(p50=SPAN, p95=SPAN)],
}
ADVERSARY = thing(
    duplicate=maybe(SHARE),
    drop=maybe(SHARE),
    bad_signature=maybe(SHARE),
    shuffle=maybe(FLAG),
    delay=maybe(SPAN),
)
RULE_FIELDS: Mapping[str, Shape] = {
    "id": FILLED,
    "provider": PROVIDER,
    "account": FILLED,
    "channel": FILLED,
    "to": FILLED,
    "to_prefix": FILLED,
    "to_suffix": FILLED,
    "to_pattern": FILLED,
    "template": FILLED,
    "text_pattern": FILLED,
    "broadcast": FILLED,
    "nth": listed({"type": "integer", "minimum": 1}),
    "times": {"type": "integer", "minimum": 1},
    "share": SHARE,
    "outcome": words(*OUTCOMES),
    "error": FAILURE,
    "delays": thing(**dict.fromkeys(DELAY_NAMES, DELAY)),
    "reply": thing(text=TEXT),
}
FAULT_FIELDS: Mapping[str, Shape] = {
    "id": FILLED,
    "provider": PROVIDER,
    "account": FILLED,
    "method": words(*METHODS),
    "path": {
        **FILLED,
        "pattern": "^[/*?]",
        "description": "A glob below the provider's base, such as /api/v2/*.",
    },
    "times": {"type": "integer", "minimum": 1},
    "skip": COUNT,
    "share": SHARE,
    "fault": {
        "oneOf": [
            thing("error", error=FILLED),
            thing(
                "status",
                status={"type": "integer", "minimum": 200, "maximum": 599},
                body=ANY,
                headers={"type": "object", "additionalProperties": TEXT},
            ),
            thing("delay", delay=SPAN),
            thing("drop", drop=words("before", "after")),
            thing("malformed", malformed={"const": True}),
        ]
    },
}
ENDPOINT_FIELDS: Mapping[str, Shape] = {
    "id": FILLED,
    "provider": PROVIDER,
    "account": FILLED,
    "url": URL,
    "events": maybe(listed(TEXT)),
    "channel": maybe(FILLED),
    "secret": FILLED,
    "active": FLAG,
    "adversary": maybe(ADVERSARY),
}
FIXTURE: Shape = {
    "description": f"A fixture document ({', '.join(COMMON)}, and a part for each provider), the "
    "name of one that comes with the emulator, or a list of these.",
    "type": ["object", "string", "array"],
}
SETTINGS: Shape = {
    "type": "object",
    "properties": {
        "latency": words(*LATENCIES),
        "keep": thing(
            **{name: thing(**dict.fromkeys(units, POSITIVE)) for name, units in KEEP.items()}
        ),
    },
}

SHAPES: Mapping[str, Shape] = {
    "Problem": {
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": TEXT,
            "title": TEXT,
            "status": WHOLE,
            "detail": TEXT,
            "errors": listed(
                thing("pointer", "message", pointer=TEXT, message=TEXT, suggestion=TEXT)
            ),
        },
    },
    "Health": thing("status", status=TEXT, version=TEXT, uptime_s=NUMBER, sandboxes=COUNT),
    "Provider": thing(
        "slug", slug=TEXT, name=TEXT, base_urls=listed(TEXT), operations=listed(OBJECT)
    ),
    "Clock": thing(
        "now",
        mode=words("real", "manual"),
        rate=NUMBER,
        now=MOMENT,
        pending=COUNT,
        next_due=maybe(MOMENT),
        in_flight=COUNT,
    ),
    "Sandbox": thing(
        "name",
        name=NAME,
        seed=WHOLE,
        clock=ref("Clock"),
        dropped=thing(**dict.fromkeys(KEEP, COUNT)),
        providers=OBJECT,
    ),
    "Account": {
        "description": "An account in its fixture form with live values.",
        "type": "object",
        "required": ["provider"],
        "properties": {"provider": PROVIDER},
    },
    "Ledger": thing(
        "reason",
        from_=MOMENT,
        to=MOMENT,
        reason=TEXT,
        events=COUNT,
        transitions={"type": "object", "additionalProperties": COUNT},
        callbacks=thing(attempted=COUNT, succeeded=COUNT, failed=COUNT),
        pending=COUNT,
        next_due=maybe(MOMENT),
        real_ms=NUMBER,
        log=listed(OBJECT),
    ),
    "Rule": thing("id", "outcome", **RULE_FIELDS, hits=COUNT),
    "Explanation": thing(
        "outcome",
        outcome=TEXT,
        source=words("rule", "magic", "default"),
        rule=maybe(TEXT),
        candidates=listed(thing(rule=TEXT, matched=FLAG, reason=maybe(TEXT))),
        timeline=listed(thing(status=TEXT, after=NUMBER)),
        approximated=FLAG,
    ),
    "Fault": thing("id", "fault", **{**FAULT_FIELDS, "fault": OBJECT}, hits=COUNT),
    "Request": {
        "type": "object",
        "required": ["id", "at", "provider", "method", "path", "status"],
        "properties": {
            "id": WHOLE,
            "at": MOMENT,
            "provider": PROVIDER,
            "account": maybe(TEXT),
            "operation": maybe(TEXT),
            "method": TEXT,
            "path": TEXT,
            "query": OBJECT,
            "headers": OBJECT,
            "body": ANY,
            "status": maybe(WHOLE),
            "response": ANY,
            "duration_ms": maybe(NUMBER),
            "fault": maybe(TEXT),
            "evidence": maybe(TEXT),
            "hint": maybe(TEXT),
            "unread": listed(thing(pointer=TEXT, suggestion=maybe(TEXT))),
            "near": listed(thing(method=TEXT, path=TEXT, operation=TEXT)),
        },
    },
    "Message": thing(
        "id",
        id=TEXT,
        provider=PROVIDER,
        account=TEXT,
        channel=TEXT,
        direction=words("out", "in"),
        from_=maybe(TEXT),
        to=maybe(TEXT),
        contact=maybe(OBJECT),
        text=maybe(TEXT),
        template=maybe(TEXT),
        media=listed(TEXT),
        status=TEXT,
        outcome=maybe(TEXT),
        decided_by=maybe(thing(source=words("rule", "magic", "default"), rule=maybe(TEXT))),
        error=maybe(thing(code=TEXT, message=TEXT)),
        broadcast=maybe(TEXT),
        created_at=MOMENT,
        history=listed(thing(status=TEXT, at=MOMENT)),
        native=OBJECT,
    ),
    "Broadcast": thing(
        "id",
        id=TEXT,
        provider=PROVIDER,
        account=TEXT,
        channel=maybe(TEXT),
        name=maybe(TEXT),
        status=TEXT,
        scheduled_at=maybe(MOMENT),
        created_at=MOMENT,
        total=COUNT,
        counts={"type": "object", "additionalProperties": COUNT},
        native=OBJECT,
    ),
    "Endpoint": thing("id", **ENDPOINT_FIELDS),
    "Callback": {
        "type": "object",
        "required": ["id", "state"],
        "properties": {
            "id": TEXT,
            "provider": PROVIDER,
            "account": TEXT,
            "endpoint": TEXT,
            "event": TEXT,
            "subject": TEXT,
            "url": TEXT,
            "headers": OBJECT,
            "body": TEXT,
            "created_at": MOMENT,
            "attempts": listed(OBJECT),
            "state": words("pending", "succeeded", "failed"),
            "signature": maybe(thing(header=TEXT, value=maybe(TEXT), is_genuine=FLAG)),
        },
    },
    "Received": {
        "type": "object",
        "required": ["at", "method", "path"],
        "properties": {
            "at": MOMENT,
            "method": TEXT,
            "path": TEXT,
            "query": OBJECT,
            "headers": OBJECT,
            "body": TEXT,
        },
    },
}
