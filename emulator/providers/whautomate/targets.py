"""Broadcasts as clients describe them: read, merged into what is known, references checked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from emulator.web.context import caller, has_fault, sandbox

from . import faces, shapes
from .errors import NotApproved, Refused
from .kinds import BROADCASTS, LESSONS, SEGMENTS
from .lookups import need, need_location
from .records import SLUG, Audience, Content, WhBroadcast
from .schemas import BroadcastHead, TemplateBody
from .schemas import read as read_body

GRACE = timedelta(seconds=60)
DETAILS = {
    "targetClass": "targetClassStatus",
    "retargetBroadcast": "retargetEngagementType",
}
"""What goes together with a source of recipients that is cleared."""


def read(given: Mapping[str, Any], known: WhBroadcast | None) -> dict[str, Any]:
    """Return what a body makes of a broadcast.

    :param known: the broadcast that it changes: fields that are absent stay as they are.
    :raises Refused: says the first mistake.
    """
    before = shapes.settable(known) if known is not None else {}
    for source, detail in DETAILS.items():
        if source in given and given[source] is None:
            before.pop(detail, None)
    required = {name: given.get(name) for name in ("name", "type")}
    settled = {**before, **given, **required}
    fields = read_body(BroadcastHead, settled)
    _check_schedule(given, fields, known)
    fields |= read_body(TemplateBody, settled)
    audience = _audience(fields)
    content = content_of(fields)
    if sandbox().settings[SLUG]["reference_checks"]:
        _check_references(fields, audience)
        _check_template(content)
    return {
        "name": fields["name"],
        "type": fields["type"],
        "audience": audience,
        "content": content,
        "location": fields.get("location"),
        "scheduled_at": fields.get("schedule_date_time"),
    }


def _check_schedule(
    given: Mapping[str, Any], fields: Mapping[str, Any], known: WhBroadcast | None
) -> None:
    wanted = fields.get("schedule_date_time")
    if wanted is None or given.get("scheduleDateTime") is None:
        return
    if known is not None and wanted == known.scheduled_at:
        return
    if wanted < sandbox().clock.now() - GRACE:
        name = "scheduleDateTime"
        raise Refused(f"{name} must be in the future", name)


def _audience(fields: Mapping[str, Any]) -> Audience:
    lesson, earlier = fields.get("target_class"), fields.get("retarget_broadcast")
    return Audience(
        segments=fields.get("segments", ()),
        target_class=lesson,
        class_status=fields.get("target_class_status", "ALL" if lesson else None),
        retargeted=earlier,
        engagement=fields.get("retarget_engagement_type", "sent" if earlier else None),
    )


def content_of(fields: Mapping[str, Any]) -> Content:
    """Return the template that a body names, with the values for its places."""
    name, language = fields.get("template", (None, None))
    return Content(
        template=name,
        language=language,
        header_media=fields.get("header_media_url"),
        header_texts=fields.get("header_text_parameters", ()),
        body_texts=fields.get("body_text_parameters", ()),
        button_urls=fields.get("button_url_parameters", ()),
        location=fields.get("location_parameters"),
        flow=fields.get("flow_parameters"),
    )


def _check_references(fields: Mapping[str, Any], audience: Audience) -> None:
    """Check that all exists that is named, and only then whether it goes together."""
    type = fields["type"]
    segments = [need(SEGMENTS, id, "Segment", "segments") for id in audience.segments]
    if audience.target_class is not None:
        need(LESSONS, audience.target_class, "Class", "targetClass.id")
    earlier = audience.retargeted and need(
        BROADCASTS, audience.retargeted, "Broadcast", "retargetBroadcast.id"
    )
    need_location(fields.get("location"))
    if any(segment.type != type for segment in segments):
        raise Refused("Segment type does not match broadcast type", "segments")
    if audience.target_class is not None and type != "client":
        raise Refused("targetClass requires type client", "targetClass")
    if earlier:
        _check_retargeted(earlier, type)


def _check_retargeted(earlier: WhBroadcast, type: str) -> None:
    name = "retargetBroadcast"
    if earlier.type != type:
        raise Refused(f"{name} type does not match broadcast type", name)
    if earlier.started_at is None:
        raise Refused(f"{name} has not been sent", name)


def _check_template(content: Content) -> None:
    if content.template is None:
        return
    template = faces.template_of(sandbox(), caller().id, content)
    if template is None:
        raise Refused("Template not found", "template.name")
    if template.status != "APPROVED" or has_fault("template_rejected"):
        raise NotApproved
