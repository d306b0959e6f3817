"""What every request must pass before its endpoint sees it, in the server's order."""

from __future__ import annotations

from flask import Response

from emulator.web import context
from emulator.web.operations import Operation

from . import throttle
from .auth import Caller, authenticate
from .context import is_strict, tolerate
from .endpoint import Endpoint
from .errors import (
    NOT_AUTHENTICATED,
    NOT_PERMITTED,
    Denied,
    MethodNotAllowed,
    NoSuchPage,
    NotAcceptable,
)
from .negotiation import expect_json, wants_page


def admit(operation: Operation | None) -> None:
    """Let a request to an operation pass.

    :raises EmulatorError: it may not.
    """
    extras = operation.extras if operation is not None else None
    endpoint = extras.get("endpoint") if extras else None
    if endpoint is not None:
        enter(endpoint)


def enter(endpoint: Endpoint) -> None:
    """Let a request to an endpoint pass.

    :raises EmulatorError: format, credentials, method or rate are not right.
    """
    asked = context.exchange()
    has_suffix = asked.path.rstrip("/").endswith(".json")
    caller = arrive(endpoint, is_page=False if has_suffix else None)
    is_allowed = allows_method(endpoint, asked.method)
    if not endpoint.has_fixed_permission and not is_allowed:
        raise MethodNotAllowed(asked.method)
    if not endpoint.is_open:
        permit(caller)
    if not is_allowed:
        raise MethodNotAllowed(asked.method)
    count(endpoint, caller)


def arrive(endpoint: Endpoint, *, is_page: bool | None = False) -> Caller | None:
    """Settle the form of the answer and who asks.

    :param is_page: None where the client may choose between a page and JSON.
    :raises EmulatorError: the client takes no such form, or its credentials are wrong.
    """
    if endpoint.is_old:
        if is_strict():
            raise NoSuchPage
        tolerate(f"the newest server has no {endpoint.name}")
    context.notes()["endpoint"] = endpoint
    try:
        if is_page is None:
            context.notes()["is_page"] = wants_page()
        else:
            expect_json()
    except NotAcceptable:
        context.notes()["is_page"] = True
        _recognise()
        raise
    return _recognise_or_refuse()


def permit(caller: Caller | None) -> None:
    """Check that somebody asks who may.

    :raises Denied: nobody, or somebody who may not.
    """
    if caller is None:
        raise Denied(NOT_AUTHENTICATED)
    if not caller.is_allowed:
        raise Denied(NOT_PERMITTED)


def count(endpoint: Endpoint, caller: Caller | None) -> None:
    """Count a request against the caller's rate.

    :raises RateLimited: it is one too many.
    """
    if caller is not None:
        throttle.count(caller.workspace, endpoint.scope)


def allows_method(endpoint: Endpoint, method: str) -> bool:
    """Say whether an endpoint answers a method."""
    match method:
        case "HEAD":
            return endpoint.answers_head
        case "OPTIONS":
            return endpoint.answers_options
    return method in endpoint.served


def finish(response: Response) -> Response:
    """Add the headers that every answer of the API has."""
    notes, headers = context.notes(), response.headers
    headers.add("Vary", "Accept, Accept-Language, Cookie")
    headers.add("Content-Language", "en-us")
    endpoint: Endpoint | None = notes.get("endpoint")
    if endpoint is not None:
        headers.set("Allow", endpoint.allow)
    if "token_workspace" in notes:
        headers.add("X-Temba-Workspace", notes["token_workspace"])
    for warning in notes.get("warnings", ()):
        headers.add("X-Emulator-Warning", warning.encode("ascii", "replace").decode())
    return response


def _recognise_or_refuse() -> Caller | None:
    caller = authenticate()
    if caller is not None:
        context.set_caller(caller.workspace)
        context.notes().update(caller=caller, token_workspace=caller.workspace.id)
    return caller


def _recognise() -> None:
    """Note who asks, where it matters for nothing but the headers."""
    try:
        _recognise_or_refuse()
    except Denied:
        return
