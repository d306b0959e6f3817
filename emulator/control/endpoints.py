"""Who wants to be told."""

from __future__ import annotations

from flask import Blueprint

from .context import IN_SANDBOX

bp = Blueprint("endpoints", __name__, url_prefix=IN_SANDBOX)
