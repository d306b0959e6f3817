"""Segments, locations and the account itself."""

from __future__ import annotations

from flask import Blueprint, Response

from emulator.core.sandbox import Sandbox
from emulator.providers.whautomate import shapes
from emulator.providers.whautomate.answers import AccountOut, LocationOut, SegmentOut
from emulator.providers.whautomate.ids import new_id
from emulator.providers.whautomate.kinds import LOCATIONS, SEGMENTS
from emulator.providers.whautomate.lookups import need_location, own
from emulator.providers.whautomate.records import Criteria, Location, Segment
from emulator.providers.whautomate.schemas import SegmentBody, body, read
from emulator.web.bodies import json_response
from emulator.web.context import caller, rests_on, sandbox

from .common import done, endpoint, every, field_test, listing, text_test

bp = Blueprint("segments", __name__)
PAGE = "segments"


@endpoint(
    bp,
    "GET",
    "/segments",
    "segments.list",
    page=PAGE,
    gives=list[SegmentOut],
    asks=("locationId", "searchText"),
)
def list_segments() -> Response:
    """List segments, newest first."""
    where = every(field_test("locationId", "location"), text_test(lambda segment: segment.name))
    return listing(sandbox().store.table(SEGMENTS), shapes.segment, where)


@endpoint(
    bp, "POST", "/segments", "segments.create", page=PAGE, takes=SegmentBody, gives=SegmentOut
)
def create_segment() -> Response:
    """Make a segment."""
    wanted, found = read(SegmentBody, body()), sandbox()
    criteria: Criteria = wanted.get("criteria", Criteria())
    for id in criteria.locations:
        need_location(id, "criteria.primaryLocations")
    need_location(wanted.get("location"))
    segment = Segment(
        id=new_id(found, SEGMENTS),
        serial=found.ids.serial(SEGMENTS.name),
        account=caller().id,
        created_at=found.clock.now(),
        **wanted,
    )
    found.store.table(SEGMENTS).add(segment)
    return json_response(shapes.segment(found, segment))


@endpoint(bp, "GET", "/segments/<id>", "segments.get", page=PAGE, gives=SegmentOut)
def get_segment(id: str) -> Response:
    """Show a segment; what the vendor answers here is not documented."""
    rests_on("assumed")
    return json_response(shapes.segment(sandbox(), own(SEGMENTS, id, "Segment")))


@endpoint(bp, "DELETE", "/segments/<id>", "segments.delete", page=PAGE)
def delete_segment(id: str) -> Response:
    """Delete a segment; broadcasts that wait for it lose those people."""
    sandbox().store.table(SEGMENTS).drop(own(SEGMENTS, id, "Segment").id)
    return done()


@endpoint(bp, "GET", "/locations", "locations.list", gives=list[LocationOut], asks=("searchText",))
def list_locations() -> Response:
    """List locations, newest first."""
    return listing(
        sandbox().store.table(LOCATIONS), _show_location, text_test(lambda location: location.title)
    )


@endpoint(bp, "GET", "/locations/<id>", "locations.get", gives=LocationOut)
def get_location(id: str) -> Response:
    """Show a location."""
    return json_response(shapes.location(own(LOCATIONS, id, "Location")))


def _show_location(_found: Sandbox, location: Location) -> LocationOut:
    return shapes.location(location)


@endpoint(bp, "GET", "/account-info", "account.get", gives=AccountOut)
def get_account() -> Response:
    """Show the account that the key belongs to."""
    answer: AccountOut = {"name": caller().name, "ownerEmail": caller().owner}
    return json_response(answer)
