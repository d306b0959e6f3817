"""Appointments and classes: when they take place, who takes part, who is told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from emulator.core.moments import local
from emulator.core.sandbox import Sandbox
from emulator.web.moments import iso

from . import words
from .answers import Named
from .booking_answers import (
    AppointmentOut,
    BlockOut,
    Booked,
    Booker,
    ClassOut,
    ParticipantOut,
    SpanOut,
)
from .booking_records import Appointment, Block, Lesson, Participant, Service, Slot, Staff
from .checks import Flaw, string
from .errors import Refused
from .ids import new_id
from .kinds import APPOINTMENTS, BLOCKS, CLIENTS, PARTICIPANTS, SERVICES, STAFFS
from .records import Client
from .shapes import titled
from .webhooks import Teller

# Assumed: no page says when a business is open.
OPENS, CLOSES = time(9), time(17)
TODAY_AND_NEXT = 3
NO_TIME = timedelta()

_TWELVE = re.compile(r"(0?[1-9]|1[0-2]):([0-5][0-9]) ?([AaPp])[Mm]", re.ASCII)
_TWENTY_FOUR = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::[0-5][0-9])?", re.ASCII)


def wall_time(value: Any) -> time:
    """Check a time of day: ``04:39 PM`` or ``16:39``."""
    text = string(value).strip()
    if found := _TWELVE.fullmatch(text):
        return time(int(found[1]) % 12 + 12 * (found[3] in "Pp"), int(found[2]))
    if found := _TWENTY_FOUR.fullmatch(text):
        return time(int(found[1]), int(found[2]))
    raise Flaw("is invalid")


def zone_name(value: Any) -> str:
    """Check that a value is the name of a time zone."""
    name = string(value)
    if _zone(name) is None:
        raise Flaw("is invalid")
    return name


@lru_cache(maxsize=256)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def zone(name: str) -> ZoneInfo:
    """Return a time zone that is known by name."""
    found = _zone(name)
    assert found is not None
    return found


def slot(day: date, start: time, length: timedelta, timezone: str) -> Slot:
    """Return the span that begins at a time of day somewhere."""
    try:
        begin = datetime.combine(day, start, zone(timezone)).astimezone(UTC)
        return Slot(start=begin, end=begin + length)
    except OverflowError as error:
        raise Refused("date must be an ISO 8601 date", "date") from error


def spans(day: date, times: Iterable[tuple[time, time]], timezone: str) -> Iterable[Slot]:
    """Return spans between times of a day somewhere."""
    for first, last in times:
        start, end = (slot(day, at, NO_TIME, timezone).start for at in (first, last))
        # Clocks that are put forward can bring the end before the start.
        if end <= start:
            raise Refused("slots must begin before they end", "slots")
        yield Slot(start=start, end=end)


def length_of(found: Sandbox, service: str | None) -> timedelta:
    """Return how long a service takes."""
    known = found.store.table(SERVICES).find(service) if service else None
    return known.duration if known else timedelta(minutes=30)


def is_free(found: Sandbox, staff: str | None, wanted: Slot, besides: str = "") -> bool:
    """Return whether a member of the staff can be booked for a span.

    :param besides: an appointment that does not count.
    """
    if staff is None:
        return True
    busy = found.store.table(APPOINTMENTS).every("staff", staff)
    taken = [a.slot for a in busy if a.status != "Cancelled" and a.id != besides]
    blocked = [s for block in found.store.table(BLOCKS).every("staff", staff) for s in block.slots]
    return not any(_overlap(wanted, other) for other in (*taken, *blocked))


def _overlap(one: Slot, other: Slot) -> bool:
    return one.start < other.end and other.start < one.end


def free_slots(
    found: Sandbox, day: date, timezone: str, length: timedelta, staff: str | None
) -> list[Slot]:
    """Return the spans of a day that can be booked, one after another."""
    length = max(length, timedelta(minutes=5))
    begin, end = (
        datetime.combine(day, at, zone(timezone)).astimezone(UTC) for at in (OPENS, CLOSES)
    )
    spans = []
    while begin + length <= end:
        wanted = Slot(start=begin, end=begin + length)
        if begin >= found.clock.now() and is_free(found, staff, wanted):
            spans.append(wanted)
        begin += length
    return spans


def local_times(shown: Slot, timezone: str) -> dict[str, str]:
    """Return a span in UTC, and as wall time written as if it were UTC."""
    place = zone(timezone)
    start, end = (local(moment, place) for moment in (shown.start, shown.end))
    return {
        "startTimeUTC": iso(shown.start),
        "startTime": iso(start),
        "endTimeUTC": iso(shown.end),
        "endTime": iso(end),
    }


def clock_face(moment: datetime, timezone: str) -> str:
    """Return a moment as a time of day somewhere: ``04:39 PM``."""
    at = local(moment, zone(timezone))
    return f"{(at.hour - 1) % 12 + 1:02d}:{at.minute:02d} {'AM' if at.hour < 12 else 'PM'}"


def when(shown: Slot, timezone: str) -> dict[str, str]:
    """Return when something takes place, in all the ways in which the vendor says it."""
    begins = local(shown.start, zone(timezone))
    return {
        "date": begins.date().isoformat(),
        "time": clock_face(shown.start, timezone),
        "timezone": timezone,
        **local_times(shown, timezone),
    }


def _name(staff: Staff) -> str:
    return f"{staff.first_name} {staff.last_name}".strip()


def staff_ref(found: Sandbox, id: str | None) -> Named | None:
    """Return a member of the staff by id and name, None where nobody is set."""
    known = found.store.table(STAFFS).find(id) if id else None
    return {"id": id, "name": _name(known) if known else ""} if id else None


def _service_ref(found: Sandbox, id: str | None) -> Booked | None:
    known = found.store.table(SERVICES).find(id) if id else None
    if id is None:
        return None
    return _booked_service(known) if known else {"id": id}


def _booked_service(service: Service) -> Booked:
    return {
        "id": service.id,
        "name": service.name,
        "durationMinutes": int(service.duration.total_seconds() // 60),
        "sellingPrice": service.more.get("sellingPrice", 0),
    }


def client_ref(client: Client | None, id: str) -> Booker:
    """Return what bookings say of their client."""
    if client is None:
        return {"id": id}
    return {
        "id": client.id,
        "fullName": client.name,
        "countryCode": client.country_code,
        "phone": client.phone,
        "email": client.email,
    }


def _client(found: Sandbox, id: str) -> Booker:
    return client_ref(found.store.table(CLIENTS).find(id), id)


def _set(whole: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in whole.items() if value is not None}


def show_appointment(found: Sandbox, shown: Appointment) -> AppointmentOut:
    """Return an appointment as the API and callbacks show it."""
    whole = _set(
        {
            "id": shown.id,
            "location": titled(found, shown.location) if shown.location else None,
            "client": _client(found, shown.client) if shown.client else None,
            "staff": staff_ref(found, shown.staff),
            **when(shown.slot, shown.timezone),
            "service": _service_ref(found, shown.service),
            "addOnServices": [],
            "bookedFrom": "Admin Portal",
            "status": shown.status,
            "appointmentType": "LOCATION_VISIT",
            "notes": shown.notes,
            "cancellationReason": shown.reason or None,
            "paymentStatus": "Unpaid",
            "createdAt": iso(shown.created_at),
            "updatedAt": iso(shown.updated_at),
        }
    )
    return cast("AppointmentOut", whole)


def tell_of_appointment(found: Sandbox, appointment: Appointment) -> None:
    """Tell of what has just become of an appointment."""
    event = words.APPOINTMENT_EVENTS[appointment.status]
    shown = show_appointment(found, appointment)
    Teller(found).tell(appointment.account, event, "appointment", shown)


def show_block(found: Sandbox, shown: Block) -> BlockOut:
    staff = found.store.table(STAFFS).get(shown.staff)
    return {
        "id": shown.id,
        "staff": {"id": staff.id, "firstName": staff.first_name, "lastName": staff.last_name},
        "date": shown.date.isoformat(),
        "timezone": shown.timezone,
        "slots": [_span(slot, shown.timezone) for slot in shown.slots],
    }


def _span(shown: Slot, timezone: str) -> SpanOut:
    return {
        "startTime": clock_face(shown.start, timezone),
        "endTime": clock_face(shown.end, timezone),
        "startTimeUTC": iso(shown.start),
        "endTimeUTC": iso(shown.end),
    }


ONLINE = {"isOnlineClass": False, "onlineClassLink": "", "onlineClassPassCode": ""}
THRESHOLDS = {"advanceClassBookingThresholdMinutes": 0, "cancelClassThresholdMinutes": 0}


def show_lesson(found: Sandbox, shown: Lesson) -> ClassOut:
    """Return a class as the API and callbacks show it."""
    whole = _set(
        {
            "id": shown.id,
            "location": titled(found, shown.location) if shown.location else None,
            "staff": staff_ref(found, shown.staff),
            **when(shown.slot, shown.timezone),
            "service": _service_ref(found, shown.service),
            "capacity": shown.capacity,
            **ONLINE,
            "advanceSettings": THRESHOLDS,
            **shown.more,
            "createdAt": iso(shown.created_at),
            "updatedAt": iso(shown.updated_at),
        }
    )
    return cast("ClassOut", whole)


def show_participant(found: Sandbox, shown: Participant, lesson: Lesson) -> ParticipantOut:
    """Return a participant as the API and callbacks show it."""
    return {
        "id": shown.id,
        "class": show_lesson(found, lesson),
        "client": _client(found, shown.client),
        "status": shown.status,
        "createdAt": iso(shown.created_at),
        "updatedAt": iso(shown.updated_at),
    }


def take_part(found: Sandbox, lesson: Lesson, client: Client, wanted: str | None) -> Participant:
    """Let a client take part in a class; without a wish who finds no place waits.

    :raises Refused: the class is full, or the client is in it already.
    """
    table = found.store.table(PARTICIPANTS)
    known = table.one("client", (lesson.id, client.id))
    if known is not None and known.status not in ("CANCELLED", "RESCHEDULED"):
        raise Refused("Client is already a participant", "client.id")
    is_full = _booked(table.every("class", lesson.id)) >= lesson.capacity
    if is_full and wanted == "BOOKED":
        raise Refused("Class is full")
    return _enter(found, lesson, client.id, wanted or ("WAITLISTED" if is_full else "BOOKED"))


def _booked(participants: Iterable[Participant]) -> int:
    return sum(participant.status in ("BOOKED", "VISITED") for participant in participants)


def leave(found: Sandbox, lesson: Lesson, client: str) -> Participant:
    """Take a client out of a class.

    :raises Refused: the client is not in it.
    """
    known = found.store.table(PARTICIPANTS).one("client", (lesson.id, client))
    if known is None or known.status == "CANCELLED":
        raise Refused("Participant not found", "client.id")
    return _enter(found, lesson, client, "CANCELLED")


def _enter(found: Sandbox, lesson: Lesson, client: str, status: str) -> Participant:
    participant = put_participant(found, lesson, client, status)
    shown = show_participant(found, participant, lesson)
    Teller(found).tell(lesson.account, words.PARTICIPANT_EVENT, "participant", shown)
    return participant


def put_participant(
    found: Sandbox,
    lesson: Lesson,
    client: str,
    status: str,
    id: str | None = None,
    since: datetime | None = None,
) -> Participant:
    """Note how a client takes part in a class; nobody is told."""
    table, now = found.store.table(PARTICIPANTS), since or found.clock.now()
    known = table.one("client", (lesson.id, client))
    if known is not None:
        return table.change(known, status=status, updated_at=now)
    participant = Participant(
        id=id or new_id(found, PARTICIPANTS),
        serial=found.ids.serial(PARTICIPANTS.name),
        account=lesson.account,
        created_at=now,
        updated_at=now,
        lesson=lesson.id,
        client=client,
        status=status,
    )
    table.add(participant)
    return participant


def refs_named(found: Sandbox, kind: Any, ids: Iterable[str]) -> list[Named]:
    """Return references with the names of what they refer to."""
    table = found.store.table(kind)
    return [{"id": id, "name": _name_of(table.find(id))} for id in ids]


def _name_of(known: Any) -> str:
    if known is None:
        return ""
    return _name(known) if isinstance(known, Staff) else str(known.name)
