"""Flow starts over HTTP: whom they are for, how they go on, what is refused."""

from __future__ import annotations

from uuid import UUID

import pytest

from .flowing import WAITS, enter, flow_called, make_flow, start_flow, states
from .people import (
    AMINA,
    BAKARI,
    CYNTHIA,
    DAUDI,
    ESTHER,
    LAKESIDE,
    MASKED,
    NEW_NUMBER,
    NOBODY,
    names,
)
from .steering import inbound, steer

KEYS = (
    "uuid",
    "flow",
    "status",
    "progress",
    "groups",
    "contacts",
    "params",
    "created_on",
    "modified_on",
    "id",
    "extra",
    "restart_participants",
    "exclude_active",
)


@pytest.fixture
def plain(rapidpro):
    """Return the UUID of a flow that is over at once."""
    return make_flow(rapidpro, "Plain")


def people_in(rapidpro, flow):
    """Return the UUIDs of the contacts with runs of a flow."""
    return {run["contact"]["uuid"] for run in rapidpro.items("runs", flow=flow)}


def add_people(rapidpro, count):
    """Add contacts to the group Staff."""
    people = [{"urns": [f"tel:+254711{n:06}"], "groups": ["Staff"]} for n in range(count)]
    rapidpro.load({**LAKESIDE, "contacts": people})


# --- Making one


def test_answer_is_the_pending_start(rapidpro, plain):
    start = start_flow(
        rapidpro,
        plain,
        BAKARI,
        "tel:+254722000111",
        groups=["mothers"],
        urns=[NEW_NUMBER],
        params={"source": "kiosk", "deep": {"n": [1, None, "é"]}},
    )

    assert tuple(start) == KEYS
    assert start["flow"] == {"uuid": plain, "name": "Plain"}
    assert (start["status"], start["progress"]) == ("pending", {"total": -1, "started": 0})
    assert names(start["groups"]) == ["Mothers"]
    assert names(start["contacts"]) == ["Amina Yusuf", "Bakari Mwangi"]
    assert start["params"] == start["extra"] == {"source": "kiosk", "deep": {"n": [1, None, "é"]}}
    assert (start["restart_participants"], start["exclude_active"]) == (True, False)
    assert start["created_on"] == start["modified_on"]
    assert UUID(start["uuid"]).version == 4
    assert rapidpro.one("flow_starts", uuid=start["uuid"]) == start


def test_parameters_are_an_empty_object_if_none_are_given(rapidpro, plain):
    assert start_flow(rapidpro, plain, BAKARI)["params"] == {}


def test_start_stored_without_parameters_has_none(rapidpro):
    rapidpro.load(
        {**LAKESIDE, "flow_starts": [{"flow": "Survey", "contacts": [BAKARI], "params": None}]}
    )

    assert rapidpro.one("flow_starts")["extra"] is None


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"params": {"a": 1}, "extra": {"b": 2}}, {"a": 1}),
        ({"params": {}, "extra": {"b": 2}}, {"b": 2}),
        ({"extra": {"%3 !x": "z"}}, {"_3__x": "z"}),
        ({"extra": {"list": ["a", True, None]}}, {"list": {"0": "a", "1": True, "2": ""}}),
        (
            {"extra": {"long": "x" * 700, "deep": {"k v": 1.5}}},
            {"long": "x" * 640, "deep": {"k_v": 1.5}},
        ),
        ({"extra": {"k" * 300: 1}}, {"k" * 255: 1}),
        ({"params": {"%3 !x": ["z", None]}}, {"%3 !x": ["z", None]}),
    ],
)
def test_parameters_in_both_forms(rapidpro, plain, given, kept):
    start = start_flow(rapidpro, plain, BAKARI, **given)

    assert start["params"] == start["extra"] == kept


def test_older_parameters_stop_after_256_values(rapidpro, plain):
    extra = {"list": list(range(400)), "never": 1}

    kept = start_flow(rapidpro, plain, BAKARI, extra=extra)["params"]

    assert list(kept) == ["list"]
    assert len(kept["list"]) == 255


