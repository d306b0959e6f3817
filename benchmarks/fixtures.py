"""Figures of fixtures: what the demo adds to the start, and large lists that are generated."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from time import perf_counter
from typing import Any

from .servers import Emulator
from .table import Figure, interleaved

MANY = 100_000
FEW = 1_000
CLOCK = {"mode": "manual", "now": "2026-05-06T10:00:00Z"}


def _many(count: int, **fields: Any) -> list[Any]:
    return [{"$generate": {"count": count, **fields}}]


LISTS: dict[str, dict[str, Any]] = {
    "RapidPro contacts": {
        "rapidpro": {"workspaces": [{"name": "W", "country": "KE", "contacts": _many(MANY)}]}
    },
    "RapidPro messages": {
        "rapidpro": {
            "workspaces": [
                {"name": "W", "country": "KE", "contacts": _many(FEW), "messages": _many(MANY)}
            ]
        }
    },
    "Teekrr messages": {
        "teekrr": {"clients": [{"id": "c", "broadcasts": _many(9), "messages": _many(MANY)}]}
    },
    "Cuedesk contacts": {
        "cuedesk": {
            "workspaces": [{"id": "w", "contactLists": [{"name": "L", "contacts": _many(MANY)}]}]
        }
    },
    "Cuedesk messages": {
        "cuedesk": {
            "workspaces": [
                {
                    "id": "w",
                    "channels": _many(1),
                    "templates": _many(3),
                    "contactLists": [{"name": "L", "contacts": _many(FEW)}],
                    "broadcasts": _many(9),
                    "messages": _many(MANY),
                }
            ]
        }
    },
    "Whautomate contacts": {
        "whautomate": {"accounts": [{"id": "a", "locations": _many(1), "contacts": _many(MANY)}]}
    },
    "Whautomate clients": {
        "whautomate": {"accounts": [{"id": "a", "locations": _many(1), "clients": _many(MANY)}]}
    },
    "Whautomate messages": {
        "whautomate": {
            "accounts": [
                {
                    "id": "a",
                    "locations": _many(1),
                    "contacts": _many(FEW),
                    "messages": _many(MANY),
                }
            ]
        }
    },
}


def fixtures(rounds: int) -> list[Figure]:
    """What the demo adds to the start, and 100,000 generated objects of each sort."""
    with Emulator():
        pass  # The first start may have bytecode to write.
    with_demo, without = interleaved(
        max(rounds, 5), partial(_start, "demo"), partial(_start, "empty")
    )
    added = with_demo - without
    figures = [Figure("demo: added to the start", added, "s", beside="", target="≤ 0.3 s")]
    for name, part in LISTS.items():
        figures += _generated(name, part)
    return figures


def _start(fixture: str) -> float:
    with Emulator(fixture) as server:
        return server.start_seconds


def _generated(name: str, part: dict[str, Any]) -> Sequence[Figure]:
    """Return seconds and bytes of a list: one round, for it is long."""
    with Emulator() as server:
        small = {"fixture": {"emulator": 1, "teekrr": {"clients": _many(3, messages=_many(5))}}}
        server.control("POST", "/sandboxes", {"name": "before", "clock": CLOCK, **small})
        held = server.memory()
        wish = {"name": "large", "clock": CLOCK, "fixture": {"emulator": 1, **part}}
        started = perf_counter()
        server.control("POST", "/sandboxes", wish)
        seconds = perf_counter() - started
        size = (server.memory() - held) * 1024 * 1024 / MANY
    label = f"{MANY:,} {name} generated"
    return [
        Figure(label, seconds, "s", beside="", target="≤ 20 s"),
        Figure(f"{name}: each", size, "B", beside="", target="≤ 2,048 B"),
    ]
