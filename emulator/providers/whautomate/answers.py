"""What the answers hold, as the functions that make them are checked against it.

OpenAPI is made from this. Moments are texts in ISO 8601.
"""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict


class Done(TypedDict):
    """What deletions answer."""

    success: bool


class Complaint(TypedDict):
    """What errors answer; only mistakes in one field name it."""

    success: bool
    error: str
    field: NotRequired[str]


def complaints() -> tuple[Any, ...]:
    """Return what errors can be."""
    return (Complaint,)


class Ref(TypedDict):
    """An object that another one names."""

    id: str


class Titled(Ref):
    """A location that another object names."""

    title: str


class Named(Ref):
    """An object that another one names by what it is called."""

    name: str


class LocationOut(TypedDict):
    """A place of business."""

    id: str
    title: str
    addressLine1: str
    addressLine2: str
    city: str
    district: str
    postalCode: str
    phone: str


class AccountOut(TypedDict):
    """Whose key it is."""

    name: str
    ownerEmail: str


class TagOut(TypedDict):
    """A tag."""

    id: str
    name: str
    canonical: str
    createdAt: str
    updatedAt: str


class TagsOut(TypedDict):
    """All tags of somebody."""

    id: str
    tags: list[str]


class ContactOut(TypedDict):
    """A contact."""

    id: str
    name: str
    phoneNumber: str
    location: Titled
    stage: str
    notes: str
    customFields: dict[str, Any]
    tags: list[str]
    channel: str
    lastActivity: str
    createdAt: str
    updatedAt: str


class ClientOut(TypedDict):
    """A client."""

    id: str
    clientId: str
    fullName: str
    preferredName: str
    contactType: str
    countryCode: str
    phone: str
    email: str
    registrationDate: str
    dob: str | None
    addressType: str
    address: str
    identificationNumber: str
    gender: str
    preferredLanguage: str
    maritalStatus: str
    tags: list[str]
    notes: str
    referralSource: str
    primaryLocation: Titled
    emergencyRelationType: str
    emergencyName: str
    emergencyCountryCode: str
    emergencyPhone: str
    customFields: dict[str, Any]
    company: dict[str, Any]
    taxIdType: str
    taxIdNumber: str
    photo: NotRequired[str]
    primaryStaff: NotRequired[dict[str, Any]]
    createdAt: str
    updatedAt: str


class CriteriaOut(TypedDict, total=False):
    """Who belongs to a segment; what does not restrict is left out."""

    tags: list[str]
    exclusionTags: list[str]
    gender: str
    numberOfDaysLastActivity: int
    ageFrom: int
    ageTo: int
    contactStage: str
    primaryLocations: list[Titled]


class SegmentOut(TypedDict):
    """A segment."""

    id: str
    name: str
    type: str
    criteria: CriteriaOut
    location: NotRequired[Ref]


class ProcessedStats(TypedDict):
    """How many recipients there are, and how many WhatsApp took and refused."""

    totalCount: int
    successCount: int
    failureCount: int


class DeliveryStats(TypedDict):
    """How far the messages have come; marks are never taken away."""

    sentCount: int
    deliveredCount: int
    readCount: int
    failedCount: int
    repliedCount: int


class TemplateRef(TypedDict):
    """A template in one of its languages."""

    name: str
    language: str


class PlaceOut(TypedDict):
    """A place for the header of a template."""

    latitude: float
    longitude: float
    address: str
    name: str


class FlowOut(TypedDict):
    """The values for a button that opens a flow."""

    flowToken: str
    flowData: str


class BroadcastOut(TypedDict):
    """A broadcast."""

    id: str
    name: str
    type: str
    status: str
    segments: list[Ref]
    scheduleDateTime: str | None
    startedAt: NotRequired[str]
    completedAt: NotRequired[str]
    targetClass: NotRequired[Ref]
    targetClassStatus: NotRequired[str]
    retargetBroadcast: NotRequired[Ref]
    retargetEngagementType: NotRequired[str]
    template: NotRequired[TemplateRef]
    headerMediaUrl: NotRequired[str]
    headerTextParameters: list[str]
    bodyTextParameters: list[str]
    buttonUrlParameters: list[str]
    locationParameters: NotRequired[PlaceOut]
    flowParameters: NotRequired[FlowOut]
    location: NotRequired[Ref]
    processedStats: ProcessedStats
    deliveryStats: DeliveryStats


class LogOut(TypedDict):
    """What became of one recipient of a broadcast."""

    broadcast: Named
    recepientName: str
    countryCode: str
    phone: str
    status: str
    reply: str
    error: str
    createdAt: str
    updatedAt: str


class Correspondent(TypedDict):
    """The contact that a message went to, or came from."""

    id: str
    channel: str
    phoneNumber: str


class Quoted(TypedDict, total=False):
    """The message that another one answers; empty where it answers none."""

    id: str


# One of the names is a word of Python's.
MessageOut = TypedDict(
    "MessageOut",
    {
        "id": str,
        "contact": Correspondent,
        "channel": str,
        "isIncoming": bool,
        "type": str,
        "replyToMessage": Quoted,
        "from": NotRequired[str],
        "sentBy": NotRequired[str],
        "timestamp": str,
        "status": str,
        "errorMessage": NotRequired[str],
        "headerText": NotRequired[str],
        "mediaUrl": NotRequired[str],
        "caption": NotRequired[str],
        "text": NotRequired[str],
        "footerText": NotRequired[str],
        "options": NotRequired[list[str]],
        "createdAt": str,
        "updatedAt": str,
    },
)


class SentOut(TypedDict):
    """What became of a single message; one that failed has no id."""

    id: str
    status: str
    error: str


class HeaderOut(TypedDict):
    """A header that a subscriber wants to be sent."""

    key: str
    value: str


class WebhookOut(TypedDict):
    """A subscription to callbacks."""

    id: str
    name: str
    active: bool
    serverUrl: str
    webhookHeaders: list[HeaderOut]
    events: list[str]
    createdAt: str
    updatedAt: str
