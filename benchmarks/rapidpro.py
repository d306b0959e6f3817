"""RapidPro at size: pages of contacts, a hundred thousand of them, a broadcast to a large group."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from statistics import median
from time import perf_counter
from typing import Any

from .load import LoadClient
from .servers import Bare, Emulator
from .table import Figure, interleaved
from .worlds import CONTACT, FIXTURE, RAPIDPRO_AUTH, World

FEW, MANY, CROWD = 1_000, 100_000, 20_000
SECONDS, WARM_UP = 1.0, 0.3
PAGE = 250
TEXT = 'Hi @contact.first_name of @fields.village, @(if(fields.age > 40, upper(fields.due), "hi"))'
NEWEST, GROUP, CHANGED = "", "?group=Some", "?before=2026-05-06T09:59:00Z"


def rapidpro(rounds: int) -> list[Figure]:
    """Contacts with groups and fields: pages, a large fixture, a broadcast to a large group."""
    client = LoadClient()
    with Emulator() as emulator, Bare() as bare:
        world = _world(emulator, "few", FEW)
        figures = [_page(rounds, client, emulator, bare, world), *_large(rounds, client, world)]
        figures.append(_broadcast(rounds, emulator))
    client.close()
    return figures


def _page(rounds: int, client: LoadClient, emulator: Emulator, bare: Bare, world: World) -> Figure:
    """Measure a page of contacts beside a view that answers the same bytes."""
    page = _get(emulator, world.path, NEWEST)
    assert len(json.loads(page)["results"]) == PAGE
    bare.answers(page)
    ours, theirs = interleaved(
        rounds,
        partial(_listed, client, emulator, world.path, NEWEST),
        partial(_p50, client, bare.url, bare.request("GET", "/page")),
    )
    return Figure("page of 250 contacts: p50", ours, "ms", theirs, target="≤ 3 times")


def _large(rounds: int, client: LoadClient, small: World) -> Iterator[Figure]:
    """Measure what it takes to load many contacts, and lists of them beside lists of few."""
    server = small.server
    body = json.dumps(people(MANY)).encode()

    def load(at: int) -> float:
        return _seconds(lambda: server.call("POST", _merging(World(server, f"many-{at}")), body))

    took = [load(at) for at in range(rounds)]
    for at in range(1, rounds):
        server.control("DELETE", f"/sandboxes/many-{at}")
    yield Figure(f"fixture of {MANY:,} contacts", median(took), "s", beside="", target="≤ 15 s")
    large = "/s/many-0"
    for name, query in {"newest": NEWEST, "of a group": GROUP, "by time": CHANGED}.items():
        few, many = interleaved(
            rounds,
            *(partial(_listed, client, server, place, query) for place in (small.path, large)),
        )
        title = f"contacts {name} at {MANY:,}: p50"
        yield Figure(title, many, "ms", few, f"at {FEW:,}", "≤ 1.5 times")
    reading = _seconds(lambda: _read_all(server, large))
    yield Figure(f"all pages of {MANY:,}", reading, "s", beside="")
    server.control("DELETE", "/sandboxes/many-0")


def _broadcast(rounds: int, emulator: Emulator) -> Figure:
    """Measure how long a broadcast to a large group takes from its start to idle."""

    def once() -> float:
        world = _world(emulator, "crowd", CROWD)
        body = {"text": TEXT, "groups": ["Everybody"]}
        path = f"{world.path}/rapidpro/api/v2/broadcasts.json"
        emulator.call("POST", path, body, RAPIDPRO_AUTH)
        ledgers: list[dict[str, Any]] = []
        took = _seconds(lambda: ledgers.append(world.advance()))
        assert ledgers[0]["transitions"]["delivered"] == CROWD, ledgers
        world.delete()
        return took

    [took] = interleaved(rounds, once)
    return Figure(f"broadcast to {CROWD:,}, until idle", took, "s", beside="", target="≤ 10 s")


def _world(emulator: Emulator, name: str, count: int) -> World:
    world = World(emulator, name)
    emulator.call("POST", _merging(world), people(count))
    return world


def _merging(world: World) -> str:
    return f"/_emulator/sandboxes/{world.name}/fixtures"


def people(count: int) -> dict[str, Any]:
    """Return a fixture of contacts in three groups, one of them smart, with three fields."""
    fields = [("Age", "number"), ("Village", "text"), ("Due", "datetime")]
    fields += [(f"Spare {number}", "text") for number in range(5)]
    part = {
        "uuid": FIXTURE["rapidpro"]["workspaces"][0]["uuid"],
        "channels": [{"name": "SMS", "type": "external", "address": "+254700100200"}],
        "fields": [{"name": name, "type": kind} for name, kind in fields],
        "groups": [{"name": "Everybody"}, {"name": "Some"}, {"name": "Old", "query": "age > 50"}],
        "contacts": [_contact(number) for number in range(count)],
    }
    return {"emulator": 1, "rapidpro": {"workspaces": [part]}}


def _contact(number: int) -> dict[str, Any]:
    return {
        "uuid": CONTACT.format(number),
        "name": f"Person {number}",
        "language": "eng",
        "urns": [f"tel:+2547{22_000_000 + number}"],
        "groups": ["Everybody", "Some"] if number % 3 == 0 else ["Everybody"],
        "fields": {"age": str(number % 90), "village": f"V{number % 100}", "due": "2026-07-01"},
    }


def _path(place: str, query: str) -> str:
    return f"{place}/rapidpro/api/v2/contacts.json{query}"


def _get(server: Emulator, place: str, query: str) -> bytes:
    return server.call("GET", _path(place, query), None, RAPIDPRO_AUTH)


def _read_all(server: Emulator, place: str) -> None:
    """Follow the links of the list to its end."""
    seen, query = 0, NEWEST
    while True:
        page = json.loads(_get(server, place, query))
        seen += len(page["results"])
        if page["next"] is None:
            break
        query = "?" + page["next"].partition("?")[2]
    assert seen == MANY, seen


def _listed(client: LoadClient, server: Emulator, place: str, query: str) -> float:
    request = server.request("GET", _path(place, query), None, RAPIDPRO_AUTH)
    return _p50(client, server.url, request)


def _p50(client: LoadClient, url: str, request: bytes) -> float:
    client.run(url, request, seconds=WARM_UP)
    return client.run(url, request, seconds=SECONDS).p50


def _seconds(action: Callable[[], object]) -> float:
    started = perf_counter()
    action()
    return perf_counter() - started
