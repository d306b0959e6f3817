"""Definitions over HTTP: flows and campaigns as they are exported."""

from __future__ import annotations

from typing import Any

import pytest

from .people import LAKESIDE, MOTHERS, names

NODES = [{"uuid": "5a1d9e0c-2b7f-4c3e-8d11-0a9b8c7d6e5f", "actions": []}]
EMPTY: dict[str, list[Any]] = {
    "flows": [],
    "campaigns": [],
    "triggers": [],
    "fields": [],
    "groups": [],
}


@pytest.fixture
def world(rapidpro):
    """Return a driver of a workspace with flows that depend on each other."""
    main = {
        "name": "Main",
        "nodes": NODES,
        "dependencies": {"flows": ["Sub"], "fields": ["village"], "groups": ["Staff"]},
    }
    flows = [
        {"name": "Sub", "type": "voice", "dependencies": {"flows": ["Main"]}},
        main,
        {"name": "Dead", "deleted": True},
    ]
    trigger = {"flow": "Main", "keywords": ["join"], "groups": ["Mothers"]}
    old = {"flow": "Main", "keywords": ["old"], "archived": True}
    event = {"campaign": "Visit reminders", "relative_to": "created_on", "offset": 90}
    events = [{**event, "unit": "minutes", "flow": "Main"}]
    rapidpro.load(
        {**LAKESIDE, "flows": flows, "triggers": [trigger, old], "campaign_events": events}
    )
    return rapidpro


def uuid_of(rapidpro, endpoint, name):
    return next(item["uuid"] for item in rapidpro.items(endpoint) if item["name"] == name)


def export(rapidpro, *flows, **query):
    ids = [uuid_of(rapidpro, "flows", name) for name in flows]
    answer = rapidpro.get("definitions", flow=ids, **query)
    assert answer.status_code == 200, answer.text
    return answer.json


def test_nothing_asked_is_nothing_told(rapidpro):
    answer = rapidpro.get("definitions").json

    assert answer == {"version": "13", "site": "http://localhost/rapidpro", **EMPTY}


def test_flow_alone(world):
    told = export(world, "Main", dependencies="none")

    (flow,) = told["flows"]
    assert (flow["name"], flow["type"], flow["expire_after_minutes"]) == ("Main", "messaging", 4320)
    assert (flow["nodes"], flow["language"], flow["revision"]) == (NODES, "eng", 1)
    assert isinstance(flow["spec_version"], str)
    assert {key: told[key] for key in EMPTY} == EMPTY | {"flows": [flow]}


def test_flow_with_sub_flows_and_triggers(world):
    told = export(world, "Main", dependencies="flows")

    assert names(told["flows"]) == ["Sub", "Main"] or names(told["flows"]) == ["Main", "Sub"]
    assert [trigger["keywords"] for trigger in told["triggers"]] == [["join"]]
    assert (told["campaigns"], told["fields"], told["groups"]) == ([], [], [])


@pytest.mark.parametrize("query", [{}, {"dependencies": "all"}])
def test_flow_with_everything(world, query):
    told = export(world, "Main", **query)

    assert {flow["name"] for flow in told["flows"]} == {"Main", "Sub"}
    assert names(told["campaigns"]) == ["Visit reminders"]
    assert told["fields"] == [
        {"key": "due_date", "name": "Due Date", "type": "datetime"},
        {"key": "village", "name": "Village", "type": "text"},
    ]
    assert names(told["groups"]) == ["Mothers", "Staff"]
    assert told["groups"][0] == {"uuid": MOTHERS, "name": "Mothers", "query": None}


def test_trigger(world):
    (trigger,) = export(world, "Main")["triggers"]

    assert trigger == {
        "trigger_type": "K",
        "flow": {"uuid": uuid_of(world, "flows", "Main"), "name": "Main"},
        "groups": [{"uuid": MOTHERS, "name": "Mothers"}],
        "exclude_groups": [],
        "channel": None,
        "keywords": ["join"],
        "match_type": "F",
    }


def test_campaign_shows_flow_events_before_messages(world):
    campaign = uuid_of(world, "campaigns", "Visit reminders")

    told = world.get("definitions", campaign=campaign, dependencies="none").json

    (shown,) = told["campaigns"]
    assert (shown["name"], shown["group"]["name"]) == ("Visit reminders", "Mothers")
    flow, message = shown["events"]
    assert (flow["event_type"], flow["unit"], flow["offset"]) == ("F", "M", 90)
    assert flow["relative_to"] == {"label": "Created On", "key": "created_on"}
    assert flow["flow"]["name"] == "Main"
    assert (message["event_type"], message["unit"], message["delivery_hour"]) == ("M", "W", 9)
    assert message["relative_to"] == {"label": "Due Date", "key": "due_date"}
    assert (message["start_mode"], message["base_language"]) == ("I", "eng")
    assert told["flows"] == []


@pytest.mark.parametrize(
    ("type", "shown"),
    [
        ("message", "messaging"),
        ("voice", "voice"),
        ("background", "messaging_background"),
        ("survey", "messaging_offline"),
    ],
)
def test_types_have_other_names(rapidpro, type, shown):
    rapidpro.load({**LAKESIDE, "flows": [{"name": "Typed", "type": type}]})

    assert export(rapidpro, "Typed")["flows"][0]["type"] == shown


def test_unknown_deleted_and_foreign_ones_are_left_out(world):
    other = world.as_("rp_token_other")
    main = uuid_of(world, "flows", "Main")

    assert other.get("definitions", flow=main).json["flows"] == []
    unknown = "1ec5e2a1-0000-4000-8000-00000000beef"
    assert world.get("definitions", flow=unknown, campaign=unknown).json["flows"] == []


@pytest.mark.parametrize("value", ["xx", "ALL", ""])
def test_refused_dependencies(rapidpro, value):
    answer = rapidpro.get("definitions", dependencies=value)

    assert answer.status_code == 400
    assert answer.json == {"detail": "dependencies must be one of none, flows, all"}


@pytest.mark.parametrize("name", ["flow", "campaign"])
def test_what_is_no_uuid_is_refused(rapidpro, name):
    answer = rapidpro.get("definitions", **{name: "abc"})

    assert (answer.status_code, answer.json) == (
        400,
        {"detail": f"Param '{name}': abc is not a valid UUID."},
    )


def test_head_and_options_are_answered(rapidpro):
    assert rapidpro.call("HEAD", "definitions").status_code == 200
    assert rapidpro.call("OPTIONS", "definitions").status_code == 200
    assert rapidpro.as_(None).call("GET", "definitions").status_code == 403
    assert rapidpro.post("definitions", {}).status_code == 405
