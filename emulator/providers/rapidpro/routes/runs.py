"""Runs: the ways of contacts through flows."""

from __future__ import annotations

from functools import partial

from flask import Response

from emulator.providers.rapidpro import filters, lookups, paging
from emulator.providers.rapidpro.answers import RunOut
from emulator.providers.rapidpro.context import table, workspace
from emulator.providers.rapidpro.endpoint import Endpoint
from emulator.providers.rapidpro.flow_views import FlowViews
from emulator.providers.rapidpro.kinds import CONTACTS, FLOWS, RUNS
from emulator.providers.rapidpro.records import Run
from emulator.web.context import sandbox


def show(run: Run) -> RunOut:
    """Return one run."""
    return FlowViews(sandbox(), workspace()).run(run, has_path=_has_paths())


runs = Endpoint(
    "runs",
    asks=("uuid", "id", "flow", "contact", "responded", "paths", "before", "after", "reverse"),
    scope="v2.runs",
    show=show,
    exclusive=[("contact", "flow")],
)


@runs.lists
def list_() -> Response:
    """Answer with runs, the one changed last first."""
    id, number, place = filters.uuid("uuid"), filters.integer("id"), _place()
    if place is None:
        return paging.empty()
    has_responded = filters.flag("responded")
    if id is None and number is None:
        place = (*place, "responded") if has_responded else place
        views = FlowViews(sandbox(), workspace())
        show_all = partial(views.runs, has_path=_has_paths())
        return paging.page_at_once(RUNS, "modified", place, show_all, is_timed=True)
    found = lookups.own(RUNS, id) if id is not None else _numbered(number)
    period = filters.period()
    is_wanted = (
        found is not None
        and period is not None
        and number in (None, found.number)
        and place in ((found.workspace,), ("flow", found.flow), ("contact", found.contact))
        and (found.responded or not has_responded)
        and period.has(found.modified_on)
    )
    return paging.few([found if is_wanted else None], show)


def _has_paths() -> bool:
    return filters.last("paths") is None or filters.flag("paths")


def _place() -> tuple[str, ...] | None:
    """Return the partition that has the runs of the flow or contact asked for, None if nothing."""
    flow, contact = filters.uuid("flow"), filters.text("contact")
    if flow is not None:
        return ("flow", flow) if lookups.own(FLOWS, flow) is not None else None
    if contact is not None:
        found = lookups.by_uuid(CONTACTS, contact)
        return ("contact", found.id) if found is not None else None
    return (workspace().id,)


def _numbered(number: int | None) -> Run | None:
    found = table(RUNS).one("number", number)
    return lookups.own(RUNS, found.id) if found is not None else None


ENDPOINTS = (runs,)
