"""Flows: only to be looked at; they are made in the dashboard."""

from __future__ import annotations

from flask import Response

from emulator.providers.rapidpro import filters, paging
from emulator.providers.rapidpro.answers import FlowOut
from emulator.providers.rapidpro.context import workspace
from emulator.providers.rapidpro.endpoint import Endpoint
from emulator.providers.rapidpro.flow_views import FlowViews
from emulator.providers.rapidpro.kinds import FLOWS
from emulator.providers.rapidpro.lookups import own
from emulator.providers.rapidpro.records import Flow
from emulator.web.context import sandbox


def show(flow: Flow) -> FlowOut:
    """Return one flow."""
    return FlowViews(sandbox(), workspace()).flow(flow)


flows = Endpoint("flows", asks=("uuid", "type", "archived", "before", "after"), show=show)


@flows.lists
def list_() -> Response:
    """Answer with flows, the last made first; archived ones are among them."""
    id, type, period = filters.uuid("uuid"), filters.text("type"), filters.period()
    is_archived = filters.flag("archived") if filters.text("archived") else None
    if period is None:
        return paging.empty()

    def is_wanted(flow: Flow) -> bool:
        return (
            type in (None, flow.type)
            and is_archived in (None, flow.archived)
            and period.has(flow.modified_on)
        )

    views = FlowViews(sandbox(), workspace())
    if id is not None:
        found = own(FLOWS, id)
        return paging.few([found if found and is_wanted(found) else None], views.flow)
    return paging.page(FLOWS, "created", (workspace().id,), views.flow, where=is_wanted)


ENDPOINTS = (flows,)
