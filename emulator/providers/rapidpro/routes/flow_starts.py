"""Flow starts: many contacts enter a flow."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from emulator.providers.rapidpro import filters, flow_starts, lookups, paging
from emulator.providers.rapidpro.answers import StartOut
from emulator.providers.rapidpro.compounds import ListOf, Reference, ReferenceList
from emulator.providers.rapidpro.context import is_strict, table, tolerate, workspace
from emulator.providers.rapidpro.endpoint import Endpoint, uuid_lookup
from emulator.providers.rapidpro.flow_views import FlowViews
from emulator.providers.rapidpro.kinds import FLOW_STARTS
from emulator.providers.rapidpro.legacy_extra import normalized
from emulator.providers.rapidpro.records import FlowStart
from emulator.providers.rapidpro.scalars import Boolean, JSONObject
from emulator.providers.rapidpro.urn_field import UrnField
from emulator.providers.rapidpro.validation import Body, Schema
from emulator.web.context import rests_on, sandbox

MOST_PARAMS = 10_000
LISTED = frozenset({"api", "manual"})


def show(start: FlowStart) -> StartOut:
    """Return one start."""
    return FlowViews(sandbox(), workspace()).start(start)


def find(id: str) -> FlowStart | None:
    """Return a start of the workspace that users or the API have made."""
    return _listed(lookups.own(FLOW_STARTS, id))


def _listed(found: FlowStart | None) -> FlowStart | None:
    return found if found is not None and found.type in LISTED else None


starts = Endpoint(
    "flow_starts",
    asks=("uuid", "id", "before", "after", "reverse"),
    model="FlowStart",
    show=show,
    lookups={"uuid": uuid_lookup(find)},
)


def _number() -> int | None:
    """Return the id that is asked for; the newest server has left this filter out."""
    if is_strict():
        return None
    number = filters.integer("id")
    if number is not None:
        tolerate("flow_starts: the newest server ignores id")
        rests_on("observed")
    return number


@starts.lists
def list_() -> Response:
    """Answer with starts, the one changed last first."""
    id, period = filters.uuid("uuid"), filters.period()
    number = _number()
    if period is None:
        return paging.empty()
    views = FlowViews(sandbox(), workspace())
    if id is None and number is None:
        place = (workspace().id,)
        return paging.page(FLOW_STARTS, "modified", place, views.start, is_timed=True)
    found = find(id) if id is not None else _numbered(number)
    if found is None or number not in (None, found.number) or not period.has(found.modified_on):
        return paging.empty()
    return paging.few([found], views.start)


def _numbered(number: int | None) -> FlowStart | None:
    found = table(FLOW_STARTS).one("number", number)
    return _listed(lookups.own(FLOW_STARTS, found.id)) if found is not None else None


def _country() -> str:
    return workspace().country


def _says_who(_: Schema, values: dict[str, Any]) -> str | None:
    if not any(values.get(part) for part in ("groups", "contacts", "urns")):
        return "Must specify at least one group, contact or URN"
    return None


class StartIn(Schema):
    """The body of a POST."""

    flow = Reference(lookups.find_flow, required=True)
    contacts = ReferenceList(lookups.find_contact)
    groups = ReferenceList(lookups.find_group)
    urns = ListOf(UrnField(_country), max_items=100)
    restart_participants = Boolean()
    exclude_active = Boolean()
    params = JSONObject(max_encoded=MOST_PARAMS)
    extra = JSONObject()

    checks = (_says_who,)


@starts.creates(StartIn)
def create(body: Body) -> FlowStart:
    """Take a start on; the contacts enter the flow later."""
    values = StartIn().read(body)
    wish = flow_starts.Wish(
        urns=tuple(urn.text for urn in values.get("urns", ())),
        contacts=_ids(values.get("contacts", ())),
        groups=_ids(values.get("groups", ())),
        params=values.get("params") or normalized(values.get("extra") or {}),
        restart_participants=values.get("restart_participants", True),
        exclude_active=values.get("exclude_active", False),
        type="zapier" if "Zapier" in request.headers.get("User-Agent", "") else "api",
    )
    return flow_starts.create(sandbox(), workspace(), values["flow"], wish)


def _ids(records: list[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(record.id for record in records))


ENDPOINTS = (starts,)
