"""A thousand sandboxes: what making one costs, and what all of them hold."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from statistics import median
from time import perf_counter
from typing import Any

from .servers import Bare, Emulator
from .table import Figure
from .worlds import FIXTURE, TEEKRR_AUTH, sms

OBJECTS, WORLDS = 1_000, 1_000


def alive(rounds: int) -> list[Figure]:
    """1,000 sandboxes from a fixture of 1,000 objects: made, alive at once, and written to."""
    del rounds  # A thousand of them are enough for a median.
    with Emulator() as emulator, Bare() as bare:
        bodies = _bodies()
        bare.answers(emulator.call("POST", "/_emulator/sandboxes", next(bodies)))
        before = emulator.memory()
        made = [(_ms(_creating(emulator, body)), _ms(_posting(bare, body))) for body in bodies]
        quiet = emulator.memory() - before
        writes = [_ms(_writing(emulator, number)) for number in range(1, WORLDS + 1)]
        written = emulator.memory() - before
    took, plain = (median(times) for times in zip(*made, strict=True))
    name = f"create from a fixture of {OBJECTS:,} objects"
    return [
        Figure(name, took, "ms", plain, target="≤ 5 ms"),
        Figure(f"{WORLDS:,} alive at once", quiet, "MiB", beside="", target="≤ 500 MiB"),
        Figure("first POST /sms in each", median(writes), "ms", beside=""),
        Figure(f"{WORLDS:,} alive, each written to", written, "MiB", beside=""),
    ]


def _bodies() -> Iterator[bytes]:
    """Yield a body for each sandbox, and one before; all say the same of their fixture."""
    people = [
        {"name": f"Person {at}", "urns": [f"tel:+2547{20_000_000 + at}"]} for at in range(OBJECTS)
    ]
    [workspace] = FIXTURE["rapidpro"]["workspaces"]
    fixture: dict[str, Any] = {
        **FIXTURE,
        "rapidpro": {"workspaces": [{**workspace, "contacts": people}]},
    }
    for number in range(WORLDS + 1):
        yield json.dumps({"name": _name(number), "fixture": fixture}).encode()


def _name(number: int) -> str:
    return f"alive-{number}"


def _creating(emulator: Emulator, body: bytes) -> Callable[[], object]:
    return lambda: emulator.call("POST", "/_emulator/sandboxes", body)


def _posting(bare: Bare, body: bytes) -> Callable[[], object]:
    return lambda: bare.call("POST", "/", body)


def _writing(emulator: Emulator, number: int) -> Callable[[], object]:
    path = f"/s/{_name(number)}/teekrr/sms"
    return lambda: emulator.call("POST", path, sms(1), TEEKRR_AUTH)


def _ms(action: Callable[[], object]) -> float:
    started = perf_counter()
    action()
    return (perf_counter() - started) * 1000
