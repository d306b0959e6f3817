"""The settings of a sandbox."""

from __future__ import annotations

from flask import Blueprint, Response

from emulator.core.errors import Problems
from emulator.web.bodies import json_response

from .bodies import Query, json_body
from .context import IN_SANDBOX, the_sandbox

bp = Blueprint("settings", __name__, url_prefix=IN_SANDBOX)


@bp.get("/settings")
def read_settings(name: str) -> Response:
    """Show all settings."""
    Query().check()
    return json_response(the_sandbox(name).settings.as_document())


@bp.patch("/settings")
def change_settings(name: str) -> Response:
    """Merge settings into those in force, all or none; show all of them.

    Errors: 422 an unknown name, or a value that it cannot have.
    """
    Query().check()
    sandbox = the_sandbox(name)
    problems = Problems()
    with sandbox.unit():
        sandbox.settings.merge(json_body(), "", problems)
        problems.check()
        sandbox.trim()
        return json_response(sandbox.settings.as_document())
