"""The server itself: health, providers, reset."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("server", __name__)
