"""Sandboxes that have ended leave nothing in memory, without waiting for the collector."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from emulator.core import emulator
from tests.control.desk import FIXTURE, Desk

SANDBOXES = "/_emulator/sandboxes"


@pytest.fixture(autouse=True)
def _no_collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(emulator, "LINGER", -1.0)
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def fork(desk: Desk) -> Desk:
    """A sandbox made from a fixture, with a message and a callback of its own."""
    made = desk.world.call("POST", SANDBOXES, {"name": "fork", "fixture": FIXTURE, "ttl": "1h"})
    assert made.status_code == 201
    fork = Desk(desk.world, "fork")
    fork.client("/s/fork/acme/messages", {"to": "+15550001", "text": "Hi"})
    return fork


def watched(fork: Desk) -> weakref.ref[Any]:
    sandbox = fork.world.emulator.get("fork")
    return weakref.ref(sandbox.store.table(sandbox.vendors["acme"].messages))


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("DELETE", "", None),
        ("POST", "/reset", {}),
        ("POST", "/reset", {"to": "empty"}),
        ("PUT", "/snapshot", "its own"),
    ],
)
def test_nothing_is_left_of_a_sandbox_that_was_replaced(
    fork: Desk, method: str, path: str, body: Any
) -> None:
    left = watched(fork)
    given = fork.get("/snapshot") if body == "its own" else body

    assert fork.ask(method, path, given).status_code < 300
    fork.world.emulator.expire()

    assert left() is None


def test_sandbox_stays_as_long_as_somebody_is_in_it(fork: Desk) -> None:
    left, sandbox = watched(fork), fork.world.emulator.get("fork")
    sandbox.visits.enter()

    fork.do("DELETE", "", status=204)
    fork.world.emulator.expire()

    assert left() is not None
    sandbox.visits.leave()
    fork.world.emulator.expire()
    assert left() is None


@pytest.mark.parametrize(
    "wish",
    [
        {"fixture": {**FIXTURE, "endpoints": [{}]}},
        {"fixture": FIXTURE, "settings": {"latency": "slow"}},
        {"from": "fork", "settings": {"latency": "slow"}},
        {"from": "fork", "fixture": {"emulator": 1, "endpoints": [{}]}},
    ],
)
def test_nothing_is_left_of_a_sandbox_that_was_refused(fork: Desk, wish: dict[str, Any]) -> None:
    kept = sum(type(each).__name__ == "Store" for each in gc.get_objects())

    assert fork.world.call("POST", SANDBOXES, {"name": "other", **wish}).status_code == 422

    assert sum(type(each).__name__ == "Store" for each in gc.get_objects()) == kept


def test_nothing_is_left_of_a_snapshot_that_was_refused(fork: Desk) -> None:
    snapshot = fork.get("/snapshot")
    kept = sum(type(each).__name__ == "Store" for each in gc.get_objects())

    fork.refused("PUT", "/snapshot", {**snapshot, "settings": {"latency": "slow"}})

    assert sum(type(each).__name__ == "Store" for each in gc.get_objects()) == kept
