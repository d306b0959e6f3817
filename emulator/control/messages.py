"""Messages of all vendors in one view."""

from __future__ import annotations

from flask import Blueprint

from .context import IN_SANDBOX

bp = Blueprint("messages", __name__, url_prefix=IN_SANDBOX)
