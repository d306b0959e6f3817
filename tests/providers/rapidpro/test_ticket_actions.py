"""What is done to many tickets at once."""

from __future__ import annotations

import pytest

from .people import AMINA, BAKARI, LAKESIDE, NOBODY, names
from .test_campaigns import strictly

FIRST, SECOND = (f"019c0000-0000-7000-8000-00000000000{n}" for n in (1, 2))
REQUIRED = ["This field is required."]


@pytest.fixture
def ticket(rapidpro):
    return rapidpro.one("tickets")["uuid"]


@pytest.fixture
def closed(rapidpro):
    """Return two closed tickets of Amina."""
    tickets = [{"uuid": uuid, "contact": AMINA, "status": "closed"} for uuid in (FIRST, SECOND)]
    rapidpro.load({**LAKESIDE, "tickets": tickets})
    return [FIRST, SECOND]


def act(rapidpro, tickets, action, **more):
    rapidpro.advance(1)
    given = [tickets] if isinstance(tickets, str) else tickets
    return rapidpro.post("ticket_actions", {"tickets": given, "action": action, **more})


def show(rapidpro, uuid):
    return rapidpro.one("tickets", uuid=uuid)


def topic(rapidpro, name):
    return next(topic for topic in rapidpro.items("topics") if topic["name"] == name)


def in_open_tickets(rapidpro):
    return names(rapidpro.items("contacts", group="Open Tickets"))


def test_tickets_are_assigned_to_members_and_agents(rapidpro, ticket):
    done = act(rapidpro, ticket, "assign", assignee="ASHA@lakeside.example")

    assert (done.status_code, done.data) == (204, b"")
    assert done.headers["Content-Type"] == "application/json"
    assert show(rapidpro, ticket)["assignee"]["name"] == "Asha Ali"
    assert show(rapidpro, ticket)["modified_on"] == "2026-05-06T10:00:01.000000Z"


@pytest.mark.parametrize("nobody", [None, ""])
def test_tickets_are_taken_from_their_assignee(rapidpro, ticket, nobody):
    act(rapidpro, ticket, "assign", assignee="asha@lakeside.example")

    done = act(rapidpro, ticket, "assign", assignee=nobody)

    assert done.status_code == 204
    assert show(rapidpro, ticket)["assignee"] is None


def test_notes_move_a_ticket_up(rapidpro, ticket):
    assert act(rapidpro, ticket, "add_note", note=" Called ☎ ").status_code == 204
    assert show(rapidpro, ticket)["modified_on"] == "2026-05-06T10:00:01.000000Z"


def test_topics_count_what_comes_and_goes(rapidpro, ticket):
    general = topic(rapidpro, "General")["uuid"]

    assert act(rapidpro, ticket, "change_topic", topic=general).status_code == 204

    assert topic(rapidpro, "General")["counts"] == {"open": 1, "closed": 0}
    assert topic(rapidpro, "Billing")["counts"] == {"open": 0, "closed": 0}


def test_closing_ends_the_membership_in_open_tickets(rapidpro, ticket):
    assert in_open_tickets(rapidpro) == ["Bakari Mwangi"]

    done = act(rapidpro, [ticket, ticket], "close")

    assert done.status_code == 204
    shown = show(rapidpro, ticket)
    assert (shown["status"], shown["closed_on"]) == ("closed", "2026-05-06T10:00:01.000000Z")
    assert in_open_tickets(rapidpro) == []
    assert topic(rapidpro, "Billing")["counts"] == {"open": 0, "closed": 1}
    assert rapidpro.one("contacts", uuid=BAKARI)["modified_on"] == "2026-05-06T10:00:01.000000Z"


def test_reopening_takes_all_that_back(rapidpro, ticket):
    act(rapidpro, ticket, "close")

    assert act(rapidpro, ticket, "reopen").status_code == 204

    shown = show(rapidpro, ticket)
    assert (shown["status"], shown["closed_on"]) == ("open", None)
    assert in_open_tickets(rapidpro) == ["Bakari Mwangi"]


def test_a_contact_has_one_open_ticket_at_most(rapidpro, closed):
    both = act(rapidpro, closed, "reopen")
    again = act(rapidpro, SECOND, "reopen")

    assert (both.status_code, both.json) == (200, {"failures": [SECOND]})
    assert again.json == {"failures": [SECOND]}
    assert in_open_tickets(rapidpro) == ["Amina Yusuf", "Bakari Mwangi"]


