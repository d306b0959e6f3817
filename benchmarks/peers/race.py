"""A race: everybody is asked the same in turn, round after round, by one client."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from statistics import median
from typing import NamedTuple

from benchmarks.load import Load, LoadClient
from benchmarks.servers import Server

from .answers import FEW, Exchange
from .installing import Missing
from .programs import Peer

SECONDS, WARM_UP, LONG_WARM_UP, PATIENCE = 0.6, 0.2, 1.0, 60.0
CROWDED = 64
SLOW, FAST = 1_000.0, 20.0


class Entrant(NamedTuple):
    """Somebody in a race, and what it is asked."""

    name: str
    server: Server
    request: bytes


class Timed(NamedTuple):
    """What became of a round.

    :param cpu: processor time that the server took for an answer, in milliseconds.
    """

    rate: float
    p50: float
    p99: float
    cpu: float


class Loads(dict[str, list[Timed]]):
    """What became of each entrant's rounds."""

    def others(self, name: str) -> list[str]:
        """Return everybody else's names, in their order."""
        return [other for other in self if other != name]

    def rate(self, name: str) -> float:
        """Return the median of answers a second."""
        return median(load.rate for load in self[name])

    def p50(self, name: str) -> float:
        """Return the median of the rounds' medians, in milliseconds."""
        return median(load.p50 for load in self[name])

    def p99(self, name: str) -> float:
        """Return the median of the rounds' slowest hundredths, in milliseconds."""
        return median(load.p99 for load in self[name])

    def cpu(self, name: str) -> float:
        """Return the median of processor times for an answer, in milliseconds."""
        return median(load.cpu for load in self[name])


def started(
    stack: ExitStack,
    kinds: Iterable[type[Peer]],
    exchanges: Mapping[str, Exchange],
    stored: int = FEW,
) -> list[Peer]:
    """Start peers, side by side, that run until the stack is closed; leave out who is missing."""

    def start(kind: type[Peer]) -> Peer | None:
        try:
            return kind(exchanges, stored).__enter__()
        except (Missing, OSError, RuntimeError) as error:
            print(f"  left out: {kind.name}: {error}", flush=True)
            return None

    with ThreadPoolExecutor(2) as pool:
        running = [peer for peer in pool.map(start, kinds) if peer is not None]
    for peer in running:
        stack.callback(peer.end)
    return running


def raced(
    title: str,
    entrants: Sequence[Entrant],
    *,
    rounds: int,
    connections: int = 1,
    count: int | None = None,
) -> Loads:
    """Run the rounds and print a line; who fails is out, which another line says.

    :param count: ask this often in a round, however long that takes.
    """
    loads, client = Loads(), LoadClient()
    left = list(entrants)
    for at in range(rounds + 1):
        for entrant in tuple(left):
            try:
                if at == 0:
                    _warm_up(client, entrant, count)
                else:
                    load = _once(client, entrant, connections, count)
                    loads.setdefault(entrant.name, []).append(load)
            except RuntimeError as error:
                print(f"  left out: {entrant.name}, {title}: {error}", flush=True)
                left.remove(entrant)
                loads.pop(entrant.name, None)
                client = LoadClient()
    client.close()
    _tell(title, loads)
    return loads


def _warm_up(client: LoadClient, entrant: Entrant, count: int | None) -> None:
    """Ask for a while before the first round: some compile what runs often."""
    run = partial(client.run, entrant.server.url, entrant.request)
    if run(count=1, seconds=PATIENCE).p50 < SLOW and count is None:
        run(connections=CROWDED, seconds=LONG_WARM_UP)


def _once(client: LoadClient, entrant: Entrant, connections: int, count: int | None) -> Timed:
    run = partial(client.run, entrant.server.url, entrant.request)
    if count is not None:
        return _timed(entrant, lambda: run(count=count, seconds=PATIENCE))
    first = _timed(entrant, lambda: run(count=1))
    if first.p50 > SLOW:
        return first
    run(connections=connections, seconds=WARM_UP)
    return _timed(entrant, lambda: run(connections=connections, seconds=SECONDS))


def _timed(entrant: Entrant, run: Callable[[], Load]) -> Timed:
    before = entrant.server.cpu_seconds()
    load = run()
    cpu = (entrant.server.cpu_seconds() - before) / load.answers * 1000
    return Timed(load.rate, load.p50, load.p99, cpu)


def _tell(title: str, loads: Loads) -> None:
    """Print a line of rates, or times where they are long, and one of processor time."""
    rates = (f"{name} {_brief(loads, name)}" for name in loads)
    costs = (f"{name} {loads.cpu(name):.2f}" for name in loads)
    print(f"  {title}: {'; '.join(rates)}", flush=True)
    print(f"  … processor time for an answer, ms: {'; '.join(costs)}", flush=True)


def _brief(loads: Loads, name: str) -> str:
    rate = loads.rate(name)
    return f"{rate:,.0f}/s" if rate >= FAST else f"{loads.p50(name):,.0f} ms"
