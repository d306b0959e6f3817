"""What is measured beside the peers, and what the project promises of it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from statistics import median

from benchmarks.servers import Bare, Emulator, Server
from benchmarks.table import Figure
from benchmarks.worlds import World

from .answers import CROWD, FEW, GET, PAGE, POST, ROWS, Exchange, our_answers
from .clouds import Azurite, Moto
from .installing import Missing
from .programs import (
    JSONServer,
    JSONServerBeta,
    Mockoon,
    Nginx,
    Peer,
    Prism,
    WireMock,
    WireMockWithoutJournal,
)
from .race import CROWDED, Entrant, Loads, raced, started

LEAST_ROUNDS = 5
ONE = 1
MANY, MILLION = 100_000, 1_000_000
REPEATS = 3
OURS, KEPT, BARE = "emulator", "emulator, --state", "bare Flask"
STORING: tuple[type[Peer], ...] = (JSONServer, JSONServerBeta, Moto)
TELLING: tuple[type[Peer], ...] = (Prism, Mockoon, WireMock, WireMockWithoutJournal)
ALL: tuple[type[Peer], ...] = (*TELLING, *STORING, Azurite, Nginx)

HALF, JSON_SERVERS = {BARE: "≥ 0.5 times"}, (JSONServer.name, JSONServerBeta.name)
POSTING = {
    **HALF,
    Prism.name: "≥ 1 times",
    Azurite.name: "≥ 1.2 times",
    **dict.fromkeys(JSON_SERVERS, "≥ 5 times"),
}
TARGETS: Mapping[tuple[str, int], Mapping[str, str]] = {
    (GET, ONE): {**HALF, Prism.name: "≥ 1.5 times", Moto.name: "≥ 6 times"},
    (GET, CROWDED): {**HALF, Prism.name: "≥ 2.5 times"},
    (POST, ONE): POSTING,
    (POST, CROWDED): POSTING,
}
CROWDS = {CROWD: "POST of 10,000 recipients", ROWS: "POST of 10,000 rows with variables"}
TITLES = {GET: "GET, small", POST: "POST, small, with state"}


def peers(rounds: int) -> list[Figure]:
    """The emulator beside Prism, Mockoon, WireMock, json-server, moto, Azurite and nginx."""
    rounds, exchanges = max(rounds, LEAST_ROUNDS), our_answers()
    return [
        *_requests(rounds, exchanges),
        *_crowd(rounds, exchanges),
        *_pages(rounds, exchanges),
        *_starts(rounds, exchanges),
    ]


def _requests(rounds: int, exchanges: Mapping[str, Exchange]) -> Iterator[Figure]:
    """Measure small requests, one after another and 64 at once."""
    asked = {name: exchanges[name] for name in (GET, POST)}
    with ExitStack() as stack:
        state = stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-state-"))
        ours = _ours(stack, Emulator())
        kept = _ours(stack, Emulator("empty", "--state", state))
        bare = stack.enter_context(Bare())
        running = started(stack, ALL, asked)
        for name, exchange in asked.items():
            bare.answers(exchange.answer)
            entrants = [_entrant(OURS, ours, exchange), _entrant(KEPT, kept, exchange)]
            entrants += [_bare(bare, exchange), *_peers(running, name)]
            for connections in (ONE, CROWDED):
                title = f"{TITLES[name]}, {connections} conn."
                loads = raced(title, entrants, rounds=rounds, connections=connections)
                yield from _rates(title, loads, TARGETS[name, connections])
                if connections == CROWDED:
                    yield from _tails(title, loads)


def _rates(title: str, loads: Loads, targets: Mapping[str, str]) -> Iterator[Figure]:
    """Compare rates with everybody's, and those with ``--state`` with those in memory."""
    ours = loads.rate(OURS)
    for name in loads.others(OURS):
        if name == KEPT:
            yield Figure(f"{title}, --state", loads.rate(name), "/s", ours, "in memory")
        else:
            yield Figure(title, ours, "/s", loads.rate(name), name, targets.get(name, ""))


def _tails(title: str, loads: Loads) -> Iterator[Figure]:
    for name in (BARE, Prism.name):
        if name in loads:
            yield Figure(f"{title}: p50", loads.p50(OURS), "ms", loads.p50(name), name)
            yield Figure(f"{title}: p99", loads.p99(OURS), "ms", loads.p99(name), name)
    ours, theirs = (
        loads.p99(name) / loads.p50(name) if name in loads else None for name in (OURS, Prism.name)
    )
    assert ours is not None
    yield Figure(f"{title}: p99 / p50", ours, "", theirs, Prism.name, "< 5")


def _crowd(rounds: int, exchanges: Mapping[str, Exchange]) -> Iterator[Figure]:
    """Measure how long 10,000 recipients in one body take."""
    asked = {name: exchanges[name] for name in (GET, CROWD, ROWS)}
    with ExitStack() as stack:
        emulator, bare = stack.enter_context(Emulator()), stack.enter_context(Bare())
        running = started(stack, (*TELLING, JSONServer), asked)
        for name, title in CROWDS.items():
            world, exchange = World(emulator, name), exchanges[name]
            bare.answers(exchange.answer)
            entrants = [_entrant(OURS, world, exchange), _bare(bare, exchange)]
            entrants += _peers(running, name)
            loads = raced(title, entrants, rounds=rounds, count=REPEATS)
            world.delete()
            for other in loads.others(OURS):
                target = "≤ 1 times, ≤ 100 ms" if other == Prism.name else ""
                yield Figure(title, loads.p50(OURS), "ms", loads.p50(other), other, target)