@pytest.mark.parametrize(
    ("action", "more"),
    [
        ("assign", {"assignee": None}),
        ("reopen", {}),
        ("change_topic", {"topic": "Billing"}),
    ],
)
def test_what_changes_nothing_is_a_failure(rapidpro, ticket, action, more):
    if "topic" in more:
        more = {"topic": topic(rapidpro, more["topic"])["uuid"]}
    before = show(rapidpro, ticket)

    answer = act(rapidpro, ticket, action, **more)

    assert (answer.status_code, answer.json) == (200, {"failures": [ticket]})
    assert show(rapidpro, ticket) == before


def test_those_that_can_be_changed_are(rapidpro, ticket, closed):
    answer = act(rapidpro, [FIRST, ticket, SECOND], "close", assignee=None, note="x")

    assert (answer.status_code, answer.json) == (200, {"failures": [FIRST, SECOND]})
    assert show(rapidpro, ticket)["status"] == "closed"


def test_nothing_can_be_done_to_none(rapidpro):
    assert act(rapidpro, [], "close").status_code == 204


def test_the_documented_name_of_the_note_action_works_with_a_warning(rapidpro, ticket):
    answer = act(rapidpro, ticket, "note", note="Called")

    assert answer.status_code == 204
    assert "add_note" in answer.headers["X-Emulator-Warning"]


def test_the_newest_server_does_not_know_the_documented_name(rapidpro, ticket):
    strictly(rapidpro)

    answer = act(rapidpro, ticket, "note", note="Called")

    assert (answer.status_code, answer.json) == (
        400,
        {"action": ['"note" is not a valid choice.']},
    )


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ("assign", 'For action "assign" you must specify the assignee'),
        ("add_note", 'For action "add_note" you must specify the note'),
        ("change_topic", 'For action "change_topic" you must specify the topic'),
    ],
)
def test_what_actions_need(rapidpro, ticket, action, message):
    answer = act(rapidpro, ticket, action)

    assert (answer.status_code, answer.json) == (400, {"non_field_errors": [message]})


@pytest.mark.parametrize(
    ("more", "errors"),
    [
        ({"tickets": "x"}, {"tickets": ['Expected a list of items but got type "str".']}),
        ({"tickets": ["x"]}, {"tickets": ["No such object: x"]}),
        ({"tickets": [5]}, {"tickets": ["No such object: 5"]}),
        ({"tickets": [NOBODY]}, {"tickets": [f"No such object: {NOBODY}"]}),
        ({"tickets": [None]}, {"tickets": ["Must be a string or integer"]}),
        ({"tickets": None}, {"tickets": ["This field may not be null."]}),
        (
            {"tickets": [NOBODY] * 101},
            {"tickets": ["Ensure this field has no more than 100 elements."]},
        ),
        ({"action": "fly"}, {"action": ['"fly" is not a valid choice.']}),
        ({"assignee": "nobody@x.example"}, {"assignee": ["No such object: nobody@x.example"]}),
        (
            {"assignee": "olive@other.example"},
            {"assignee": ["No such object: olive@other.example"]},
        ),
        ({"assignee": {"email": "x"}}, {"assignee": ["Must be a string or integer"]}),
        ({"note": ""}, {"note": ["This field may not be blank."]}),
        ({"note": "  "}, {"note": ["This field may not be blank."]}),
        (
            {"note": "x" * 10_001},
            {"note": ["Ensure this field has no more than 10000 characters."]},
        ),
        ({"topic": "Billing"}, {"topic": ["No such object: Billing"]}),
        ({"topic": None}, {"topic": ["This field may not be null."]}),
        ({"topic": NOBODY}, {"topic": [f"No such object: {NOBODY}"]}),
    ],
)
def test_fields_that_are_refused(rapidpro, ticket, more, errors):
    body = {"tickets": [ticket], "action": "close", **more}

    answer = rapidpro.post("ticket_actions", body)

    assert (answer.status_code, answer.json) == (400, errors)
    assert show(rapidpro, ticket)["status"] == "open"


def test_what_is_required(rapidpro):
    answer = rapidpro.post("ticket_actions", {})

    assert answer.json == {"tickets": REQUIRED, "action": REQUIRED}


def test_another_workspaces_ticket_does_not_exist(rapidpro, ticket):
    answer = act(rapidpro.as_("rp_token_other"), ticket, "close")

    assert (answer.status_code, answer.json) == (400, {"tickets": [f"No such object: {ticket}"]})


def test_actions_have_no_list(rapidpro):
    answer = rapidpro.get("ticket_actions")

    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST, OPTIONS")
    assert rapidpro.as_(None).get("ticket_actions").status_code == 403
