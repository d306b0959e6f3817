"""The places of a workspace's country."""

from __future__ import annotations

from flask import Response

from emulator.providers.rapidpro import filters, paging
from emulator.providers.rapidpro.answers import BoundaryOut
from emulator.providers.rapidpro.context import is_strict, table, tolerate, workspace
from emulator.providers.rapidpro.endpoint import Endpoint
from emulator.providers.rapidpro.kinds import BOUNDARIES
from emulator.providers.rapidpro.records import Boundary


def show(boundary: Boundary, *, has_geometry: bool = True) -> BoundaryOut:
    """Return a place as the API has it."""
    parent = _parent(boundary)
    return {
        "osm_id": boundary.osm_id,
        "name": boundary.name,
        "parent": None if parent is None else {"osm_id": parent.osm_id, "name": parent.name},
        "level": boundary.level,
        "aliases": sorted(boundary.aliases),
        "geometry": boundary.geometry if has_geometry else None,
    }


def _parent(boundary: Boundary) -> Boundary | None:
    if boundary.parent is None:
        return None
    return table(BOUNDARIES).find(f"{boundary.workspace}/{boundary.parent}")


def _in_country(boundary: Boundary) -> bool:
    """Say whether a place is a country or lies in one."""
    found: Boundary | None = boundary
    # A place lies in one of a lower level, so this comes to an end.
    while found is not None and found.level > 0:
        parent = _parent(found)
        found = parent if parent is not None and parent.level < found.level else None
    return found is not None


def _wants_geometry() -> bool:
    """Say whether shapes are shown; the newest server does so whatever it is asked."""
    asked = filters.text("geometry")
    if asked is None or is_strict() or filters.flag("geometry"):
        return True
    tolerate("boundaries: the newest server shows geometry whatever the parameter says")
    return False


boundaries = Endpoint("boundaries", asks=("geometry",), model="AdminBoundary", show=show)


@boundaries.lists
def list_() -> Response:
    """Answer with the country and all that lies in it, by OSM id."""
    has_geometry = _wants_geometry()
    return paging.page(
        BOUNDARIES,
        "osm_id",
        (workspace().id,),
        lambda boundary: show(boundary, has_geometry=has_geometry),
        positions=paging.CODES,
        is_descending=False,
        where=_in_country,
    )


ENDPOINTS = (boundaries,)
