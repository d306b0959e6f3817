"""Callbacks that get lost, come twice, late, out of order or forged, over the control API."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest

from tests.control.desk import Desk

ENDPOINT = {"provider": "acme", "id": "mine", "url": "http://127.0.0.1:9/hook", "secret": "s3cret"}
NUMBERS = [f"+1555{n:04}" for n in range(40)]


def listen(desk: Desk, **adversary: object) -> Any:
    return desk.do("POST", "/endpoints", {**ENDPOINT, "adversary": adversary}, 201)


def told(desk: Desk) -> list[tuple[str, str]]:
    """Return the bodies that have left, with their signatures."""
    return [(p.body.decode(), dict(p.headers)["X-Acme-Signature"]) for p in desk.world.sender.sent]


def signature(body: str) -> str:
    return hmac.new(b"s3cret", body.encode(), hashlib.sha256).hexdigest()


def test_dropped_callback_is_recorded_and_not_sent(desk: Desk) -> None:
    listen(desk, drop=1)
    desk.send("+15550001")

    ledger = desk.do("POST", "/clock/advance", {"until": "idle"})

    assert desk.world.sender.sent == []
    callbacks = desk.items("/callbacks")
    assert [callback["state"] for callback in callbacks] == ["failed", "failed"]
    [attempt] = callbacks[0]["attempts"]
    assert attempt["error"] == "not sent: the endpoint's adversary dropped it"
    assert (attempt["status"], attempt["at"]) == (None, "2026-05-06T12:00:02Z")
    assert ledger["callbacks"] == {"attempted": 2, "succeeded": 0, "failed": 2}


def test_dropped_callback_can_be_redelivered(desk: Desk) -> None:
    listen(desk, drop=1)
    desk.send("+15550001")
    desk.advance(1)
    [callback] = desk.items("/callbacks")

    again = desk.do("POST", f"/callbacks/{callback['id']}/redeliver")

    assert (again["state"], len(desk.world.sender.sent)) == ("succeeded", 1)


def test_duplicate_is_a_second_identical_attempt(desk: Desk) -> None:
    listen(desk, duplicate=1)
    desk.send("+15550001")
    desk.advance(1)

    first, second = desk.world.sender.sent
    [callback] = desk.items("/callbacks")
    assert first == second
    assert len(callback["attempts"]) == 2
    assert callback["state"] == "succeeded"


def test_duplicate_uses_up_no_retry(desk: Desk) -> None:
    listen(desk, duplicate=1)
    desk.world.sender.script = [500, 500, 200, 200, 500, 200]
    desk.send("+15550001")
    desk.do("POST", "/clock/advance", {"until": "idle"})

    callback = desk.items("/callbacks")[-1]
    moments = [attempt["at"][14:19] for attempt in callback["attempts"]]
    assert moments == ["00:01", "00:01", "00:06", "01:06"]
    assert callback["state"] == "succeeded"


def test_retry_is_not_made_once_the_duplicate_has_arrived(desk: Desk) -> None:
    listen(desk, duplicate=1)
    desk.world.sender.script = [500, 200]
    desk.send("+15550001")
    desk.do("POST", "/clock/advance", {"until": "idle"})

    callback = desk.items("/callbacks")[-1]
    assert [attempt["status"] for attempt in callback["attempts"]] == [500, 200]
    assert callback["state"] == "succeeded"


def test_bad_signature_differs_in_one_digit(desk: Desk) -> None:
    listen(desk, bad_signature=1)
    desk.send("+15550001")
    desk.advance(1)

    [(body, forged)] = told(desk)
    right = signature(body)
    assert sum(a != b for a, b in zip(forged, right, strict=True)) == 1
    [callback] = desk.items("/callbacks")
    assert callback["headers"]["X-Acme-Event"] == "status"
    assert desk.get(f"/callbacks/{callback['id']}")["signature"] == {
        "header": "X-Acme-Signature",
        "value": forged,
        "is_genuine": False,
    }


@pytest.mark.parametrize("trick", ["drop", "duplicate", "bad_signature"])
def test_shares_are_drawn_and_always_the_same(trick: str) -> None:
    def struck() -> list[int]:
        desk = Desk()
        listen(desk, **{trick: 0.3})
        desk.broadcast("news", NUMBERS)
        desk.advance(1)
        callbacks = desk.items("/callbacks")
        assert len(callbacks) == len(NUMBERS)
        return [
            at
            for at, callback in enumerate(callbacks)
            if len(callback["attempts"]) == 2
            or callback["state"] == "failed"
            or callback["headers"]["X-Acme-Signature"] != signature(callback["body"])
        ]

    first = struck()

    assert 4 <= len(first) <= 20
    assert struck() == first


def test_delay_is_on_the_sandbox_clock(desk: Desk) -> None:
    listen(desk, delay="1m")
    desk.send("+15550001")

    desk.advance(60)
    assert desk.world.sender.sent == []
    desk.advance(1)
    assert len(desk.world.sender.sent) == 1
    [callback] = [c for c in desk.items("/callbacks") if c["attempts"]]
    assert callback["created_at"] == "2026-05-06T12:00:01Z"
    assert callback["attempts"][0]["at"] == "2026-05-06T12:01:01Z"


def test_delayed_callback_waits_for_the_clock_after_a_push(desk: Desk) -> None:
    listen(desk, delay=5)
    message = desk.send("+15550001")

    desk.do("POST", f"/messages/{message}/status", {"status": "dispatched"})
    assert desk.world.sender.sent == []
    desk.advance(5)

    assert len(desk.world.sender.sent) == 1


def test_shuffle_reorders_messages_but_not_what_is_told_of_one(desk: Desk) -> None:
    listen(desk, shuffle=True)
    ids = [desk.send(number) for number in NUMBERS]
    for id in ids:
        desk.do("POST", f"/messages/{id}/status", {"status": "dispatched"})
        desk.do("POST", f"/messages/{id}/status", {"status": "delivered"})
    straight = [callback["subject"] for callback in reversed(desk.items("/callbacks"))]
    assert straight == [id for id in ids for _ in range(2)]

    more = desk.broadcast("news", NUMBERS)
    desk.world.sender.sent.clear()
    desk.do("POST", "/clock/advance", {"until": "idle"})

    made = [message["id"] for message in reversed(desk.items("/messages", broadcast=more))]
    events = [(body.split('"')[3], body.split('"')[7]) for body, _ in told(desk)]
    sent = [id for id, status in events if status == "dispatched"]
    assert sorted(sent) == sorted(made)
    assert sent != made
    for id in made:
        assert [status for other, status in events if other == id] == ["dispatched", "delivered"]


def test_endpoint_shows_what_is_set(desk: Desk) -> None:
    made = listen(desk, duplicate=0.5, delay="1m", shuffle=False)

    assert made["adversary"] == {"duplicate": 0.5, "delay": 60.0}
    assert desk.items("/endpoints")[0]["adversary"] == made["adversary"]


def test_change_is_merged_and_null_takes_it_away(desk: Desk) -> None:
    listen(desk, duplicate=0.5, drop=0.1)

    body = {"adversary": {"drop": None, "shuffle": True}}
    changed = desk.do("PATCH", "/endpoints/mine", body)
    assert changed["adversary"] == {"duplicate": 0.5, "shuffle": True}
    assert desk.do("PATCH", "/endpoints/mine", {"adversary": None})["adversary"] is None


@pytest.mark.parametrize(
    ("adversary", "pointer", "message", "suggestion"),
    [
        ([], "/adversary", "Must be an object", None),
        ({"dorp": 1}, "/adversary/dorp", "Unknown field", "drop"),
        ({"drop": 1.1}, "/adversary/drop", "Must be a number from 0 to 1", None),
        ({"drop": True}, "/adversary/drop", "Must be a number from 0 to 1", None),
        ({"duplicate": "1"}, "/adversary/duplicate", "Must be a number from 0 to 1", None),
        ({"shuffle": 1}, "/adversary/shuffle", "Must be true or false", None),
    ],
)
def test_mistakes_are_refused(
    desk: Desk, adversary: object, pointer: str, message: str, suggestion: str | None
) -> None:
    [error] = desk.refused("POST", "/endpoints", {**ENDPOINT, "adversary": adversary})

    assert (error["pointer"], error["message"]) == (pointer, message)
    assert error.get("suggestion") == suggestion


def test_delay_must_be_a_duration(desk: Desk) -> None:
    [error] = desk.refused("POST", "/endpoints", {**ENDPOINT, "adversary": {"delay": -1}})

    assert error["pointer"] == "/adversary/delay"


def test_fixture_may_hold_it(desk: Desk) -> None:
    document = {"emulator": 1, "endpoints": [{**ENDPOINT, "adversary": {"drop": 2}}]}

    [error] = desk.refused("POST", "/fixtures", document)

    assert error["pointer"] == "/endpoints/0/adversary/drop"


def test_snapshot_keeps_it(desk: Desk) -> None:
    listen(desk, drop=1, shuffle=True)

    desk.do("PUT", "/snapshot", desk.get("/snapshot"))

    assert desk.items("/endpoints")[0]["adversary"] == {"drop": 1.0, "shuffle": True}
