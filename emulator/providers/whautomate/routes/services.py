"""Staff with their blocked times, services and their categories."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

import msgspec
from flask import Blueprint, Response

from emulator.core.sandbox import Sandbox
from emulator.providers.whautomate import bookings
from emulator.providers.whautomate.booking_answers import (
    BlockOut,
    CategoryOut,
    ServiceOut,
    StaffOut,
)
from emulator.providers.whautomate.booking_records import Block, Category, Service, Staff
from emulator.providers.whautomate.booking_schemas import BlockBody, CategoryBody, ServiceBody
from emulator.providers.whautomate.errors import Missing
from emulator.providers.whautomate.ids import new_id
from emulator.providers.whautomate.kinds import BLOCKS, CATEGORIES, SERVICES, STAFFS
from emulator.providers.whautomate.lookups import need, need_location, own
from emulator.providers.whautomate.schemas import body, read
from emulator.providers.whautomate.shapes import ref, titled
from emulator.web.bodies import json_response
from emulator.web.context import caller, sandbox
from emulator.web.moments import iso

from .common import (
    SPAN,
    asked,
    done,
    endpoint,
    every,
    field_test,
    listing,
    moment_asked,
    text_test,
)

bp = Blueprint("services", __name__)
SERVICES_PAGE, CATEGORIES_PAGE = "services", "service-categories"
NAMES = {"duration_minutes": "duration", "active": "is_active"}
FIELDS = frozenset(
    {"name", "service_type", "location", "duration_minutes", "categories", "staffs", "active"}
)


@endpoint(
    bp, "GET", "/staffs", "staffs.list", gives=list[StaffOut], asks=("locationId", "searchText")
)
def list_staffs() -> Response:
    """List the staff, newest first."""
    location = asked("locationId")
    where = every(
        (lambda staff: location in staff.locations) if location else None,
        text_test(lambda staff: f"{staff.first_name} {staff.last_name} {staff.email}"),
    )
    return listing(sandbox().store.table(STAFFS), show_staff, where)


@endpoint(bp, "GET", "/staffs/<id>", "staffs.get", gives=StaffOut)
def get_staff(id: str) -> Response:
    """Show a member of the staff."""
    return json_response(show_staff(sandbox(), own(STAFFS, id, "Staff")))


def show_staff(found: Sandbox, shown: Staff) -> StaffOut:
    """Return a member of the staff as the API shows it."""
    return {
        "id": shown.id,
        "firstName": shown.first_name,
        "lastName": shown.last_name,
        "email": shown.email,
        "countryCode": shown.country_code,
        "phone": shown.phone,
        "active": shown.is_active,
        "locations": [titled(found, id) for id in shown.locations],
    }


@endpoint(
    bp, "GET", "/staffs/<id>/availabilityBlocks", "blocks.list", gives=list[BlockOut], asks=SPAN
)
def list_blocks(id: str) -> Response:
    """List the blocked times of a member of the staff."""
    staff = own(STAFFS, id, "Staff")
    start, end = moment_asked("startDate"), moment_asked("endDate")

    def where(block: Block) -> bool:
        return (start is None or block.date >= start.date()) and (
            end is None or block.date <= end.date()
        )

    table = sandbox().store.table(BLOCKS)
    return listing(table, bookings.show_block, where, order="staff", partition=staff.id)


@endpoint(
    bp, "POST", "/staffs/<id>/availabilityBlocks", "blocks.create", takes=BlockBody, gives=BlockOut
)
def create_block(id: str) -> Response:
    """Block times of a member of the staff."""
    given, found = body(), sandbox()
    staff = own(STAFFS, id, "Staff")
    wanted = read(BlockBody, given)
    day, timezone = wanted["date"], wanted.get("timezone", "UTC")
    block = Block(
        id=new_id(found, BLOCKS),
        serial=found.ids.serial(BLOCKS.name),
        account=caller().id,
        created_at=found.clock.now(),
        staff=staff.id,
        date=day,
        timezone=timezone,
        slots=tuple(bookings.spans(day, wanted["slots"], timezone)),
    )
    found.store.table(BLOCKS).add(block)
    return json_response(bookings.show_block(found, block))


@endpoint(bp, "GET", "/staffs/<id>/availabilityBlocks/<block>", "blocks.get", gives=BlockOut)
def get_block(id: str, block: str) -> Response:
    """Show blocked times."""
    return json_response(bookings.show_block(sandbox(), _block(id, block)))


@endpoint(bp, "DELETE", "/staffs/<id>/availabilityBlocks/<block>", "blocks.delete")
def delete_block(id: str, block: str) -> Response:
    """Free blocked times again."""
    sandbox().store.table(BLOCKS).drop(_block(id, block).id)
    return done()


def _block(id: str, block: str) -> Block:
    staff = own(STAFFS, id, "Staff")
    known = own(BLOCKS, block, "Availability block")
    if known.staff != staff.id:
        raise Missing("Availability block not found")
    return known


@endpoint(
    bp,
    "GET",
    "/services",
    "services.list",
    page=SERVICES_PAGE,
    gives=list[ServiceOut],
    asks=("locationId", "serviceType", "searchText"),
)
def list_services() -> Response:
    """List services, newest first."""
    where = every(
        field_test("locationId", "location"),
        field_test("serviceType", "service_type"),
        text_test(lambda service: service.name),
    )
    return listing(sandbox().store.table(SERVICES), show_service, where)


@endpoint(
    bp,
    "POST",
    "/services",
    "services.create",
    page=SERVICES_PAGE,
    takes=ServiceBody,
    gives=ServiceOut,
)
def create_service() -> Response:
    """Make a service."""
    wanted, found = read(ServiceBody, body()), sandbox()
    _check_references(wanted)
    now = found.clock.now()
    service = Service(
        id=new_id(found, SERVICES),
        serial=found.ids.serial(SERVICES.name),
        account=caller().id,
        created_at=now,
        updated_at=now,
        **service_values(wanted, {}),
    )
    found.store.table(SERVICES).add(service)
    return json_response(show_service(found, service))


@endpoint(bp, "GET", "/services/<id>", "services.get", page=SERVICES_PAGE, gives=ServiceOut)
def get_service(id: str) -> Response:
    """Show a service."""
    return json_response(show_service(sandbox(), own(SERVICES, id, "Service")))


@endpoint(
    bp,
    "PUT",
    "/services/<id>",
    "services.update",
    page=SERVICES_PAGE,
    takes=ServiceBody(partial=True),
    gives=ServiceOut,
)
def update_service(id: str) -> Response:
    """Change the fields given of a service."""
    given, found = body(), sandbox()
    known = own(SERVICES, id, "Service")
    wanted = read(ServiceBody, given, is_partial=True)
    _check_references(wanted)
    values = {**service_values(wanted, known.more), "updated_at": found.clock.now()}
    return json_response(show_service(found, found.store.table(SERVICES).change(known, **values)))


@endpoint(bp, "DELETE", "/services/<id>", "services.delete", page=SERVICES_PAGE)
def delete_service(id: str) -> Response:
    """Delete a service."""
    sandbox().store.table(SERVICES).drop(own(SERVICES, id, "Service").id)
    return done()


def _check_references(wanted: Mapping[str, Any]) -> None:
    need_location(wanted.get("location"))
    for id in wanted.get("categories", ()):
        need(CATEGORIES, id, "Service category", "categories")
    for id in wanted.get("staffs", ()):
        need(STAFFS, id, "Staff", "staffs")


def service_values(wanted: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a service that a body sets."""
    values = {NAMES.get(name, name): wanted[name] for name in FIELDS if name in wanted}
    others = {_camel(name): value for name, value in wanted.items() if name not in FIELDS}
    return {**values, "more": {**more, **others}}


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def show_service(found: Sandbox, shown: Service) -> ServiceOut:
    """Return a service as the API shows it."""
    place = {"location": titled(found, shown.location)} if shown.location else {}
    whole = {
        "id": shown.id,
        "serviceType": shown.service_type,
        "name": shown.name,
        **place,
        "durationMinutes": int(shown.duration.total_seconds() // 60),
        "categories": bookings.refs_named(found, CATEGORIES, shown.categories),
        "staffs": bookings.refs_named(found, STAFFS, shown.staffs),
        "type": "LOCATION_VISIT",
        "sellingPrice": 0,
        "active": shown.is_active,
        **shown.more,
    }
    return cast("ServiceOut", whole)


@endpoint(
    bp,
    "GET",
    "/serviceCategories",
    "serviceCategories.list",
    page=CATEGORIES_PAGE,
    gives=list[CategoryOut],
    asks=("locationId", "searchText"),
)
def list_categories() -> Response:
    """List the categories of services, newest first."""
    where = every(field_test("locationId", "location"), text_test(lambda category: category.name))
    return listing(sandbox().store.table(CATEGORIES), _show_category, where)


@endpoint(
    bp,
    "POST",
    "/serviceCategories",
    "serviceCategories.create",
    page=CATEGORIES_PAGE,
    takes=CategoryBody,
    gives=CategoryOut,
)
def create_category() -> Response:
    """Make a category."""
    wanted, found = read(CategoryBody, body()), sandbox()
    need_location(wanted.get("location"))
    now = found.clock.now()
    category = Category(
        id=new_id(found, CATEGORIES),
        serial=found.ids.serial(CATEGORIES.name),
        account=caller().id,
        created_at=now,
        updated_at=now,
        slug=slug(wanted["name"]),
        **wanted,
    )
    found.store.table(CATEGORIES).add(category)
    return json_response(show_category(category))


@endpoint(
    bp,
    "GET",
    "/serviceCategories/<id>",
    "serviceCategories.get",
    page=CATEGORIES_PAGE,
    gives=CategoryOut,
)
def get_category(id: str) -> Response:
    """Show a category."""
    return json_response(show_category(own(CATEGORIES, id, "Service category")))


@endpoint(bp, "DELETE", "/serviceCategories/<id>", "serviceCategories.delete", page=CATEGORIES_PAGE)
def delete_category(id: str) -> Response:
    """Delete a category; services lose it."""
    found, known = sandbox(), own(CATEGORIES, id, "Service category")
    table = found.store.table(SERVICES)
    for service in table.every("account", caller().id):
        if known.id in service.categories:
            kept = tuple(other for other in service.categories if other != known.id)
            table.put(msgspec.structs.replace(service, categories=kept))
    found.store.table(CATEGORIES).drop(known.id)
    return done()


def slug(name: str) -> str:
    """Return a name as it stands in web addresses."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _show_category(_found: Sandbox, shown: Category) -> CategoryOut:
    return show_category(shown)


def show_category(shown: Category) -> CategoryOut:
    """Return a category as the API shows it."""
    place = {"location": ref(shown.location)} if shown.location else {}
    whole = {
        "id": shown.id,
        "name": shown.name,
        **place,
        "slug": shown.slug,
        "createdAt": iso(shown.created_at),
        "updatedAt": iso(shown.updated_at),
    }
    return cast("CategoryOut", whole)
