"""Sandboxes that have ended leave nothing in memory, without waiting for the collector."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from emulator.core import emulator
from emulator.core.store import Store
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


def stores() -> int:
    return sum(isinstance(each, Store) for each in gc.get_objects())


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
    kept = stores()

    assert fork.world.call("POST", SANDBOXES, {"name": "other", **wish}).status_code == 422

    assert stores() == kept


def test_nothing_is_left_of_a_snapshot_that_was_refused(fork: Desk) -> None:
    snapshot = fork.get("/snapshot")
    kept = stores()

    fork.refused("PUT", "/snapshot", {**snapshot, "settings": {"latency": "slow"}})

    assert stores() == kept


def test_only_so_much_is_kept_to_make_sandboxes_of(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emulator, "TEMPLATE_RECORDS", 3)
    kept = stores()

    for seed in range(1, 6):
        wish = {"name": "other", "fixture": FIXTURE, "seed": seed}
        assert desk.world.call("POST", SANDBOXES, wish).status_code == 201
        assert desk.world.call("DELETE", f"{SANDBOXES}/other").status_code == 204

    assert stores() == kept
