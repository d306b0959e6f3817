"""People, audiences and messages as the API shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, cast

from emulator.core.records import Failure
from emulator.core.sandbox import Sandbox
from emulator.web.moments import iso

from . import numbers, words
from .answers import (
    BroadcastOut,
    ClientOut,
    ContactOut,
    CriteriaOut,
    DeliveryStats,
    LocationOut,
    LogOut,
    MessageOut,
    ProcessedStats,
    Ref,
    SegmentOut,
    TagOut,
    Titled,
)
from .kinds import BROADCASTS, LOCATIONS
from .records import (
    Client,
    Contact,
    Content,
    Criteria,
    Location,
    Segment,
    Tag,
    WhBroadcast,
    WhMessage,
)
from .schemas import CLIENT_TEXTS


def iso_or_none(moment: datetime | None) -> str | None:
    """Return a moment as text, null for none."""
    return None if moment is None else iso(moment)


def ref(id: str) -> Ref:
    """Return a reference."""
    return {"id": id}


def refs(ids: Iterable[str]) -> list[Ref]:
    """Return references."""
    return [{"id": id} for id in ids]


def titled(found: Sandbox, id: str) -> Titled:
    """Return a reference to a location, with its title."""
    location = found.store.table(LOCATIONS).find(id)
    return {"id": id, "title": location.title if location else ""}


def location(shown: Location) -> LocationOut:
    return {
        "id": shown.id,
        "title": shown.title,
        "addressLine1": shown.address_line1,
        "addressLine2": shown.address_line2,
        "city": shown.city,
        "district": shown.district,
        "postalCode": shown.postal_code,
        "phone": shown.phone,
    }


def tag(shown: Tag) -> TagOut:
    return {
        "id": shown.id,
        "name": shown.name,
        "canonical": shown.canonical,
        "createdAt": iso(shown.created_at),
        "updatedAt": iso(shown.updated_at),
    }


def contact(found: Sandbox, shown: Contact) -> ContactOut:
    return {
        "id": shown.id,
        "name": shown.name,
        "phoneNumber": shown.phone,
        "location": titled(found, shown.location),
        "stage": shown.stage,
        "notes": shown.notes,
        "customFields": dict(shown.custom_fields),
        "tags": list(shown.tags),
        "channel": shown.channel,
        "lastActivity": iso(shown.last_activity),
        "createdAt": iso(shown.created_at),
        "updatedAt": iso(shown.updated_at),
    }


def client(found: Sandbox, shown: Client) -> ClientOut:
    text = {name: shown.texts.get(name, "") for name in CLIENT_TEXTS}
    whole = {
        "id": shown.id,
        "clientId": shown.code,
        "fullName": shown.name,
        "preferredName": text["preferredName"],
        "contactType": shown.contact_type,
        "countryCode": shown.country_code,
        "phone": shown.phone,
        "email": shown.email,
        "registrationDate": iso(shown.registered_at),
        "dob": shown.dob.isoformat() if shown.dob else None,
        "addressType": text["addressType"],
        "address": text["address"],
        "identificationNumber": text["identificationNumber"],
        "gender": shown.gender,
        "preferredLanguage": text["preferredLanguage"],
        "maritalStatus": text["maritalStatus"],
        "tags": list(shown.tags),
        "notes": text["notes"],
        "referralSource": text["referralSource"],
        "primaryLocation": titled(found, shown.location),
        "emergencyRelationType": text["emergencyRelationType"],
        "emergencyName": text["emergencyName"],
        "emergencyCountryCode": text["emergencyCountryCode"],
        "emergencyPhone": text["emergencyPhone"],
        "customFields": dict(shown.custom_fields),
        "company": dict(shown.company),
        "taxIdType": text["taxIdType"],
        "taxIdNumber": text["taxIdNumber"],
        **shown.more,
        "createdAt": iso(shown.created_at),
        "updatedAt": iso(shown.updated_at),
    }
    return cast("ClientOut", whole)


def criteria(found: Sandbox, shown: Criteria) -> CriteriaOut:
    whole = {
        "tags": list(shown.tags),
        "exclusionTags": list(shown.exclusion_tags),
        "gender": shown.gender,
        "numberOfDaysLastActivity": shown.active_within,
        "ageFrom": shown.age_from,
        "ageTo": shown.age_to,
        "contactStage": shown.stage,
        "primaryLocations": [titled(found, id) for id in shown.locations],
    }
    given = {name: value for name, value in whole.items() if value not in (None, [])}
    return cast("CriteriaOut", given)


def segment(found: Sandbox, shown: Segment) -> SegmentOut:
    whole: SegmentOut = {
        "id": shown.id,
        "name": shown.name,
        "type": shown.type,
        "criteria": criteria(found, shown.criteria),
    }
    if shown.location:
        whole["location"] = ref(shown.location)
    return whole


SENT_STATES = ("sent", "delivered", "read", "replied", "failed")
"""States of messages that WhatsApp had accepted, late failures included."""

COUNTED: Mapping[str, frozenset[str]] = {
    "sent": frozenset(SENT_STATES),
    "delivered": frozenset({"delivered", "read", "replied"}),
    "read": frozenset({"read", "replied"}),
    "failed": frozenset({"failed", "refused"}),
    "replied": frozenset({"replied"}),
}
"""The states that each counter of a broadcast counts: marks are never taken away."""


def counted(shown: WhBroadcast, engagement: str) -> int:
    """Return how many recipients of a broadcast are counted for an engagement."""
    return sum(shown.counts.get(state, 0) for state in COUNTED[engagement])


def processed_stats(shown: WhBroadcast) -> ProcessedStats:
    return {
        "totalCount": shown.total,
        "successCount": counted(shown, "sent"),
        "failureCount": shown.counts.get("refused", 0),
    }


def delivery_stats(shown: WhBroadcast) -> DeliveryStats:
    counts = {f"{name}Count": counted(shown, name) for name in words.ENGAGEMENTS}
    return cast("DeliveryStats", counts)


def content(shown: Content) -> dict[str, Any]:
    """Return a template and its values, those that are not set left out."""
    template = {"name": shown.template, "language": shown.language}
    whole = {
        "template": template if shown.template else None,
        "headerMediaUrl": shown.header_media,
        "headerTextParameters": list(shown.header_texts),
        "bodyTextParameters": list(shown.body_texts),
        "buttonUrlParameters": list(shown.button_urls),
        "locationParameters": shown.location,
        "flowParameters": shown.flow,
    }
    return {name: value for name, value in whole.items() if value is not None}


def settable(shown: WhBroadcast) -> dict[str, Any]:
    """Return what clients can change of a broadcast, what is not set left out."""
    audience = shown.audience
    whole = {
        "name": shown.name,
        "type": shown.type,
        "segments": refs(audience.segments),
        "targetClass": audience.target_class and ref(audience.target_class),
        "targetClassStatus": audience.class_status,
        "retargetBroadcast": audience.retargeted and ref(audience.retargeted),
        "retargetEngagementType": audience.engagement,
        "scheduleDateTime": iso_or_none(shown.scheduled_at),
        **content(shown.content),
        "location": shown.location and ref(shown.location),
    }
    return {name: value for name, value in whole.items() if value is not None}


def broadcast(shown: WhBroadcast) -> BroadcastOut:
    given = settable(shown)
    given.setdefault("scheduleDateTime", None)
    times = {"startedAt": shown.started_at, "completedAt": shown.completed_at}
    whole = {
        "id": shown.id,
        "name": given.pop("name"),
        "type": given.pop("type"),
        "status": shown.state,
        "segments": given.pop("segments"),
        "scheduleDateTime": given.pop("scheduleDateTime"),
        **{name: iso(moment) for name, moment in times.items() if moment is not None},
        **given,
        "processedStats": processed_stats(shown),
        "deliveryStats": delivery_stats(shown),
    }
    return cast("BroadcastOut", whole)


def log(found: Sandbox, shown: WhMessage) -> LogOut:
    assert shown.broadcast is not None
    of = found.store.table(BROADCASTS).get(shown.broadcast)
    code, number = shown.country_code, shown.number
    if code is None or number is None or not shown.address:
        # Neither is said of people without a number, whatever else is stored of them.
        code, number = numbers.split(shown.address)
    return {
        "broadcast": {"id": of.id, "name": of.name},
        "recepientName": shown.name,
        "countryCode": code,
        "phone": number,
        "status": status_of(shown.state),
        "reply": shown.reply,
        "error": error_text(shown.error),
        "createdAt": iso(shown.processed_at or shown.created_at),
        "updatedAt": iso(shown.history[-1].at),
    }


def status_of(state: str) -> str:
    """Return the word for a state of a recipient."""
    return "failed" if state == "refused" else state


def error_text(error: Failure | None) -> str:
    """Return why something failed, as logs say it."""
    if error is None:
        return ""
    return f"(#{error.code}) {error.message}" if error.code.isdigit() else error.message


def message(shown: WhMessage) -> MessageOut:
    is_whatsapp = shown.channel == words.WHATSAPP
    moment = iso(shown.processed_at or shown.created_at)
    face, is_incoming = shown.face, shown.direction == "in"
    about = {"id": shown.contact or "", "channel": shown.channel}
    # Only people who answered a broadcast are replied; their message was read.
    status = "read" if shown.state == "replied" else status_of(shown.state)
    whole: dict[str, Any] = {
        "id": shown.id,
        "contact": {**about, "phoneNumber": shown.address.removeprefix("+")},
        "channel": "whatsApp" if is_whatsapp else shown.channel,
        "isIncoming": is_incoming,
        "type": shown.type,
        "replyToMessage": ref(shown.quoted) if shown.quoted else {},
        "from": shown.name if is_incoming else None,
        "sentBy": shown.sender,
        "timestamp": moment,
        "status": status,
        "errorMessage": error_text(shown.error) or None,
        "headerText": face.header_text,
        "mediaUrl": face.media_url,
        "caption": face.caption,
        "text": face.text,
        "footerText": face.footer,
        "options": list(face.options) or None,
        "createdAt": moment,
        "updatedAt": iso(shown.history[-1].at),
    }
    given = {name: value for name, value in whole.items() if value is not None}
    return cast("MessageOut", given)
