"""The vendor's words: states, stages, kinds of audience, events."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

DRAFT: Final = "draft"
SCHEDULED: Final = "scheduled"
IN_PROGRESS: Final = "in_progress"
COMPLETED: Final = "completed"
FAILED: Final = "failed"
CANCELLED: Final = "cancelled"
# Assumed: the vendor declares a plain string, and public lists contradict each other.
STATES: Final = (DRAFT, SCHEDULED, IN_PROGRESS, COMPLETED, FAILED, CANCELLED)

STATUSES: Final = (
    "pending",
    "scheduled",
    "sent",
    "delivered",
    "read",
    "replied",
    "failed",
    "cancelled",
    "received",
)
"""What becomes of messages, in the words of the API."""

TYPES: Final = ("client", "contact")
ENGAGEMENTS: Final = ("sent", "delivered", "read", "failed", "replied")
PARTICIPATIONS: Final = ("BOOKED", "WAITLISTED", "VISITED", "NO_SHOW", "CANCELLED", "RESCHEDULED")
CLASS_STATUSES: Final = ("ALL", *PARTICIPATIONS)
GENDERS: Final = ("Male", "Female", "Other")
STAGES: Final = (
    "Subscriber",
    "Engaged",
    "Lead",
    "Marketing qualified lead (MQL)",
    "Sales qualified lead (SQL)",
    "Opportunity",
    "Follow-up Required",
    "Customer",
    "Evangelist",
    "Other",
    "Lost",
    "Inactive",
)

WHATSAPP: Final = "whatsapp"
CHANNELS: Final = (WHATSAPP, "messenger", "instagram", "telegram", "website")
OPT_OUT_WORDS: Final = frozenset({"STOP", "Stop", "stop"})
OPT_OUT_TAG: Final = "Unsubscribe"

BY_BROADCAST: Final = "Broadcast"
BY_API: Final = "Rest API"

SERVICE_TYPES: Final = ("APPOINTMENT", "CLASS", "ADD_ON")
BOOKED: Final = "Booked"
APPOINTMENT_STATUSES: Final = (
    BOOKED,
    "Cancelled",
    "Waitlisted",
    "Visited",
    "Rescheduled",
    "No-Show",
)
APPOINTMENT_EVENTS: Final = {
    "Booked": "appointment_scheduled",
    "Cancelled": "appointment_cancelled",
    "Rescheduled": "appointment_rescheduled",
    "Waitlisted": "appointment_waitlisted",
    "Visited": "appointment_visited",
    "No-Show": "appointment_no_show",
}
ANY_APPOINTMENT_EVENT: Final = "appointment_updates"
PARTICIPANT_EVENT: Final = "class_participant_updates"

EVENTS: Final = (
    *(f"{way}_{channel}_message" for channel in CHANNELS for way in ("incoming", "outgoing")),
    *(
        f"{whose}_{what}"
        for whose in ("contact", "client")
        for what in ("created", "tag_added", "tag_removed")
    ),
    *APPOINTMENT_EVENTS.values(),
    ANY_APPOINTMENT_EVENT,
    PARTICIPANT_EVENT,
    "invoice_updates",
)

SESSION: Final = timedelta(hours=24)
"""For how long after a person's message texts and media may be sent, and answers are counted."""
