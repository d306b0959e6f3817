"""The OpenAPI documents: of the control API, and of each vendor's emulated API."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from typing import Any

from flask import Blueprint, Flask, Response, current_app, request
from werkzeug.routing import Rule

from emulator.core.emulator import DEFAULT
from emulator.core.errors import NotFound
from emulator.web import openapi
from emulator.web.bodies import json_response
from emulator.web.routing import template_of

from .bodies import Query
from .context import control

bp = Blueprint("documents", __name__)

ALWAYS = (401, 403, 421, 422)
WITH_BODY = (400, 413, 415)
OF_THE_SINK = "sink.receive"
_SHOWN = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})


@bp.get("/openapi.json")
def control_document() -> Response:
    """Describe the control API (OpenAPI 3.1)."""
    Query().check()
    return json_response(describe(current_app, list(control().apps), control().version))


@bp.get("/openapi/<provider>.json")
def provider_document(provider: str) -> Response:
    """Describe a vendor's emulated API (OpenAPI 3.1), each operation with its evidence."""
    Query().check()
    app = control().apps.get(provider)
    if app is None:
        raise NotFound(f"no provider {provider!r}; there are {', '.join(control().apps)}")
    sandbox = control().emulator.get(DEFAULT)
    root = request.root_url
    servers: list[dict[str, Any]] = [
        {"url": f"{root}{provider}"},
        {
            "url": f"{root}s/{{sandbox}}/{provider}",
            "variables": {"sandbox": {"default": DEFAULT}},
        },
    ]
    return json_response(openapi.document(app, sandbox, servers, control().version))


def describe(app: Flask, providers: list[str], version: str) -> dict[str, Any]:
    """Return the document of the control API."""
    # Only who asks for the document has to wait for what it is made with.
    from . import reference, shapes

    paths: dict[str, dict[str, Any]] = {}
    for rule, name in _calls(app, reference.CALLS):
        call = reference.CALLS[name]
        path = template_of(rule.rule)
        place = paths.setdefault(path, {"parameters": openapi.parameters_of(rule.rule)})
        for method in sorted((rule.methods or set()) & _SHOWN):
            view = app.view_functions[rule.endpoint]
            place[method.lower()] = _operation(name, method, rule, view, call)
    return {
        "openapi": openapi.VERSION,
        "info": {
            "title": "The control API of broadcast-emulator",
            "version": version,
            "description": "Everything that a tester can look at and change. Lists give a page "
            "and `next`, the `cursor` of the page after it.",
        },
        "servers": [{"url": request.root_url.rstrip("/")}],
        "security": [{}, {"token": []}],
        "paths": paths,
        "components": {
            "schemas": {
                "ProviderName": {"type": "string", "enum": providers},
                **shapes.SHAPES,
            },
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Only where the server was started with --control-token.",
                }
            },
        },
    }


def _calls(app: Flask, known: Container[str]) -> Iterator[tuple[Rule, str]]:
    """Yield the routes of the control API, each with the name of its view."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        name = rule.endpoint.partition(".")[2]
        if name in known:
            yield rule, name


def _operation(name: str, method: str, rule: Rule, view: Any, call: Any) -> dict[str, Any]:
    summary, description = openapi.wording(view)
    shared = len((rule.methods or set()) & _SHOWN) > 1
    shown: dict[str, Any] = {
        "operationId": f"{name}.{method.lower()}" if shared else name,
        "tags": [name.partition(".")[0]],
        "summary": summary,
        "parameters": [
            {"name": parameter.removesuffix("_"), "in": "query", "schema": shape}
            for parameter, shape in call.query.items()
        ],
        "responses": _responses(name, rule, view, call),
    }
    if description:
        shown["description"] = description
    if call.body is not None and method != "GET":
        shown["requestBody"] = {"content": {"application/json": {"schema": call.body}}}
    return shown


def _responses(name: str, rule: Rule, view: Any, call: Any) -> dict[str, Any]:
    done: dict[str, Any] = {"description": openapi.phrase(call.status)}
    if call.gives is not None:
        done["content"] = {call.kind: {"schema": call.gives}}
    if name == OF_THE_SINK:
        return {"default": {"description": "As the script says, else 200"}}
    statuses = {*ALWAYS, *call.also, *openapi.statuses_in(view.__doc__ or "")}
    if rule.arguments:
        statuses.add(404)
    if call.body is not None:
        statuses.update(WITH_BODY)
    responses = {
        str(status): done
        if status < 300
        else {"description": openapi.phrase(status), "content": _PROBLEM}
        for status in {*statuses, call.status}
    }
    return dict(sorted(responses.items()))


_PROBLEM: Mapping[str, Any] = {
    "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
}
