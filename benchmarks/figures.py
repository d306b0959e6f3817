"""What is measured: one function for each group of figures."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from statistics import median
from time import perf_counter

from .alive import alive
from .crowds import cuedesk, whautomate
from .endurance import endurance
from .fixtures import fixtures
from .growth import growth
from .load import LoadClient
from .memory import memory
from .peers import peers
from .plugin import plugin
from .rapidpro import rapidpro
from .receiver import Receiver
from .servers import Bare, Emulator, Server
from .size import size
from .state import state
from .table import Figure, interleaved
from .worlds import FIRST_PAGE, RAPIDPRO_AUTH, TEEKRR_AUTH, World, sms, sms_with_variables

MANY = 10_000
SMALL_SECONDS = 1.0
FEW, CROWD = 1, 64
REPEATS = 10
WARM_UP = 0.3
OTHERS = 4


def start(rounds: int) -> list[Figure]:
    """From starting the process to its first answer, and what it then holds."""
    with Emulator():
        pass  # The first start may have bytecode to write.
    sizes: dict[type[Server], list[float]] = {Emulator: [], Bare: []}

    def once(kind: type[Emulator | Bare]) -> float:
        with kind() as server:
            sizes[kind].append(server.memory())
            return server.start_seconds

    ours, bare = interleaved(max(rounds, 5), partial(once, Emulator), partial(once, Bare))
    held, bare_held = (median(sizes[kind]) for kind in (Emulator, Bare))
    return [
        Figure("start to first answer", ours, "s", bare, target="≤ 0.5 s"),
        Figure("idle memory, all processes", held, "MiB", bare_held, target="≤ 90 MiB"),
    ]


def small(rounds: int) -> list[Figure]:
    """Small requests, one client after another and 64 at once."""
    figures: list[Figure] = []
    with Emulator() as emulator, Bare() as bare:
        world = World(emulator, "small")
        get = "GET", f"{world.path}/rapidpro/api/v2/workspace.json", None, RAPIDPRO_AUTH
        post = "POST", f"{world.path}/teekrr/sms", sms(1), TEEKRR_AUTH
        for name, call in (("GET workspace.json", get), ("POST /sms, 1 recipient", post)):
            bare.answers(emulator.call(*call))
            for connections in (FEW, CROWD):
                figures += _rates(
                    rounds,
                    f"{name}, {connections} conn.",
                    emulator,
                    bare,
                    (emulator.request(*call), bare.request(*call), connections),
                )
    return figures


def _rates(
    rounds: int, name: str, emulator: Server, bare: Server, job: tuple[bytes, bytes, int]
) -> list[Figure]:
    ours, theirs, connections = job
    client = LoadClient()
    tails: dict[str, list[float]] = {emulator.url: [], bare.url: []}

    def measure(url: str, request: bytes) -> float:
        client.run(url, request, connections=connections, seconds=WARM_UP)
        load = client.run(url, request, connections=connections, seconds=SMALL_SECONDS)
        tails[url].append(load.p99)
        return load.rate

    rate, bare_rate = interleaved(
        rounds, partial(measure, emulator.url, ours), partial(measure, bare.url, theirs)
    )
    client.close()
    p99, bare_p99 = median(tails[emulator.url]), median(tails[bare.url])
    return [
        Figure(name, rate, "/s", bare_rate),
        Figure(f"{name}: p99", p99, "ms", bare_p99),
    ]


def broadcast(rounds: int) -> list[Figure]:
    """10,000 recipients: accepted, then brought to their ends."""
    walks: list[float] = []
    with Emulator() as emulator, Bare() as bare:
        bodies = {"10,000 recipients": sms(MANY), "…, a text for each": sms_with_variables(MANY)}
        figures = [
            _accepting(rounds, f"POST /sms, {name}", emulator, bare, body, walks)
            for name, body in bodies.items()
        ]
    walk = f"advance until idle, {MANY:,} messages"
    return [*figures, Figure(walk, median(walks), "s", beside="", target="≤ 0.6 s")]


def _accepting(
    rounds: int, name: str, emulator: Emulator, bare: Bare, body: bytes, walks: list[float]
) -> Figure:
    def accept() -> float:
        world = World(emulator, "broadcast")
        answers: list[bytes] = []
        took = _seconds(lambda: answers.append(world.send_sms(body)))
        bare.answers(answers[0])
        walks.append(_seconds(world.advance))
        world.delete()
        return took

    ours, theirs = interleaved(
        rounds, accept, lambda: _seconds(lambda: bare.call("POST", "/", body))
    )
    return Figure(name, ours, "s", theirs, target="≤ 0.1 s")


def callbacks(rounds: int) -> list[Figure]:
    """10,000 signed callbacks to a receiver nearby, and how other clients fare meanwhile."""
    receiver, client = Receiver(), LoadClient()
    quiet: list[float] = []
    busy: list[float] = []

    def sent() -> float:
        world = World(emulator, "callbacks")
        endpoint = {"provider": "teekrr", "url": receiver.url, "events": ["delivered"]}
        world.control("POST", "/endpoints", endpoint)
        world.send_sms(body)
        receiver.count()
        ledger = world.advance()
        assert ledger["callbacks"]["succeeded"] == MANY, ledger
        count, seconds = receiver.count()
        quiet.append(_others(client, world, lambda: None))
        world.send_sms(body)
        busy.append(_others(client, world, world.advance))
        world.delete()
        return count / seconds

    def plain() -> float:
        sample = receiver.sample()
        return client.run(receiver.url, sample, connections=OTHERS, count=MANY, seconds=60).rate

    body = sms(MANY)
    with Emulator() as emulator:
        ours, theirs = interleaved(rounds, sent, plain)
    receiver.close()
    client.close()
    return [
        Figure("callbacks signed", ours, "/s", theirs, "raw client, 4 conn.", "≥ 5,000 /s"),
        Figure("others' p99 meanwhile", median(busy), "ms", median(quiet), "while idle", "≤ 15 ms"),
    ]


def _others(client: LoadClient, world: World, meanwhile: Callable[[], object]) -> float:
    """Return the p99 of small requests while something else goes on, in milliseconds."""
    path = f"{world.path}/rapidpro/api/v2/workspace.json"
    request = world.server.request("GET", path, None, RAPIDPRO_AUTH)
    client.run(world.server.url, request, connections=OTHERS, seconds=WARM_UP)
    client.start(world.server.url, request, connections=OTHERS, seconds=SMALL_SECONDS)
    meanwhile()
    return client.result().p99


def pages(rounds: int) -> list[Figure]:
    """A page of 250 messages where there are 100,000 and where there are 1,000."""
    client = LoadClient()
    with Emulator() as emulator, Bare() as bare:
        worlds = {count: World(emulator, f"pages-{count}") for count in (1_000, 100_000)}
        for count, world in worlds.items():
            world.fill(count)

        def once(world: World) -> float:
            request = emulator.request("GET", f"{world.path}/{FIRST_PAGE}", None, RAPIDPRO_AUTH)
            client.run(emulator.url, request, seconds=WARM_UP)
            return client.run(emulator.url, request, seconds=SMALL_SECONDS).p50

        def plain() -> float:
            return client.run(bare.url, bare.request("GET", "/page"), seconds=SMALL_SECONDS).p50

        page = emulator.call("GET", f"{worlds[100_000].path}/{FIRST_PAGE}", None, RAPIDPRO_AUTH)
        assert len(json.loads(page)["results"]) == 250
        bare.answers(page)
        few, many, theirs = interleaved(
            rounds, partial(once, worlds[1_000]), partial(once, worlds[100_000]), plain
        )
    client.close()
    return [
        Figure("page of 250 at 100,000: p50", many, "ms", few, "at 1,000", "≤ 1.5 times"),
        Figure("page of 250 at 100,000: p50", many, "ms", theirs),
    ]


def sandboxes(rounds: int) -> list[Figure]:
    """Fork and reset where there are 10,000 messages, and the first write after a fork."""
    with Emulator() as emulator, Bare() as bare:
        parent = World(emulator, "parent")
        parent.send_sms(sms(MANY))
        parent.advance()
        child = World(emulator, "child", parent="parent")
        bare.answers(emulator.call("GET", "/_emulator/sandboxes/child"))
        writes: list[float] = []

        def fork() -> float:
            took, wish = [], {"name": "fork", "from": "parent"}
            for _ in range(REPEATS):
                took.append(_seconds(lambda: emulator.control("POST", "/sandboxes", wish)))
                writes.append(_seconds(lambda: _send_one(emulator, "fork")))
                emulator.control("DELETE", "/sandboxes/fork")
            return median(took) * 1000

        def reset() -> float:
            return _repeated(lambda: child.control("POST", "/reset"))

        def plain() -> float:
            return _repeated(lambda: bare.call("GET", "/"))

        forks, resets, theirs = interleaved(rounds, fork, reset, plain)
    return [
        Figure("fork at 10,000 messages", forks, "ms", theirs, target="≤ 2 ms"),
        Figure("first POST in the fork", median(writes) * 1000, "ms", theirs),
        Figure("reset at 10,000 messages", resets, "ms", theirs, target="≤ 5 ms"),
    ]


def _send_one(emulator: Emulator, name: str) -> None:
    emulator.call("POST", f"/s/{name}/teekrr/sms", sms(1), TEEKRR_AUTH)


def _seconds(action: Callable[[], object]) -> float:
    started = perf_counter()
    action()
    return perf_counter() - started


def _repeated(action: Callable[[], object]) -> float:
    """Return the median of some repetitions in milliseconds."""
    return median(_seconds(action) for _ in range(REPEATS)) * 1000


GROUPS: Mapping[str, Callable[[int], Sequence[Figure]]] = {
    group.__name__: group
    for group in (
        start,
        small,
        broadcast,
        cuedesk,
        whautomate,
        rapidpro,
        callbacks,
        pages,
        sandboxes,
        alive,
        plugin,
        fixtures,
        memory,
        state,
        size,
        peers,
        growth,
        endurance,
    )
}