ONE = [BAKARI]


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {"flow": ["This field is required."]}),
        ({"contacts": ONE}, {"flow": ["This field is required."]}),
        ({"flow": "abcde", "contacts": ONE}, {"flow": ["No such object: abcde"]}),
        ({"flow": NOBODY, "contacts": ONE}, {"flow": [f"No such object: {NOBODY}"]}),
        ({"flow": None, "contacts": ONE}, {"flow": ["This field may not be null."]}),
        ({"flow": "", "contacts": ONE}, {"flow": ["This field may not be null."]}),
        ({"contacts": ["x"]}, {"contacts": ["No such object: x"]}),
        ({"groups": ["x"]}, {"groups": ["No such object: x"]}),
        (
            {"urns": [NEW_NUMBER, "12345"]},
            {"urns": {"1": ["Invalid URN: 12345. Ensure phone numbers contain country codes."]}},
        ),
        ({"urns": "tel:1"}, {"urns": ['Expected a list of items but got type "str".']}),
        (
            {"contacts": [NOBODY] * 101},
            {"contacts": ["Ensure this field has no more than 100 elements."]},
        ),
        ({"params": "x"}, {"params": ["Must be a valid JSON object"]}),
        ({"params": [1]}, {"params": ["Must be a valid JSON object"]}),
        ({"extra": []}, {"extra": ["Must be a valid JSON object"]}),
        (
            {"params": {"a": "x" * 10_000}},
            {"params": ["Cannot exceed 10,000 characters encoded."]},
        ),
        ({"restart_participants": "maybe"}, {"restart_participants": ["Must be a valid boolean."]}),
        ({"exclude_active": 5}, {"exclude_active": ["Must be a valid boolean."]}),
    ],
)
def test_refused_fields(rapidpro, plain, body, errors):
    whole = {"flow": plain, "contacts": ONE} | body if "flow" not in errors else body

    answer = rapidpro.post("flow_starts", whole)

    assert (answer.status_code, answer.json) == (400, errors)


@pytest.mark.parametrize("empty", [{}, {"contacts": []}, {"groups": [], "urns": []}])
def test_somebody_must_be_started(rapidpro, plain, empty):
    answer = rapidpro.post("flow_starts", {"flow": plain, **empty})

    assert answer.status_code == 400
    assert answer.json == {"non_field_errors": ["Must specify at least one group, contact or URN"]}


def test_form_that_does_not_say_so_restarts_nobody(rapidpro, plain):
    form = {"flow": plain, "contacts": BAKARI, "exclude_active": "true"}

    answer = rapidpro.call("POST", "flow_starts", data=form)

    assert answer.status_code == 201
    assert answer.json["restart_participants"] is False
    assert answer.json["exclude_active"] is True


def test_zapier_starts_are_in_no_list(rapidpro, plain):
    answer = rapidpro.call(
        "POST",
        "flow_starts",
        {"flow": plain, "contacts": [BAKARI]},
        headers={"User-Agent": "Zapier/1"},
    )
    rapidpro.advance(5)

    assert answer.status_code == 201
    assert rapidpro.items("flow_starts") == []
    assert rapidpro.items("flow_starts", uuid=answer.json["uuid"]) == []
    assert people_in(rapidpro, plain) == {BAKARI}


def test_known_start_named_in_the_url_means_another_one(rapidpro, plain):
    first = start_flow(rapidpro, plain, BAKARI)

    again = rapidpro.post("flow_starts", {"flow": plain, "contacts": [AMINA]}, uuid=first["uuid"])
    unknown = rapidpro.post("flow_starts", {"flow": plain}, uuid=NOBODY)

    assert (again.status_code, again.json["uuid"] != first["uuid"]) == (200, True)
    assert (unknown.status_code, unknown.json) == (
        404,
        {"detail": "No FlowStart matches the given query."},
    )


@pytest.mark.parametrize("state", ["flagged", "suspended"])
def test_workspace_in_trouble_starts_nobody(rapidpro, plain, state):
    rapidpro.load({**LAKESIDE, state: True})

    answer = rapidpro.post("flow_starts", {"flow": plain, "contacts": [BAKARI]})

    assert answer.status_code == 400
    assert answer.json["non_field_errors"][0].startswith(
        f"Sorry, your workspace is currently {state}."
    )


