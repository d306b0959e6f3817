"""How many messages went over channels."""

from __future__ import annotations

import pytest

from .people import AMINA, BAKARI, LAKESIDE
from .steering import inbound

SMS = "5f0c2f57-1f35-4e52-8a5e-0f2b6f3f1a01"
BOT = "5f0c2f57-1f35-4e52-8a5e-0f2b6f3f1a02"


def message(at, **more):
    return {
        "contact": AMINA,
        "channel": "Lakeside SMS",
        "direction": "out",
        "text": "x",
        "created_on": at,
        **more,
    }


@pytest.fixture
def counted(rapidpro):
    messages = [
        message("2026-03-03T00:00:00Z"),
        message("2026-03-03T23:59:59Z", status="failed"),
        message("2026-03-03T10:00:00Z", direction="in", status="pending"),
        message("2026-03-03T10:00:00Z", direction="in", type="voice"),
        message("2026-03-03T10:00:00Z", channel="Lakeside Bot", urn="telegram:99120045"),
        message("2026-03-04T00:00:00Z", visibility="deleted", direction="in"),
    ]
    rapidpro.load({**LAKESIDE, "messages": messages})
    return rapidpro


def read(rapidpro, **query):
    answer = rapidpro.get("statistics", **query)
    assert answer.status_code == 200, answer.text
    return answer.json["results"]


THIRD = {
    "date": "2026-03-03",
    "channels": {
        SMS: {"type": "external", "text:in": 1, "text:out": 2, "voice:in": 1},
        BOT: {"type": "telegram", "text:out": 1},
    },
}
FOURTH = {"date": "2026-03-04", "channels": {SMS: {"type": "external", "text:in": 1}}}


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        ("2026-03-01", "2026-03-10", [THIRD, FOURTH]),
        ("2026-03-03", "2026-03-04", [THIRD]),
        ("2026-03-04", "2026-03-04", []),
        ("2026-03-10", "2026-03-01", []),
        ("2026-01-01", "2027-01-02", [THIRD, FOURTH]),
    ],
)
def test_days_with_messages_are_counted(counted, since, until, expected):
    found = read(counted, since=since, until=until)

    assert [day for day in found if day["date"] < "2026-05-01"] == expected


def test_the_last_90_days_up_to_today_are_the_usual_ones(counted):
    counted.post("messages", {"contact": BAKARI, "text": "Hi"})
    inbound(counted, "tel:+254722000222")

    found = read(counted)

    # The reference fixture has one message, which came today.
    assert [day["date"] for day in found] == ["2026-03-03", "2026-03-04", "2026-05-06"]
    assert found[-1]["channels"] == {SMS: {"type": "external", "text:in": 2, "text:out": 1}}


def test_what_is_longer_ago_must_be_asked_for(rapidpro):
    rapidpro.load(
        {
            **LAKESIDE,
            "messages": [message("2026-02-04T12:00:00Z"), message("2026-02-05T12:00:00Z")],
        }
    )

    assert read(rapidpro)[0]["date"] == "2026-02-05"
    assert read(rapidpro, since="2026-02-01")[0]["date"] == "2026-02-04"


@pytest.mark.parametrize("value", ["abc", "2026-02-30", "2026-02-01T00:00:00Z", "20260201"])
@pytest.mark.parametrize("name", ["since", "until"])
def test_dates_that_are_none(rapidpro, name, value):
    answer = rapidpro.get("statistics", **{name: value})

    assert (answer.status_code, answer.json) == (
        400,
        {"detail": f"Invalid date value for '{name}'."},
    )


def test_a_year_is_the_longest_range(rapidpro):
    answer = rapidpro.get("statistics", since="2025-01-01", until="2026-01-03")

    assert (answer.status_code, answer.json) == (
        400,
        {"detail": "Date range can't be more than 366 days."},
    )


def test_messages_of_a_contact_who_was_deleted_still_count(counted):
    counted.delete("contacts", uuid=AMINA)
    counted.advance(1)

    assert read(counted, since="2026-03-01", until="2026-03-04") == [THIRD]


def test_another_workspace_has_its_own_counts(counted):
    assert read(counted.as_("rp_token_other"), since="2026-03-01") == []


def test_statistics_need_credentials(rapidpro):
    refused = rapidpro.as_(None).get("statistics")
    page = rapidpro.as_(None).get("/rapidpro/api/v2/statistics")

    assert refused.status_code == 403
    assert (page.status_code, page.json) == (200, {"results": []})
    assert rapidpro.call("OPTIONS", "statistics").status_code == 200
