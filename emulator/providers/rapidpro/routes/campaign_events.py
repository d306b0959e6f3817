"""The events of campaigns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final

from flask import Response
from marshmallow import ValidationError

from emulator.providers.rapidpro import campaigns as engine
from emulator.providers.rapidpro import filters, lookups, paging
from emulator.providers.rapidpro import records as r
from emulator.providers.rapidpro.answers import EventOut
from emulator.providers.rapidpro.compounds import Reference, Translated
from emulator.providers.rapidpro.context import is_strict, table, target, tolerate, workspace
from emulator.providers.rapidpro.endpoint import Endpoint, uuid_lookup
from emulator.providers.rapidpro.fires import BUILT_IN
from emulator.providers.rapidpro.kinds import CAMPAIGN_EVENTS, CAMPAIGNS, FIELDS, FLOWS
from emulator.providers.rapidpro.languages import is_translation_code
from emulator.providers.rapidpro.scalars import Choice, Integer, Text
from emulator.providers.rapidpro.validation import Body, Invalid, Schema
from emulator.providers.rapidpro.values import format_moment
from emulator.web.context import rests_on, sandbox

Checks = tuple[Callable[[Any, dict[str, Any]], str | None], ...]
UNITS: Final = ("minutes", "hours", "days", "weeks")
LAST_HOUR: Final = 23
#: Assumed: what the server's database can hold.
MOST_OFFSET: Final = 2**31 - 1


def show(event: r.CampaignEvent) -> EventOut:
    """Return an event as the API has it."""
    name = _anchor_name(event)
    flow = table(FLOWS).get(event.flow) if event.flow is not None else None
    return {
        "uuid": event.id,
        "campaign": lookups.ref(table(CAMPAIGNS).get(event.campaign)),
        "relative_to": {"key": event.relative_to, "name": name, "label": name},
        "offset": event.offset,
        "unit": event.unit,
        "delivery_hour": event.delivery_hour,
        "flow": lookups.ref(flow) if flow is not None else None,
        "message": event.message,
        "created_on": format_moment(event.created_on),
    }


def _anchor_name(event: r.CampaignEvent) -> str:
    key = event.relative_to
    field = table(FIELDS).one("key", (event.workspace, key))
    return field.name if field is not None else BUILT_IN.get(key, key)


campaign_events = Endpoint(
    "campaign_events",
    asks=("uuid", "campaign"),
    model="CampaignEvent",
    show=show,
    lookups={"uuid": uuid_lookup(lambda id: lookups.own(CAMPAIGN_EVENTS, id))},
)


@campaign_events.lists
def list_() -> Response:
    """Answer with events, those of archived campaigns too, newest first."""
    id, campaign = filters.uuid("uuid"), filters.text("campaign")
    partition: tuple[str, ...] = (workspace().id,)
    if campaign is not None:
        found = lookups.by_exact_name(CAMPAIGNS, campaign)
        if found is None:
            return paging.empty()
        partition = ("campaign", found.id)
    if id is None:
        return paging.page(CAMPAIGN_EVENTS, "created", partition, show)
    event = lookups.own(CAMPAIGN_EVENTS, id)
    is_listed = event is None or campaign is None or event.campaign == partition[1]
    return paging.few([event if is_listed else None], show)


def _find_anchor(given: str | int) -> str | None:
    """Return the key of a date that contacts have."""
    if given in BUILT_IN:
        return str(given)
    field = lookups.find_field(given)
    if field is None:
        return None
    if field.type != "datetime" and target() is None:
        # The server crashes on one; when an event is changed it takes any field.
        rests_on("assumed")
        raise ValidationError("Contact field must be of type datetime.")
    return field.key


def _same_campaign(campaign: r.Campaign) -> r.Campaign:
    event: Any = target()
    if event is not None and event.campaign != campaign.id:
        raise ValidationError("Cannot change campaign for existing events")
    return campaign


def _first_language() -> str:
    return next(iter(workspace().languages), "eng")


def _in_first_language(texts: dict[str, str]) -> dict[str, str]:
    if _first_language() not in texts:
        raise ValidationError("Message text in default flow language is required.")
    return texts


def _says_campaign(_: Schema, values: dict[str, Any]) -> str | None:
    """Let a change leave out the campaign; the newest server does not."""
    if "campaign" not in values:
        tolerate("campaign_events: the newest server requires campaign on updates as well")
    return None


def _is_changeable(_: Schema, values: dict[str, Any]) -> str | None:
    del values
    event: Any = target()
    if event is not None and event.status == "scheduling":
        return "Cannot modify events which are currently being scheduled."
    return None


def _does_one_thing(_: Schema, values: dict[str, Any]) -> str | None:
    if ("message" in values) == ("flow" in values):
        return "Flow or a message text required."
    return None


CHECKS: Final = (_is_changeable, _does_one_thing)


class EventIn(Schema):
    """The body of a POST."""

    campaign = Reference(lookups.find_campaign, required=True, then=[_same_campaign])
    offset = Integer(min_value=-MOST_OFFSET - 1, max_value=MOST_OFFSET, required=True)
    unit = Choice(UNITS, required=True)
    delivery_hour = Integer(min_value=-1, max_value=LAST_HOUR, required=True)
    relative_to = Reference(_find_anchor, required=True)
    message = Translated(
        Text(max_length=4096),
        first_language=_first_language,
        allowed=is_translation_code,
        then=[_in_first_language],
    )
    flow = Reference(lookups.find_flow)

    checks: ClassVar[Checks] = CHECKS


class ChangeIn(EventIn):
    """The body of a POST that changes an event, as it is documented."""

    campaign = Reference(lookups.find_campaign, then=[_same_campaign])

    checks: ClassVar[Checks] = (_says_campaign, *CHECKS)


BODY = EventIn()
CHANGE = ChangeIn()


def _timing(values: dict[str, Any]) -> engine.Timing:
    return engine.Timing(
        values["relative_to"], values["offset"], values["unit"], values["delivery_hour"]
    )


def _deed(values: dict[str, Any]) -> engine.Deed:
    if "flow" in values:
        return engine.Deed(values["flow"].id, None, None)
    return engine.Deed(None, values["message"], _first_language())


@campaign_events.creates(EventIn)
def create(body: Body) -> r.CampaignEvent:
    """Make an event; it is scheduled a moment later."""
    values = BODY.read(body)
    return engine.create_event(
        sandbox(), workspace(), values["campaign"], _timing(values), _deed(values)
    )


@campaign_events.updates(ChangeIn)
def update(event: r.CampaignEvent, body: Body) -> r.CampaignEvent:
    """Change an event."""
    values = (BODY if is_strict() else CHANGE).read(body)
    campaign = table(CAMPAIGNS).get(event.campaign)
    if campaign.archived:
        # Whether or not the body names it: it is no campaign that can be changed.
        raise Invalid({"campaign": [f"No such object: {campaign.id}"]})
    return engine.change_event(sandbox(), workspace(), event, _timing(values), _deed(values))


@campaign_events.deletes
def delete(event: r.CampaignEvent) -> None:
    """Delete an event; what it has ahead of it is dropped."""
    engine.delete_event(sandbox(), workspace(), event)


ENDPOINTS = (campaign_events,)
