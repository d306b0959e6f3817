"""The clock of a sandbox."""

from __future__ import annotations

from flask import Blueprint

from .context import IN_SANDBOX

bp = Blueprint("clock", __name__, url_prefix=IN_SANDBOX)
