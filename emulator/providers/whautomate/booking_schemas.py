"""Bodies of requests about staff, services and bookings; all of it is the second wave."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

from emulator.core.describing import FILLED

from . import describing, words
from .bookings import wall_time, zone_name
from .checks import Flaw, Word, day, filled, flag, number, reference, string, thing, things, whole
from .schemas import REQUIRED, Body, Field

LONGEST = 7 * 24 * 60
"""Minutes that a service may take: a week."""


def minutes(value: Any) -> timedelta:
    """Check how many minutes something takes."""
    number = whole(value)
    if not 1 <= number <= LONGEST:
        raise Flaw("is invalid")
    return timedelta(minutes=number)


def _ids(value: Any) -> tuple[str, ...]:
    try:
        return tuple(dict.fromkeys(reference(item) for item in things(value)))
    except Flaw as flaw:
        raise Flaw("must be an array of objects with id") from flaw


def _spans(value: Any) -> list[tuple[time, time]]:
    if not isinstance(value, list) or not value:
        raise Flaw(REQUIRED)
    return [_span(item) for item in value]


def _span(value: Any) -> tuple[time, time]:
    given = value if isinstance(value, dict) else {}
    try:
        start, end = wall_time(given.get("startTime")), wall_time(given.get("endTime"))
    except Flaw as flaw:
        raise Flaw("must be an array of objects with startTime and endTime") from flaw
    if end <= start:
        raise Flaw("must begin before they end")
    return start, end


class BlockBody(Body):
    date = Field(day, needs=REQUIRED)
    slots = Field(_spans, needs=REQUIRED, shape=describing.SPANS)
    timezone = Field(zone_name, shape=FILLED)


class ServiceBody(Body):
    name = Field(filled, needs=REQUIRED)
    service_type = Field(Word(*words.SERVICE_TYPES))
    location = Field(reference)
    duration_minutes = Field(minutes, shape=describing.FROM_ONE | {"maximum": LONGEST})
    categories = Field(_ids, shape=describing.REFERENCES)
    staffs = Field(_ids, shape=describing.REFERENCES)
    number_of_participants = Field(whole)
    type = Field(string)
    selling_price = Field(number)
    cost_price = Field(number)
    tax_overrides = Field(things)
    is_custom_credit = Field(flag)
    credits = Field(number)
    active = Field(flag)
    allow_online_booking = Field(flag)
    accept_payment_online = Field(flag)
    advance_settings = Field(thing)


class CategoryBody(Body):
    name = Field(filled, needs=REQUIRED)
    location = Field(reference)


class AppointmentBody(Body):
    date = Field(day, needs=REQUIRED)
    time = Field(wall_time, needs=REQUIRED, shape=FILLED)
    override_time_slot_validation = Field(flag)
    timezone = Field(zone_name, shape=FILLED)
    notes = Field(string)
    location = Field(reference)
    client = Field(reference)
    staff = Field(reference)
    service = Field(reference)


class RescheduleBody(Body):
    appointment_id = Field(filled, needs=REQUIRED)
    date = Field(day, needs=REQUIRED)
    time = Field(wall_time, needs=REQUIRED, shape=FILLED)
    timezone = Field(zone_name, shape=FILLED)


class CancelBody(Body):
    appointment_id = Field(filled, needs=REQUIRED)
    cancellation_reason = Field(string)


def _places(value: Any) -> int:
    if whole(value) < 1:
        raise Flaw("is invalid")
    return int(value)


class LessonBody(Body):
    service = Field(reference, needs=REQUIRED, within=".id")
    date = Field(day, needs=REQUIRED)
    time = Field(wall_time, needs=REQUIRED, shape=FILLED)
    timezone = Field(zone_name, shape=FILLED)
    location = Field(reference)
    staff = Field(reference)
    capacity = Field(_places, shape=describing.FROM_ONE)
    is_online_class = Field(flag)
    online_class_link = Field(string)
    online_class_pass_code = Field(string)
    advance_settings = Field(thing)


class AddParticipantBody(Body):
    client = Field(reference, needs=REQUIRED, within=".id")
    status = Field(Word("BOOKED", "WAITLISTED"))


class CancelParticipantBody(Body):
    client = Field(reference, needs=REQUIRED, within=".id")
