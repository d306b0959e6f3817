"""The channels of a workspace; they are made by fixtures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response

from emulator.providers.rapidpro import filters
from emulator.providers.rapidpro.context import workspace
from emulator.providers.rapidpro.endpoint import Endpoint
from emulator.providers.rapidpro.kinds import CHANNELS
from emulator.providers.rapidpro.paging import page
from emulator.providers.rapidpro.records import Channel
from emulator.providers.rapidpro.values import format_moment

#: A telephone that has not told about itself yet.
UNSYNCED: Mapping[str, Any] = {
    "name": None,
    "power_level": -1,
    "power_status": None,
    "power_source": None,
    "network_type": None,
}


def show(channel: Channel) -> dict[str, Any]:
    return {
        "uuid": channel.id,
        "name": channel.name,
        "address": channel.address,
        "type": channel.type,
        "country": channel.country or None,
        "device": _device(channel),
        "last_seen": format_moment(channel.last_seen) if channel.last_seen else None,
        "created_on": format_moment(channel.created_on),
    }


def _device(channel: Channel) -> dict[str, Any] | None:
    if channel.type != "android":
        return None
    return {**UNSYNCED, **(channel.device or {})}


channels = Endpoint("channels", model="Channel", show=show)


@channels.lists
def list_() -> Response:
    """Return the channels, by UUID or exact address if asked."""
    id, address = filters.uuid("uuid"), filters.text("address")

    def is_wanted(channel: Channel) -> bool:
        return (id is None or channel.id == id) and address in (None, channel.address)

    return page(CHANNELS, "created", (workspace().id,), show, where=is_wanted)


ENDPOINTS = (channels,)
