"""Campaigns: messages and flows around a date of each member of a group."""

from __future__ import annotations

from flask import Response

from emulator.providers.rapidpro import campaigns as engine
from emulator.providers.rapidpro import filters, lookups, paging
from emulator.providers.rapidpro import records as r
from emulator.providers.rapidpro.answers import CampaignOut
from emulator.providers.rapidpro.compounds import Reference
from emulator.providers.rapidpro.context import is_strict, now, table, tolerate, workspace
from emulator.providers.rapidpro.endpoint import Endpoint, uuid_lookup
from emulator.providers.rapidpro.kinds import CAMPAIGNS, GROUPS
from emulator.providers.rapidpro.names import UniqueNameOf
from emulator.providers.rapidpro.naming import new_uuid, next_serial
from emulator.providers.rapidpro.validation import Body, Schema
from emulator.providers.rapidpro.values import format_moment
from emulator.web.context import sandbox


def show(campaign: r.Campaign) -> CampaignOut:
    """Return a campaign as the API has it."""
    return {
        "uuid": campaign.id,
        "name": campaign.name,
        "archived": campaign.archived,
        "group": lookups.ref(table(GROUPS).get(campaign.group)),
        "created_on": format_moment(campaign.created_on),
    }


class CampaignIn(Schema):
    """The body of a POST."""

    name = UniqueNameOf(CAMPAIGNS, required=True)
    group = Reference(lookups.find_group, required=True)


campaigns = Endpoint(
    "campaigns",
    asks=("uuid", "before", "after"),
    model="Campaign",
    show=show,
    lookups={"uuid": uuid_lookup(lookups.find_campaign)},
)
BODY = CampaignIn()


@campaigns.lists
def list_() -> Response:
    """Answer with the campaigns that are not archived, newest first."""
    id, period = filters.uuid("uuid"), _period()
    if period is None:
        return paging.empty()
    if id is None:
        return paging.page(
            CAMPAIGNS, "created", (workspace().id,), show, low=period.start, high=period.end
        )
    found = lookups.find_campaign(id)
    if found is None or not period.has(found.created_on):
        return paging.empty()
    return paging.few([found], show)


def _period() -> filters.Period | None:
    """Return the span that was asked for; the newest server passes over the question."""
    if not (filters.text("before") or filters.text("after")):
        return filters.Period(None, None)
    if is_strict():
        return filters.Period(None, None)
    tolerate("campaigns: the newest server ignores before and after")
    return filters.period()


@campaigns.creates(CampaignIn)
def create(body: Body) -> r.Campaign:
    """Make a campaign without events."""
    values = BODY.read(body)
    campaign = r.Campaign(
        id=new_uuid(sandbox(), CAMPAIGNS),
        serial=next_serial(sandbox(), CAMPAIGNS),
        workspace=workspace().id,
        name=values["name"],
        group=values["group"].id,
        created_on=now(),
    )
    table(CAMPAIGNS).add(campaign)
    return campaign


@campaigns.updates(CampaignIn)
def update(campaign: r.Campaign, body: Body) -> r.Campaign:
    """Change name and group of a campaign; with another group its events are scheduled anew."""
    values = BODY.read(body)
    return engine.change_campaign(
        sandbox(), workspace(), campaign, values["name"], values["group"].id
    )


ENDPOINTS = (campaigns,)
