"""The operations of the API, a module for each group of resources."""

from __future__ import annotations

from typing import Final

from flask import Blueprint

from emulator.providers.whautomate.records import SLUG

from . import bookings, broadcasts, messages, people, segments, services, tags, webhooks

MODULES: Final = (broadcasts, people, tags, segments, messages, webhooks, services, bookings)


def make_blueprint() -> Blueprint:
    """Return the routes of all operations."""
    blueprint = Blueprint(SLUG, __name__)
    for module in MODULES:
        blueprint.register_blueprint(module.bp)
    return blueprint
