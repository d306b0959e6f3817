"""The clock over HTTP: looked at, set, advanced, with the ledger to the letter."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.acme import Courier
from tests.control.desk import FIXTURE, NOON, Desk
from tests.world import World

ADVANCE = "/clock/advance"
ENDPOINT = {"provider": "acme", "url": "http://127.0.0.1:9/hook", "events": ["status"]}


class CourierDesk(Desk):
    """A desk with the vendor that knows every ending."""

    def __init__(self) -> None:
        self.courier = Courier()
        document = {name: part for name, part in FIXTURE.items() if name != "zenith"}
        super().__init__(World([self.courier.provider()], [document]))


@pytest.fixture
def desk():
    return CourierDesk()


def test_a_clock_says_what_it_has_before_it(desk):
    desk.send("+1")

    assert desk.get("/clock") == {
        "mode": "manual",
        "rate": 1.0,
        "now": "2026-05-06T12:00:00Z",
        "pending": 1,
        "next_due": "2026-05-06T12:00:00.500000Z",
        "in_flight": 0,
    }


def test_the_ledger_is_to_the_letter(desk):
    desk.do("POST", "/endpoints", ENDPOINT, 201)
    desk.send("+1")
    desk.world.sender.script = [500]

    ledger = desk.do("POST", ADVANCE, {"by": "3s"})

    real_ms = ledger.pop("real_ms")
    assert real_ms > 0
    assert ledger == {
        "from": "2026-05-06T12:00:00Z",
        "to": "2026-05-06T12:00:03Z",
        "reason": "target",
        "events": 4,
        "transitions": {"dispatched": 1, "delivered": 1},
        "callbacks": {"attempted": 2, "succeeded": 1, "failed": 1},
        "pending": 1,
        "next_due": "2026-05-06T12:00:05.500000Z",
    }


def test_details_are_given_where_they_are_asked_for(desk):
    desk.do("POST", "/endpoints", ENDPOINT, 201)
    message = desk.send("+1")

    response = desk.ask("POST", f"{ADVANCE}?detail=true", {"by": 0.5})

    [callback] = desk.items("/callbacks")
    at = "2026-05-06T12:00:00.500000Z"
    assert response.json["log"] == [
        {
            "at": at,
            "kind": "message",
            "provider": "acme",
            "subject": message,
            "from": "queued",
            "to": "dispatched",
        },
        {
            "at": at,
            "kind": "callback",
            "provider": "acme",
            "subject": message,
            "from": None,
            "to": None,
            "callback": callback["id"],
        },
    ]


@pytest.mark.parametrize(
    ("goal", "reason", "to"),
    [
        ({"by": 0}, "target", NOON),
        ({"by": "PT1H"}, "target", "2026-05-06T13:00:00Z"),
        ({"to": "2026-05-06T14:00:00+02:00"}, "target", NOON),
        ({"to": "2026-05-07T00:00:00Z"}, "target", "2026-05-07T00:00:00Z"),
        ({"until": "idle"}, "idle", "2026-05-06T12:00:01Z"),
        ({"until": "idle", "max_virtual": "700ms"}, "max_virtual", "2026-05-06T12:00:00.500000Z"),
        ({"by": "1h", "max_events": 1}, "max_events", "2026-05-06T12:00:00.500000Z"),
        ({"by": "1h", "max_real": 0}, "max_real", NOON),
    ],
)
def test_every_target_and_bound_has_its_reason(desk, goal, reason, to):
    desk.send("+1")

    ledger = desk.do("POST", ADVANCE, goal)

    assert (ledger["reason"], ledger["to"]) == (reason, to)
    assert desk.get("/clock")["now"] == to


def test_until_a_message_has_a_status_in_the_vendors_word(desk):
    message = desk.send("+1")

    ledger = desk.do("POST", ADVANCE, {"until": {"message": message, "status": "dispatched"}})

    assert (ledger["reason"], ledger["events"]) == ("condition", 1)
    assert desk.get(f"/messages/{message}")["status"] == "dispatched"


def test_until_a_status_that_the_vendor_has_not_is_refused(desk):
    message = desk.send("+1")

    until = {"message": message, "status": "dispached"}
    [error] = desk.refused("POST", ADVANCE, {"until": until})

    assert (error["pointer"], error["suggestion"]) == ("/until/status", "dispatched")
    assert desk.get("/clock")["now"] == NOON


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, ""),
        ({"by": 1, "to": NOON}, ""),
        ({"by": 1, "until": "idle"}, ""),
        ({"by": "soon"}, "/by"),
        ({"by": -1}, "/by"),
        ({"to": "soon"}, "/to"),
        ({"until": "ideal"}, "/until"),
        ({"until": {"message": "x", "status": "sent"}}, "/until/message"),
        ({"until": {"message": "x"}}, "/until/status"),
        ({"by": 1, "max_events": -1}, "/max_events"),
        ({"by": 1, "max_events": "5"}, "/max_events"),
        ({"by": 1, "max_real": "x"}, "/max_real"),
        ({"by": 1, "max_virtul": 1}, "/max_virtul"),
    ],
)
def test_mistakes_are_pointed_at_and_nothing_moves(desk, body, pointer):
    desk.send("+1")

    errors = desk.refused("POST", ADVANCE, body)

    assert pointer in [error["pointer"] for error in errors]
    assert desk.get("/clock")["now"] == NOON


@pytest.mark.parametrize("until", ["ideal", 5, ["idle"]])
def test_end_that_is_none_is_told_what_there_is(desk, until):
    [error] = desk.refused("POST", ADVANCE, {"until": until})

    assert (error["pointer"], error["suggestion"]) == ("/until", "idle")


def test_detail_is_true_or_false(desk):
    assert desk.refused("POST", f"{ADVANCE}?detail=yes", {"by": 1})[0]["pointer"] == "/detail"


def test_the_past_is_a_conflict(desk):
    early = "2026-05-06T11:59:59Z"

    assert desk.ask("POST", ADVANCE, {"to": early}).status_code == 409
    assert desk.ask("PUT", "/clock", {"mode": "manual", "now": early}).status_code == 409
    assert desk.get("/clock")["now"] == NOON


def test_setting_a_later_time_leaves_what_is_due_to_the_next_advance(desk):
    message = desk.send("+1")

    clock = desk.do("PUT", "/clock", {"mode": "manual", "now": "2026-05-07T12:00:00Z"})
    assert (clock["now"], clock["pending"]) == ("2026-05-07T12:00:00Z", 1)
    desk.do("POST", ADVANCE, {"by": 0})

    history = desk.get(f"/messages/{message}")["history"]
    assert history[-1] == {"status": "delivered", "at": "2026-05-06T12:00:01Z"}


def test_a_clock_can_be_let_run_and_stopped(desk):
    running = desk.do("PUT", "/clock", {"mode": "real", "rate": 1000000})
    stopped = desk.do("PUT", "/clock", {"mode": "manual"})

    assert (running["mode"], running["rate"]) == ("real", 1000000.0)
    assert stopped["now"] > NOON
    assert desk.get("/clock") == stopped


def test_setting_a_real_clock_wakes_whoever_keeps_time(desk):
    desk.send("+1")
    woken: list[Any] = []
    desk.world.sandbox.wake = woken.append

    desk.do("PUT", "/clock", {"mode": "real"})

    assert woken == [desk.world.sandbox]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"mode": "virtual"}, "/mode"),
        ({"mode": "manual", "rate": "fast"}, "/rate"),
        ({"mode": "manual", "rate": True}, "/rate"),
        ({"mode": "manual", "now": "2026-05-06T12:00:00"}, "/now"),
        ({"mode": "manual", "time": NOON}, "/time"),
        ({"now": "9999-12-31T23:59:59Z"}, "/now"),
        ({"now": "0001-01-01T00:00:00Z"}, "/now"),
    ],
)
def test_a_clock_is_set_strictly(desk, body, pointer):
    assert [error["pointer"] for error in desk.refused("PUT", "/clock", body)] == [pointer]


def test_other_clients_are_served_while_an_advance_waits_for_a_receiver(desk):
    desk.do("POST", "/endpoints", ENDPOINT, 201)
    desk.send("+1")
    seen = []

    def handle(parcel: Any) -> None:
        # The handler asks for the time from a thread of its own, as another process would.
        with ThreadPoolExecutor(1) as pool:
            seen.append(pool.submit(desk.get, "/settings").result(timeout=10)["latency"])

    desk.world.sender.on_send = handle
    desk.do("POST", ADVANCE, {"by": "1h"})

    assert seen == ["fast", "fast"]


def test_an_advance_ends_with_its_sandbox(desk):
    desk.do("POST", "/endpoints", ENDPOINT, 201)
    desk.send("+1")
    is_sent = threading.Event()
    desk.world.sender.post = lambda *_: is_sent.set()

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(desk.ask, "POST", ADVANCE, {"by": "1h"})
        assert is_sent.wait(10)
        desk.do("POST", "/reset")
        response = waiting.result(timeout=10)

    assert (response.status_code, response.get_json()["title"]) == (409, "Conflict")


def test_nothing_is_beyond_the_end_of_time(desk):
    desk.do("PUT", "/clock", {"now": "9000-01-01T00:00:00Z"})

    desk.send("+1")
    ledger = desk.do("POST", ADVANCE, {"by": "30000d"})

    assert (ledger["to"], ledger["pending"]) == ("9000-01-01T00:00:00Z", 1)
