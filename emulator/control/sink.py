"""A built-in receiver of callbacks."""

from __future__ import annotations

from flask import Blueprint

from .context import IN_SANDBOX

bp = Blueprint("sink", __name__, url_prefix=IN_SANDBOX)
