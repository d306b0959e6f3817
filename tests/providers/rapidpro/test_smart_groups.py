"""Smart groups follow what their queries ask about, inside the request that changes it."""

from __future__ import annotations

import pytest

from emulator.providers.rapidpro.planned import POPULATE

from .people import (
    AMINA,
    BAKARI,
    BAKARIS_NUMBER,
    CYNTHIA,
    DAUDI,
    ESTHER,
    LAKESIDE,
    NEW_NUMBER,
    names,
)


def with_group(rapidpro, query, **more):
    """Add a smart group and return how to list its members' names."""
    rapidpro.load(LAKESIDE | {"groups": [{"name": "Clever", "query": query} | more]})
    return lambda: names(rapidpro.items("contacts", group="Clever"))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("children > 1", ["Amina Yusuf"]),
        ("children = 1 OR village = eastPOINT", ["Amina Yusuf", "Cynthia Njeri"]),
        ('language = ""', ["Bakari Mwangi", "Daudi Kim", None]),
        ("name ~ ami", ["Amina Yusuf"]),
        ("telegram = 99120045", ["Amina Yusuf"]),
        ("tel ~ 000222", ["Bakari Mwangi"]),
        ("telegram ~ 254", []),
        ("due_date > 2026-05-31", ["Amina Yusuf"]),
        ("tickets > 0", ["Bakari Mwangi"]),
        ("created_on < 2020-01-01", []),
    ],
)
def test_groups_of_a_fixture_take_in_whom_they_ask_for(rapidpro, query, expected):
    rapidpro.load(LAKESIDE | {"groups": [{"name": "Clever", "query": query}]})
    members = {contact["name"] for contact in rapidpro.items("contacts", group="Clever")}

    assert members == set(expected)
    assert rapidpro.one("groups", name="Clever")["count"] == len(expected)


@pytest.mark.parametrize("query_of_url", [{}, {"uuid": DAUDI}, {"urn": NEW_NUMBER}])
@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("village = Hill", {"fields": {"village": "hill"}}),
        ("children >= 3", {"fields": {"children": 3}}),
        ("name ~ gita", {"name": "Gita Rao"}),
        ("language = hin", {"language": "hin"}),
        ("due_date = 2026-12-31", {"fields": {"due_date": "31/12/2026"}}),
    ],
)
def test_a_change_brings_a_contact_in_at_once(rapidpro, query, body, query_of_url):
    members = with_group(rapidpro, query)
    assert members() == []

    answer = rapidpro.post("contacts", body, **query_of_url)

    assert names(answer.json["groups"])[-1] == "Clever"
    assert members() == [answer.json["name"]]


def test_new_urns_bring_a_contact_in_at_once(rapidpro):
    members = with_group(rapidpro, "viber ~ abc OR telegram = 5551")

    rapidpro.post("contacts", {"urns": ["telegram:5551"]}, uuid=DAUDI)
    assert members() == ["Daudi Kim"]

    rapidpro.post("contacts", {"urns": [NEW_NUMBER]}, uuid=DAUDI)
    assert members() == []


def test_a_change_takes_a_contact_out_at_once(rapidpro):
    amina = rapidpro.post("contacts", {"fields": {"children": "0"}}, uuid=AMINA).json

    assert names(amina["groups"]) == ["Mothers"]
    assert rapidpro.one("groups", name="Parents")["count"] == 1


def test_blocked_contacts_are_in_no_group(rapidpro):
    rapidpro.post("contacts", {"fields": {"children": "4"}}, uuid=ESTHER)

    assert rapidpro.one("contacts", uuid=ESTHER)["groups"] == []
    rapidpro.post("contact_actions", {"contacts": [ESTHER], "action": "unblock"})
    assert names(rapidpro.one("contacts", uuid=ESTHER)["groups"]) == ["Parents"]


def test_an_inbound_message_counts_as_being_seen(rapidpro):
    members = with_group(rapidpro, 'last_seen_on != ""')
    assert members() == []

    path = "/_emulator/sandboxes/default/inbound"
    body = {"provider": "rapidpro", "from": BAKARIS_NUMBER.removeprefix("tel:"), "text": "Hi"}
    assert rapidpro.world.call("POST", path, body).status_code == 201

    assert members() == ["Bakari Mwangi"]


def test_members_of_a_fixture_follow_what_is_merged(rapidpro):
    rapidpro.load(LAKESIDE | {"contacts": [{"uuid": CYNTHIA, "fields": {"children": "0"}}]})

    assert names(rapidpro.items("contacts", group="Parents")) == ["Amina Yusuf"]


@pytest.mark.parametrize("status", ["initializing", "invalid"])
def test_groups_that_are_not_ready_take_nobody_in(rapidpro, status):
    members = with_group(rapidpro, "children > 0", status=status)

    rapidpro.post("contacts", {"fields": {"children": "5"}}, uuid=DAUDI)

    assert members() == []


def test_group_being_evaluated_is_ready_once_it_has_been_populated(rapidpro):
    members = with_group(rapidpro, "children > 1", status="evaluating")
    sandbox, group = rapidpro.world.sandbox, rapidpro.one("groups", name="Clever")
    assert group["status"] == "evaluating"

    sandbox.agenda.plan(sandbox.clock.now(), POPULATE, group["uuid"])
    rapidpro.advance(0)

    assert rapidpro.one("groups", name="Clever")["status"] == "ready"
    assert members() == ["Amina Yusuf"]


def test_many_contacts_leave_at_once_and_in_order(rapidpro):
    bulk = [{"name": f"Bulk {n}", "fields": {"children": str(n % 5)}} for n in range(300)]
    rapidpro.load(LAKESIDE | {"contacts": bulk})
    assert rapidpro.one("groups", name="Parents")["count"] == 242

    rapidpro.post("fields", {"name": "Children", "type": "text"}, key="children")
    rapidpro.load(LAKESIDE | {"groups": [{"name": "Four", "query": "children = 4"}]})
    rapidpro.post("fields", {"name": "Children", "type": "number"}, key="children")
    rapidpro.advance(0.1)

    found = names(rapidpro.items("contacts", group="Four"))
    assert found == [f"Bulk {n}" for n in range(299, 0, -5)]
    assert rapidpro.one("groups", name="Parents")["count"] == 242
    assert len(rapidpro.items("contacts")) == 306
    assert rapidpro.one("contacts", uuid=BAKARI)["name"] == "Bakari Mwangi"
