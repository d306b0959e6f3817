"""When the events of campaigns fire, for whom, and what they do."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from emulator.providers.rapidpro.fires import due_at
from emulator.providers.rapidpro.records import CampaignEvent

from .people import AMINA, BAKARI, CYNTHIA, DAUDI, LAKESIDE, MOTHERS, NEW_NUMBER, NOBODY, STAFF
from .steering import inbound, steer, until_idle

NAIROBI, NEW_YORK = "Africa/Nairobi", "America/New_York"


def moment(text):
    return datetime.fromisoformat(text).astimezone(UTC)


def event(offset, unit, hour=-1):
    return CampaignEvent(
        id="event",
        serial=1,
        workspace="workspace",
        campaign="campaign",
        relative_to="due_date",
        offset=offset,
        unit=unit,
        delivery_hour=hour,
        created_on=moment("2026-01-01T00:00:00Z"),
    )


@pytest.mark.parametrize(
    ("zone", "value", "when", "due"),
    [
        (NAIROBI, "2026-06-01T00:00:00+03:00", (-2, "weeks", 9), "2026-05-18T09:00:00+03:00"),
        (NAIROBI, "2026-06-01T10:20:00+03:00", (3, "days"), "2026-06-04T10:20:00+03:00"),
        (NAIROBI, "2026-06-01T10:20:00+03:00", (5, "hours"), "2026-06-01T15:20:00+03:00"),
        (NAIROBI, "2026-06-01T10:20:00+03:00", (-90, "minutes"), "2026-06-01T08:50:00+03:00"),
        # A value on a whole minute stays, any other is rounded up.
        (NAIROBI, "2026-06-01T10:20:00.000001+03:00", (0, "days"), "2026-06-01T10:21:00+03:00"),
        (NAIROBI, "2026-06-01T10:20:59+03:00", (1, "minutes"), "2026-06-01T10:22:00+03:00"),
        (NAIROBI, "2026-06-01T23:59:30+03:00", (0, "days", 8), "2026-06-02T08:00:00+03:00"),
        # The hour of delivery counts with every unit, on the day in the workspace's zone.
        (NAIROBI, "2026-06-01T22:30:00Z", (1, "hours", 0), "2026-06-02T00:00:00+03:00"),
        (NEW_YORK, "2026-06-02T01:30:00Z", (0, "days", 23), "2026-06-01T23:00:00-04:00"),
        # Days are of the calendar, hours of the clock, when clocks are put forward or back.
        (NEW_YORK, "2026-03-07T12:00:00-05:00", (1, "days"), "2026-03-08T12:00:00-04:00"),
        (NEW_YORK, "2026-03-07T12:00:00-05:00", (24, "hours"), "2026-03-08T13:00:00-04:00"),
        (NEW_YORK, "2026-10-31T12:00:00-04:00", (1, "days"), "2026-11-01T12:00:00-05:00"),
        (NEW_YORK, "2026-10-31T12:00:00-04:00", (24, "hours"), "2026-11-01T11:00:00-05:00"),
        (NEW_YORK, "2026-11-01T01:59:30-04:00", (0, "days"), "2026-11-01T01:00:00-05:00"),
        (NEW_YORK, "2026-03-08T01:59:30-05:00", (0, "days"), "2026-03-08T03:00:00-04:00"),
    ],
)
def test_the_time_of_a_fire(zone, value, when, due):
    assert due_at(event(*when), moment(value), ZoneInfo(zone)) == moment(due)


@pytest.mark.parametrize("offset", [2**31 - 1, -(2**31)])
@pytest.mark.parametrize("unit", ["minutes", "hours", "days", "weeks"])
def test_a_day_that_no_calendar_has_never_comes(offset, unit):
    due = due_at(event(offset, unit), moment("2026-06-01T00:00:00Z"), ZoneInfo(NAIROBI))

    assert due is None or unit == "minutes"


def sent(rapidpro):
    """Return text, contact and time of all messages that campaigns and others have made."""
    return [
        (m["text"], m["contact"]["uuid"], m["created_on"][:19])
        for m in reversed(rapidpro.items("messages"))
        if m["direction"] == "out"
    ]


def make(rapidpro, **more):
    """Make an event of the reference campaign and let it be scheduled."""
    wish = {
        "campaign": rapidpro.one("campaigns")["uuid"],
        "relative_to": "due_date",
        "offset": 0,
        "unit": "days",
        "delivery_hour": -1,
        **({} if "flow" in more else {"message": "Hi"}),
        **more,
    }
    made = rapidpro.post("campaign_events", wish)
    assert made.status_code == 201, made.text
    rapidpro.advance(1)
    return made.json["uuid"]


def set_date(rapidpro, contact, date):
    answer = rapidpro.post("contacts", {"fields": {"due_date": date}}, uuid=contact)
    assert answer.status_code == 200, answer.text


REFERENCE = ("Wiki mbili zimebaki, Amina", AMINA, "2026-05-18T06:00:00")


def test_a_planned_fire_holds_idle_back_and_sends_in_the_contacts_language(rapidpro):
    ledger = until_idle(rapidpro)

    assert sent(rapidpro) == [REFERENCE]
    assert ledger["to"].startswith("2026-05-18T06:00:01.5")
    (message,) = rapidpro.items("messages", folder="sent")
    assert (message["broadcast"], message["flow"], message["status"]) == (None, None, "delivered")


def test_another_time_zone_has_its_own_hours(rapidpro):
    rapidpro.load({**LAKESIDE, "timezone": NEW_YORK})

    until_idle(rapidpro)

    # Midnight in Nairobi belongs to the day before, and nine comes later.
    assert sent(rapidpro) == [("Wiki mbili zimebaki, Amina", AMINA, "2026-05-17T13:00:00")]


def test_who_has_no_date_gets_nothing_until_there_is_one(rapidpro):
    set_date(rapidpro, CYNTHIA, "2026-05-25 10:00")

    rapidpro.advance(5 * 86_400)

    assert sent(rapidpro) == [("Two weeks to go, Cynthia", CYNTHIA, "2026-05-11T06:00:00")]


def test_a_changed_date_moves_the_fire(rapidpro):
    set_date(rapidpro, AMINA, "2026-06-15")

    until_idle(rapidpro)

    assert [at for _, _, at in sent(rapidpro)] == ["2026-06-01T06:00:00"]
    assert steer(rapidpro, "GET", "clock").json["now"] > "2026-06-01"


def test_a_change_after_the_fire_plans_another_one(rapidpro):
    until_idle(rapidpro)

    set_date(rapidpro, AMINA, "2026-07-01")
    until_idle(rapidpro)

    assert [at for _, _, at in sent(rapidpro)] == ["2026-05-18T06:00:00", "2026-06-17T06:00:00"]


def remove_date(rapidpro):
    set_date(rapidpro, AMINA, None)


def leave(rapidpro):
    body = {"contacts": [AMINA], "action": "remove", "group": MOTHERS}
    assert rapidpro.post("contact_actions", body).status_code == 204


def block(rapidpro):
    assert (
        rapidpro.post("contact_actions", {"contacts": [AMINA], "action": "block"}).status_code
        == 204
    )


def delete(rapidpro):
    assert rapidpro.delete("contacts", uuid=AMINA).status_code == 204


def delete_event(rapidpro):
    uuid = rapidpro.one("campaign_events")["uuid"]
    assert rapidpro.delete("campaign_events", uuid=uuid).status_code == 204


def into_the_past(rapidpro):
    set_date(rapidpro, AMINA, "2026-05-20")


def another_group(rapidpro):
    uuid = rapidpro.one("campaigns")["uuid"]
    body = {"name": "Visits", "group": STAFF}
    assert rapidpro.post("campaigns", body, uuid=uuid).status_code == 200


def archive(rapidpro):
    rapidpro.load({**LAKESIDE, "campaigns": [{"name": "Visit reminders", "archived": True}]})


def delete_campaign(rapidpro):
    rapidpro.load({**LAKESIDE, "campaigns": [{"name": "Visit reminders", "deleted": True}]})


@pytest.mark.parametrize(
    "deed",
    [
        remove_date,
        leave,
        block,
        delete,
        delete_event,
        into_the_past,
        another_group,
        archive,
        delete_campaign,
    ],
)
def test_what_takes_a_fire_back(rapidpro, deed):
    deed(rapidpro)

    ledger = until_idle(rapidpro)

    assert sent(rapidpro) == []
    # Nothing is left that idle would have waited for.
    assert ledger["to"] < "2026-05-07"


def test_who_joins_the_group_gets_the_event(rapidpro):
    set_date(rapidpro, DAUDI, "2026-06-01")
    rapidpro.post("contact_actions", {"contacts": [DAUDI], "action": "add", "group": MOTHERS})

    until_idle(rapidpro)

    assert {contact for _, contact, _ in sent(rapidpro)} == {AMINA, DAUDI}


def test_who_comes_back_to_the_group_gets_it_once(rapidpro):
    leave(rapidpro)
    rapidpro.post("contact_actions", {"contacts": [AMINA], "action": "add", "group": MOTHERS})

    until_idle(rapidpro)

    assert sent(rapidpro) == [REFERENCE]


def test_a_contact_without_a_change_keeps_its_fire(rapidpro):
    rapidpro.post("contacts", {"name": "Amina Y"}, uuid=AMINA)

    until_idle(rapidpro)

    assert sent(rapidpro) == [REFERENCE]


def test_new_contacts_are_followed_from_their_creation(rapidpro):
    make(rapidpro, relative_to="created_on", offset=3, unit="hours")
    rapidpro.advance(29)
    made = rapidpro.post("contacts", {"urns": [NEW_NUMBER], "groups": [MOTHERS]}).json

    rapidpro.advance(86_400)

    # Those who were there before were made seconds before the sandbox began.
    expected = ("Hi", made["uuid"], "2026-05-06T13:01:00")
    assert expected in sent(rapidpro)
    assert len(sent(rapidpro)) == 3


def test_events_after_somebodys_last_message_follow_every_message(rapidpro):
    make(rapidpro, relative_to="last_seen_on", offset=2, unit="hours")
    inbound(rapidpro, "tel:+254722000333")
    rapidpro.advance(3600)
    inbound(rapidpro, "tel:+254722000333")

    rapidpro.advance(86_400)

    assert sent(rapidpro) == [("Hi", CYNTHIA, "2026-05-06T13:01:00")]


def test_campaigns_on_smart_groups_follow_their_queries(rapidpro):
    uuid = rapidpro.post("campaigns", {"name": "Parents", "group": "Parents"}).json["uuid"]
    body = {
        "campaign": uuid,
        "relative_to": "due_date",
        "offset": 0,
        "unit": "days",
        "delivery_hour": -1,
        "message": "Today",
    }
    rapidpro.post("campaign_events", body)
    rapidpro.advance(1)
    fields = {"children": 3, "due_date": "2026-05-07"}
    rapidpro.post("contacts", {"fields": fields}, uuid=DAUDI)
    rapidpro.post("contacts", {"fields": {"children": 0}}, uuid=AMINA)

    rapidpro.advance(40 * 86_400)

    texts = [(text, contact) for text, contact, _ in sent(rapidpro) if text == "Today"]
    assert texts == [("Today", DAUDI)]


def test_a_fire_is_planned_when_the_event_is_ready(rapidpro):
    set_date(rapidpro, AMINA, "2026-05-06 13:00:00")
    wish = {
        "campaign": rapidpro.one("campaigns")["uuid"],
        "relative_to": "due_date",
        "offset": 0,
        "unit": "minutes",
        "delivery_hour": -1,
        "message": "Now",
    }
    # It is due now, but that will have passed when it is known.
    rapidpro.post("campaign_events", wish)

    rapidpro.advance(60)

    assert sent(rapidpro) == []


def test_events_are_ready_at_once_without_latency(rapidpro):
    steer(rapidpro, "PATCH", "settings", {"latency": "instant"})
    wish = {
        "campaign": rapidpro.one("campaigns")["uuid"],
        "relative_to": "due_date",
        "offset": 1,
        "unit": "days",
        "delivery_hour": -1,
        "message": "Hi",
    }

    made = rapidpro.post("campaign_events", wish)
    changed = rapidpro.post("campaign_events", {**wish, "offset": 2}, uuid=made.json["uuid"])
    again = rapidpro.post("campaign_events", {**wish, "offset": 3}, uuid=made.json["uuid"])

    assert [answer.status_code for answer in (made, changed, again)] == [201, 200, 200]


def test_a_change_of_time_moves_all_fires(rapidpro):
    event = rapidpro.one("campaign_events")
    body = {
        "relative_to": "due_date",
        "offset": -1,
        "unit": "weeks",
        "delivery_hour": 18,
        "message": "One week",
    }
    rapidpro.post("campaign_events", body, uuid=event["uuid"])

    until_idle(rapidpro)

    assert sent(rapidpro) == [("One week", AMINA, "2026-05-25T15:00:00")]


def test_a_change_of_text_keeps_the_fires(rapidpro):
    event = rapidpro.one("campaign_events")
    body = {key: event[key] for key in ("offset", "unit", "delivery_hour")}
    rapidpro.post(
        "campaign_events",
        {**body, "relative_to": "due_date", "message": "New @fields.village"},
        uuid=event["uuid"],
    )

    until_idle(rapidpro)

    assert sent(rapidpro) == [("New Eastpoint", AMINA, "2026-05-18T06:00:00")]


def test_an_event_relative_to_a_field_that_is_no_date_never_fires(rapidpro):
    event = rapidpro.one("campaign_events")
    body = {key: event[key] for key in ("offset", "unit", "delivery_hour")}
    rapidpro.post(
        "campaign_events",
        {**body, "relative_to": "village", "message": "x"},
        uuid=event["uuid"],
    )

    ledger = until_idle(rapidpro)

    assert sent(rapidpro) == []
    assert ledger["to"] < "2026-05-07"


def test_a_field_that_becomes_a_date_brings_its_events_to_life(rapidpro):
    event = rapidpro.one("campaign_events")
    body = {key: event[key] for key in ("offset", "unit", "delivery_hour")}
    body |= {"relative_to": "village", "message": "x"}
    rapidpro.post("campaign_events", body, uuid=event["uuid"])
    rapidpro.advance(1)
    rapidpro.post("contacts", {"fields": {"village": "2026-06-02"}}, uuid=CYNTHIA)

    rapidpro.post("fields", {"name": "Village", "type": "datetime"}, key="village")
    until_idle(rapidpro)

    assert sent(rapidpro) == [("x", CYNTHIA, "2026-05-19T06:00:00")]


def test_fires_of_a_suspended_workspace_fail(rapidpro):
    rapidpro.load({**LAKESIDE, "suspended": True})

    until_idle(rapidpro)

    (message,) = rapidpro.items("messages", folder="failed")
    assert message["contact"]["uuid"] == AMINA


def test_an_empty_text_sends_nothing(rapidpro):
    make(rapidpro, offset=-3, unit="weeks", message="@fields.nope")

    rapidpro.advance(7 * 86_400)

    assert sent(rapidpro) == []


def test_flow_events_start_the_flow(rapidpro):
    rapidpro.load({**LAKESIDE, "flows": [{"name": "Follow-up", "uuid": NOBODY}]})
    make(rapidpro, offset=-3, unit="weeks", flow=NOBODY)

    rapidpro.advance(7 * 86_400)

    (run,) = rapidpro.items("runs")
    assert (run["flow"]["name"], run["contact"]["uuid"]) == ("Follow-up", AMINA)
    assert run["created_on"] == "2026-05-10T21:00:00.000000Z"


def test_flow_events_of_archived_flows_start_nothing(rapidpro):
    rapidpro.load({**LAKESIDE, "flows": [{"name": "Follow-up", "uuid": NOBODY, "archived": True}]})
    make(rapidpro, offset=-3, unit="weeks", flow=NOBODY)

    rapidpro.advance(7 * 86_400)

    assert rapidpro.items("runs") == []


def test_a_merged_fixture_plans_anew(rapidpro):
    rapidpro.load(
        {
            **LAKESIDE,
            "contacts": [
                {"uuid": AMINA, "groups": ["Staff"]},
                {"uuid": BAKARI, "groups": ["Mothers"], "fields": {"due_date": "2026-06-03"}},
            ],
        }
    )

    until_idle(rapidpro)

    assert sent(rapidpro) == [("Two weeks to go, Bakari", BAKARI, "2026-05-20T06:00:00")]


def test_a_refused_request_moves_no_fire(rapidpro):
    body = {"fields": {"due_date": "2026-08-01"}, "groups": ["Nobody"]}
    assert rapidpro.post("contacts", body, uuid=AMINA).status_code == 400

    until_idle(rapidpro)

    assert sent(rapidpro) == [REFERENCE]


def test_a_fork_has_the_same_ahead_and_goes_its_own_way(rapidpro):
    copy = rapidpro.world.sandbox.fork("copy")
    leave(rapidpro)

    assert copy.agenda.count(["rapidpro.fire"]) == 1
    assert rapidpro.world.sandbox.agenda.count(["rapidpro.fire"]) == 0
