"""Sandboxes as documents: keep one, continue it later or elsewhere."""

from __future__ import annotations

from flask import Blueprint, Response

from emulator.core.snapshots import take
from emulator.core.writing import as_fixture
from emulator.web.bodies import json_response

from .bodies import Query, json_body, one_of
from .context import IN_SANDBOX, control, error_names, the_sandbox
from .safety import takes_large_body
from .views import sandbox_view

bp = Blueprint("snapshots", __name__, url_prefix=IN_SANDBOX)


@bp.get("/snapshot")
def take_snapshot(name: str) -> Response:
    """Return the whole sandbox as one document, its journal left out; or, asked so, as a fixture.

    A snapshot is continued exactly; a fixture is what other sandboxes begin with, and what it
    cannot hold is left out.
    """
    query = Query()
    kind = query.get("as", one_of("snapshot", "fixture"))
    query.check()
    sandbox = the_sandbox(name)
    return json_response(as_fixture(sandbox) if kind == "fixture" else take(sandbox))


@bp.put("/snapshot")
@takes_large_body
def put_snapshot(name: str) -> Response:
    """Continue a snapshot in this sandbox, or in a new one of this name.

    Errors: 422 the document is no snapshot that this server reads.
    """
    Query().check()
    sandbox, is_new = control().emulator.put(name, json_body(), error_names())
    return json_response(sandbox_view(sandbox), 201 if is_new else 200)
