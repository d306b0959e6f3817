"""Makes objects for the lists of a workspace that a fixture wants generated.

The n-th object of a list depends on the seed, the workspace, the list and n. What refers to
others of the workspace chooses among those that the fixture has, else among the sandbox's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from emulator.core.generating import GENERATE, Batch, Made, Maker
from emulator.web import people

from . import wording
from .kinds import CAMPAIGNS, CHANNELS, RESTHOOKS
from .made_flows import make_flows, make_runs, make_start, make_trigger, named, of_flow
from .made_people import (
    LANGUAGE_SHARE,
    MINUTE,
    MONTHS,
    YEARS,
    country,
    group_names,
    known_names,
    known_people,
    languages_of,
    make_contacts,
    make_notes,
    make_users,
    somebody_of,
)
from .made_traffic import make_broadcasts, make_messages

NOWHERE: Final = "http://127.0.0.1:9/resthook"


def generate(batch: Batch) -> Maker | None:
    """Return what makes the objects of a list, None where a fixture says all there is to them."""
    make = _MAKERS.get("/".join(batch.path[1:]) or batch.name)
    return make(batch) if make is not None else None


def sample(contacts: int, messages: int) -> Made:
    """Return a part of a fixture with one workspace of so many contacts and messages."""
    lists = {"contacts": contacts, "messages": messages}
    workspace = {
        "count": 1,
        "country": "KE",
        "timezone": "Africa/Nairobi",
        "languages": ["eng", "swa"],
        "groups": [{GENERATE: {"count": 4}}],
        "channels": [{GENERATE: {"count": 1}}],
        **{name: [{GENERATE: {"count": count}}] for name, count in lists.items() if count},
    }
    return {"workspaces": [{GENERATE: workspace}]}


def _workspaces(batch: Batch) -> Maker:
    home = country(batch)

    def workspace(n: int) -> Made:
        draw = batch.draw(n)
        family = draw.pick(people.pools(home)[0].families, "family")
        admin = people.person(draw, home)
        return {
            "name": f"{family} {draw.pick(wording.WORKSPACES, 'kind')} {n + 1}",
            "users": [
                {
                    "email": admin.email(f"{n + 1}.{family.lower()}.example")
                    if family.isascii() and family.isalnum()
                    else admin.email(f"{n + 1}.example"),
                    "first_name": admin.first,
                    "last_name": admin.last,
                    "role": "administrator",
                    "tokens": [f"rp_{draw.number('token'):032x}"],
                }
            ],
        }

    return workspace


def _channels(batch: Batch) -> Maker:
    home = country(batch)

    def channel(n: int) -> Made:
        number = people.mobile(home, batch.common, n)
        return {
            "name": f"SMS {n + 1}",
            "type": "external",
            "address": number,
            "country": home,
            "created_on": batch.moment(n, YEARS, MONTHS),
        }

    return channel


def _boundaries(batch: Batch) -> Maker:
    towns = people.towns(country(batch))
    parents = [one["osm_id"] for one in batch.listed("boundaries") if one.get("level") == 0]

    def boundary(n: int) -> Made:
        name = towns[n % len(towns)] + (f" {n // len(towns) + 1}" if n >= len(towns) else "")
        above = {"level": 1, "parent": parents[0]} if parents else {"level": 0}
        return {"osm_id": f"R{9_000_000 + n}", "name": name, **above}

    return boundary


def _fields(batch: Batch) -> Maker:
    name = named(wording.FIELDS)(batch)
    return lambda n: {**name(n), "type": "text"}


def _globals(batch: Batch) -> Maker:
    name = named(wording.GLOBALS)(batch)
    home = country(batch)
    return lambda n: {**name(n), "value": people.mobile(home, batch.common, n)}


def _templates(batch: Batch) -> Maker:
    name = named(wording.TEMPLATES)(batch)
    return lambda n: {"name": name(n)["name"].replace(" ", "_")}


def _campaigns(batch: Batch) -> Maker:
    groups, name = group_names(batch), named(wording.CAMPAIGNS)(batch)
    return lambda n: {**name(n), "group": batch.draw(n).pick(groups, "group")}


def _campaign_events(batch: Batch) -> Maker:
    campaigns = known_names(batch, CAMPAIGNS)
    language = languages_of(batch)[0]

    def event(n: int) -> Made:
        draw = batch.draw(n)
        text = draw.pick(wording.SENT.get(language, wording.SENT["eng"]), "text")
        return {
            **({"campaign": draw.pick(campaigns, "campaign")} if campaigns else {}),
            "relative_to": "created_on",
            "offset": 1 + n,
            "unit": "weeks",
            "delivery_hour": 9,
            "message": {language: text.replace("{first}", "@contact.first_name")},
        }

    return event


def _subscribers(batch: Batch) -> Maker:
    hooks = known_names(batch, RESTHOOKS, "slug")

    def subscriber(n: int) -> Made:
        hook = {"resthook": batch.draw(n).pick(hooks, "resthook")} if hooks else {}
        return {**hook, "target_url": f"{NOWHERE}/{n + 1}"}

    return subscriber


def _resthook_events(batch: Batch) -> Maker:
    hooks = known_names(batch, RESTHOOKS, "slug")
    everybody = known_people(batch)

    def event(n: int) -> Made:
        draw = batch.draw(n)
        somebody = somebody_of(draw, everybody)
        hook = {"resthook": draw.pick(hooks, "resthook")} if hooks else {}
        contact = {"contact": {"name": somebody.first}} if somebody else {}
        return {**hook, "data": contact, "created_on": batch.moment(n, MONTHS)}

    return event


def _tickets(batch: Batch) -> Maker:
    everybody = known_people(batch)

    def ticket(n: int) -> Made:
        draw, contact = batch.draw(n), {}
        opened = batch.born("opened_on", n, MONTHS)
        # Nobody has two open tickets.
        may_be_open = n < len(everybody)
        if everybody:
            somebody = everybody[n % len(everybody)]
            contact = {"contact": somebody.ref}
            if "opened_on" not in batch.given:
                opened = max(opened, somebody.since + MINUTE)
        is_open = may_be_open and draw.fraction("open") > LANGUAGE_SHARE
        if batch.given.get("status", "open" if is_open else "closed") == "open":
            return {**contact, "status": "open", "opened_on": opened}
        closed = min(opened + timedelta(minutes=5 + draw.below(600, "length")), batch.now)
        times = {"opened_on": opened, "closed_on": closed, "modified_on": closed}
        return {**contact, "status": "closed", **times}

    return ticket


def _archives(batch: Batch) -> Maker:
    def archive(n: int) -> Made:
        months = batch.now.year * 12 + batch.now.month - 2 - n
        count = 200 + batch.draw(n).below(2000, "count")
        return {
            "type": "message",
            "period": "monthly",
            "start_date": f"{months // 12}-{months % 12 + 1:02d}-01",
            "record_count": count,
            "size": count * 41,
        }

    return archive


def _channel_events(batch: Batch) -> Maker:
    channels = known_names(batch, CHANNELS, "address") or known_names(batch, CHANNELS)
    everybody = known_people(batch)

    def event(n: int) -> Made:
        draw = batch.draw(n)
        somebody = somebody_of(draw, everybody)
        at = batch.moment(n, MONTHS)
        return {
            "type": draw.pick(("call-in", "call-in-missed", "new-conversation"), "type"),
            **({"channel": channels[0]} if channels else {}),
            **({"contact": somebody.ref} if somebody else {}),
            "occurred_on": at,
            "created_on": at,
        }

    return event


_MAKERS: Final[Mapping[str, Callable[[Batch], Maker]]] = {
    "workspaces": _workspaces,
    "users": make_users,
    "teams": named(wording.TEAMS),
    "boundaries": _boundaries,
    "fields": _fields,
    "globals": _globals,
    "groups": named(wording.GROUPS),
    "channels": _channels,
    "classifiers": named(wording.CLASSIFIERS),
    "optins": named(wording.OPTINS),
    "templates": _templates,
    "topics": named(wording.TOPICS),
    "labels": named(wording.LABELS),
    "flow_labels": named(wording.FLOW_LABELS),
    "flows": make_flows,
    "triggers": of_flow(make_trigger),
    "contacts": make_contacts,
    "contacts/notes": make_notes,
    "messages": make_messages,
    "broadcasts": make_broadcasts,
    "campaigns": _campaigns,
    "campaign_events": _campaign_events,
    "flow_starts": of_flow(make_start),
    "runs": make_runs,
    "resthooks": named(wording.RESTHOOKS, "slug"),
    "resthook_subscribers": _subscribers,
    "resthook_events": _resthook_events,
    "tickets": _tickets,
    "archives": _archives,
    "channel_events": _channel_events,
}
