"""The endpoints of the API, a module for each resource."""

from __future__ import annotations

from types import ModuleType
from typing import Final

from flask import Blueprint

from emulator.providers.rapidpro.endpoint import Endpoint

from . import (
    archives,
    authenticate,
    boundaries,
    broadcasts,
    campaign_events,
    campaigns,
    carrier,
    channel_events,
    channels,
    classifiers,
    contact_actions,
    contacts,
    definitions,
    fields,
    flow_starts,
    flows,
    groups,
    labels,
    media,
    message_actions,
    messages,
    resthooks,
    root,
    runs,
    statistics,
    tickets,
    topics,
    users,
    workspace,
)
from . import globals as globals_

#: Each has a tuple ``ENDPOINTS``.
MODULES: Final[tuple[ModuleType, ...]] = (
    root,
    archives,
    boundaries,
    broadcasts,
    campaign_events,
    campaigns,
    channel_events,
    channels,
    classifiers,
    contact_actions,
    contacts,
    definitions,
    fields,
    flow_starts,
    flows,
    globals_,
    groups,
    labels,
    media,
    message_actions,
    messages,
    resthooks,
    runs,
    statistics,
    tickets,
    topics,
    users,
    workspace,
)

TABLE: Final[dict[str, Endpoint]] = {
    endpoint.name: endpoint for module in MODULES for endpoint in module.ENDPOINTS
}


def make_blueprint() -> Blueprint:
    """Return the routes of all endpoints."""
    blueprint = Blueprint("rapidpro", __name__)
    for endpoint in TABLE.values():
        endpoint.register(blueprint)
    root.register_redirects(blueprint)
    media.register_files(blueprint)
    archives.register_files(blueprint)
    authenticate.register_login(blueprint)
    carrier.register_gateway(blueprint)
    return blueprint
