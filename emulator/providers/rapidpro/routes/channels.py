"""The channels of a workspace; they are made by fixtures."""

from __future__ import annotations

from flask import Response

from emulator.providers.rapidpro import filters
from emulator.providers.rapidpro.answers import ChannelOut, DeviceOut
from emulator.providers.rapidpro.context import workspace
from emulator.providers.rapidpro.endpoint import Endpoint
from emulator.providers.rapidpro.kinds import CHANNELS
from emulator.providers.rapidpro.paging import page
from emulator.providers.rapidpro.records import Channel
from emulator.providers.rapidpro.values import format_moment

#: The charge of a telephone that has not told about itself yet.
UNKNOWN = -1


def show(channel: Channel) -> ChannelOut:
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


def _device(channel: Channel) -> DeviceOut | None:
    if channel.type != "android":
        return None
    told = channel.device or {}
    return {
        "name": told.get("name"),
        "power_level": told.get("power_level", UNKNOWN),
        "power_status": told.get("power_status"),
        "power_source": told.get("power_source"),
        "network_type": told.get("network_type"),
    }


channels = Endpoint("channels", asks=("uuid", "address"), model="Channel", show=show)


@channels.lists
def list_() -> Response:
    """Return the channels, by UUID or exact address if asked."""
    id, address = filters.uuid("uuid"), filters.text("address")

    def is_wanted(channel: Channel) -> bool:
        return (id is None or channel.id == id) and address in (None, channel.address)

    return page(CHANNELS, "created", (workspace().id,), show, where=is_wanted)


ENDPOINTS = (channels,)
