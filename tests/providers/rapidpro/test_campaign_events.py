"""The events of campaigns, as the API has them."""

from __future__ import annotations

import pytest

from .people import LAKESIDE, NOBODY
from .test_campaigns import strictly

REQUIRED = ["This field is required."]
NOT_NULL = ["This field may not be null."]
NOT_WHOLE = ["A valid integer is required."]


@pytest.fixture
def campaign(rapidpro):
    return rapidpro.one("campaigns")["uuid"]


@pytest.fixture
def flow(rapidpro):
    rapidpro.load({**LAKESIDE, "flows": [{"name": "Follow-up", "uuid": NOBODY}]})
    return NOBODY


def wish(campaign, **more):
    return {
        "campaign": campaign,
        "relative_to": "due_date",
        "offset": 2,
        "unit": "days",
        "delivery_hour": 8,
        **more,
    }


def without(wish, *keys):
    return {key: value for key, value in wish.items() if key not in keys}


def make(rapidpro, campaign, **more):
    made = rapidpro.post("campaign_events", wish(campaign, **({"message": "Hi"} | more)))
    assert made.status_code == 201, made.text
    rapidpro.advance(1)
    return made.json


def test_events_are_shown_with_the_field_they_are_relative_to(rapidpro, campaign):
    shown = rapidpro.one("campaign_events")

    assert list(shown) == [
        "uuid",
        "campaign",
        "relative_to",
        "offset",
        "unit",
        "delivery_hour",
        "flow",
        "message",
        "created_on",
    ]
    assert shown["campaign"] == {"uuid": campaign, "name": "Visit reminders"}
    assert shown["relative_to"] == {"key": "due_date", "name": "Due Date", "label": "Due Date"}
    assert (shown["offset"], shown["unit"], shown["delivery_hour"]) == (-2, "weeks", 9)
    assert shown["flow"] is None
    assert shown["message"]["swa"] == "Wiki mbili zimebaki, @contact.first_name"


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"campaign": "Visit reminders"}, 1),
        ({"campaign": "visit reminders"}, 0),
        ({"campaign": "Nope"}, 0),
        ({"campaign": ""}, 2),
        ({"campaign": "Old reminders"}, 1),
        ({"uuid": NOBODY}, 1),
        ({"uuid": NOBODY, "campaign": "Visit reminders"}, 0),
        ({"uuid": "7" * 32}, 0),
    ],
)
def test_filters(rapidpro, query, count):
    rapidpro.load(
        {
            **LAKESIDE,
            "campaigns": [{"name": "Old reminders", "group": "Staff", "archived": True}],
            "campaign_events": [
                {
                    "uuid": NOBODY,
                    "campaign": "Old reminders",
                    "relative_to": "created_on",
                    "offset": 1,
                    "unit": "hours",
                    "message": "Old",
                }
            ],
        }
    )

    assert len(rapidpro.items("campaign_events", **query)) == count


def test_the_campaign_can_be_named_by_uuid(rapidpro, campaign):
    assert len(rapidpro.items("campaign_events", campaign=campaign)) == 1
    assert rapidpro.as_("rp_token_other").items("campaign_events", campaign=campaign) == []


def test_a_text_is_a_message_in_the_first_language(rapidpro, campaign):
    made = rapidpro.post("campaign_events", wish(campaign, message=" Hi @contact "))

    assert made.status_code == 201
    assert made.json["message"] == {"eng": "Hi @contact"}
    assert rapidpro.items("campaign_events")[0] == made.json


@pytest.mark.parametrize(
    ("key", "name"), [("created_on", "Created On"), ("last_seen_on", "Last Seen On")]
)
def test_events_are_relative_to_built_in_dates_as_well(rapidpro, campaign, key, name):
    made = make(rapidpro, campaign, relative_to=key, offset="-15", unit="minutes")

    assert made["relative_to"] == {"key": key, "name": name, "label": name}
    assert (made["offset"], made["unit"]) == (-15, "minutes")


def test_an_event_starts_a_flow(rapidpro, campaign, flow):
    made = rapidpro.post("campaign_events", wish(campaign, flow=flow))

    assert (made.json["flow"]["uuid"], made.json["message"]) == (flow, None)


