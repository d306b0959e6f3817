"""Where callbacks go: endpoints of all vendors."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from emulator.core.adversary import show as show_adversary
from emulator.core.endpoints import merge_endpoint
from emulator.core.errors import Conflict, Problems
from emulator.core.records import ENDPOINTS, Endpoint
from emulator.core.webhooks import endpoint_of
from emulator.web.bodies import json_response

from .bodies import Query, filled_text, json_body, one_of
from .context import IN_SANDBOX, the_sandbox
from .lists import listing

bp = Blueprint("endpoints", __name__, url_prefix=IN_SANDBOX)


@bp.get("/endpoints")
def list_endpoints(name: str) -> Response:
    """List the endpoints, oldest first, however they were registered."""
    sandbox, query = the_sandbox(name), Query()
    provider = query.get("provider", one_of(*sandbox.vendors))
    account = query.get("account", filled_text)
    with sandbox.store.lock:
        endpoints = [
            endpoint
            for endpoint in sandbox.store.table(ENDPOINTS).every("all", "all")
            if provider in (None, endpoint.provider) and account in (None, endpoint.account)
        ]
    return listing(query, endpoints, lambda e: e.serial, show, is_descending=False)


@bp.get("/endpoints/<path:id>")
def get_endpoint(name: str, id: str) -> Response:
    """Show one endpoint; its secret was shown when it was made."""
    Query().check()
    return json_response(show(endpoint_of(the_sandbox(name), id)))


@bp.post("/endpoints")
def create_endpoint(name: str) -> tuple[Response, int]:
    """Register an endpoint; its secret is in this answer only.

    Errors: 409 there is one with the id given.
    """
    Query().check()
    sandbox, given = the_sandbox(name), json_body()
    problems = Problems()
    with sandbox.unit():
        id = given.get("id")
        if isinstance(id, str) and sandbox.store.table(ENDPOINTS).find(id) is not None:
            raise Conflict(f"there is an endpoint {id!r} already")
        endpoint = merge_endpoint(sandbox, given, "", problems)
        problems.check()
    assert endpoint is not None
    return json_response({**show(endpoint), "secret": endpoint.secret}), 201


@bp.patch("/endpoints/<path:id>")
def change_endpoint(name: str, id: str) -> Response:
    """Change the fields given; callbacks already owed keep their address and signature."""
    Query().check()
    sandbox, given = the_sandbox(name), json_body()
    problems = Problems()
    with sandbox.unit():
        known = endpoint_of(sandbox, id)
        for field, value in (("id", known.id), ("provider", known.provider)):
            if given.get(field, value) != value:
                problems.add(f"/{field}", f"Cannot be changed; this is {value!r}")
        if "secret" in given and given["secret"] is None:
            problems.add("/secret", "Must be a string that is not empty")
        problems.check()
        changed = merge_endpoint(sandbox, {**given, "id": id}, "", problems)
        problems.check()
    assert changed is not None
    return json_response(show(changed))


@bp.delete("/endpoints/<path:id>")
def delete_endpoint(name: str, id: str) -> Response:
    """Remove an endpoint; what it is still owed is never sent."""
    Query().check()
    sandbox = the_sandbox(name)
    with sandbox.unit():
        sandbox.webhooks.remove(endpoint_of(sandbox, id))
    return Response(status=204)


def show(endpoint: Endpoint) -> dict[str, Any]:
    """Return an endpoint as lists show it."""
    return {
        "id": endpoint.id,
        "provider": endpoint.provider,
        "account": endpoint.account,
        "url": endpoint.url,
        "events": endpoint.events,
        "channel": endpoint.channel,
        "active": endpoint.is_active,
        "adversary": show_adversary(endpoint.adversary),
    }
