"""Campaigns, as the API has them."""

from __future__ import annotations

import pytest

from .people import LAKESIDE, MOTHERS, NOBODY, PARENTS, STAFF, names

EVENT = {"relative_to": "created_on", "offset": 1, "unit": "days", "delivery_hour": -1}


def campaign(rapidpro):
    return rapidpro.one("campaigns")


def strictly(rapidpro):
    rapidpro.world.call(
        "PATCH", "/_emulator/sandboxes/default/settings", {"rapidpro": {"mode": "strict"}}
    )


def test_campaigns_are_shown_with_their_group(rapidpro):
    shown = campaign(rapidpro)

    assert list(shown) == ["uuid", "name", "archived", "group", "created_on"]
    assert (shown["name"], shown["archived"]) == ("Visit reminders", False)
    assert shown["group"] == {"uuid": MOTHERS, "name": "Mothers"}
    assert rapidpro.one("campaigns", uuid=shown["uuid"]) == shown


@pytest.mark.parametrize("group", ["sTAFF", STAFF, PARENTS, "open tickets"])
def test_campaigns_are_made_for_groups_of_all_sorts(rapidpro, group):
    made = rapidpro.post("campaigns", {"name": " Postnatal ✓ ", "group": group})

    assert (made.status_code, made.json["name"]) == (201, "Postnatal ✓")
    assert rapidpro.items("campaigns")[0] == made.json


REQUIRED = ["This field is required."]
NOT_NULL = ["This field may not be null."]


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {"name": REQUIRED, "group": REQUIRED}),
        ({"name": "", "group": ""}, {"name": ["This field may not be blank."], "group": NOT_NULL}),
        ({"name": None, "group": None}, {"name": NOT_NULL, "group": NOT_NULL}),
        (
            {"name": "visit REMINDERS", "group": "Staff"},
            {"name": ["This field must be unique."]},
        ),
        ({"name": "Old one", "group": "Staff"}, {"name": ["This field must be unique."]}),
        ({"name": 'a"b', "group": "Staff"}, {"name": ['Cannot contain the character: "']}),
        ({"name": "New", "group": "Nobody"}, {"group": ["No such object: Nobody"]}),
        ({"name": "New", "group": 5}, {"group": ["No such object: 5"]}),
        ({"name": "New", "group": ["Staff"]}, {"group": ["Must be a string or integer"]}),
        (
            {"name": "x" * 65, "group": "Staff"},
            {
                "name": [
                    "Cannot be longer than 64 characters.",
                    "Ensure this field has no more than 64 characters.",
                ]
            },
        ),
    ],
)
def test_bodies_that_are_refused(rapidpro, body, errors):
    rapidpro.load(
        {**LAKESIDE, "campaigns": [{"name": "Old one", "group": "Staff", "archived": True}]}
    )

    answer = rapidpro.post("campaigns", body)

    assert (answer.status_code, answer.json) == (400, errors)


def test_changes_need_both_fields(rapidpro):
    uuid = campaign(rapidpro)["uuid"]

    unnamed = rapidpro.post("campaigns", {"group": "Staff"}, uuid=uuid)
    changed = rapidpro.post("campaigns", {"name": "visit reminders", "group": "Staff"}, uuid=uuid)

    assert (unnamed.status_code, unnamed.json) == (400, {"name": REQUIRED})
    assert (changed.status_code, changed.json["name"]) == (200, "visit reminders")
    assert changed.json["group"]["name"] == "Staff"


@pytest.mark.parametrize("flag", ["archived", "deleted"])
def test_what_is_archived_or_deleted_is_not_there(rapidpro, flag):
    made = {"name": "Gone", "group": "Staff", "uuid": NOBODY, flag: True}
    rapidpro.load({**LAKESIDE, "campaigns": [made]})

    answer = rapidpro.post("campaigns", {"name": "x", "group": "Staff"}, uuid=NOBODY)

    assert (answer.status_code, answer.json) == (
        404,
        {"detail": "No Campaign matches the given query."},
    )
    assert rapidpro.items("campaigns", uuid=NOBODY) == []
    assert "Gone" not in names(rapidpro.items("campaigns"))


def test_another_workspaces_campaign_does_not_exist(rapidpro):
    uuid = campaign(rapidpro)["uuid"]
    other = rapidpro.as_("rp_token_other")

    assert other.items("campaigns", uuid=uuid) == []
    assert other.post("campaigns", {"name": "x", "group": "y"}, uuid=uuid).status_code == 404


def test_a_uuid_must_be_one(rapidpro):
    answer = rapidpro.get("campaigns", uuid="1234")

    assert (answer.status_code, answer.json) == (
        400,
        {"detail": "Param 'uuid': 1234 is not a valid UUID."},
    )


def test_campaigns_cannot_be_deleted(rapidpro):
    answer = rapidpro.delete("campaigns", uuid=campaign(rapidpro)["uuid"])

    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, POST, HEAD, OPTIONS")


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"before": "2020-01-01"}, 0),
        ({"after": "2030-01-01"}, 0),
        ({"after": "2020-01-01", "before": "2030-01-01"}, 1),
        ({"before": "junk"}, 0),
        ({"before": ""}, 1),
    ],
)
def test_documented_filters_by_time_work_with_a_warning(rapidpro, query, count):
    answer = rapidpro.get("campaigns", **query)

    assert len(answer.json["results"]) == count
    assert ("X-Emulator-Warning" in answer.headers) is any(query.values())


def test_the_newest_server_ignores_filters_by_time(rapidpro):
    strictly(rapidpro)

    answer = rapidpro.get("campaigns", before="2020-01-01")

    assert len(answer.json["results"]) == 1
    assert "X-Emulator-Warning" not in answer.headers


def test_another_group_gets_the_events_instead(rapidpro):
    shown = campaign(rapidpro)
    body = {**EVENT, "campaign": shown["uuid"], "message": "One day"}
    rapidpro.post("campaign_events", body)
    rapidpro.advance(2)

    rapidpro.post("campaigns", {"name": "Visits", "group": "Staff"}, uuid=shown["uuid"])
    rapidpro.advance(86_400)

    texts = [(m["text"], m["contact"]["name"]) for m in rapidpro.items("messages", folder="sent")]
    assert texts == [("One day", "Bakari Mwangi")]


def test_events_are_being_scheduled_for_a_second_after_a_change_of_group(rapidpro):
    shown = campaign(rapidpro)
    event = rapidpro.one("campaign_events")
    body = {**EVENT, "campaign": shown["uuid"], "message": "x"}
    rapidpro.post("campaigns", {"name": "Visits", "group": "Staff"}, uuid=shown["uuid"])

    early = rapidpro.post("campaign_events", body, uuid=event["uuid"])
    rapidpro.advance(1)
    later = rapidpro.post("campaign_events", body, uuid=event["uuid"])

    assert (early.status_code, later.status_code) == (400, 200)
