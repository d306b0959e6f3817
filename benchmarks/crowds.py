"""Broadcasts to 20,000 people at Cuedesk and at Whautomate."""

from __future__ import annotations

import json
from statistics import median
from time import perf_counter
from typing import Any

from .servers import Bare, Emulator
from .table import Figure, interleaved
from .worlds import CLOCK, World

CROWD = 20_000

CUEDESK_SENDER = "447576209857"
CUEDESK_AUTH = {"Authorization": "Bearer cue_bench"}
CUEDESK: dict[str, Any] = {
    "emulator": 1,
    "clock": CLOCK,
    "cuedesk": {
        "workspaces": [
            {
                "id": "bench",
                "apiKeys": [{"name": "main", "token": "cue_bench"}],
                "channels": [{"identifier": CUEDESK_SENDER}],
                "templates": [
                    {
                        "name": "sale",
                        "locale": "en",
                        "body": {"text": "Hi {{1}}, use {{2}} until {{3}}."},
                    }
                ],
            }
        ]
    },
}

WHAUTOMATE_AUTH = {"x-api-key": "wh_bench"}
LOCATION, SEGMENT = "locBench01", "segBench01"
WHAUTOMATE: dict[str, Any] = {
    "id": "bench",
    "name": "Bench",
    "apiKeys": [{"name": "main", "key": "wh_bench"}],
    "locations": [{"id": LOCATION, "title": "Bench", "whatsapp": "+12025550100"}],
    "templates": [{"name": "hello", "language": "en", "body": {"text": "Hello.", "variables": 0}}],
    "segments": [{"id": SEGMENT, "name": "All", "type": "contact", "criteria": {}}],
}
WHAUTOMATE_BODY: dict[str, Any] = {
    "name": "Bench",
    "type": "contact",
    "segments": [{"id": SEGMENT}],
    "template": {"name": "hello", "language": "en"},
    "location": {"id": LOCATION},
}


def cuedesk(rounds: int) -> list[Figure]:
    """Cuedesk: 20,000 rows that fill three variables, then brought to their ends."""
    body, walks = rows(CROWD), list[float]()
    with Emulator() as emulator, Bare() as bare:

        def accept() -> float:
            world = World(emulator, "cuedesk", fixture=CUEDESK)
            path = f"{world.path}/cuedesk/v2/broadcasts"
            started = perf_counter()
            answer = emulator.call("POST", path, body, CUEDESK_AUTH)
            took = perf_counter() - started
            assert json.loads(answer)["broadcast"]["recipients"] == CROWD
            bare.answers(answer)
            walks.append(_walked(world, {"sent": CROWD, "delivered": CROWD}))
            return took

        def plain() -> float:
            started = perf_counter()
            bare.call("POST", "/", body)
            return perf_counter() - started

        ours, theirs = interleaved(rounds, accept, plain)
    return [
        Figure(f"POST /v2/broadcasts, {CROWD:,} rows", ours, "s", theirs, target="≤ 0.25 s"),
        Figure(f"advance until idle, {CROWD:,} messages", median(walks), "s", beside=""),
    ]


def rows(count: int) -> bytes:
    """Return the body of a broadcast at Cuedesk with three variables for each recipient."""
    payload = [
        {
            "identifier": str(447_500_000_000 + at),
            "client_reference": f"order-{at}",
            "first_name": f"Name {at}",
            "code": f"CODE{at}",
            "until": "25 Dec",
        }
        for at in range(count)
    ]
    variables = {"payload_variables": ["first_name", "code", "until"]}
    template = {"name": "sale", "locale": "en", "body": variables}
    return json.dumps({"from": CUEDESK_SENDER, "template": template, "payload": payload}).encode()


def whautomate(rounds: int) -> list[Figure]:
    """Whautomate: a broadcast to a segment of 20,000 contacts, from its start to its end."""
    with Emulator() as emulator:
        full = World(emulator, "segment", fixture=account())

        def walk() -> float:
            world = World(emulator, "whautomate", parent=full.name)
            emulator.call(
                "POST", f"{world.path}/whautomate/v1/broadcasts", WHAUTOMATE_BODY, WHAUTOMATE_AUTH
            )
            return _walked(world, {"sent": CROWD, "delivered": CROWD, "read": CROWD})

        [took] = interleaved(rounds, walk)
    name = f"broadcast to a segment of {CROWD:,}, until idle"
    return [Figure(name, took, "s", beside="", target="≤ 10 s")]


def account() -> dict[str, Any]:
    """Return a fixture of an account whose segment has 20,000 contacts."""
    contacts = [
        {"name": f"Person {at}", "phoneNumber": f"+1202{5_000_000 + at}", "location": LOCATION}
        for at in range(CROWD)
    ]
    account = {**WHAUTOMATE, "contacts": contacts}
    return {"emulator": 1, "clock": CLOCK, "whautomate": {"accounts": [account]}}


def _walked(world: World, expected: dict[str, int]) -> float:
    """Advance until idle and end the world; return the seconds that the advance took."""
    started = perf_counter()
    ledger = world.advance()
    took = perf_counter() - started
    assert ledger["transitions"] == expected, ledger
    world.delete()
    return took
