"""The sandboxes of the server."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("sandboxes", __name__)
