"""What happens on channels besides messages: calls, opt-outs and the like."""

from __future__ import annotations

from flask import Response

from emulator.providers.rapidpro import filters, lookups, paging
from emulator.providers.rapidpro.answers import ChannelEventOut
from emulator.providers.rapidpro.context import table, workspace
from emulator.providers.rapidpro.endpoint import Endpoint
from emulator.providers.rapidpro.kinds import CHANNEL_EVENTS, CHANNELS, CONTACTS
from emulator.providers.rapidpro.records import ChannelEvent
from emulator.providers.rapidpro.values import format_moment


def show(event: ChannelEvent) -> ChannelEventOut:
    """Return an event as the API has it."""
    return {
        "id": event.number,
        "type": event.type,
        "contact": lookups.ref(table(CONTACTS).get(event.contact)),
        "channel": lookups.ref(table(CHANNELS).get(event.channel)),
        "extra": event.extra,
        "occurred_on": format_moment(event.occurred_on),
        "created_on": format_moment(event.created_on),
    }


channel_events = Endpoint(
    "channel_events",
    asks=("id", "contact", "before", "after"),
    model="ChannelEvent",
    show=show,
    evidence="observed",
)


@channel_events.lists
def list_() -> Response:
    """Answer with channel events, newest first."""
    number, given = filters.integer("id"), filters.text("contact")
    contact = lookups.by_uuid(CONTACTS, given) if given is not None else None
    if given is not None and contact is None:
        return paging.empty()
    partition = (workspace().id,) if contact is None else ("contact", contact.id)
    if number is None:
        return paging.page(CHANNEL_EVENTS, "created", partition, show, is_timed=True)
    event, period = table(CHANNEL_EVENTS).one("number", number), filters.period()
    partitions = CHANNEL_EVENTS.orders["created"].partitions
    if event is None or period is None or partition not in partitions(event):
        return paging.empty()
    return paging.few([event if period.has(event.created_on) else None], show)


ENDPOINTS = (channel_events,)
