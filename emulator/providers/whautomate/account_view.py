"""An account as fixtures write it, with live values.

Broadcasts and messages are not part of it: the control API has lists of its own for them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emulator.core.sandbox import Sandbox
from emulator.core.store import Kind
from emulator.web.moments import iso

from . import auth, bookings, shapes, webhooks
from .booking_records import Appointment, Category, Lesson, Service, Staff
from .kinds import (
    APPOINTMENTS,
    CATEGORIES,
    CLIENT_TAGS,
    CLIENTS,
    CONTACT_TAGS,
    CONTACTS,
    LESSONS,
    LOCATIONS,
    PARTICIPANTS,
    SEGMENTS,
    SERVICES,
    STAFFS,
    TEMPLATES,
)
from .records import Client, Contact, Location, Segment, Tag, Template, WhAccount
from .routes import services
from .shapes import iso_or_none


def account(found: Sandbox, shown: WhAccount) -> dict[str, Any]:
    """Return an account with all that is its own."""

    def listed(kind: Kind[Any], show: Callable[[Sandbox, Any], dict[str, Any]]) -> list[Any]:
        own = found.store.table(kind).every("account", shown.id)
        return [show(found, record) for record in sorted(own, key=lambda each: each.serial)]

    return {
        "id": shown.id,
        "name": shown.name,
        "owner": shown.owner,
        "optOut": shown.has_opt_out,
        "apiKeys": auth.keys(found, shown),
        "locations": listed(LOCATIONS, _location),
        "templates": listed(TEMPLATES, _template),
        "contactTags": listed(CONTACT_TAGS, _tag),
        "clientTags": listed(CLIENT_TAGS, _tag),
        "contacts": listed(CONTACTS, _contact),
        "clients": listed(CLIENTS, _client),
        "segments": listed(SEGMENTS, _segment),
        "staffs": listed(STAFFS, _staff),
        "serviceCategories": listed(CATEGORIES, _category),
        "services": listed(SERVICES, _service),
        "classes": listed(LESSONS, _lesson),
        "appointments": listed(APPOINTMENTS, _appointment),
        "webhooks": [
            webhooks.subscription(endpoint)
            for endpoint in reversed(webhooks.subscriptions(found, shown.id))
        ],
    }


def _born(record: Any) -> dict[str, str]:
    return {"createdAt": iso(record.created_at)}


def _location(_found: Sandbox, shown: Location) -> dict[str, Any]:
    return {**shapes.location(shown), "whatsapp": shown.whatsapp, **_born(shown)}


def _template(_found: Sandbox, shown: Template) -> dict[str, Any]:
    text = {"text": shown.header_text} if shown.header_text else {}
    return {
        "name": shown.name,
        "language": shown.language,
        "category": shown.category,
        "status": shown.status,
        "header": {"kind": shown.header_kind, "variables": shown.header_variables, **text},
        "body": {"text": shown.body_text, "variables": shown.body_variables},
        "footer": shown.footer,
        "buttons": [
            {"type": button.type, "text": button.text, "variables": button.variables}
            for button in shown.buttons
        ],
    }


def _tag(_found: Sandbox, shown: Tag) -> dict[str, Any]:
    return dict(shapes.tag(shown))


def _contact(found: Sandbox, shown: Contact) -> dict[str, Any]:
    whole = shapes.contact(found, shown)
    return {
        **whole,
        "location": shown.location,
        "lastInboundAt": iso_or_none(shown.session_at),
        **shown.handles,
    }


def _client(found: Sandbox, shown: Client) -> dict[str, Any]:
    return {**shapes.client(found, shown), "primaryLocation": shown.location}


def _segment(found: Sandbox, shown: Segment) -> dict[str, Any]:
    return {**shapes.segment(found, shown), "location": shown.location, **_born(shown)}


def _staff(found: Sandbox, shown: Staff) -> dict[str, Any]:
    whole = services.show_staff(found, shown)
    return {**whole, "locations": list(shown.locations), **_born(shown)}


def _category(_found: Sandbox, shown: Category) -> dict[str, Any]:
    return {**services.show_category(shown), "location": shown.location}


def _service(found: Sandbox, shown: Service) -> dict[str, Any]:
    return {
        **services.show_service(found, shown),
        "location": shown.location,
        "categories": list(shown.categories),
        "staffs": list(shown.staffs),
        **_born(shown),
        "updatedAt": iso(shown.updated_at),
    }


def _booked(found: Sandbox, shown: Appointment | Lesson) -> dict[str, Any]:
    whole = bookings.when(shown.slot, shown.timezone)
    service = _kept(found, SERVICES, shown.service)
    length = shown.slot.end - shown.slot.start
    is_usual = length == bookings.length_of(found, service)
    return {
        "staff": _kept(found, STAFFS, shown.staff),
        "service": service,
        **{name: whole[name] for name in ("date", "time", "timezone")},
        **({} if is_usual else {"durationMinutes": int(length.total_seconds() // 60)}),
    }


def _kept(found: Sandbox, kind: Kind[Any], id: str | None) -> str | None:
    """Return an id if what it names is still there: fixtures name nothing else."""
    return id if id is not None and id in found.store.table(kind) else None


def _lesson(found: Sandbox, shown: Lesson) -> dict[str, Any]:
    participants = found.store.table(PARTICIPANTS).every("class", shown.id)
    return {
        "id": shown.id,
        "location": shown.location,
        **_booked(found, shown),
        "capacity": shown.capacity,
        **shown.more,
        "participants": [
            {"id": each.id, "client": each.client, "status": each.status}
            for each in sorted(participants, key=lambda each: each.serial)
        ],
        **_born(shown),
        "updatedAt": iso(shown.updated_at),
    }


def _appointment(found: Sandbox, shown: Appointment) -> dict[str, Any]:
    return {
        "id": shown.id,
        "location": shown.location,
        "client": _kept(found, CLIENTS, shown.client),
        **_booked(found, shown),
        "status": shown.status,
        "notes": shown.notes,
        "cancellationReason": shown.reason,
        **_born(shown),
        "updatedAt": iso(shown.updated_at),
    }
