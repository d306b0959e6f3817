"""Appointments and classes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import partial
from typing import Any

from flask import Blueprint, Response

from emulator.core.moments import local
from emulator.core.sandbox import Sandbox
from emulator.providers.whautomate import bookings
from emulator.providers.whautomate.booking_answers import (
    AppointmentOut,
    ClassOut,
    DayOut,
    ParticipantOut,
)
from emulator.providers.whautomate.booking_records import Appointment, Lesson, Participant, Slot
from emulator.providers.whautomate.booking_schemas import (
    AddParticipantBody,
    AppointmentBody,
    CancelBody,
    CancelParticipantBody,
    LessonBody,
    RescheduleBody,
)
from emulator.providers.whautomate.checks import Flaw, day
from emulator.providers.whautomate.errors import Refused
from emulator.providers.whautomate.ids import new_id
from emulator.providers.whautomate.kinds import (
    APPOINTMENTS,
    CLIENTS,
    LESSONS,
    PARTICIPANTS,
    SERVICES,
    STAFFS,
)
from emulator.providers.whautomate.lookups import find, need, need_location, own
from emulator.providers.whautomate.schemas import body, read
from emulator.web.bodies import json_response
from emulator.web.context import caller, rests_on, sandbox

from .common import SPAN, asked, done, endpoint, every, field_test, listing, span_test

bp = Blueprint("bookings", __name__)
of_appointments = partial(endpoint, bp, page="appointments")
of_classes = partial(endpoint, bp, page="classes")
SLOTS = ("date", "timezone", "nextThreeDays", "serviceId", "staffId", "locationId")
ONLINE = {
    "is_online_class": "isOnlineClass",
    "online_class_link": "onlineClassLink",
    "online_class_pass_code": "onlineClassPassCode",
    "advance_settings": "advanceSettings",
}


@of_appointments("GET", "/appointments/slots", "appointments.slots", gives=list[DayOut], asks=SLOTS)
def list_slots() -> Response:
    """List the times that can be booked; when a business is open is assumed."""
    found = sandbox()
    timezone = _timezone_asked()
    begin = _day_asked(timezone)
    length = bookings.length_of(found, asked("serviceId"))
    days = bookings.TODAY_AND_NEXT if asked("nextThreeDays") == "true" else 1
    return json_response(
        [
            {
                "date": each.isoformat(),
                "timezone": timezone,
                "slots": [
                    {
                        "startTime": bookings.clock_face(span.start, timezone),
                        "endTime": bookings.clock_face(span.end, timezone),
                    }
                    for span in bookings.free_slots(found, each, timezone, length, asked("staffId"))
                ],
            }
            for each in _days(begin, days)
        ]
    )


def _days(begin: date, count: int) -> list[date]:
    last = date.max.toordinal() - 1
    return [date.fromordinal(min(begin.toordinal() + at, last)) for at in range(count)]


def _timezone_asked() -> str:
    try:
        return bookings.zone_name(asked("timezone") or "UTC")
    except Flaw as flaw:
        raise Refused(*flaw.of("timezone")) from flaw


def _day_asked(timezone: str) -> date:
    given = asked("date")
    if given is None:
        return sandbox().clock.now().astimezone(bookings.zone(timezone)).date()
    try:
        return max(day(given), date(1, 1, 3))
    except Flaw as flaw:
        raise Refused(*flaw.of("date")) from flaw


@of_appointments(
    "GET",
    "/appointments",
    "appointments.list",
    gives=list[AppointmentOut],
    asks=(*SPAN, "staffId", "clientId", "locationId"),
)
def list_appointments() -> Response:
    """List appointments, newest first; dates are those on which they take place."""
    where = every(
        field_test("staffId", "staff"),
        field_test("clientId", "client"),
        field_test("locationId", "location"),
        span_test(lambda appointment: appointment.slot.start),
    )
    return listing(sandbox().store.table(APPOINTMENTS), bookings.show_appointment, where)


@of_appointments(
    "POST", "/appointments", "appointments.create", takes=AppointmentBody, gives=AppointmentOut
)
def create_appointment() -> Response:
    """Book an appointment."""
    wanted, found = read(AppointmentBody, body()), sandbox()
    _check_references(wanted)
    timezone = wanted.get("timezone", "UTC")
    slot = _slot(wanted, timezone, bookings.length_of(found, wanted.get("service")))
    is_free = bookings.is_free(found, wanted.get("staff"), slot)
    if not is_free and not wanted.get("override_time_slot_validation"):
        raise Refused("Time slot is not available", "time")
    now = found.clock.now()
    named = ("notes", "location", "client", "staff", "service")
    appointment = Appointment(
        id=new_id(found, APPOINTMENTS),
        serial=found.ids.serial(APPOINTMENTS.name),
        account=caller().id,
        created_at=now,
        updated_at=now,
        slot=slot,
        timezone=timezone,
        **{name: wanted[name] for name in named if name in wanted},
    )
    found.store.table(APPOINTMENTS).add(appointment)
    return _told(appointment)


@of_appointments("GET", "/appointments/<id>", "appointments.get", gives=AppointmentOut)
def get_appointment(id: str) -> Response:
    """Show an appointment."""
    appointment = own(APPOINTMENTS, id, "Appointment")
    return json_response(bookings.show_appointment(sandbox(), appointment))


@of_appointments(
    "POST",
    "/appointments/reschedule",
    "appointments.reschedule",
    takes=RescheduleBody,
    gives=AppointmentOut,
)
def reschedule_appointment() -> Response:
    """Move an appointment to another time."""
    wanted, found = read(RescheduleBody, body()), sandbox()
    known = need(APPOINTMENTS, wanted["appointment_id"], "Appointment", "appointmentId")
    timezone = wanted.get("timezone", known.timezone)
    slot = _slot(wanted, timezone, known.slot.end - known.slot.start)
    if known.status == "Cancelled":
        raise Refused("Appointment is cancelled")
    if not bookings.is_free(found, known.staff, slot, known.id):
        raise Refused("Time slot is not available", "time")
    return _told(_changed(known, slot=slot, timezone=timezone, status="Rescheduled"))


@of_appointments(
    "POST", "/appointments/cancel", "appointments.cancel", takes=CancelBody, gives=AppointmentOut
)
def cancel_appointment() -> Response:
    """Cancel an appointment; what the vendor answers here is not documented."""
    wanted = read(CancelBody, body())
    known = need(APPOINTMENTS, wanted["appointment_id"], "Appointment", "appointmentId")
    if known.status == "Cancelled":
        raise Refused("Appointment is already cancelled")
    rests_on("assumed")
    reason = wanted.get("cancellation_reason", "")
    return _told(_changed(known, status="Cancelled", reason=reason))


def _changed(known: Appointment, **changes: Any) -> Appointment:
    found = sandbox()
    return found.store.table(APPOINTMENTS).change(known, updated_at=found.clock.now(), **changes)


def _told(appointment: Appointment) -> Response:
    bookings.tell_of_appointment(sandbox(), appointment)
    return json_response(bookings.show_appointment(sandbox(), appointment))


def _slot(wanted: Mapping[str, Any], timezone: str, length: timedelta) -> Slot:
    return bookings.slot(wanted["date"], wanted["time"], length, timezone)


def _check_references(wanted: Mapping[str, Any]) -> None:
    need_location(wanted.get("location"))
    named = (
        ("client", CLIENTS, "Client"),
        ("staff", STAFFS, "Staff"),
        ("service", SERVICES, "Service"),
    )
    kind: Any
    for name, kind, title in named:
        if name in wanted:
            need(kind, wanted[name], title, f"{name}.id")


@of_classes(
    "GET",
    "/classes",
    "classes.list",
    gives=list[ClassOut],
    asks=(*SPAN, "locationId", "staffId", "serviceId"),
)
def list_classes() -> Response:
    """List classes, newest first; dates are those on which they take place."""
    where = every(
        field_test("locationId", "location"),
        field_test("staffId", "staff"),
        field_test("serviceId", "service"),
        span_test(lambda lesson: lesson.slot.start),
    )
    return listing(sandbox().store.table(LESSONS), bookings.show_lesson, where)


@of_classes("POST", "/classes", "classes.create", takes=LessonBody, gives=ClassOut)
def create_class() -> Response:
    """Make a class."""
    wanted, found = read(LessonBody, body()), sandbox()
    _check_references(wanted)
    timezone = wanted.get("timezone", "UTC")
    now = found.clock.now()
    lesson = Lesson(
        id=new_id(found, LESSONS),
        serial=found.ids.serial(LESSONS.name),
        account=caller().id,
        created_at=now,
        updated_at=now,
        slot=_slot(wanted, timezone, bookings.length_of(found, wanted["service"])),
        **_lesson_values(wanted, {}),
    )
    found.store.table(LESSONS).add(lesson)
    return json_response(bookings.show_lesson(found, lesson))


@of_classes("GET", "/classes/<id>", "classes.get", gives=ClassOut)
def get_class(id: str) -> Response:
    """Show a class."""
    return json_response(bookings.show_lesson(sandbox(), own(LESSONS, id, "Class")))


@of_classes(
    "PUT", "/classes/<id>", "classes.update", takes=LessonBody(partial=True), gives=ClassOut
)
def update_class(id: str) -> Response:
    """Change the fields given of a class."""
    given, found = body(), sandbox()
    known = own(LESSONS, id, "Class")
    wanted = read(LessonBody, given, is_partial=True)
    _check_references(wanted)
    timezone = wanted.get("timezone", known.timezone)
    begins = local(known.slot.start, bookings.zone(known.timezone))
    moment = {"date": begins.date(), "time": begins.time(), **wanted}
    # How long a service takes by now concerns only what is booked from now on.
    length = known.slot.end - known.slot.start
    if wanted.get("service", known.service) != known.service:
        length = bookings.length_of(found, wanted["service"])
    changed = found.store.table(LESSONS).change(
        known,
        slot=_slot(moment, timezone, length),
        updated_at=found.clock.now(),
        **_lesson_values(wanted, known.more),
    )
    return json_response(bookings.show_lesson(found, changed))


def _lesson_values(wanted: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    named = ("timezone", "location", "staff", "service", "capacity")
    online = {shown: wanted[name] for name, shown in ONLINE.items() if name in wanted}
    values = {name: wanted[name] for name in named if name in wanted}
    return {**values, "more": {**more, **online}}


@of_classes("DELETE", "/classes/<id>", "classes.delete")
def delete_class(id: str) -> Response:
    """Delete a class with its participants."""
    found, known = sandbox(), own(LESSONS, id, "Class")
    participants = found.store.table(PARTICIPANTS)
    for participant in participants.every("class", known.id):
        participants.drop(participant.id)
    found.store.table(LESSONS).drop(known.id)
    return done()


@of_classes("GET", "/classes/<id>/participants", "participants.list", gives=list[ParticipantOut])
def list_participants(id: str) -> Response:
    """List the participants of a class, newest first."""
    lesson = own(LESSONS, id, "Class")
    table = sandbox().store.table(PARTICIPANTS)
    return listing(table, _show_participant, order="class", partition=lesson.id)


@of_classes(
    "POST",
    "/classes/<id>/participants/add",
    "participants.add",
    takes=AddParticipantBody,
    gives=ParticipantOut,
)
def add_participant(id: str) -> Response:
    """Let a client take part in a class."""
    given, found = body(), sandbox()
    lesson = own(LESSONS, id, "Class")
    wanted = read(AddParticipantBody, given)
    client = need(CLIENTS, wanted["client"], "Client", "client.id")
    participant = bookings.take_part(found, lesson, client, wanted.get("status"))
    return json_response(bookings.show_participant(found, participant, lesson))


@of_classes(
    "POST",
    "/classes/<id>/participants/cancel",
    "participants.cancel",
    takes=CancelParticipantBody,
    gives=ParticipantOut,
)
def cancel_participant(id: str) -> Response:
    """Take a client out of a class."""
    given, found = body(), sandbox()
    lesson = own(LESSONS, id, "Class")
    wanted = read(CancelParticipantBody, given)
    client = need(CLIENTS, wanted["client"], "Client", "client.id")
    participant = bookings.leave(found, lesson, client.id)
    return json_response(bookings.show_participant(found, participant, lesson))


@of_classes("GET", "/classes/clients/<id>/bookings", "bookings.list", gives=list[ParticipantOut])
def list_bookings(id: str) -> Response:
    """List the classes that a client takes part in, newest first."""
    client = own(CLIENTS, id, "Client")
    table = sandbox().store.table(PARTICIPANTS)
    return listing(table, _show_participant, order="client", partition=client.id)


def _show_participant(found: Sandbox, shown: Participant) -> ParticipantOut:
    lesson = find(LESSONS, shown.lesson)
    assert lesson is not None
    return bookings.show_participant(found, shown, lesson)
