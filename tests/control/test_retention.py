"""How much is kept of requests, callbacks, events and the sink, over the control API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from emulator.core.keeper import Keeper
from tests.control.desk import Desk

URL = "http://127.0.0.1:9/hook"
BIG = "x" * 3000


def keep(desk: Desk, **limits: dict[str, int]) -> Any:
    return desk.do("PATCH", "/settings", {"keep": limits})["keep"]


def call_back(desk: Desk, count: int) -> list[str]:
    """Let Acme tell of so many messages; return them, oldest first."""
    if not desk.items("/endpoints"):
        body = {"provider": "acme", "id": "mine", "url": URL, "events": ["inbound"]}
        desk.do("POST", "/endpoints", body, 201)
    return [receive(desk) for _ in range(count)]


def receive(desk: Desk) -> str:
    body = {"provider": "acme", "account": "one", "from": "+15550001", "text": "Hi"}
    return str(desk.do("POST", "/inbound", body, 201)["id"])


def subjects(desk: Desk, **query: Any) -> list[str]:
    return [callback["subject"] for callback in reversed(desk.items("/callbacks", **query))]


def test_oldest_requests_go_and_are_counted(desk: Desk) -> None:
    keep(desk, requests={"count": 2})
    for number in range(5):
        desk.send(f"+1555000{number}")

    listed = desk.get("/requests", limit=1)

    assert [request["id"] for request in desk.items("/requests")] == [5, 4]
    assert (listed["total"], listed["dropped"]) == (2, 3)
    assert desk.get("")["dropped"]["requests"] == 3
    assert desk.ask("GET", "/requests/3").status_code == 404


@pytest.mark.parametrize("field", ["text", "headers", "query"])
def test_requests_may_not_be_too_big_together(desk: Desk, field: str) -> None:
    keep(desk, requests={"bytes": 10_000})
    headers = {"X-Api-Key": "key-one"} | ({"X-Big": BIG} if field == "headers" else {})
    for _ in range(9):
        desk.world.call(
            "POST",
            "/acme/messages",
            {"to": "+15550001", "text": BIG if field == "text" else "Hi"},
            headers=headers,
            query_string={"big": BIG} if field == "query" else {},
        )

    listed = desk.get("/requests")

    assert (listed["total"], listed["dropped"]) == (2, 7)


def test_one_request_is_kept_however_big(desk: Desk) -> None:
    keep(desk, requests={"bytes": 1})

    desk.send("+15550001", BIG)

    assert desk.get("/requests")["total"] == 1


def test_cleared_requests_are_counted_anew(desk: Desk) -> None:
    keep(desk, requests={"count": 1})
    desk.send("+15550001")
    desk.send("+15550002")

    desk.do("DELETE", "/requests", status=204)

    assert desk.get("/requests")["dropped"] == 0


def test_oldest_finished_callbacks_go_and_are_counted(desk: Desk) -> None:
    told = call_back(desk, 5)

    keep(desk, callbacks={"count": 3})

    listed = desk.get("/callbacks", limit=1)
    assert subjects(desk) == told[2:]
    assert (listed["total"], listed["dropped"]) == (3, 2)
    assert subjects(desk, subject=told[0]) == []
    assert subjects(desk, subject=told[2]) == [told[2]]
    assert desk.get("")["dropped"]["callbacks"] == 2


def test_callbacks_go_when_later_ones_are_over(desk: Desk) -> None:
    keep(desk, callbacks={"count": 3})

    told = call_back(desk, 7)

    assert subjects(desk) == told[4:]
    assert desk.get("/callbacks")["dropped"] == 4


def test_pending_callbacks_are_never_dropped(desk: Desk) -> None:
    keep(desk, callbacks={"count": 1})
    desk.world.sender.script = [500, 500, 200, 200]

    told = call_back(desk, 4)

    assert subjects(desk, state="pending") == told[:2]
    assert subjects(desk, state="succeeded") == told[3:]
    desk.advance(5)
    assert subjects(desk) == told[3:]
    assert desk.get("/callbacks")["dropped"] == 3


def test_callbacks_that_failed_for_good_go_as_well(desk: Desk) -> None:
    keep(desk, callbacks={"count": 1})
    desk.world.sender.script = [500] * 6

    told = call_back(desk, 2)
    desk.do("POST", "/clock/advance", {"until": "idle"})

    assert subjects(desk, state="failed") == told[1:]


def test_callbacks_of_a_removed_endpoint_go_as_well(desk: Desk) -> None:
    keep(desk, callbacks={"count": 2})
    desk.world.sender.script = [500] * 4
    told = call_back(desk, 4)

    desk.do("DELETE", "/endpoints/mine", status=204)

    assert subjects(desk) == told[2:]


def test_callbacks_may_not_be_too_big_together(desk: Desk) -> None:
    call_back(desk, 9)

    keep(desk, callbacks={"bytes": 6000})

    listed = desk.get("/callbacks")
    assert 1 < listed["total"] < 9
    assert listed["total"] + listed["dropped"] == 9


def test_callback_being_sent_again_is_kept_though_it_is_the_oldest(desk: Desk) -> None:
    told = call_back(desk, 2)
    first = desk.items("/callbacks", subject=told[0])[0]["id"]
    desk.world.sender.on_send = lambda parcel: keep(desk, callbacks={"count": 1})

    answer = desk.do("POST", f"/callbacks/{first}/redeliver", {})

    assert len(answer["attempts"]) == 2
    assert subjects(desk) == told[:1]


def test_callback_that_is_sent_twice_is_kept_for_so_long(desk: Desk) -> None:
    keep(desk, callbacks={"count": 1})
    call_back(desk, 1)
    desk.do("PATCH", "/endpoints/mine", {"adversary": {"duplicate": 1, "delay": "1m"}})
    late = receive(desk)
    desk.do("PATCH", "/endpoints/mine", {"adversary": {"delay": 0}})
    receive(desk)
    desk.world.sender.clear()

    ledger = desk.do("POST", "/clock/advance", {"by": "1m"})

    assert ledger["callbacks"]["succeeded"] == 1
    assert len({parcel.body for parcel in desk.world.sender.sent}) == 1
    assert len(desk.world.sender.sent) == 2
    assert subjects(desk) == [late]


def test_detailed_ledger_names_callbacks_that_went_meanwhile(desk: Desk) -> None:
    keep(desk, callbacks={"count": 1})
    body = {"provider": "acme", "id": "mine", "url": URL, "events": ["status"]}
    desk.do("POST", "/endpoints", body, 201)
    desk.broadcast("News", [f"+1555000{number}" for number in range(4)])

    ledger = desk.do("POST", "/clock/advance?detail=true", {"until": "idle"})

    assert len([entry for entry in ledger["log"] if entry["kind"] == "callback"]) == 8
    assert desk.get("/callbacks")["dropped"] == 7


def test_many_callbacks_go_at_once_and_in_order(desk: Desk) -> None:
    keep(desk, callbacks={"count": 128})

    told = call_back(desk, 300)

    listed = desk.get("/callbacks", limit=1000)
    shown = [callback["subject"] for callback in reversed(listed["items"])]
    assert shown == told[-len(shown) :]
    assert 126 <= len(shown) <= 128
    assert len(shown) + listed["dropped"] == 300


def test_events_that_are_not_kept_are_counted(desk: Desk) -> None:
    keep(desk, events={"count": 5})

    for number in range(5):
        desk.send(f"+1555000{number}")

    latest = desk.world.sandbox.events.latest
    assert desk.get("")["dropped"]["events"] == latest - 5


def test_lower_limit_of_events_acts_at_once(desk: Desk) -> None:
    desk.send("+15550001")
    latest = desk.world.sandbox.events.latest

    keep(desk, events={"count": 1})

    assert desk.get("")["dropped"]["events"] == latest - 1
    assert desk.world.sandbox.events.after(0, 9).lost == latest - 1


def test_sink_keeps_as_many_as_it_may(desk: Desk) -> None:
    for number in range(5):
        desk.do("POST", f"/sink/{number}", {"number": number})

    keep(desk, sink={"count": 3})
    desk.do("POST", "/sink/5", {"number": 5})

    listed = desk.get("/sink")
    assert [received["path"] for received in listed["items"]] == ["/3", "/4", "/5"]
    assert listed["dropped"] == 3


@pytest.mark.parametrize(
    ("limits", "pointer"),
    [
        ({"requests": {"count": 0}}, "/keep/requests/count"),
        ({"requests": {"count": -1}}, "/keep/requests/count"),
        ({"callbacks": {"count": 1.5}}, "/keep/callbacks/count"),
        ({"callbacks": {"bytes": "many"}}, "/keep/callbacks/bytes"),
        ({"sink": {"bytes": 10**13}}, "/keep/sink/bytes"),
        ({"events": {"bytes": 5}}, "/keep/events/bytes"),
        ({"messages": {"count": 5}}, "/keep/messages"),
        ({"callbacks": 5}, "/keep/callbacks"),
    ],
)
def test_bad_limit_is_refused_and_changes_nothing(
    desk: Desk, limits: dict[str, Any], pointer: str
) -> None:
    told = call_back(desk, 3)
    before = desk.get("/settings")

    errors = desk.refused(
        "PATCH", "/settings", {"keep": {"callbacks": {"count": 1}, **limits}, "latency": "instant"}
    )

    assert [error["pointer"] for error in errors] == [pointer]
    assert desk.get("/settings") == before
    assert subjects(desk) == told


def test_fixture_that_is_refused_drops_nothing(desk: Desk) -> None:
    told = call_back(desk, 3)
    settings = {"keep": {"callbacks": {"count": 1}}}

    desk.refused("POST", "/fixtures", {"emulator": 1, "settings": settings, "endpoints": [{}]})
    assert subjects(desk) == told

    desk.do("POST", "/fixtures", {"emulator": 1, "settings": settings})
    assert subjects(desk) == told[2:]


def test_limits_and_count_go_on_in_forks_and_snapshots(desk: Desk) -> None:
    call_back(desk, 3)
    limits = keep(desk, callbacks={"count": 1})
    desk.do("PUT", "/snapshot", desk.get("/snapshot"))
    desk.world.call("POST", "/_emulator/sandboxes", {"name": "fork", "from": "default"})
    fork = Desk(desk.world, "fork")

    for sandbox in (desk, fork):
        assert sandbox.get("/settings")["keep"] == limits
        assert sandbox.get("/callbacks")["dropped"] == 2
        [told] = [receive(sandbox)]
        assert subjects(sandbox) == [told]


def test_limits_and_count_go_on_in_a_state_folder(desk: Desk, tmp_path: Path) -> None:
    emulator = desk.world.emulator
    emulator.keeper = Keeper(tmp_path, emulator.vendors, desk.world.sender)
    desk.do("PUT", "/snapshot", desk.get("/snapshot"))
    keep(desk, callbacks={"count": 2})
    told = call_back(desk, 5)
    emulator.keeper.close()

    keeper = Keeper(tmp_path, emulator.vendors, desk.world.sender)
    [recovered] = keeper.recover()
    emulator.adopt(*recovered)

    assert desk.get("/settings")["keep"]["callbacks"]["count"] == 2
    assert desk.get("/callbacks")["dropped"] == 3
    assert subjects(desk) == told[3:]
    assert subjects(desk, subject=receive(desk)) != []
    assert desk.get("/callbacks")["dropped"] == 4
    keeper.close()


def test_fork_may_keep_less(desk: Desk) -> None:
    told = call_back(desk, 3)
    wish = {"name": "fork", "from": "default", "settings": {"keep": {"callbacks": {"count": 1}}}}

    desk.world.call("POST", "/_emulator/sandboxes", wish)

    assert subjects(Desk(desk.world, "fork")) == told[2:]
    assert subjects(desk) == told


def test_reset_brings_the_limits_back(desk: Desk) -> None:
    before = desk.get("/settings")
    call_back(desk, 3)
    keep(desk, callbacks={"count": 1}, requests={"count": 1})

    desk.do("POST", "/reset", {})

    assert desk.get("/settings") == before
    assert desk.get("")["dropped"] == {"requests": 0, "callbacks": 0, "events": 0, "sink": 0}