@pytest.mark.parametrize(
    ("more", "errors"),
    [
        ({"unit": "epocs"}, {"unit": ['"epocs" is not a valid choice.']}),
        ({"offset": "x"}, {"offset": NOT_WHOLE}),
        ({"offset": True}, {"offset": NOT_WHOLE}),
        ({"offset": 1.5}, {"offset": NOT_WHOLE}),
        ({"offset": None}, {"offset": NOT_NULL}),
        (
            {"offset": 2**31},
            {"offset": ["Ensure this value is less than or equal to 2147483647."]},
        ),
        (
            {"delivery_hour": 24},
            {"delivery_hour": ["Ensure this value is less than or equal to 23."]},
        ),
        (
            {"delivery_hour": -2},
            {"delivery_hour": ["Ensure this value is greater than or equal to -1."]},
        ),
        ({"relative_to": "nope"}, {"relative_to": ["No such object: nope"]}),
        ({"relative_to": "Due Date"}, {"relative_to": ["No such object: Due Date"]}),
        ({"relative_to": ["due_date"]}, {"relative_to": ["Must be a string or integer"]}),
        (
            {"relative_to": "children"},
            {"relative_to": ["Contact field must be of type datetime."]},
        ),
        ({"campaign": "Visit reminders"}, {"campaign": ["No such object: Visit reminders"]}),
        (
            {"message": {"swa": "Habari"}},
            {"message": ["Message text in default flow language is required."]},
        ),
        ({"message": ""}, {"message": {"eng": ["This field may not be blank."]}}),
        ({"message": {"eng": None}}, {"message": {"eng": NOT_NULL}}),
        ({"message": {}}, {"message": ["This dictionary may not be empty."]}),
        ({"message": ["Hi"]}, {"message": {"eng": ["Not a valid string."]}}),
        (
            {"message": 5},
            {"message": ['Expected a dictionary of items but got type "int".']},
        ),
        (
            {"message": {"eng": "Hi", "xx": "Hi"}},
            {"message": {"xx": ["Not an allowed ISO 639-3 language code."]}},
        ),
        (
            {"message": "x" * 4097},
            {"message": {"eng": ["Ensure this field has no more than 4096 characters."]}},
        ),
        ({"flow": None}, {"flow": NOT_NULL}),
        ({"flow": ""}, {"flow": NOT_NULL}),
        ({"flow": "Survey"}, {"flow": ["No such object: Survey"]}),
    ],
)
def test_fields_that_are_refused(rapidpro, campaign, more, errors):
    answer = rapidpro.post("campaign_events", {**wish(campaign, message="Hi"), **more})

    assert (answer.status_code, answer.json) == (400, errors)


def test_what_is_required(rapidpro):
    answer = rapidpro.post("campaign_events", {})

    assert answer.json == dict.fromkeys(
        ("campaign", "offset", "unit", "delivery_hour", "relative_to"), REQUIRED
    )


def test_either_a_message_or_a_flow_is_required(rapidpro, campaign, flow):
    neither = rapidpro.post("campaign_events", wish(campaign))
    both = rapidpro.post("campaign_events", wish(campaign, message="Hi", flow=flow))

    expected = {"non_field_errors": ["Flow or a message text required."]}
    assert (neither.status_code, neither.json) == (400, expected)
    assert (both.status_code, both.json) == (400, expected)


def test_an_archived_campaign_takes_no_events(rapidpro):
    rapidpro.load(
        {
            **LAKESIDE,
            "campaigns": [{"name": "Old", "group": "Staff", "archived": True, "uuid": NOBODY}],
        }
    )

    answer = rapidpro.post("campaign_events", wish(NOBODY, message="Hi"))

    assert answer.json == {"campaign": [f"No such object: {NOBODY}"]}


def test_an_event_of_an_archived_campaign_stays_as_it_is(rapidpro):
    rapidpro.load(
        {
            **LAKESIDE,
            "campaigns": [{"name": "Old", "group": "Staff", "archived": True, "uuid": NOBODY}],
            "campaign_events": [
                {
                    "uuid": "7" * 8 + "-0000-4000-8000-000000000007",
                    "campaign": "Old",
                    "relative_to": "created_on",
                    "offset": 1,
                    "unit": "days",
                    "message": "Hi",
                }
            ],
        }
    )
    event = rapidpro.one("campaign_events", campaign=NOBODY)["uuid"]

    for body in (wish(NOBODY, message="x"), without(wish(NOBODY, message="x"), "campaign")):
        answer = rapidpro.post("campaign_events", body, uuid=event)
        assert (answer.status_code, answer.json) == (
            400,
            {"campaign": [f"No such object: {NOBODY}"]},
        )


def test_an_event_is_changed_from_message_to_flow_and_back(rapidpro, campaign, flow):
    uuid = make(rapidpro, campaign)["uuid"]

    to_flow = rapidpro.post("campaign_events", wish(campaign, flow=flow), uuid=uuid)
    to_text = rapidpro.post("campaign_events", wish(campaign, message="Back"), uuid=uuid)

    assert (to_flow.status_code, to_flow.json["message"]) == (200, None)
    assert (to_text.status_code, to_text.json["flow"]) == (200, None)
    assert to_text.json["message"] == {"eng": "Back"}


def test_the_campaign_of_an_event_stays(rapidpro, campaign):
    uuid = make(rapidpro, campaign)["uuid"]
    other = rapidpro.post("campaigns", {"name": "Other", "group": "Staff"}).json["uuid"]

    answer = rapidpro.post("campaign_events", wish(other, message="Hi"), uuid=uuid)

    assert (answer.status_code, answer.json) == (
        400,
        {"campaign": ["Cannot change campaign for existing events"]},
    )


