"""The operations of the API, a module for each group of resources."""

from __future__ import annotations

from flask import Blueprint

from emulator.providers.whautomate.records import SLUG


def make_blueprint() -> Blueprint:
    """Return the routes of all operations."""
    # Fixtures need two of them, the others are imported with the first request.
    from . import bookings, broadcasts, messages, people, segments, services, tags, webhooks

    blueprint = Blueprint(SLUG, __name__)
    for module in (broadcasts, people, tags, segments, messages, webhooks, services, bookings):
        blueprint.register_blueprint(module.bp)
    return blueprint
