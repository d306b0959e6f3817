"""Snapshots: a sandbox as a document, continued here or in another server."""

from __future__ import annotations

import json

import pytest

from emulator.registry import PROVIDERS
from emulator.web.bodies import LIMIT
from tests.contract.conftest import CHANNELS, SPEAKERS
from tests.world import FIXTURES, World

BASE = "/_emulator/sandboxes"
NOON = "2026-05-06T12:00:00Z"
ADDRESSES = {"sms": "60123456789", "whatsapp": "60123456789", "email": "aisyah@example.com"}


def document(name: str):
    return json.loads((FIXTURES / f"{name}.json").read_text())


@pytest.fixture
def busy() -> World:
    """A world in the middle of things: messages on their way, callbacks owed, rules, faults."""
    world = World(PROVIDERS, [document("reference")])
    world.sender.script = [500] * 20
    for speaker in SPEAKERS:
        endpoint = {"provider": speaker.slug, "url": "http://127.0.0.1:9/x", "secret": "s"}
        world.call("POST", f"{BASE}/default/endpoints", endpoint)
    rules = [
        {"share": 0.5, "outcome": "undelivered", "error": {"code": "X", "message": "Lost"}},
        {"times": 3, "nth": [1, 2], "delays": {"sent": {"min": 1, "max": 2}}, "outcome": "stuck"},
    ]
    world.call("PUT", f"{BASE}/default/outcomes", {"rules": rules})
    world.call("POST", f"{BASE}/default/faults", {"fault": {"status": 500}, "skip": 40})
    say_hello(world)
    world.call("POST", f"{BASE}/default/clock/advance", {"by": "150ms"})
    return world


def say_hello(world: World, sandbox: str = "default") -> list:
    return [
        speaker.send(world, channel, ADDRESSES[channel], sandbox).get_json()
        for speaker, channel in CHANNELS
    ]


def look(world: World, sandbox: str) -> dict:
    base = f"{BASE}/{sandbox}"
    paths = ("messages", "broadcasts", "callbacks", "endpoints", "outcomes", "faults", "accounts")
    found = {}
    for path in paths:
        found[path] = world.call("GET", f"{base}/{path}?limit=1000").get_json()
        # A cursor is good for its own sandbox alone.
        found[path].pop("next")
    return {**found, "clock": world.call("GET", f"{base}/clock").get_json()}


def go_on(world: World, sandbox: str) -> dict:
    sent = say_hello(world, sandbox)
    ledger = world.call("POST", f"{BASE}/{sandbox}/clock/advance", {"by": "3d"}).get_json()
    del ledger["real_ms"]
    return {"sent": sent, "ledger": ledger, **look(world, sandbox)}


def test_snapshot_continues_exactly_in_another_server(busy):
    taken = busy.call("GET", f"{BASE}/default/snapshot").get_json()
    elsewhere = World(PROVIDERS, [])
    elsewhere.sender.script = list(busy.sender.script)

    assert elsewhere.call("PUT", f"{BASE}/default/snapshot", taken).status_code == 200

    assert look(elsewhere, "default") == look(busy, "default")
    assert go_on(elsewhere, "default") == go_on(busy, "default")


def test_snapshot_of_a_restored_sandbox_is_the_same(busy):
    taken = busy.call("GET", f"{BASE}/default/snapshot").get_json()

    answer = busy.call("PUT", f"{BASE}/copy/snapshot", taken)

    assert answer.status_code == 201
    again = busy.call("GET", f"{BASE}/copy/snapshot").get_json()
    assert again == {**taken, "name": "copy"}


@pytest.mark.parametrize("fixture", ["reference", "demo"])
def test_snapshots_keep_all_that_fixtures_hold(fixture):
    world = World(PROVIDERS, [{**document(fixture), "clock": "2026-05-06T10:00:00Z"}])
    taken = world.call("GET", f"{BASE}/default/snapshot").get_json()

    world.call("PUT", f"{BASE}/copy/snapshot", taken)

    again = world.call("GET", f"{BASE}/copy/snapshot").get_json()
    assert again == {**taken, "name": "copy"}
    assert look(world, "copy") == look(world, "default")


def test_snapshot_may_be_longer_than_other_bodies():
    world = World(PROVIDERS, [document("empty")])
    taken = world.call("GET", f"{BASE}/default/snapshot").data + b" " * LIMIT

    answers = [
        world.call(method, path, data=taken, content_type="application/json")
        for method, path in (("PUT", f"{BASE}/copy/snapshot"), ("POST", BASE))
    ]

    assert [answer.status_code for answer in answers] == [201, 413]
    assert answers[1].get_json()["detail"] == "the body is larger than 32 MiB"


def test_reset_goes_back_to_the_snapshot(busy):
    taken = busy.call("GET", f"{BASE}/default/snapshot").get_json()
    busy.call("PUT", f"{BASE}/default/snapshot", taken)
    before = look(busy, "default")
    go_on(busy, "default")

    busy.call("POST", f"{BASE}/default/reset")

    assert look(busy, "default") == before


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"emulator_snapshot": 5}, "/emulator_snapshot"),
        ({"emulator_snapshot": 0}, "/emulator_snapshot"),
        ({"emulator_snapshot": None}, "/emulator_snapshot"),
        ({"clock": 5}, "/clock"),
        ({"clock": {"mode": "manual", "now": "2026-05-06T12:00:00", "rate": 1}}, "/clock/now"),
        ({"clock": {"mode": "manual", "now": "9999-01-01T00:00:00Z", "rate": 1}}, "/clock/now"),
        ({"clock": {"mode": "real", "now": NOON, "rate": 0}}, "/clock/rate"),
        ({"rules": [{"id": "r", "outcome": "lost"}]}, "/rules/0/outcome"),
        ({"rules": [{"id": "r", "outcome": "read", "to_pattern": "("}]}, "/rules/0/to_pattern"),
        ({"rules": [{"id": "r", "outcome": "read"}] * 2}, "/rules/1/id"),
        ({"records": {"nobody.things": []}}, "/records/nobody.things"),
        ({"records": {"teekrr.messages": [{"id": 1}]}}, "/records/teekrr.messages/0/id"),
        (
            {"timers": [{"at": NOON, "topic": "nothing.known", "subjects": ["x"]}]},
            "/timers/0/topic",
        ),
        ({"emulator_snapshot": 1, "timers": [{"at": NOON}]}, "/timers"),
        ({"faults": [{"id": "f", "kind": "error", "error": "lost"}]}, "/faults/0/error"),
        ({"faults": [{"id": "f", "kind": "answer", "status": 99}]}, "/faults/0/status"),
        ({"faults": [{"id": "f", "kind": "malformed", "provider": "x"}]}, "/faults/0/provider"),
        ({"faults": [{"id": "f", "kind": "malformed"}] * 2}, "/faults/1/id"),
        ({"more": 1}, ""),
    ],
)
def test_documents_that_are_no_snapshot_change_nothing(busy, changes, pointer):
    taken = busy.call("GET", f"{BASE}/default/snapshot").get_json()
    before = look(busy, "default")

    answer = busy.call("PUT", f"{BASE}/default/snapshot", {**taken, **changes})

    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == pointer
    assert look(busy, "default") == before
