"""What happens on channels, and how it is forgotten."""

from __future__ import annotations

import pytest

from .people import AMINA, BAKARI, LAKESIDE, NOBODY
from .steering import steer

EVENTS = [
    {
        "id": 70,
        "type": "call-in-missed",
        "channel": "Lakeside SMS",
        "contact": AMINA,
        "extra": {"duration": 0},
        "occurred_on": "2026-05-01T09:59:58Z",
        "created_on": "2026-05-01T10:00:00Z",
    },
    {
        "id": 71,
        "type": "new-conversation",
        "channel": "Lakeside Bot",
        "contact": BAKARI,
        "created_on": "2026-05-02T10:00:00Z",
    },
]


@pytest.fixture
def events(rapidpro):
    rapidpro.load({**LAKESIDE, "channel_events": EVENTS})
    return rapidpro


def ids(rapidpro, **query):
    return [event["id"] for event in rapidpro.items("channel_events", **query)]


def test_events_are_shown_newest_first(events):
    new, call = events.items("channel_events")

    assert call == {
        "id": 70,
        "type": "call-in-missed",
        "contact": {"uuid": AMINA, "name": "Amina Yusuf"},
        "channel": {"uuid": "5f0c2f57-1f35-4e52-8a5e-0f2b6f3f1a01", "name": "Lakeside SMS"},
        "extra": {"duration": 0},
        "occurred_on": "2026-05-01T09:59:58.000000Z",
        "created_on": "2026-05-01T10:00:00.000000Z",
    }
    assert (new["extra"], new["occurred_on"]) == ({}, new["created_on"])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"id": "70"}, [70]),
        ({"id": "0"}, [71, 70]),
        ({"id": "99"}, []),
        ({"contact": AMINA}, [70]),
        ({"contact": NOBODY}, []),
        ({"contact": "abc"}, []),
        ({"contact": ""}, [71, 70]),
        ({"id": "70", "contact": BAKARI}, []),
        ({"after": "2026-05-02T10:00:00Z"}, [71]),
        ({"before": "2026-05-01T10:00:00Z"}, [70]),
        ({"before": "junk"}, []),
        ({"id": "70", "after": "2026-05-02"}, []),
        ({"id": "70", "before": "junk"}, []),
    ],
)
def test_filters(events, query, expected):
    assert ids(events, **query) == expected


@pytest.mark.parametrize("id", ["x", ""])
def test_an_id_must_be_a_number(rapidpro, id):
    answer = rapidpro.get("channel_events", id=id)

    assert (answer.status_code, answer.json) == (
        400,
        {"detail": "Value for id must be an integer"},
    )


def test_another_workspaces_events_do_not_exist(events):
    other = events.as_("rp_token_other")

    assert ids(other) == ids(other, id="70") == ids(other, contact=AMINA) == []


def test_a_merged_event_with_an_id_is_the_one_that_is_there(events):
    events.load({**LAKESIDE, "channel_events": [{"id": 70, "type": "call-in"}]})

    assert [(e["id"], e["type"]) for e in events.items("channel_events")] == [
        (71, "new-conversation"),
        (70, "call-in"),
    ]


def test_a_job_at_three_removes_those_older_than_90_days(events):
    # 90 days after the first event, at ten o'clock, and the night after.
    steer(events, "POST", "clock/advance", {"to": "2026-07-31T02:59:59Z"})
    before = ids(events)
    steer(events, "POST", "clock/advance", {"to": "2026-07-31T03:00:00Z"})
    after = ids(events)
    steer(events, "POST", "clock/advance", {"to": "2026-08-01T03:00:00Z"})

    assert (before, after, ids(events)) == ([71, 70], [71], [])


def test_the_job_does_not_hold_idle_back(events):
    events.delete("campaign_events", uuid=events.one("campaign_events")["uuid"])

    ledger = steer(events, "POST", "clock/advance", {"until": "idle"}).json

    assert (ledger["reason"], ledger["events"]) == ("idle", 0)
    assert ledger["pending"] == 1


def test_old_ones_of_a_fixture_stay_until_the_next_night(rapidpro):
    old = {**EVENTS[0], "created_on": "2020-01-01T00:00:00Z"}
    rapidpro.load({**LAKESIDE, "channel_events": [old]})

    shown = ids(rapidpro)
    rapidpro.advance(17 * 3600)

    assert (shown, ids(rapidpro)) == ([70], [])
