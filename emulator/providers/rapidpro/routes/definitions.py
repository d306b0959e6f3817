"""Definitions: flows and campaigns as they are exported."""

from __future__ import annotations

from typing import TypeVar

from emulator.core.store import Kind, Record
from emulator.providers.rapidpro import filters, lookups
from emulator.providers.rapidpro.answers import ExportOut
from emulator.providers.rapidpro.context import our_own, workspace
from emulator.providers.rapidpro.definitions import Export
from emulator.providers.rapidpro.endpoint import Endpoint
from emulator.providers.rapidpro.errors import Refusal
from emulator.providers.rapidpro.kinds import CAMPAIGNS, FLOWS
from emulator.providers.rapidpro.paging import origin
from emulator.web.context import sandbox

R = TypeVar("R", bound=Record)
DEPENDS = ("none", "flows", "all")

definitions = Endpoint(
    "definitions",
    asks=("flow", "campaign", "dependencies"),
    sample=dict,
    has_fixed_permission=True,
    answers_head=True,
    answers_options=True,
    evidence="observed",
)


@definitions.answers
def read() -> ExportOut:
    """Return the flows and campaigns that are named, and what they depend on."""
    depends = filters.last("dependencies")
    if depends is None:
        depends = "all"
    if depends not in DEPENDS:
        raise Refusal(f"dependencies must be one of {', '.join(DEPENDS)}")
    flows, campaigns = _named("flow", FLOWS), _named("campaign", CAMPAIGNS)
    found = Export(sandbox(), workspace(), depends).of(flows, campaigns)
    return {
        "version": found["version"],
        "site": origin(),
        "flows": found["flows"],
        "campaigns": found["campaigns"],
        "triggers": found["triggers"],
        "fields": found["fields"],
        "groups": found["groups"],
    }


def _named(name: str, kind: Kind[R]) -> list[R]:
    with our_own():
        ids = filters.uuids(name)
    found = (lookups.own(kind, id) for id in ids)
    return [record for record in found if record is not None]


ENDPOINTS = (definitions,)
