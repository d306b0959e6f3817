"""Actions on several contacts over HTTP."""

from __future__ import annotations

import pytest

from emulator.core.fixtures import merge

from .people import (
    AMINA,
    AMINAS_NUMBER,
    BAKARI,
    CYNTHIA,
    DAUDI,
    ESTHER,
    LAKESIDE,
    NAMELESS,
    NOBODY,
    PARENTS,
    STAFF,
    names,
)

REFUSED = [
    ({}, {"contacts": ["This field is required."], "action": ["This field is required."]}),
    ({"contacts": [], "action": "block"}, {"contacts": ["Contacts can't be empty."]}),
    (
        {"contacts": DAUDI, "action": "block"},
        {"contacts": ['Expected a list of items but got type "str".']},
    ),
    (
        {"contacts": [NOBODY] * 101, "action": "block"},
        {"contacts": ["Ensure this field has no more than 100 elements."]},
    ),
    ({"contacts": ["nope"], "action": "block"}, {"contacts": ["No such object: nope"]}),
    ({"contacts": [5], "action": "block"}, {"contacts": ["No such object: 5"]}),
    (
        {"contacts": ["tel:0722000111"], "action": "block"},
        {"contacts": ["No such object: tel:0722000111"]},
    ),
    (
        {"contacts": [{"uuid": DAUDI}], "action": "block"},
        {"contacts": ["Must be a string or integer"]},
    ),
    ({"contacts": [DAUDI], "action": "like"}, {"action": ['"like" is not a valid choice.']}),
    ({"contacts": [DAUDI], "action": "BLOCK"}, {"action": ['"BLOCK" is not a valid choice.']}),
    ({"contacts": [DAUDI], "action": None}, {"action": ["This field may not be null."]}),
    (
        {"contacts": [DAUDI], "action": "add"},
        {"non_field_errors": ['For action "add" you should also specify a group']},
    ),
    (
        {"contacts": [DAUDI], "action": "block", "group": "Staff"},
        {"non_field_errors": ['For action "block" you should not specify a group']},
    ),
    (
        {"contacts": [DAUDI, ESTHER, ESTHER], "action": "add", "group": "Staff"},
        {"non_field_errors": [f"Non-active contacts cannot be added to groups: {ESTHER}"]},
    ),
    (
        {"contacts": [DAUDI], "action": "add", "group": "Nope"},
        {"group": ["No such object: Nope"]},
    ),
    (
        {"contacts": [DAUDI], "action": "add", "group": ""},
        {"group": ["This field may not be null."]},
    ),
    (
        {"contacts": [DAUDI], "action": "remove", "group": "Parents"},
        {"group": ["Contact group must not be query based: Parents"]},
    ),
    (
        {"contacts": [DAUDI], "action": "add", "group": PARENTS},
        {"group": [f"Contact group must not be query based: {PARENTS}"]},
    ),
    (
        {"contacts": "nope", "action": "like", "group": "x"},
        {
            "contacts": ['Expected a list of items but got type "str".'],
            "action": ['"like" is not a valid choice.'],
            "group": ["No such object: x"],
        },
    ),
]


def act(rapidpro, action, *contacts, **more):
    answer = rapidpro.post("contact_actions", {"contacts": contacts, "action": action} | more)
    assert (answer.status_code, answer.data) == (204, b"")
    assert answer.content_type == "application/json"


def members(rapidpro, group):
    return {contact["uuid"] for contact in rapidpro.items("contacts", group=group)}


@pytest.mark.parametrize(("body", "errors"), REFUSED)
def test_wrong_bodies_are_refused_and_change_nothing(rapidpro, body, errors):
    before = rapidpro.items("contacts")

    answer = rapidpro.post("contact_actions", body)

    assert (answer.status_code, answer.json) == (400, errors)
    assert rapidpro.items("contacts") == before


def test_contacts_join_and_leave_a_group(rapidpro):
    act(rapidpro, "add", DAUDI, AMINAS_NUMBER, DAUDI, group="staff")
    assert members(rapidpro, "Staff") == {AMINA, BAKARI, DAUDI}

    act(rapidpro, "remove", DAUDI, DAUDI, NAMELESS, group=STAFF)
    assert members(rapidpro, "Staff") == {AMINA, BAKARI}
    assert rapidpro.one("groups", uuid=STAFF)["count"] == 2


def test_joining_again_is_no_change(rapidpro):
    before = rapidpro.one("contacts", uuid=BAKARI)
    rapidpro.advance(1)

    act(rapidpro, "add", BAKARI, group="Staff")

    assert rapidpro.one("contacts", uuid=BAKARI) == before


def test_blocked_contacts_leave_all_groups_and_return_to_the_smart_ones(rapidpro):
    act(rapidpro, "block", AMINA)
    blocked = rapidpro.one("contacts", uuid=AMINA)
    act(rapidpro, "unblock", AMINA)
    again = rapidpro.one("contacts", uuid=AMINA)

    assert (blocked["status"], blocked["blocked"], blocked["groups"]) == ("blocked", True, [])
    assert (again["status"], names(again["groups"])) == ("active", ["Parents"])


@pytest.mark.parametrize("status", ["stopped", "archived", "blocked"])
def test_unblocking_makes_any_contact_active(rapidpro, status):
    rapidpro.load(LAKESIDE | {"contacts": [{"uuid": DAUDI, "status": status}]})

    act(rapidpro, "unblock", DAUDI)

    assert rapidpro.one("contacts", uuid=DAUDI)["status"] == "active"


WAITING = [{"flow": "Survey", "contact": id} for id in (AMINA, BAKARI)]


def test_one_contact_is_interrupted_at_once(rapidpro):
    rapidpro.load(LAKESIDE | {"runs": WAITING})
    assert rapidpro.one("contacts", uuid=AMINA)["flow"]["name"] == "Survey"

    act(rapidpro, "interrupt", AMINA)

    assert rapidpro.one("contacts", uuid=AMINA)["flow"] is None
    assert rapidpro.one("contacts", uuid=BAKARI)["flow"]["name"] == "Survey"


def test_several_contacts_are_interrupted_a_moment_later(rapidpro):
    rapidpro.load(LAKESIDE | {"runs": WAITING})
    act(rapidpro, "interrupt", AMINA, BAKARI)

    def flows():
        return [rapidpro.one("contacts", uuid=id)["flow"] for id in (AMINA, BAKARI)]

    assert None not in flows()
    rapidpro.advance(0.1)
    assert flows() == [None, None]


def test_instant_latency_interrupts_several_inside_the_request(rapidpro):
    rapidpro.load(LAKESIDE | {"runs": WAITING})
    merge(rapidpro.world.sandbox, {"emulator": 1, "settings": {"latency": "instant"}}, "")

    act(rapidpro, "interrupt", AMINA, BAKARI)

    assert rapidpro.one("contacts", uuid=AMINA)["flow"] is None


@pytest.mark.parametrize("action", ["archive_messages", "archive"])
def test_messages_of_contacts_are_archived(rapidpro, action):
    act(rapidpro, action, AMINA, CYNTHIA)

    assert rapidpro.items("messages", folder="inbox") == []
    assert rapidpro.one("messages", folder="archived")["text"] == "Thank you"


def test_contacts_are_deleted(rapidpro):
    act(rapidpro, "delete", AMINA, BAKARI)

    assert {c["uuid"] for c in rapidpro.items("contacts", deleted="1")} == {AMINA, BAKARI}
    refused = rapidpro.post("contact_actions", {"contacts": [AMINA], "action": "delete"})
    assert refused.json == {"contacts": [f"No such object: {AMINA}"]}
