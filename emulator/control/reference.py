"""What each control call takes and gives, for the OpenAPI document; the views hold the rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .shapes import (
    ANY,
    CLOCK_WISH,
    COUNT,
    ENDPOINT_FIELDS,
    FAILURE,
    FAULT_FIELDS,
    FILLED,
    FIXTURE,
    FLAG,
    MOMENT,
    NAME,
    OBJECT,
    PROVIDER,
    RULE_FIELDS,
    SETTINGS,
    SPAN,
    TEXT,
    URL,
    WHOLE,
    Shape,
    bounded_page,
    listed,
    maybe,
    page,
    ref,
    thing,
    words,
)


@dataclass(frozen=True, kw_only=True)
class Call:
    """One control call, beyond what its view says in words.

    :param query: parameters of the query.
    :param body: shape of the body, None where there is none.
    :param gives: shape of the answer, None where it has no body.
    :param status: of an answer that is no error; ``also`` are further ones.
    :param also: further statuses, errors among them.
    :param kind: content type of the answer.
    """

    query: Mapping[str, Shape] = field(default_factory=dict)
    body: Shape | None = None
    gives: Shape | None = None
    status: int = 200
    also: tuple[int, ...] = ()
    kind: str = "application/json"


_PAGING: Mapping[str, Shape] = {
    "limit": {"type": "integer", "minimum": 1, "maximum": 1000},
    "cursor": TEXT,
}


def _list(of: str, /, **filters: Shape) -> Call:
    return Call(query={**filters, **_PAGING}, gives=page(ref(of)))


def _bounded(of: str, /, **filters: Shape) -> Call:
    return Call(query={**filters, **_PAGING}, gives=bounded_page(ref(of)))


_JOURNAL: Mapping[str, Shape] = {
    "provider": PROVIDER,
    "operation": FILLED,
    "method": FILLED,
    "path": FILLED,
    "status": {"type": "integer", "minimum": 100, "maximum": 599},
    "matched": FLAG,
    "since": COUNT,
    "bodies": FLAG,
}
_GONE = Call(status=204)
_SANDBOX = Call(gives=ref("Sandbox"))
_CONFLICT = (409,)

CALLS: Mapping[str, Call] = {
    "server.health": Call(gives=ref("Health")),
    "server.list_providers": _list("Provider"),
    "server.reset_all": Call(body=thing(), gives=ref("Sandbox")),
    "documents.control_document": Call(gives=OBJECT),
    "documents.provider_document": Call(gives=OBJECT),
    "sandboxes.list_sandboxes": _list("Sandbox"),
    "sandboxes.create_sandbox": Call(
        status=201,
        body=thing(
            name=NAME,
            fixture=FIXTURE,
            from_=FILLED,
            seed=WHOLE,
            clock=CLOCK_WISH,
            settings=SETTINGS,
            ttl=SPAN,
        ),
        gives=ref("Sandbox"),
    ),
    "sandboxes.read_sandbox": _SANDBOX,
    "sandboxes.delete_sandbox": Call(status=204, also=_CONFLICT),
    "sandboxes.reset_sandbox": Call(body=thing(to=words("empty")), gives=ref("Sandbox")),
    "sandboxes.merge_fixtures": Call(body=FIXTURE, gives=ref("Sandbox"), also=_CONFLICT),
    "sandboxes.reset_rate_limits": Call(
        body=thing(provider=PROVIDER, account=FILLED),
        gives=thing(provider=maybe(PROVIDER), account=maybe(TEXT)),
    ),
    "snapshots.take_snapshot": Call(query={"as": words("snapshot", "fixture")}, gives=OBJECT),
    "snapshots.put_snapshot": Call(body=OBJECT, gives=ref("Sandbox"), also=(201,)),
    "clock.read_clock_of": Call(gives=ref("Clock")),
    "clock.set_clock": Call(body=CLOCK_WISH, gives=ref("Clock")),
    "clock.advance_clock": Call(
        query={"detail": FLAG},
        body=thing(
            by=SPAN,
            to=MOMENT,
            until={
                "anyOf": [
                    {"const": "idle"},
                    thing("message", "status", message=FILLED, status=FILLED),
                ]
            },
            max_events=COUNT,
            max_virtual=SPAN,
            max_real=SPAN,
        ),
        gives=ref("Ledger"),
    ),
    "outcomes.list_rules": _list("Rule"),
    "outcomes.put_rules": Call(
        body=thing("rules", rules=listed(thing("outcome", **RULE_FIELDS))),
        gives=page(ref("Rule")),
    ),
    "outcomes.add_rule": Call(status=201, body=thing("outcome", **RULE_FIELDS), gives=ref("Rule")),
    "outcomes.drop_rule": _GONE,
    "outcomes.explain_outcome": Call(
        body=thing(
            "provider",
            "to",
            provider=PROVIDER,
            to=FILLED,
            account=FILLED,
            channel=FILLED,
            template=TEXT,
            text=TEXT,
            broadcast=TEXT,
            nth={"type": "integer", "minimum": 1},
        ),
        gives=ref("Explanation"),
    ),
    "faults.list_faults": _list("Fault"),
    "faults.add_fault": Call(status=201, body=thing("fault", **FAULT_FIELDS), gives=ref("Fault")),
    "faults.drop_faults": _GONE,
    "faults.drop_fault": _GONE,
    "settings.read_settings": Call(gives=SETTINGS),
    "settings.change_settings": Call(body=SETTINGS, gives=SETTINGS),
    "accounts.list_accounts": _list("Account", provider=PROVIDER),
    "accounts.get_account": Call(gives=ref("Account")),
    "accounts.change_account": Call(body=OBJECT, gives=ref("Account"), also=_CONFLICT),
    "accounts.create_account": Call(status=201, body=OBJECT, gives=ref("Account")),
    "accounts.create_key": Call(status=201, body=OBJECT, gives=OBJECT, also=_CONFLICT),
    "accounts.revoke_key": _GONE,
    "traffic.list_requests": _bounded("Request", **_JOURNAL),
    "traffic.wait_for_requests": Call(
        query={
            **_JOURNAL,
            "count": {"type": "integer", "minimum": 1, "maximum": 1000},
            "timeout": SPAN,
        },
        gives=thing("items", items=listed(ref("Request"))),
    ),
    "traffic.get_request": Call(gives=ref("Request")),
    "traffic.clear_requests": _GONE,
    "messages.list_messages": _list(
        "Message",
        provider=PROVIDER,
        to=FILLED,
        from_=FILLED,
        status=FILLED,
        direction=words("out", "in"),
        broadcast=FILLED,
        text=FILLED,
        since={**FILLED, "description": "A time, or the id of a message."},
    ),
    "messages.get_message": Call(gives=ref("Message")),
    "messages.push_status": Call(
        body=thing("status", status=FILLED, error=FAILURE), gives=ref("Message")
    ),
    "inbound.receive": Call(
        status=201,
        body=thing(
            "provider",
            "from_",
            provider=PROVIDER,
            account=FILLED,
            from_=FILLED,
            to=FILLED,
            text=TEXT,
            media=listed(FILLED),
            name=FILLED,
            in_reply_to=FILLED,
        ),
        gives=ref("Message"),
    ),
    "broadcasts.list_broadcasts": _list(
        "Broadcast", provider=PROVIDER, account=FILLED, status=FILLED, name=FILLED
    ),
    "broadcasts.get_broadcast": Call(gives=ref("Broadcast")),
    "broadcasts.cancel_broadcast": Call(body=thing(), gives=ref("Broadcast")),
    "endpoints.list_endpoints": _list("Endpoint", provider=PROVIDER, account=FILLED),
    "endpoints.get_endpoint": Call(gives=ref("Endpoint")),
    "endpoints.create_endpoint": Call(
        status=201, body=thing("provider", "url", **ENDPOINT_FIELDS), gives=ref("Endpoint")
    ),
    "endpoints.change_endpoint": Call(body=thing(**ENDPOINT_FIELDS), gives=ref("Endpoint")),
    "endpoints.delete_endpoint": _GONE,
    "callbacks.list_callbacks": _bounded(
        "Callback",
        provider=PROVIDER,
        endpoint=FILLED,
        event=FILLED,
        subject=FILLED,
        state=words("pending", "succeeded", "failed"),
    ),
    "callbacks.get_callback": Call(gives=ref("Callback")),
    "callbacks.redeliver": Call(
        body=thing(
            body={"type": ["string", "object", "array", "number", "boolean", "null"]},
            headers={"type": "object", "additionalProperties": TEXT},
            url=URL,
        ),
        gives=ref("Callback"),
        also=_CONFLICT,
    ),
    "callbacks.trigger": Call(
        status=201,
        body=thing("provider", "event", provider=PROVIDER, event=FILLED, about=FILLED, data=OBJECT),
        gives=page(ref("Callback")),
    ),
    "sink.receive": Call(body=ANY, also=(504,)),
    "sink.list_received": _bounded("Received"),
    "sink.script_sink": Call(
        body=thing(
            "script",
            script=listed(
                {
                    "anyOf": [
                        {"type": "integer", "minimum": 200, "maximum": 599},
                        {"const": "timeout"},
                    ]
                }
            ),
        ),
        gives=thing("script", script=listed(ANY)),
    ),
    "sink.clear_sink": _GONE,
    "events.follow": Call(gives=TEXT, kind="text/event-stream"),
}