# --- Going on


def test_start_goes_through_its_states(rapidpro, plain):
    start = start_flow(rapidpro, plain, groups=["Mothers"])
    seen = []
    for _ in range(8):
        shown = rapidpro.one("flow_starts", uuid=start["uuid"])
        seen.append((shown["status"], *shown["progress"].values(), shown["modified_on"][17:23]))
        rapidpro.advance(0.1)

    assert list(dict.fromkeys(seen)) == [
        ("pending", -1, 0, "00.000"),
        ("queued", 2, 0, "00.100"),
        ("started", 2, 2, "00.200"),
        ("completed", 2, 2, "00.400"),
    ]


def test_batches_are_of_twenty_five(rapidpro, plain):
    add_people(rapidpro, 59)
    start = start_flow(rapidpro, plain, groups=["Staff"])
    seen = []
    for _ in range(10):
        shown = rapidpro.one("flow_starts", uuid=start["uuid"])
        seen.append(tuple(shown["progress"].values()))
        rapidpro.advance(0.1)

    assert list(dict.fromkeys(seen)) == [(-1, 0), (60, 0), (60, 25), (60, 50), (60, 60)]
    assert states(rapidpro, "Plain") == {"completed": 60}


def test_start_for_nobody_completes(rapidpro, plain):
    rapidpro.load({**LAKESIDE, "groups": [{"name": "Empty"}]})

    start = enter(rapidpro, plain, groups=["Empty"])

    assert (start["status"], start["progress"]) == ("completed", {"total": -1, "started": 0})


def test_archived_flow_is_passed_over(rapidpro):
    flow = make_flow(rapidpro, "Old", WAITS, archived=True)

    start = enter(rapidpro, flow, BAKARI)

    assert (start["status"], start["progress"]) == ("completed", {"total": 1, "started": 0})
    assert people_in(rapidpro, flow) == set()


def test_owner_of_a_new_address_is_made(rapidpro, plain):
    enter(rapidpro, plain, urns=[NEW_NUMBER, "tel:+254722000222"])

    made = rapidpro.one("contacts", urn=NEW_NUMBER)
    assert made["name"] is None
    assert people_in(rapidpro, plain) == {made["uuid"], BAKARI}


def test_address_that_nobody_can_have_fails_the_start(rapidpro, plain):
    start = enter(rapidpro, plain, urns=["webchat:abc"])

    assert start["status"] == "failed"


def test_everybody_enters_once(rapidpro, plain):
    start = enter(rapidpro, plain, AMINA, groups=["Mothers", "Parents"], urns=["tel:+254722000111"])

    assert start["progress"] == {"total": 2, "started": 2}
    assert people_in(rapidpro, plain) == {AMINA, CYNTHIA}


def test_those_listed_enter_whatever_their_status_and_their_messages_fail(rapidpro):
    flow = make_flow(rapidpro, "Chatty", {"messages": ["Hi"]})

    enter(rapidpro, flow, ESTHER)

    assert people_in(rapidpro, flow) == {ESTHER}
    assert rapidpro.one("messages", contact=ESTHER)["status"] == "failed"


@pytest.mark.parametrize(
    "wish", [{"groups": ["Staff"]}, {"exclude_active": True}, {"restart_participants": False}]
)
def test_with_a_group_or_an_exclusion_only_the_active_enter(rapidpro, plain, wish):
    start = enter(rapidpro, plain, ESTHER, BAKARI, **wish)

    assert start["progress"]["total"] == 1
    assert people_in(rapidpro, plain) == {BAKARI}


def test_those_in_a_flow_can_be_left_out(rapidpro, plain):
    enter(rapidpro, make_flow(rapidpro, "Ask", WAITS), BAKARI)

    enter(rapidpro, plain, BAKARI, DAUDI, exclude_active=True)

    assert people_in(rapidpro, plain) == {DAUDI}
    assert states(rapidpro, "Ask") == {"waiting": 1}