def _pages(rounds: int, exchanges: Mapping[str, Exchange]) -> Iterator[Figure]:
    """Measure a page of 250 messages where there are few and where there are many."""
    asked = {name: exchanges[name] for name in (GET, POST, PAGE)}
    page = exchanges[PAGE]
    with ExitStack() as stack:
        emulator, bare = stack.enter_context(Emulator()), stack.enter_context(Bare())
        bare.answers(page.answer)
        few = _filled(emulator, FEW)
        running = started(stack, (*TELLING, *STORING, Nginx), asked)
        entrants = [_entrant(OURS, few, page), _bare(bare, page), *_peers(running, PAGE)]
        title = f"page of 250, {FEW:,} stored"
        yield from _page_rates(title, raced(title, entrants, rounds=rounds), "≥ 3 times")
    with ExitStack() as stack:
        emulator = stack.enter_context(Emulator())
        with ThreadPoolExecutor(1) as pool:
            filling = pool.submit(lambda: [_filled(emulator, n) for n in (FEW, MANY, MILLION)])
            running = started(stack, STORING, asked, MANY)
            worlds = filling.result()
        entrants = [_entrant(OURS, worlds[1], page), *_peers(running, PAGE)]
        title = f"page of 250, {MANY:,} stored"
        yield from _page_rates(title, raced(title, entrants, rounds=rounds), "≥ 30 times")
        entrants = [_entrant(world.name, world, page) for world in worlds]
        title = f"page of 250, {MILLION:,} stored: p50"
        loads = raced(title, entrants, rounds=rounds)
        least, *_, most = (loads.p50(world.name) for world in worlds)
        yield Figure(title, most, "ms", least, f"{FEW:,} stored", "≤ 1.3 times")


def _page_rates(title: str, loads: Loads, target: str) -> Iterator[Figure]:
    """Compare rates; the target is the fastest peer's."""
    racing = [name for name in loads if name not in (OURS, BARE, Nginx.name)]
    fastest = max(racing, key=loads.rate, default="")
    yield from _rates(title, loads, {fastest: f"{target}, fastest"})


def _starts(rounds: int, exchanges: Mapping[str, Exchange]) -> Iterator[Figure]:
    """Measure from starting a process to its first answer, and what it then holds."""
    asked = {GET: exchanges[GET]}
    starting: dict[str, Callable[[], Server]] = {OURS: Emulator, BARE: Bare}
    starting |= {kind.name: partial(kind, asked) for kind in ALL}
    seen: dict[str, list[tuple[float, float]]] = {name: [] for name in starting}
    # One round more, which is thrown away: files that were not read yet take longer.
    for _ in range(rounds + 1):
        for name in tuple(seen):
            try:
                seen[name].append(_start(starting[name]))
            except (Missing, OSError, RuntimeError) as error:
                print(f"  left out: {name}, start: {error}", flush=True)
                del seen[name]
    middle = {
        name: [median(each) for each in zip(*all_[1:], strict=True)] for name, all_ in seen.items()
    }
    told = "; ".join(
        f"{name} {took:.2f} s, {size:.0f} MiB" for name, (took, size) in middle.items()
    )
    print(f"  start to first answer, idle: {told}", flush=True)
    targets = {Prism.name: "≤ 0.4 times", Moto.name: "≤ 1 times"}
    (took, size) = middle.pop(OURS)
    for name, (theirs, _) in middle.items():
        yield Figure("start to first answer", took, "s", theirs, name, targets.get(name, ""))
    for name, (_, theirs) in middle.items():
        yield Figure("idle memory", size, "MiB", theirs, name, "≤ 70 MiB" if name == BARE else "")


def _start(kind: Callable[[], Server]) -> tuple[float, float]:
    server = kind()
    try:
        return server.start_seconds, server.memory()
    finally:
        server.end()


def _ours(stack: ExitStack, emulator: Emulator) -> World:
    return World(stack.enter_context(emulator), "peers")


def _filled(emulator: Emulator, count: int) -> World:
    world = World(emulator, f"stored-{count}")
    world.fill(count)
    return world


def _entrant(name: str, world: World, exchange: Exchange) -> Entrant:
    server, path = world.server, f"{world.path}/{exchange.path}"
    request = server.request(exchange.method, path, exchange.body, exchange.headers)
    return Entrant(name, server, request)


def _bare(bare: Bare, exchange: Exchange) -> Entrant:
    request = bare.request(exchange.method, exchange.plain, exchange.body, exchange.headers)
    return Entrant(BARE, bare, request)


def _peers(running: Sequence[Peer], name: str) -> list[Entrant]:
    """Return those who can be asked this."""
    return [
        Entrant(peer.name, peer, peer.requests()[name])
        for peer in running
        if name in peer.requests()
    ]
