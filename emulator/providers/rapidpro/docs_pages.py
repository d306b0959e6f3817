"""What is answered where no operation is: documentation pages, wrong methods, unknown URLs.

An address without ``.json`` is the endpoint's documentation page. Clients that forget the suffix
get an empty list from it, and are refused when they write.
"""

from __future__ import annotations

import re
from typing import Any, Final

from flask import Response, request

from emulator.core.errors import EmulatorError
from emulator.web import context
from emulator.web.provider import Unmatched

from .bodies import JSON
from .endpoint import BASE, Endpoint
from .errors import (
    NOT_AUTHENTICATED,
    NOT_PERMITTED,
    Denied,
    MethodNotAllowed,
    NoSuchPage,
    rendered,
    to_response,
)
from .guard import arrive, count, enter
from .negotiation import PAGE

_ADDRESS: Final = re.compile(rf"{BASE}/(?P<name>[a-z_]*)(?P<suffix>\.json/?)?")


def respond(error: Exception) -> Response:
    """Return the answer to a request that was refused, or that no operation is for."""
    if not isinstance(error, Unmatched):
        return to_response(error)
    try:
        with context.sandbox().unit():
            return _elsewhere(error.path)
    except EmulatorError as refusal:
        return to_response(refusal)


def hint(method: str, path: str) -> str | None:
    """Return what a developer should know who took the wrong method or forgot the suffix."""
    endpoint, suffix = _find(path)
    if endpoint is None or not endpoint.name:
        return None
    if suffix:
        return f"{endpoint.name} has no {method}, only {', '.join(endpoint.methods)}"
    return (
        f"{path} is the documentation page of {endpoint.name}; "
        f"the endpoint is {method} {BASE}/{endpoint.name}.json"
    )


def _elsewhere(path: str) -> Response:
    endpoint, suffix = _find(path)
    if endpoint is None:
        raise NoSuchPage
    if suffix or not endpoint.name:
        enter(endpoint)
        return _options(endpoint)
    return _documentation(endpoint)


def _find(path: str) -> tuple[Endpoint | None, str | None]:
    # Imports the whole API, which whoever has come here through its routes has done already.
    from .routes import TABLE

    found = _ADDRESS.fullmatch(path)
    if found is None:
        return None, None
    return TABLE.get(found["name"]), found["suffix"]


def _documentation(endpoint: Endpoint) -> Response:
    caller = arrive(endpoint, is_page=None)
    if request.method != "GET":
        raise Denied(NOT_PERMITTED if caller else NOT_AUTHENTICATED)
    if "GET" not in endpoint.methods:
        raise MethodNotAllowed(request.method)
    count(endpoint, caller)
    endpoint.check_filters()
    return rendered(endpoint.sample())


def _options(endpoint: Endpoint) -> Response:
    """Answer OPTIONS, the only method that an endpoint may have without an operation."""
    context.notes()["is_page"] = False
    about: dict[str, Any] = {
        "name": endpoint.title,
        "description": "",
        "renders": [JSON, PAGE],
        "parses": list(endpoint.kinds),
    }
    if "POST" in endpoint.methods:
        about["actions"] = {"POST": {}}
    return rendered(about)