def test_those_with_a_run_of_the_last_ninety_days_can_be_left_out(rapidpro, plain):
    enter(rapidpro, plain, BAKARI)
    enter(rapidpro, make_flow(rapidpro, "Other"), DAUDI)
    start = enter(rapidpro, plain, BAKARI, DAUDI, restart_participants=False)
    rapidpro.advance(90 * 24 * 3600)
    later = enter(rapidpro, plain, BAKARI, DAUDI, restart_participants=False)

    assert start["progress"] == {"total": 1, "started": 1}
    assert later["progress"] == {"total": 2, "started": 2}


def test_those_who_took_part_restart_by_default(rapidpro, plain):
    enter(rapidpro, plain, BAKARI)
    enter(rapidpro, plain, BAKARI)

    assert len(rapidpro.items("runs", contact=BAKARI)) == 2


def test_contact_deleted_meanwhile_does_not_enter(rapidpro, plain):
    start = start_flow(rapidpro, plain, BAKARI, DAUDI)
    rapidpro.advance(0.15)
    rapidpro.delete("contacts", uuid=DAUDI)
    rapidpro.advance(5)

    shown = rapidpro.one("flow_starts", uuid=start["uuid"])
    assert shown["progress"] == {"total": 2, "started": 1}
    assert names(shown["contacts"]) == ["Bakari Mwangi"]


def test_messages_of_a_workspace_suspended_meanwhile_fail(rapidpro):
    flow = make_flow(rapidpro, "Chatty", {"messages": ["Hi"]})
    start_flow(rapidpro, flow, BAKARI)
    rapidpro.load({**LAKESIDE, "suspended": True})
    rapidpro.advance(5)

    assert rapidpro.items("messages", contact=BAKARI)[0]["status"] == "failed"


def test_start_of_a_fixture_stays_as_it_is(rapidpro):
    rapidpro.load({**LAKESIDE, "flow_starts": [{"flow": "Survey", "contacts": [BAKARI]}]})

    rapidpro.advance(3600)

    assert rapidpro.one("flow_starts")["status"] == "pending"


def test_start_is_interrupted_between_batches(rapidpro, plain):
    add_people(rapidpro, 59)
    start = start_flow(rapidpro, plain, groups=["Staff"])
    rapidpro.advance(0.3)

    cancelled = steer(rapidpro, "POST", f"broadcasts/{start['uuid']}/cancel", {})
    rapidpro.advance(60)
    again = steer(rapidpro, "POST", f"broadcasts/{start['uuid']}/cancel", {})

    assert (cancelled.status_code, cancelled.json["status"]) == (200, "interrupted")
    assert cancelled.json["counts"] == {"completed": 25}
    shown = rapidpro.one("flow_starts", uuid=start["uuid"])
    assert (shown["status"], shown["progress"]) == ("interrupted", {"total": 60, "started": 25})
    assert again.status_code == 409


def test_start_is_no_broadcast_of_a_list(rapidpro, plain):
    start = start_flow(rapidpro, plain, BAKARI)

    assert steer(rapidpro, "GET", "broadcasts").json["items"] == []
    shown = steer(rapidpro, "GET", f"broadcasts/{start['uuid']}").json
    assert (shown["name"], shown["native"]) == ("Plain", start)


# --- The list


def test_the_start_changed_last_is_first(rapidpro, plain):
    first = start_flow(rapidpro, plain, BAKARI)
    rapidpro.advance(0.05)
    second = start_flow(rapidpro, plain, groups=["Staff"])
    before = [start["uuid"] for start in rapidpro.items("flow_starts")]
    rapidpro.advance(0.06)

    assert before == [second["uuid"], first["uuid"]]
    assert [start["uuid"] for start in rapidpro.items("flow_starts")] == before[::-1]
    assert [start["uuid"] for start in rapidpro.items("flow_starts", reverse="true")] == before


