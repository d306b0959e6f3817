"""Sandboxes as documents: keep one, continue it later or elsewhere."""

from __future__ import annotations

from flask import Blueprint, Response

from emulator.core.snapshots import take
from emulator.web.bodies import json_response

from .bodies import Query, json_body
from .context import IN_SANDBOX, control, the_sandbox
from .safety import takes_large_body
from .views import sandbox_view

bp = Blueprint("snapshots", __name__, url_prefix=IN_SANDBOX)


@bp.get("/snapshot")
def take_snapshot(name: str) -> Response:
    """Return the whole sandbox as one document; its journal is left out."""
    Query().check()
    return json_response(take(the_sandbox(name)))


@bp.put("/snapshot")
@takes_large_body
def put_snapshot(name: str) -> Response:
    """Continue a snapshot in this sandbox, or in a new one of this name.

    Errors: 422 the document is no snapshot that this server reads.
    """
    Query().check()
    sandbox, is_new = control().emulator.put(name, json_body())
    return json_response(sandbox_view(sandbox), 201 if is_new else 200)
