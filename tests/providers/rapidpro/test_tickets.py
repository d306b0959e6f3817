"""Tickets, as the API has them."""

from __future__ import annotations

import pytest

from .people import AMINA, BAKARI, LAKESIDE, NOBODY

OLD = "019c0000-0000-7000-8000-000000000001"


@pytest.fixture
def ticket(rapidpro):
    return rapidpro.one("tickets")


def test_tickets_are_shown_with_all_that_they_have(rapidpro):
    rapidpro.load(
        {
            **LAKESIDE,
            "tickets": [
                {
                    "uuid": OLD,
                    "contact": AMINA,
                    "status": "closed",
                    "assignee": "asha@lakeside.example",
                    "opened_by": "edna@lakeside.example",
                    "opened_in": "Survey",
                    "opened_on": "2026-05-01T08:00:00Z",
                    "closed_on": "2026-05-02T08:00:00Z",
                    "modified_on": "2026-05-03T08:00:00Z",
                }
            ],
        }
    )

    shown = rapidpro.one("tickets", uuid=OLD)

    assert list(shown) == [
        "uuid",
        "contact",
        "status",
        "topic",
        "body",
        "assignee",
        "opened_on",
        "opened_by",
        "opened_in",
        "modified_on",
        "closed_on",
    ]
    assert shown["contact"] == {"uuid": AMINA, "name": "Amina Yusuf"}
    assert (shown["status"], shown["topic"]["name"], shown["body"]) == ("closed", "General", None)
    assert shown["assignee"] == {"email": "asha@lakeside.example", "name": "Asha Ali"}
    assert shown["opened_by"] == {"email": "edna@lakeside.example", "name": "Edna Wafula"}
    assert shown["opened_in"]["name"] == "Survey"
    assert (shown["opened_on"], shown["modified_on"], shown["closed_on"]) == (
        "2026-05-01T08:00:00.000000Z",
        "2026-05-03T08:00:00.000000Z",
        "2026-05-02T08:00:00.000000Z",
    )


def test_an_open_ticket_of_nobody(ticket):
    assert (ticket["status"], ticket["topic"]["name"]) == ("open", "Billing")
    assert [ticket[key] for key in ("assignee", "opened_by", "opened_in", "closed_on")] == [
        None
    ] * 4


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"contact": BAKARI}, 1),
        ({"contact": AMINA}, 0),
        ({"contact": NOBODY}, 0),
        ({"contact": "abc"}, 0),
        ({"contact": ""}, 1),
        ({"uuid": NOBODY}, 0),
        ({"uuid": ""}, 1),
        ({"ticket": NOBODY}, 1),
        ({"after": "2030-01-01"}, 1),
        ({"status": "closed"}, 1),
    ],
)
def test_filters(rapidpro, query, found):
    assert len(rapidpro.items("tickets", **query)) == found


def test_both_filters_count(rapidpro, ticket):
    assert rapidpro.items("tickets", uuid=ticket["uuid"], contact=AMINA) == []
    assert rapidpro.items("tickets", uuid=ticket["uuid"], contact=BAKARI) == [ticket]


def test_a_uuid_must_be_one(rapidpro):
    answer = rapidpro.get("tickets", uuid="abc")

    assert (answer.status_code, answer.json) == (
        400,
        {"detail": "Param 'uuid': abc is not a valid UUID."},
    )


def test_the_latest_changed_come_first_or_last(rapidpro, ticket):
    rapidpro.load({**LAKESIDE, "tickets": [{"uuid": OLD, "contact": AMINA, "status": "closed"}]})
    rapidpro.advance(1)
    body = {"tickets": [ticket["uuid"]], "action": "add_note", "note": "x"}
    rapidpro.post("ticket_actions", body)

    assert [t["uuid"] for t in rapidpro.items("tickets")] == [ticket["uuid"], OLD]
    assert [t["uuid"] for t in rapidpro.items("tickets", reverse="1")] == [OLD, ticket["uuid"]]


def test_another_workspaces_ticket_does_not_exist(rapidpro, ticket):
    other = rapidpro.as_("rp_token_other")

    assert other.items("tickets") == []
    assert other.items("tickets", uuid=ticket["uuid"]) == []
    assert other.items("tickets", contact=BAKARI) == []


def test_tickets_are_opened_elsewhere(rapidpro):
    answer = rapidpro.post("tickets", {"contact": AMINA})

    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")


def test_tickets_go_with_their_contact(rapidpro):
    rapidpro.delete("contacts", uuid=BAKARI)
    rapidpro.advance(1)

    assert rapidpro.items("tickets") == []
    assert rapidpro.items("topics")[0]["counts"] == {"open": 0, "closed": 0}
