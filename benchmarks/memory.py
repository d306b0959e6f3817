"""What a delivered message holds on to, at each vendor, its share of everything included."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from .crowds import CROWD, CUEDESK, CUEDESK_AUTH, WHAUTOMATE_AUTH, WHAUTOMATE_BODY, account, rows
from .servers import Emulator
from .table import Figure, interleaved
from .worlds import FIXTURE, World, sms, sms_with_variables

MESSAGES = 100_000
AT_ONCE = 10_000
FEW = 10

Sender = Callable[[World, int], None]


def memory(rounds: int) -> list[Figure]:
    """Bytes for each of 100,000 messages that are under way together, then delivered."""
    return list(_figures(min(rounds, 3)))


def _figures(rounds: int) -> Iterator[Figure]:
    fillings: dict[str, tuple[object, Sender]] = {
        "a message, delivered": (FIXTURE, _same_text),
        "…, a text for each": (FIXTURE, _own_texts),
        "…, at Cuedesk": (CUEDESK, _cuedesk_rows),
    }
    for name, (fixture, send) in fillings.items():
        [size] = interleaved(rounds, partial(_held, fixture, send))
        yield Figure(name, size, "B", beside="", target="≤ 1,024 B")
    [size] = interleaved(rounds, _held_by_segments)
    yield Figure("…, at Whautomate", size, "B", beside="", target="≤ 1,024 B")


def _same_text(world: World, count: int) -> None:
    world.send_sms(sms(count))


def _own_texts(world: World, count: int) -> None:
    world.send_sms(sms_with_variables(count))


def _cuedesk_rows(world: World, count: int) -> None:
    world.server.call("POST", f"{world.path}/cuedesk/v2/broadcasts", rows(count), CUEDESK_AUTH)


def _held(fixture: object, send: Sender) -> float:
    with Emulator() as emulator:
        world = World(emulator, "memory", fixture=fixture)
        send(world, FEW)
        before = emulator.memory()
        for _ in range(MESSAGES // AT_ONCE):
            send(world, AT_ONCE)
        world.advance()
        return _each(emulator, before)


def _held_by_segments() -> float:
    """Return the same of a segment, which is written to again once everybody has been."""
    with Emulator() as emulator:
        world = World(emulator, "memory", fixture=account())
        path, before = f"{world.path}/whautomate/v1/broadcasts", emulator.memory()
        for _ in range(MESSAGES // CROWD):
            emulator.call("POST", path, WHAUTOMATE_BODY, WHAUTOMATE_AUTH)
            world.advance()
        return _each(emulator, before)


def _each(emulator: Emulator, before: float) -> float:
    return (emulator.memory() - before) * 1024 * 1024 / MESSAGES
