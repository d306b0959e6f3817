"""A sandbox written back as a fixture: what begins with it is as the sandbox was."""

from __future__ import annotations

import json
from typing import Any

import pytest

from emulator.registry import PROVIDERS
from tests.world import FIXTURES, World

BASE = "/_emulator/sandboxes"
SMS = {"campaignName": "Hello", "type": "quick broadcast", "templateContent": "Hello"}
TEEKRR = {"Authorization": "Bearer tk_all"}
RAPIDPRO = {"Authorization": "Token rp_token_admin"}
LIST_KEYS = {"items", "total"}


def document(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return {**found, "clock": "2026-05-06T10:00:00Z"}


def written(world: World, name: str) -> dict[str, Any]:
    found: dict[str, Any] = world.call("GET", f"{BASE}/{name}/snapshot?as=fixture").get_json()
    return found


def begin(world: World, fixture: dict[str, Any]) -> None:
    made = world.call("POST", BASE, {"name": "copy", "fixture": fixture})
    assert made.status_code == 201, made.text


def look(world: World, name: str) -> dict[str, Any]:
    """Return what the control API shows of a sandbox, but for what decides about messages."""
    found = {}
    for path in ("accounts", "messages", "broadcasts", "endpoints"):
        shown = world.call("GET", f"{BASE}/{name}/{path}?limit=1000").get_json()
        found[path] = [{**item, "outcome": None} for item in shown["items"]]
    return found


@pytest.mark.parametrize("name", ["reference", "demo", "empty"])
def test_fixture_of_a_sandbox_gives_the_same_sandbox(name):
    world = World(PROVIDERS, [document(name)])
    fixture = written(world, "default")

    begin(world, fixture)

    again = written(world, "copy")
    assert again.pop("description") != fixture.pop("description")
    assert again.pop("seed") != fixture.pop("seed")
    assert again == fixture
    assert look(world, "copy") == look(world, "default")


@pytest.fixture
def busy() -> World:
    world = World(PROVIDERS, [document("reference")])
    recipients = ["60123456789", "60123990500", "60123990400"]
    world.call("POST", "/teekrr/sms", {**SMS, "recipients": recipients}, headers=TEEKRR)
    group = "7c3b6a10-52f7-4b6c-9a3e-1d2e3f4a5b01"
    text = {"text": {"eng": "Hi @contact"}, "groups": [group]}
    path = "/rapidpro/api/v2/broadcasts.json"
    assert world.call("POST", path, text, headers=RAPIDPRO).status_code == 201
    for provider, person in (
        ("rapidpro", "+254722000111"),
        ("whautomate", "+12025550110"),
        ("cuedesk", "447592850122"),
    ):
        inbound = {"provider": provider, "from": person, "text": "Hello?"}
        assert world.call("POST", f"{BASE}/default/inbound", inbound).status_code == 201
    world.call("POST", f"{BASE}/default/clock/advance", {"until": "idle"})
    return world


def test_what_has_happened_is_in_the_fixture(busy):
    begin(busy, written(busy, "default"))

    assert look(busy, "copy") == look(busy, "default")
    states = {m["status"] for m in look(busy, "copy")["messages"]}
    assert {"delivered", "failed", "handled"} <= states


def test_life_goes_on_from_the_fixture(busy):
    begin(busy, written(busy, "default"))
    before = {message["id"] for message in look(busy, "copy")["messages"]}

    path = "/s/copy/teekrr/sms"
    sent = busy.call("POST", path, {**SMS, "recipients": ["60123456789"]}, headers=TEEKRR)
    text = {"text": {"eng": "Once more"}, "urns": ["tel:+254722000222"]}
    path = "/s/copy/rapidpro/api/v2/broadcasts.json"
    assert busy.call("POST", path, text, headers=RAPIDPRO).status_code == 201
    busy.call("POST", f"{BASE}/copy/clock/advance", {"by": "10m"})

    assert sent.status_code == 202
    messages = {message["id"]: message for message in look(busy, "copy")["messages"]}
    new = [message for id, message in messages.items() if id not in before]
    assert sorted(message["status"] for message in new) == ["delivered", "delivered"]
    assert before <= messages.keys()


def test_secrets_and_rules_are_kept(busy):
    hook = {"provider": "cuedesk", "url": "http://127.0.0.1:9/x", "secret": "s3", "events": None}
    rule = {"outcome": "stuck", "to": "60123", "delays": {"sent": {"min": 1, "max": 2}}}
    endpoint = busy.call("POST", f"{BASE}/default/endpoints", {**hook, "adversary": {"drop": 0.5}})
    busy.call("POST", f"{BASE}/default/outcomes", rule)

    fixture = written(busy, "default")

    [kept] = [one for one in fixture["endpoints"] if one["id"] == endpoint.get_json()["id"]]
    assert (kept["secret"], kept["adversary"]) == ("s3", {"drop": 0.5})
    assert fixture["outcomes"][0]["delays"] == {"sent": {"min": 1.0, "max": 2.0}}
    begin(busy, fixture)
    assert written(busy, "copy")["endpoints"] == fixture["endpoints"]


def test_there_are_two_ways_to_be_written(busy):
    answer = busy.call("GET", f"{BASE}/default/snapshot?as=photograph")

    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == "/as"
