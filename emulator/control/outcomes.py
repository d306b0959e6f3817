"""What happens to messages: the rules of a sandbox."""

from __future__ import annotations

from flask import Blueprint

from .context import IN_SANDBOX

bp = Blueprint("outcomes", __name__, url_prefix=IN_SANDBOX)
