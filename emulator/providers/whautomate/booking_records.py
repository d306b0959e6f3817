"""What Whautomate keeps of services, of who gives them, and of who books them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import msgspec

from emulator.core.kinds import Instant
from emulator.core.store import Record

from . import words

NOTHING: Mapping[str, Any] = {}


class Staff(Record, frozen=True, kw_only=True, gc=False):
    """Somebody who works for an account."""

    account: str
    created_at: Instant
    first_name: str
    last_name: str = ""
    email: str = ""
    country_code: str = ""
    phone: str = ""
    is_active: bool = True
    locations: tuple[str, ...] = ()


class Slot(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A span of time. Moments are UTC."""

    start: Instant
    end: Instant


class Block(Record, frozen=True, kw_only=True, gc=False):
    """Times of a day at which a member of the staff cannot be booked."""

    account: str
    created_at: Instant
    staff: str
    date: date
    timezone: str
    slots: tuple[Slot, ...] = ()


class Service(Record, frozen=True, kw_only=True, gc=False):
    """Something that can be booked.

    :param more: the other fields, as they were given.
    """

    account: str
    created_at: Instant
    updated_at: Instant
    name: str
    service_type: str = "APPOINTMENT"
    location: str | None = None
    duration: timedelta = timedelta(minutes=30)
    categories: tuple[str, ...] = ()
    staffs: tuple[str, ...] = ()
    is_active: bool = True
    more: Mapping[str, Any] = NOTHING


class Category(Record, frozen=True, kw_only=True, gc=False):
    """A heading that services stand under."""

    account: str
    created_at: Instant
    updated_at: Instant
    name: str
    slug: str
    location: str | None = None


class Appointment(Record, frozen=True, kw_only=True, gc=False):
    """A client's booking of a service.

    :param slot: when it takes place.
    """

    account: str
    created_at: Instant
    updated_at: Instant
    slot: Slot
    timezone: str = "UTC"
    status: str = words.BOOKED
    location: str | None = None
    client: str | None = None
    staff: str | None = None
    service: str | None = None
    notes: str = ""
    reason: str = ""


class Lesson(Record, frozen=True, kw_only=True, gc=False):
    """A class: a service that several clients take part in."""

    account: str
    created_at: Instant
    updated_at: Instant
    slot: Slot
    timezone: str = "UTC"
    location: str | None = None
    staff: str | None = None
    service: str | None = None
    capacity: int = 10
    more: Mapping[str, Any] = NOTHING


class Participant(Record, frozen=True, kw_only=True, gc=False):
    """A client in a class."""

    account: str
    created_at: Instant
    updated_at: Instant
    lesson: str
    client: str
    status: str
