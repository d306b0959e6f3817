"""What the answers about staff, services and bookings hold; see :mod:`.answers`."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from .answers import Named, Ref, Titled


class StaffOut(TypedDict):
    """A member of the staff."""

    id: str
    firstName: str
    lastName: str
    email: str
    countryCode: str
    phone: str
    active: bool
    locations: list[Titled]


class FullName(TypedDict):
    """A member of the staff, by both names."""

    id: str
    firstName: str
    lastName: str


class SlotOut(TypedDict):
    """A span of a day, as times of day."""

    startTime: str
    endTime: str


class SpanOut(SlotOut):
    """A span of a day, as times of day and as moments."""

    startTimeUTC: str
    endTimeUTC: str


class DayOut(TypedDict):
    """What can be booked on a day."""

    date: str
    timezone: str
    slots: list[SlotOut]


class BlockOut(TypedDict):
    """Times at which a member of the staff cannot be booked."""

    id: str
    staff: FullName
    date: str
    timezone: str
    slots: list[SpanOut]


class ServiceOut(TypedDict):
    """A service; what was not given is left out, or has its usual value."""

    id: str
    serviceType: str
    name: str
    location: NotRequired[Titled]
    durationMinutes: int
    categories: list[Named]
    staffs: list[Named]
    numberOfParticipants: NotRequired[int]
    type: str
    sellingPrice: float
    costPrice: NotRequired[float]
    taxOverrides: NotRequired[list[dict[str, Any]]]
    isCustomCredit: NotRequired[bool]
    credits: NotRequired[float]
    active: bool
    allowOnlineBooking: NotRequired[bool]
    acceptPaymentOnline: NotRequired[bool]
    advanceSettings: NotRequired[dict[str, Any]]


class CategoryOut(TypedDict):
    """A category of services."""

    id: str
    name: str
    location: NotRequired[Ref]
    slug: str
    createdAt: str
    updatedAt: str


class Booker(TypedDict):
    """The client of a booking; of a deleted one the id is left."""

    id: str
    fullName: NotRequired[str]
    countryCode: NotRequired[str]
    phone: NotRequired[str]
    email: NotRequired[str]


class Booked(TypedDict):
    """The service that is booked; of a deleted one the id is left."""

    id: str
    name: NotRequired[str]
    durationMinutes: NotRequired[int]
    sellingPrice: NotRequired[float]


class Occasion(TypedDict):
    """When something takes place: in UTC, and as wall time written as if it were UTC."""

    id: str
    location: NotRequired[Titled]
    staff: NotRequired[Named]
    date: str
    time: str
    timezone: str
    startTimeUTC: str
    startTime: str
    endTimeUTC: str
    endTime: str
    service: NotRequired[Booked]
    createdAt: str
    updatedAt: str


class AppointmentOut(Occasion):
    """An appointment."""

    client: NotRequired[Booker]
    addOnServices: list[Named]
    bookedFrom: str
    status: str
    appointmentType: str
    notes: str
    cancellationReason: NotRequired[str]
    paymentStatus: str


class ClassOut(Occasion):
    """A class."""

    capacity: int
    isOnlineClass: bool
    onlineClassLink: str
    onlineClassPassCode: str
    advanceSettings: dict[str, Any]


# One of the names is a word of Python's.
ParticipantOut = TypedDict(
    "ParticipantOut",
    {
        "id": str,
        "class": ClassOut,
        "client": Booker,
        "status": str,
        "createdAt": str,
        "updatedAt": str,
    },
)