def test_a_change_may_leave_out_the_campaign_with_a_warning(rapidpro, campaign):
    uuid = make(rapidpro, campaign)["uuid"]
    body = without(wish(campaign, message="New"), "campaign")

    answer = rapidpro.post("campaign_events", body, uuid=uuid)

    assert (answer.status_code, answer.json["campaign"]["uuid"]) == (200, campaign)
    assert "campaign" in answer.headers["X-Emulator-Warning"]


def test_the_newest_server_requires_the_campaign_of_a_change(rapidpro, campaign):
    uuid = make(rapidpro, campaign)["uuid"]
    strictly(rapidpro)

    answer = rapidpro.post(
        "campaign_events", without(wish(campaign, message="x"), "campaign"), uuid=uuid
    )

    assert (answer.status_code, answer.json) == (400, {"campaign": REQUIRED})


def test_an_event_being_scheduled_cannot_be_changed(rapidpro, campaign):
    uuid = rapidpro.post("campaign_events", wish(campaign, message="Hi")).json["uuid"]

    early = rapidpro.post("campaign_events", wish(campaign), uuid=uuid)
    rapidpro.advance(1)
    later = rapidpro.post("campaign_events", wish(campaign, offset=3, message="x"), uuid=uuid)
    again = rapidpro.post("campaign_events", wish(campaign, offset=3, message="y"), uuid=uuid)

    refusal = {"non_field_errors": ["Cannot modify events which are currently being scheduled."]}
    assert (early.status_code, early.json) == (400, refusal)
    assert later.status_code == 200
    assert again.json == refusal


@pytest.mark.parametrize("more", [{"message": "Other text"}, {"offset": "2"}])
def test_a_change_that_leaves_the_time_is_ready_at_once(rapidpro, campaign, more):
    uuid = make(rapidpro, campaign)["uuid"]

    rapidpro.post("campaign_events", wish(campaign, **({"message": "Hi"} | more)), uuid=uuid)
    again = rapidpro.post("campaign_events", wish(campaign, message="y"), uuid=uuid)

    assert again.status_code == 200


def test_an_event_of_a_fixture_stays_being_scheduled(rapidpro, campaign):
    rapidpro.load(
        {
            **LAKESIDE,
            "campaign_events": [
                {
                    "uuid": NOBODY,
                    "campaign": "Visit reminders",
                    "relative_to": "created_on",
                    "offset": 1,
                    "unit": "hours",
                    "message": "x",
                    "status": "scheduling",
                }
            ],
        }
    )
    rapidpro.advance(86_400)

    answer = rapidpro.post("campaign_events", wish(campaign, message="x"), uuid=NOBODY)

    assert answer.status_code == 400
    assert rapidpro.items("messages", folder="sent") == []


def test_an_event_may_become_relative_to_a_field_that_is_no_date(rapidpro, campaign):
    uuid = make(rapidpro, campaign)["uuid"]

    answer = rapidpro.post(
        "campaign_events", wish(campaign, relative_to="children", message="x"), uuid=uuid
    )
    rapidpro.advance(10)

    assert (answer.status_code, answer.json["relative_to"]["key"]) == (200, "children")


def test_a_deleted_event_is_gone(rapidpro, campaign):
    uuid = make(rapidpro, campaign)["uuid"]

    deleted = rapidpro.delete("campaign_events", uuid=uuid)
    again = rapidpro.delete("campaign_events", uuid=uuid)

    assert (deleted.status_code, deleted.data) == (204, b"")
    assert (again.status_code, again.json) == (
        404,
        {"detail": "No CampaignEvent matches the given query."},
    )
    assert len(rapidpro.items("campaign_events")) == 1


@pytest.mark.parametrize(
    ("query", "status", "detail"),
    [
        ({}, 400, "URL must contain one of the following parameters: uuid"),
        ({"uuid": "x"}, 400, "Param 'uuid': x is not a valid UUID."),
        ({"uuid": NOBODY}, 404, "No CampaignEvent matches the given query."),
    ],
)
def test_deletions_that_are_refused(rapidpro, query, status, detail):
    answer = rapidpro.delete("campaign_events", **query)

    assert (answer.status_code, answer.json) == (status, {"detail": detail})


def test_another_workspaces_event_does_not_exist(rapidpro):
    uuid = rapidpro.one("campaign_events")["uuid"]
    other = rapidpro.as_("rp_token_other")

    assert other.items("campaign_events", uuid=uuid) == []
    assert other.delete("campaign_events", uuid=uuid).status_code == 404
    assert other.post("campaign_events", {}, uuid=uuid).status_code == 404


def test_a_field_counts_the_events_that_use_it(rapidpro, campaign):
    make(rapidpro, campaign)

    usages = rapidpro.one("fields", key="due_date")["usages"]

    assert usages["campaign_events"] == 2
