"""What a delivered message holds on to, at each vendor, its share of everything included."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from .crowds import CROWD, CUEDESK, CUEDESK_AUTH, WHAUTOMATE_AUTH, WHAUTOMATE_BODY, account, rows
from .rapidpro import people
from .servers import Emulator
from .table import Figure, interleaved
from .worlds import FIXTURE, RAPIDPRO_AUTH, World, sms, sms_with_variables

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
    audiences: dict[str, tuple[list[object], Sender]] = {
        "…, at Whautomate": ([account()], _to_segment),
        "…, at RapidPro": ([FIXTURE, people(CROWD)], _to_group),
    }
    for name, (fixtures, send) in audiences.items():
        [size] = interleaved(rounds, partial(_held_by_crowds, fixtures, send))
        yield Figure(name, size, "B", beside="", target="≤ 1,024 B")


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


def _to_segment(world: World, _count: int) -> None:
    path = f"{world.path}/whautomate/v1/broadcasts"
    world.server.call("POST", path, WHAUTOMATE_BODY, WHAUTOMATE_AUTH)


def _to_group(world: World, _count: int) -> None:
    body = {"text": "Our branches close at 3pm.", "groups": ["Everybody"]}
    world.server.call("POST", f"{world.path}/rapidpro/api/v2/broadcasts.json", body, RAPIDPRO_AUTH)


def _held_by_crowds(fixtures: list[object], send: Sender) -> float:
    """Return the same of people who are stored, and written to again once everybody has been."""
    with Emulator() as emulator:
        world = World(emulator, "memory", fixture=fixtures[0])
        for more in fixtures[1:]:
            world.control("POST", "/fixtures", more)
        before = emulator.memory()
        for _ in range(MESSAGES // CROWD):
            send(world, CROWD)
            world.advance()
        return _each(emulator, before)


def _each(emulator: Emulator, before: float) -> float:
    return (emulator.memory() - before) * 1024 * 1024 / MESSAGES
