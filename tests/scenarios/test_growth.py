"""What testers load grows with what they load and not with its square: counted, not timed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from emulator.app import fixture_library
from emulator.core.fixtures import merge
from emulator.core.recorder import Recorder
from emulator.core.writing import as_fixture
from emulator.registry import PROVIDERS
from tests.work import steps
from tests.world import World

ACCOUNTS = {
    "rapidpro": ("workspaces", {"uuid": "0b8f6a52-6a55-4d0f-9a83-5b1f0c2d7e01"}),
    "teekrr": ("clients", {"id": "acme"}),
    "cuedesk": ("workspaces", {"id": "ws_main"}),
    "whautomate": ("accounts", {"id": "harbour"}),
}
LISTS = [
    ("rapidpro", "boundaries"),
    ("rapidpro", "channels"),
    ("rapidpro", "archives"),
    ("teekrr", "webhooks"),
    ("cuedesk", "apiKeys"),
    ("cuedesk", "contactLists"),
    ("cuedesk", "webhooks"),
    ("whautomate", "apiKeys"),
    ("whautomate", "segments"),
    ("whautomate", "webhooks"),
]
IDS = ("id", "uuid", "key", "token")


@pytest.fixture
def make_world() -> Iterator[Callable[[str], World]]:
    """Return what makes a world with one vendor and its part of the reference fixture."""
    document = fixture_library().read("reference")
    providers = {provider.slug: provider for provider in PROVIDERS}
    made: list[World] = []

    def make(vendor: str) -> World:
        part = {key: document[key] for key in ("emulator", "clock", vendor)}
        made.append(World([providers[vendor]], [part]))
        return made[-1]

    yield make
    for world in made:
        world.emulator.close()


def fixture(vendor: str, name: str, rows: list[Any]) -> dict[str, Any]:
    accounts, account = ACCOUNTS[vendor]
    return {"emulator": 1, vendor: {accounts: [{**account, name: rows}]}}


def generated(world: World, vendor: str, name: str, count: int) -> list[dict[str, Any]]:
    """Return so many objects of a list, without the ids that were drawn for them."""
    merge(world.sandbox, fixture(vendor, name, [{"$generate": {"count": count}}]))
    written = as_fixture(world.sandbox)[vendor][ACCOUNTS[vendor][0]][0][name][-count:]
    return [{key: value for key, value in one.items() if key not in IDS} for one in written]


@pytest.mark.parametrize(("vendor", "name"), LISTS)
def test_objects_are_found_again_without_looking_at_all(
    make_world: Callable[[str], World], vendor: str, name: str
) -> None:
    rows = generated(make_world(vendor), vendor, name, 80)
    world = make_world(vendor)
    counts = []
    for count in (20, 40, 80):
        document = fixture(vendor, name, rows[:count])
        merge(world.sandbox, document)
        counts.append(steps(partial(merge, world.sandbox, document)))

    few, some, many = counts
    assert many - some < 2.05 * (some - few)


@pytest.mark.parametrize("vendor", ACCOUNTS)
def test_accounts_are_written_without_looking_at_what_others_have(
    make_world: Callable[[str], World], vendor: str
) -> None:
    world, (accounts, _) = make_world(vendor), ACCOUNTS[vendor]
    part: Any = world.sandbox.vendor(vendor).sample(0 if vendor == "teekrr" else 2, 2)
    counts = []
    for count in (5, 10, 20, 40):
        # Those that were made before are found again.
        part[accounts][0]["$generate"]["count"] = count
        merge(world.sandbox, {"emulator": 1, vendor: part})
        counts.append(steps(partial(as_fixture, world.sandbox)))

    _, few, some, many = counts
    assert many - some < 2.05 * (some - few)


PEOPLE = [
    ("rapidpro", "tel:+254722999888"),
    ("cuedesk", "60122999888"),
    ("whautomate", "+60122999888"),
]


@pytest.mark.parametrize(("vendor", "person"), PEOPLE)
def test_who_has_written_much_is_heard_no_slower(
    make_world: Callable[[str], World], vendor: str, person: str
) -> None:
    world = make_world(vendor)
    body = {"provider": vendor, "from": person, "text": "Hello"}
    write = partial(world.call, "POST", "/_emulator/sandboxes/default/inbound", body)
    counts = []
    for _ in range(2):
        for _ in range(60):
            assert write().status_code == 201
        counts.append(steps(write))

    # Not so much as a step for each message that has been added.
    assert counts[1] - counts[0] < 60


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("outcomes", {"outcome": "delivered", "to": "+60123456789"}),
        ("faults", {"path": "/nowhere", "fault": {"error": "not_found"}}),
    ],
)
def test_log_of_rules_and_faults_grows_with_their_number(
    make_world: Callable[[str], World], path: str, wanted: dict[str, Any]
) -> None:
    world = make_world("teekrr")
    sizes: list[int] = []
    recorder = Recorder(world.sandbox, 0, 0, lambda line: sizes.append(len(line)))
    recorder.attach()

    for _ in range(60):
        assert world.call("POST", f"/_emulator/sandboxes/default/{path}", wanted).status_code == 201

    assert len(sizes) == 60
    assert max(sizes) < 1.2 * min(sizes)