@pytest.fixture
def stored(rapidpro):
    """Return a driver of a workspace with three starts."""
    when = [f"2026-02-0{day}T05:00:00.0002Z" for day in (1, 2, 3)]
    kinds = [("api", when[0]), ("manual", when[1]), ("trigger", when[2])]
    starts = [
        {"flow": "Survey", "contacts": [BAKARI], "type": type, "created_on": at, "id": 300 + n}
        for n, (type, at) in enumerate(kinds)
    ]
    rapidpro.load({**LAKESIDE, "flow_starts": starts})
    return rapidpro


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({}, [301, 300]),
        ({"reverse": "y"}, [300, 301]),
        ({"after": "2026-02-02T05:00:00.000200Z"}, [301]),
        ({"before": "2026-02-01T05:00:00.000200Z"}, [300]),
        ({"before": "never"}, []),
        ({"id": "300"}, [300]),
        ({"id": "302"}, []),
        ({"id": "0"}, [301, 300]),
        ({"id": "999"}, []),
        ({"id": "300", "after": "2026-02-02"}, []),
    ],
)
def test_filters(stored, query, ids):
    assert [start["id"] for start in stored.items("flow_starts", **query)] == ids


def test_filters_by_uuid_and_number_must_both_fit(stored):
    start = stored.items("flow_starts")[0]

    assert stored.items("flow_starts", uuid=start["uuid"], id=start["id"]) == [start]
    assert stored.items("flow_starts", uuid=start["uuid"], id=start["id"] + 1) == []


def test_realistic_latency_takes_its_time(rapidpro, plain):
    steer(rapidpro, "PATCH", "settings", {"latency": "realistic"})
    start = start_flow(rapidpro, plain, BAKARI)

    rapidpro.advance(0.4)
    early = rapidpro.one("flow_starts", uuid=start["uuid"])["status"]
    rapidpro.advance(60)

    assert early != "completed"
    assert rapidpro.one("flow_starts", uuid=start["uuid"])["status"] == "completed"


def test_strict_server_does_not_filter_by_number(stored):
    steer(stored, "PATCH", "settings", {"rapidpro": {"mode": "strict"}})

    assert len(stored.items("flow_starts", id="300")) == 2
    assert len(stored.items("flow_starts", id="x")) == 2


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ({"uuid": "x"}, "Param 'uuid': x is not a valid UUID."),
        ({"id": "x"}, "Value for id must be an integer"),
    ],
)
def test_refused_filters(rapidpro, query, detail):
    answer = rapidpro.get("flow_starts", **query)

    assert (answer.status_code, answer.json) == (400, {"detail": detail})


def test_another_workspaces_start_does_not_exist(rapidpro, plain):
    start = start_flow(rapidpro, plain, BAKARI)
    other = rapidpro.as_("rp_token_other")

    assert other.items("flow_starts") == []
    assert other.items("flow_starts", uuid=start["uuid"]) == []
    assert other.items("flow_starts", id=start["id"]) == []


def test_large_group_enters_whole(rapidpro):
    add_people(rapidpro, 1000)
    flow = make_flow(rapidpro, "Ask", {**WAITS, "results": {}})
    start = start_flow(rapidpro, flow, groups=["Staff"])

    rapidpro.advance(60)

    assert states(rapidpro, "Ask") == {"waiting": 1001}
    shown = rapidpro.one("flow_starts", uuid=start["uuid"])
    assert shown["progress"] == {"total": 1001, "started": 1001}


def test_reference_flow_registers(rapidpro):
    enter(rapidpro, flow_called(rapidpro, "Registration")["uuid"], BAKARI)

    assert states(rapidpro, "Registration") == {"completed": 1}
    assert [e["resthook"] for e in rapidpro.items("resthook_events")] == ["new-visit"]


def test_reference_survey_waits_for_an_answer(rapidpro):
    enter(rapidpro, flow_called(rapidpro, "Survey")["uuid"], BAKARI)
    inbound(rapidpro, "+254722000222", "Good")

    assert states(rapidpro, "Survey") == {"completed": 1}


def test_names_in_anonymous_workspaces_are_shown(rapidpro):
    rapidpro.load({**MASKED, "flows": [{"name": "Masked Flow"}]})
    masked = rapidpro.as_("masked_token")
    flow = masked.one("flows")["uuid"]

    start = start_flow(masked, flow, urns=["tel:+254733000111"])

    assert "urns" not in start
