"""Flows over HTTP: the list, and what a run of one does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from .flowing import LANGUAGE, WAITS, enter, flow_called, make_flow, start_flow, states
from .people import AMINA, AMINAS_NUMBER, BAKARI, CYNTHIA, DAUDI, ESTHER, LAKESIDE, names
from .steering import inbound, steer, until_idle

KEYS = (
    "uuid",
    "name",
    "type",
    "archived",
    "labels",
    "expires",
    "runs",
    "results",
    "parent_refs",
    "created_on",
    "modified_on",
)
NONE = dict.fromkeys(("active", "waiting", "completed", "expired", "interrupted", "failed"), 0)
START = datetime(2026, 5, 6, 10, tzinfo=UTC)


def moment(text):
    return datetime.fromisoformat(text)


# --- The list


def test_flow_is_shown_with_all_its_parts(rapidpro):
    rapidpro.load({**LAKESIDE, "flow_labels": [{"name": "Core"}]})
    uuid = make_flow(rapidpro, "Welcome", labels=["Core"], results=[LANGUAGE], parent_refs=["x"])
    flow = rapidpro.one("flows", uuid=uuid)

    assert tuple(flow) == KEYS
    assert (flow["type"], flow["archived"], flow["expires"]) == ("message", False, 4320)
    assert names(flow["labels"]) == ["Core"]
    assert tuple(flow["labels"][0]) == ("uuid", "name")
    assert flow["runs"] == NONE
    assert flow["results"] == [LANGUAGE]
    assert flow["parent_refs"] == ["x"]


@pytest.mark.parametrize(
    ("type", "expires"), [("message", 4320), ("voice", 5), ("background", 0), ("survey", 0)]
)
def test_each_type_has_its_time_to_expire(rapidpro, type, expires):
    make_flow(rapidpro, "Other", type=type)

    assert flow_called(rapidpro, "Other")["expires"] == expires


@pytest.fixture
def several(rapidpro):
    """Return a driver of a workspace with an archived, a voice and a deleted flow besides."""
    flows = [
        {"name": "Old", "archived": True, "modified_on": "2026-01-08T09:00:00.0003Z"},
        {"name": "Ring", "type": "voice", "modified_on": "2026-01-07T09:00:00.0002Z"},
        {"name": "Gone", "deleted": True},
    ]
    rapidpro.load({**LAKESIDE, "flows": flows})
    return rapidpro


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["Ring", "Old", "Survey", "Registration"]),
        ({"type": "voice"}, ["Ring"]),
        ({"type": "VOICE"}, []),
        ({"type": "M"}, []),
        ({"type": ""}, ["Ring", "Old", "Survey", "Registration"]),
        ({"archived": "1"}, ["Old"]),
        ({"archived": "Yes"}, ["Old"]),
        ({"archived": "0"}, ["Ring", "Survey", "Registration"]),
        ({"archived": "banana"}, ["Ring", "Survey", "Registration"]),
        ({"archived": ""}, ["Ring", "Old", "Survey", "Registration"]),
        ({"before": "2026-01-08"}, ["Ring"]),
        ({"before": "2026-01-07T09:00:00.0002Z"}, ["Ring"]),
        ({"before": "2026-01-07T09:00:00.0001Z"}, []),
        ({"after": "2026-01-08", "before": "2026-02-01"}, ["Old"]),
        ({"after": "xyz"}, []),
        ({"reverse": "1"}, ["Ring", "Old", "Survey", "Registration"]),
    ],
)
def test_filters(several, query, found):
    assert sorted(names(several.items("flows", **query))) == sorted(found)


def test_the_flow_made_last_is_first_whatever_was_changed(several):
    made = [flow["created_on"] for flow in several.items("flows")]

    assert made == sorted(made, reverse=True)
    assert len(set(made)) > 2


def test_flow_is_found_by_uuid(rapidpro):
    survey = flow_called(rapidpro, "Survey")

    assert rapidpro.one("flows", uuid=survey["uuid"].upper()) == survey
    assert rapidpro.items("flows", uuid=survey["uuid"], type="voice") == []
    assert rapidpro.as_("rp_token_other").items("flows", uuid=survey["uuid"]) == []


def test_what_is_no_uuid_is_refused(rapidpro):
    answer = rapidpro.get("flows", uuid="inv")

    assert (answer.status_code, answer.json) == (
        400,
        {"detail": "Param 'uuid': inv is not a valid UUID."},
    )


def test_flows_cannot_be_made(rapidpro):
    answer = rapidpro.post("flows", {"name": "New"})

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


# --- What a run does


def test_flow_without_simulation_completes_at_once(rapidpro):
    enter(rapidpro, make_flow(rapidpro, "Plain", results=[LANGUAGE]), BAKARI)

    run = rapidpro.one("runs", contact=BAKARI)
    assert (run["exit_type"], run["values"], len(run["path"])) == ("completed", {}, 1)
    assert run["exited_on"] == run["modified_on"] == run["created_on"]
    assert rapidpro.items("messages", contact=BAKARI) == []


def test_messages_are_sent_at_the_start(rapidpro):
    flow = make_flow(rapidpro, "Chatty", {"messages": ["Hi @contact.first_name", "Bye"]})
    enter(rapidpro, flow, AMINA)
    rapidpro.advance(60)

    sent = [m for m in rapidpro.items("messages", contact=AMINA) if m["direction"] == "out"]
    assert [m["text"] for m in sent] == ["Bye", "Hi Amina"]
    assert {m["flow"]["name"] for m in sent} == {"Chatty"}
    assert {(m["status"], m["type"], m["broadcast"]) for m in sent} == {("delivered", "text", None)}
    assert len(rapidpro.one("runs", contact=AMINA)["path"]) == 2


def test_message_that_comes_out_empty_is_not_sent(rapidpro):
    flow = make_flow(rapidpro, "Chatty", {"messages": ["@fields.children", "Bye"]})
    enter(rapidpro, flow, BAKARI)

    assert rapidpro.one("messages", contact=BAKARI)["text"] == "Bye"


def test_waiting_run_holds_its_contact_until_the_answer(rapidpro):
    flow = make_flow(rapidpro, "Ask", {**WAITS, "results": {"language_choice": {}}})
    enter(rapidpro, flow, BAKARI)
    before = rapidpro.one("runs", contact=BAKARI)

    rapidpro.advance(60)
    message = inbound(rapidpro, "+254722000222", "Swahili")

    assert (before["exit_type"], before["responded"], before["values"]) == (None, False, {})
    assert len(before["path"]) == 2
    after = rapidpro.one("runs", contact=BAKARI)
    assert (after["exit_type"], after["responded"]) == ("completed", True)
    assert after["values"]["language_choice"]["value"] == "Swahili"
    assert after["exited_on"] == after["modified_on"] > before["modified_on"]
    assert rapidpro.one("contacts", uuid=BAKARI)["flow"] is None
    taken = rapidpro.one("messages", folder="flows")
    assert (taken["uuid"], taken["flow"]["uuid"]) == (message["id"], flow)


def test_contact_shows_the_flow_that_it_waits_in(rapidpro):
    flow = make_flow(rapidpro, "Ask", WAITS)
    enter(rapidpro, flow, BAKARI)

    assert rapidpro.one("contacts", uuid=BAKARI)["flow"] == {"uuid": flow, "name": "Ask"}
    assert states(rapidpro, "Ask") == {"waiting": 1}


def test_message_to_no_flow_lands_in_the_inbox(rapidpro):
    enter(rapidpro, make_flow(rapidpro, "Plain"), BAKARI)

    inbound(rapidpro, "+254722000222", "Hello?")

    assert [m["text"] for m in rapidpro.items("messages", folder="flows")] == []


def test_blocked_contact_answers_nothing(rapidpro):
    enter(rapidpro, make_flow(rapidpro, "Ask", WAITS), DAUDI)
    rapidpro.post("contact_actions", {"contacts": [DAUDI], "action": "block"})

    inbound(rapidpro, "+254722000444", "Yes")

    assert rapidpro.one("runs", contact=DAUDI)["responded"] is False


@pytest.mark.parametrize(
    ("told", "value", "category"),
    [
        ({"value": "2", "category": "Swahili", "input": "two"}, "2", "Swahili"),
        ({"category": "Other"}, "my answer", "Other"),
        ({"value": "", "category": "Other"}, "", "Other"),
    ],
)
def test_given_results_are_set_as_given(rapidpro, told, value, category):
    simulate = {"wait": True, "results": {"language_choice": told}}
    enter(rapidpro, make_flow(rapidpro, "Ask", simulate, results=[LANGUAGE]), BAKARI)

    inbound(rapidpro, "+254722000222", "my answer")

    run = rapidpro.one("runs", contact=BAKARI)
    assert run["values"] == {
        "language_choice": {
            "name": "Language Choice",
            "value": value,
            "category": category,
            "node": LANGUAGE["node_uuids"][0],
            "time": run["modified_on"],
        }
    }


def test_results_that_are_not_given_are_drawn(rapidpro):
    flow = make_flow(rapidpro, "Ask", {}, results=[{**LANGUAGE, "name": "Your language"}])
    enter(rapidpro, flow, AMINA, BAKARI, CYNTHIA, DAUDI)

    values = [run["values"]["language_choice"] for run in rapidpro.items("runs")]
    drawn = {value["category"] for value in values}
    assert drawn <= set(LANGUAGE["categories"])
    assert len(drawn) > 1
    assert {value["name"] for value in values} == {"Your language"}


def test_no_results_are_drawn_where_none_are_wanted(rapidpro):
    enter(rapidpro, make_flow(rapidpro, "Ask", {"results": {}}, results=[LANGUAGE]), BAKARI)

    assert rapidpro.one("runs", contact=BAKARI)["values"] == {}


def test_result_beyond_the_flows_own_has_a_drawn_node(rapidpro):
    flow = make_flow(rapidpro, "Ask", {"results": {"next_visit": {"value": "soon"}}})
    enter(rapidpro, flow, BAKARI, DAUDI)

    values = [run["values"]["next_visit"] for run in rapidpro.items("runs", flow=flow)]
    assert {value["name"] for value in values} == {"Next Visit"}
    assert {value["category"] for value in values} == {"All Responses"}
    assert len({value["node"] for value in values}) == 1


def test_outcome_comes_after_the_duration(rapidpro):
    flow = make_flow(
        rapidpro, "Slow", {"duration": "2m", "results": {"a": {"value": "1"}}, "messages": ["Hi"]}
    )
    enter(rapidpro, flow, BAKARI)
    under_way = rapidpro.one("runs", contact=BAKARI)
    counted = states(rapidpro, "Slow")

    until_idle(rapidpro)

    run = rapidpro.one("runs", contact=BAKARI)
    assert (under_way["exit_type"], under_way["values"], counted) == (None, {}, {"active": 1})
    assert run["exit_type"] == "completed"
    assert moment(run["exited_on"]) - moment(run["created_on"]) == timedelta(minutes=2)
    assert run["values"]["a"]["value"] == "1"
    assert states(rapidpro, "Slow") == {"completed": 1}


def test_run_that_has_taken_its_time_may_wait(rapidpro):
    enter(rapidpro, make_flow(rapidpro, "Slow", {"duration": "2m", "outcome": "waiting"}), BAKARI)
    before = states(rapidpro, "Slow"), rapidpro.one("contacts", uuid=BAKARI)["flow"]

    rapidpro.advance(120)

    assert before == ({"active": 1}, None)
    assert states(rapidpro, "Slow") == {"waiting": 1}
    assert rapidpro.one("contacts", uuid=BAKARI)["flow"]["name"] == "Slow"
    assert rapidpro.one("runs", contact=BAKARI)["exit_type"] is None


def test_failing_flow(rapidpro):
    enter(rapidpro, make_flow(rapidpro, "Bad", {"outcome": "failed"}), BAKARI)

    assert rapidpro.one("runs", contact=BAKARI)["exit_type"] == "failed"
    assert states(rapidpro, "Bad") == {"failed": 1}


def test_answer_fails_a_flow_that_waits_first(rapidpro):
    enter(rapidpro, make_flow(rapidpro, "Bad", {"wait": True, "outcome": "failed"}), BAKARI)

    inbound(rapidpro, "+254722000222")

    assert rapidpro.one("runs", contact=BAKARI)["exit_type"] == "failed"


@pytest.mark.parametrize("simulate", [{"outcome": "waiting"}, {"outcome": "waiting", "wait": True}])
def test_endless_flow_takes_every_answer(rapidpro, simulate):
    flow = make_flow(rapidpro, "Menu", {**simulate, "results": {"choice": {"category": "Any"}}})
    enter(rapidpro, flow, BAKARI)

    for text in ("1", "2"):
        inbound(rapidpro, "+254722000222", text)

    run = rapidpro.one("runs", contact=BAKARI)
    assert (run["exit_type"], run["responded"]) == (None, True)
    assert [m["text"] for m in rapidpro.items("messages", folder="flows")] == ["2", "1"]
    assert run["values"]["choice"]["value"] == ("2" if "wait" in simulate else "Any")
    assert rapidpro.one("contacts", uuid=BAKARI)["flow"]["uuid"] == flow


# --- Expiry


def test_wait_expires(rapidpro):
    enter(rapidpro, make_flow(rapidpro, "Ask", WAITS, expires=720), BAKARI)
    waiting = rapidpro.one("runs", contact=BAKARI)

    rapidpro.advance(719 * 60)
    assert states(rapidpro, "Ask") == {"waiting": 1}
    rapidpro.advance(2 * 60)

    run = rapidpro.one("runs", contact=BAKARI)
    assert run["exit_type"] == "expired"
    assert moment(run["exited_on"]) - moment(waiting["created_on"]) == timedelta(minutes=720)
    assert run["modified_on"] == run["exited_on"]
    assert rapidpro.one("contacts", uuid=BAKARI)["flow"] is None
    assert states(rapidpro, "Ask") == {"expired": 1}


def test_wait_holds_nobody_from_idling(rapidpro):
    rapidpro.load({**LAKESIDE, "campaigns": [{"name": "Visit reminders", "archived": True}]})
    enter(rapidpro, make_flow(rapidpro, "Ask", WAITS), BAKARI)

    until_idle(rapidpro)

    assert states(rapidpro, "Ask") == {"waiting": 1}


def test_answer_begins_a_new_wait(rapidpro):
    flow = make_flow(rapidpro, "Menu", {"wait": True, "outcome": "expired"}, expires=10)
    enter(rapidpro, flow, BAKARI)
    rapidpro.advance(9 * 60)
    inbound(rapidpro, "+254722000222")

    rapidpro.advance(9 * 60)
    assert states(rapidpro, "Menu") == {"waiting": 1}
    rapidpro.advance(60)

    run = rapidpro.one("runs", contact=BAKARI)
    assert (run["exit_type"], run["responded"]) == ("expired", True)


def test_flow_that_expires_without_a_question(rapidpro):
    enter(rapidpro, make_flow(rapidpro, "Ask", {"outcome": "expired"}, expires=10), BAKARI)
    assert states(rapidpro, "Ask") == {"waiting": 1}

    rapidpro.advance(600)

    assert states(rapidpro, "Ask") == {"expired": 1}


@pytest.mark.parametrize("expires", [0, 60 * 24 * 365])
def test_nobody_is_waited_for_longer_than_thirty_days(rapidpro, expires):
    enter(rapidpro, make_flow(rapidpro, "Ask", WAITS, expires=expires), BAKARI)

    rapidpro.advance(timedelta(days=29, hours=23).total_seconds())
    assert states(rapidpro, "Ask") == {"waiting": 1}
    rapidpro.advance(3600)

    assert states(rapidpro, "Ask") == {"expired": 1}


def test_runs_of_a_fixture_expire_counted_from_their_last_change(rapidpro):
    old = START - timedelta(minutes=90)
    runs = [
        {"flow": "Ask", "contact": BAKARI, "modified_on": old.isoformat()},
        {"flow": "Ask", "contact": DAUDI, "modified_on": (START - timedelta(days=9)).isoformat()},
    ]
    make_flow(rapidpro, "Ask", WAITS, expires=100)
    rapidpro.load({**LAKESIDE, "runs": runs, "contacts": [{"uuid": CYNTHIA, "flow": "Ask"}]})

    rapidpro.advance(601)

    assert rapidpro.one("runs", contact=BAKARI)["exit_type"] == "expired"
    assert rapidpro.one("runs", contact=DAUDI)["exit_type"] is None  # what is past is past
    rapidpro.advance(6000)
    assert rapidpro.one("runs", contact=CYNTHIA)["exit_type"] == "expired"


def test_run_that_a_fixture_ends_does_not_expire(rapidpro):
    enter(rapidpro, make_flow(rapidpro, "Ask", WAITS, expires=10), BAKARI)
    run = rapidpro.one("runs", contact=BAKARI)

    rapidpro.load(
        {
            **LAKESIDE,
            "runs": [
                {"uuid": run["uuid"], "exit_type": "failed", "exited_on": "2026-05-06T10:05:00Z"}
            ],
        }
    )
    rapidpro.advance(3600)

    assert rapidpro.one("runs", contact=BAKARI)["exit_type"] == "failed"
    assert rapidpro.one("contacts", uuid=BAKARI)["flow"] is None


# --- Interruption


def test_entering_another_flow_interrupts(rapidpro):
    enter(rapidpro, make_flow(rapidpro, "First", WAITS), BAKARI)
    second = make_flow(rapidpro, "Second", WAITS)

    enter(rapidpro, second, BAKARI)

    latest, former = rapidpro.items("runs", contact=BAKARI)
    assert (former["exit_type"], latest["exit_type"]) == ("interrupted", None)
    assert former["exited_on"] == former["modified_on"]
    assert rapidpro.one("contacts", uuid=BAKARI)["flow"]["uuid"] == second
    assert states(rapidpro, "First") == {"interrupted": 1}


def test_entering_a_flow_that_ends_at_once_interrupts_too(rapidpro):
    enter(rapidpro, make_flow(rapidpro, "First", WAITS), BAKARI)

    enter(rapidpro, make_flow(rapidpro, "Plain"), BAKARI)

    assert states(rapidpro, "First") == {"interrupted": 1}
    assert rapidpro.one("contacts", uuid=BAKARI)["flow"] is None


def test_background_flow_interrupts_nobody(rapidpro):
    first = make_flow(rapidpro, "First", WAITS)
    enter(rapidpro, first, BAKARI)

    enter(rapidpro, make_flow(rapidpro, "Quiet", {"wait": True}, type="background"), BAKARI)

    assert states(rapidpro, "First") == {"waiting": 1}
    assert states(rapidpro, "Quiet") == {"completed": 1}
    assert rapidpro.one("contacts", uuid=BAKARI)["flow"]["uuid"] == first


@pytest.mark.parametrize(
    ("outcome", "exit_type"),
    [("waiting", "completed"), ("expired", "expired"), ("failed", "failed")],
)
def test_background_flow_never_waits(rapidpro, outcome, exit_type):
    flow = make_flow(rapidpro, "Quiet", {"outcome": outcome}, type="background")
    enter(rapidpro, flow, BAKARI)

    assert rapidpro.one("runs", contact=BAKARI)["exit_type"] == exit_type
    assert rapidpro.one("contacts", uuid=BAKARI)["flow"] is None


def test_contact_action_interrupts(rapidpro):
    enter(rapidpro, make_flow(rapidpro, "Ask", WAITS, expires=10), BAKARI)

    rapidpro.post("contact_actions", {"contacts": [BAKARI], "action": "interrupt"})

    run = rapidpro.one("runs", contact=BAKARI)
    assert run["exit_type"] == "interrupted"
    rapidpro.advance(3600)
    assert rapidpro.one("runs", contact=BAKARI) == run


def test_contact_action_interrupts_a_run_that_takes_its_time(rapidpro):
    enter(rapidpro, make_flow(rapidpro, "Slow", {"duration": "1h"}), BAKARI)

    rapidpro.post("contact_actions", {"contacts": [BAKARI], "action": "interrupt"})
    rapidpro.advance(7200)

    assert rapidpro.one("runs", contact=BAKARI)["exit_type"] == "interrupted"


def test_deleting_a_contact_erases_its_runs(rapidpro):
    flow = make_flow(rapidpro, "Ask", WAITS)
    enter(rapidpro, flow, BAKARI, DAUDI)

    rapidpro.delete("contacts", uuid=BAKARI)
    rapidpro.advance(1)

    assert [run["contact"]["uuid"] for run in rapidpro.items("runs", flow=flow)] == [DAUDI]
    assert states(rapidpro, "Ask") == {"waiting": 1}


def test_answer_to_a_deleted_flow_fails_its_run(rapidpro):
    flow = make_flow(rapidpro, "Ask", WAITS)
    enter(rapidpro, flow, BAKARI)
    rapidpro.load({**LAKESIDE, "flows": [{"uuid": flow, "name": "Ask", "deleted": True}]})

    inbound(rapidpro, "+254722000222", "Hello?")

    assert rapidpro.one("runs", contact=BAKARI)["exit_type"] == "failed"
    assert rapidpro.items("messages", folder="flows") == []


# --- Calls


def test_voice_flow_is_entered_when_the_call_is_answered(rapidpro):
    flow = make_flow(rapidpro, "Ring", {"messages": ["This is your clinic"]}, type="voice")
    start = start_flow(rapidpro, flow, BAKARI, urns=["telegram:12345678"])
    rapidpro.advance(1)
    called = rapidpro.one("flow_starts", uuid=start["uuid"])

    until_idle(rapidpro)

    assert (called["status"], called["progress"]) == ("completed", {"total": 2, "started": 0})
    answered = rapidpro.one("flow_starts", uuid=start["uuid"])
    assert answered["progress"] == {"total": 2, "started": 1}
    run = rapidpro.one("runs", flow=flow)
    assert (run["contact"]["uuid"], run["start"]) == (BAKARI, {"uuid": start["uuid"]})
    spoken = rapidpro.items("messages", contact=BAKARI)[0]
    assert (spoken["type"], spoken["text"]) == ("voice", "This is your clinic")


def test_blocked_people_are_not_called(rapidpro):
    flow = make_flow(rapidpro, "Ring", {}, type="voice")
    start_flow(rapidpro, flow, ESTHER)

    until_idle(rapidpro)

    assert rapidpro.items("runs", flow=flow) == []


# --- Latency and time


def test_everything_happens_inside_the_request_where_latency_is_instant(rapidpro):
    steer(rapidpro, "PATCH", "settings", {"latency": "instant"})
    flow = make_flow(rapidpro, "Chatty", {"messages": ["Hi"]})

    start = start_flow(rapidpro, flow, BAKARI, AMINA)

    shown = rapidpro.one("flow_starts", uuid=start["uuid"])
    assert (shown["status"], shown["progress"]["started"]) == ("completed", 2)
    assert states(rapidpro, "Chatty") == {"completed": 2}
    assert rapidpro.items("messages", contact=BAKARI)[0]["status"] == "delivered"


def test_jumping_ends_where_walking_ends(make_rapidpro, rapidpro):
    def outcome(step, times):
        flow = make_flow(rapidpro, f"Ask {step}", {**WAITS, "duration": "1m"}, expires=30)
        enter(rapidpro, flow, AMINA, BAKARI)
        for _ in range(times):
            rapidpro.advance(step)
        return states(rapidpro, f"Ask {step}")

    assert outcome(7200, 1) == outcome(60, 120) == {"expired": 2}


def test_number_of_a_contact_may_be_answered_from(rapidpro):
    enter(rapidpro, make_flow(rapidpro, "Ask", WAITS), AMINA)

    inbound(rapidpro, "telegram:99120045", "Ndiyo")

    assert rapidpro.one("runs", contact=AMINA)["contact"]["urn"] == AMINAS_NUMBER
    assert states(rapidpro, "Ask") == {"completed": 1}
