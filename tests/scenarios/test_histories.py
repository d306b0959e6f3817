"""A history of all vendors comes to the same end, whatever it goes through on its way."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import pytest

from emulator.core.keeper import Keeper
from emulator.core.sending import Answer, Parcel
from emulator.registry import PROVIDERS
from tests.contract.conftest import CHANNELS, REFERENCE, SPEAKERS
from tests.world import RecordingSender, World

BASE = "/_emulator/sandboxes"
SPANS = (0.05, 0.1, 0.2, 1, 1.05, 7, 60, 301, 3600, 86_400)
OUTCOMES = ("read", "replied", "rejected", "undelivered", "stuck", "flaky")
LISTS = ("messages", "broadcasts", "callbacks", "endpoints", "outcomes", "accounts")
HEADERS = {speaker.slug: speaker.headers for speaker in SPEAKERS}
PEOPLE = {"rapidpro": "254722000111", "cuedesk": "447592850122", "whautomate": "12025550110"}
LATER: dict[str, tuple[str, Callable[[str], dict[str, Any]]]] = {
    "teekrr": (
        "/sms",
        lambda at: {
            "campaignName": "Later",
            "type": "schedule broadcast",
            "scheduledAt": at,
            "templateContent": "Hello",
            "recipients": [f"6012345678{digit}" for digit in range(6)],
        },
    ),
    "cuedesk": (
        "/v2/broadcasts",
        lambda at: {
            "from": "447576209857",
            "template": {"name": "plain_notice", "locale": "en"},
            "payload": [{"identifier": f"44759285012{digit}"} for digit in range(6)],
            "scheduled_at": at,
            "valid_until": at.replace("Z", ".250Z"),
        },
    ),
    "whautomate": (
        "/v1/broadcasts",
        lambda at: {
            "name": "Later",
            "type": "contact",
            "segments": [{"id": "segAllCon1"}],
            "template": {"name": "plain_hello", "language": "en"},
            "location": {"id": "locMain001"},
            "scheduleDateTime": at,
        },
    ),
}


class Moody(RecordingSender):
    """A network whose receivers answer by what they get, and how often they have got it."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: Counter[Hashable] = Counter()

    def post(
        self, world: object, lane: Hashable, parcel: Parcel, done: Callable[[Answer], None]
    ) -> None:
        # A server that is started anew is told where its sandbox left off.
        self.seen[parcel] += 1
        mood = sha256(parcel.body + bytes([self.seen[parcel]])).digest()[0] % 4
        self.script = [(200, 204, 500, "timed out")[mood]]
        super().post(world, lane, parcel, done)


@dataclass
class Story:
    """One sandbox, to which things are done.

    :ivar told: what has been sent from the sandbox before it came into this world.
    """

    world: World
    name: str = "story"
    told: list[Parcel] = field(default_factory=list)

    def do(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.world.call(method, f"{BASE}/{self.name}{path}", body)
        return answer.get_json(silent=True)

    def ask(self, vendor: str, path: str, body: Any) -> None:
        path = f"/s/{self.name}/{vendor}{path}"
        self.world.call("POST", path, body, headers=HEADERS[vendor])

    @property
    def sender(self) -> Any:
        return self.world.sender

    @property
    def keeper(self) -> Any:
        return self.world.emulator.keeper

    @property
    def now(self) -> datetime:
        return datetime.fromisoformat(self.do("GET", "/clock")["now"])

    def advance(self, **goal: Any) -> None:
        assert "reason" in self.do("POST", "/clock/advance", goal)

    def end(self) -> Any:
        """Return what can be seen of the sandbox."""
        for path in LISTS:
            assert self.do("GET", f"/{path}?limit=1000")["next"] is None
        shown = {path: self.do("GET", f"/{path}?limit=1000")["items"] for path in LISTS}
        snapshot = {**self.do("GET", "/snapshot"), "name": ""}
        return shown, snapshot, [*self.told, *self.sender.sent]


Deed = Callable[[Story], Any]
Pass = Callable[[Story, float], None]


def jump(story: Story, seconds: float) -> None:
    story.advance(by=seconds)


def stroll(story: Story, seconds: float) -> None:
    """Let time pass in uneven steps."""
    begin = story.now
    for share in (0.1, 0.11, 0.5, 0.95, 1):
        to = begin + timedelta(microseconds=int(seconds * share * 1_000_000))
        story.advance(to=to.isoformat())


def tick(story: Story, seconds: float) -> None:
    """Stop right before, at and after what is due."""
    end = story.now + timedelta(seconds=seconds)
    while (due := story.do("GET", "/clock")["next_due"]) and datetime.fromisoformat(due) <= end:
        for shift in (-1, 0, 1):
            to = datetime.fromisoformat(due) + timedelta(microseconds=shift)
            if story.now <= to <= end:
                story.advance(to=to.isoformat())
    story.advance(to=end.isoformat())


def history(seed: int, length: int = 16) -> list[Deed | float]:
    """Return things to do, and the seconds between them."""
    chance = Random(seed)
    begin = [_endpoint(chance, speaker.slug) for speaker in SPEAKERS]
    deeds = (_send, _send, _send, _later, _inbound, _rule, _push, _cancel, _settle)
    acts: list[Deed | float] = [*begin]
    for _ in range(length):
        is_pause = chance.random() < 0.4
        acts.append(chance.choice(SPANS) if is_pause else chance.choice(deeds)(chance))
    return [*acts, 86_400.0]


def _endpoint(chance: Random, vendor: str) -> Deed:
    url = f"http://127.0.0.1:9/{chance.randrange(3)}"
    tricks = {"duplicate": chance.choice([0, 0.5]), "drop": chance.choice([0, 0.2])}
    body = {"provider": vendor, "url": url, "secret": "s", "adversary": tricks}
    return lambda story: story.do("POST", "/endpoints", body)


def _send(chance: Random) -> Deed:
    speaker, channel = chance.choice(CHANNELS)
    number = f"6012399{chance.randrange(10):02}{chance.randrange(3):02}"
    to = chance.choice(["bounce@example.com", "ann@example.com"]) if channel == "email" else number
    return lambda story: speaker.send(story.world, channel, to, story.name)


def _later(chance: Random) -> Deed:
    vendor, span = chance.choice(list(LATER)), timedelta(seconds=chance.choice([1, 60, 4000]))
    path, body = LATER[vendor]

    def send(story: Story) -> None:
        at = (story.now + span).replace(microsecond=0, tzinfo=None)
        story.ask(vendor, path, body(f"{at.isoformat()}Z"))

    return send


def _inbound(chance: Random) -> Deed:
    vendor, person = chance.choice(list(PEOPLE.items()))
    body = {"provider": vendor, "from": f"+{person}", "text": chance.choice(["Hi", "STOP"])}
    return lambda story: story.do("POST", "/inbound", body)


def _rule(chance: Random) -> Deed:
    rule = {"outcome": chance.choice(OUTCOMES), "share": chance.choice([0.3, 0.6])}
    delays = {"sent": {"min": 0, "max": 9}, "delivered": {"p50": 2, "p95": 900}}
    return lambda story: story.do("POST", "/outcomes", {**rule, "delays": delays})


def _push(chance: Random) -> Deed:
    status, place = chance.choice(["delivered", "failed", "read"]), chance.random()

    def push(story: Story) -> None:
        if sent := story.do("GET", "/messages?direction=out")["items"]:
            id = sent[int(place * len(sent))]["id"]
            story.do("POST", f"/messages/{id}/status", {"status": status})

    return push


def _cancel(chance: Random) -> Deed:
    place = chance.random()

    def cancel(story: Story) -> None:
        if made := story.do("GET", "/broadcasts")["items"]:
            story.do("POST", f"/broadcasts/{made[int(place * len(made))]['id']}/cancel")

    return cancel


def _settle(chance: Random) -> Deed:
    latency = chance.choice(["fast", "realistic", "instant"])
    return lambda story: story.do("PATCH", "/settings", {"latency": latency})


def begun(name: str = "story", folder: Path | None = None) -> Story:
    world = World(PROVIDERS, sender=Moody())
    if folder is not None:
        world.emulator.keeper = Keeper(folder, world.emulator.vendors, world.sender)
    answer = world.call("POST", BASE, {"name": name, "fixture": REFERENCE})
    assert answer.status_code == 201, answer.text
    return Story(world, name)


def live(story: Story, acts: list[Deed | float], let_pass: Pass = jump) -> Story:
    for act in acts:
        if callable(act):
            act(story)
        else:
            let_pass(story, act)
    return story


def moved(story: Story, world: World, name: str = "story") -> Story:
    """Return a story that goes on elsewhere; receivers remember what they have got."""
    after = Story(world, name, [*story.told, *story.sender.sent])
    after.sender.seen.update(story.sender.seen)
    if world is story.world:
        after.sender.sent.clear()
    return after


def in_a_fork(story: Story, _folder: Path) -> Story:
    story.world.call("POST", BASE, {"name": "fork", "from": story.name})
    return moved(story, story.world, "fork")


def in_another_server(story: Story, _folder: Path) -> Story:
    other = World(PROVIDERS, sender=Moody())
    snapshot = json.loads(json.dumps(story.do("GET", "/snapshot")))
    assert other.call("PUT", f"{BASE}/story/snapshot", snapshot).status_code == 201
    return moved(story, other)


def after_a_kill(story: Story, folder: Path) -> Story:
    for kept in story.keeper._kept.values():
        kept.let_go()
    story.keeper._kept.clear()
    story.keeper.close()
    other = World(PROVIDERS, sender=Moody())
    keeper = other.emulator.keeper = Keeper(folder, other.emulator.vendors, other.sender)
    for recovered in keeper.recover():
        other.emulator.adopt(*recovered)
    return moved(story, other)


SEEDS = (1, 2)


@cache
def straight(seed: int) -> Any:
    """Return how a history ends to which nothing happens."""
    return live(begun(), history(seed)).end()


@pytest.mark.parametrize("let_pass", [stroll, tick])
@pytest.mark.parametrize("seed", SEEDS)
def test_it_does_not_matter_in_which_steps_time_passes(seed, let_pass):
    assert live(begun(), history(seed), let_pass).end() == straight(seed)


@pytest.mark.parametrize("go_on", [in_a_fork, in_another_server, after_a_kill])
@pytest.mark.parametrize("seed", SEEDS)
def test_it_does_not_matter_where_it_goes_on(seed, go_on, tmp_path):
    acts = history(seed)
    half = len(acts) // 2
    story = live(begun(folder=tmp_path), acts[:half])

    end = live(go_on(story, tmp_path), acts[half:]).end()

    assert end == straight(seed)


@pytest.mark.parametrize("seed", SEEDS)
def test_it_does_not_matter_what_was_before_a_reset(seed, tmp_path):
    before = live(begun(folder=tmp_path), history(seed + 100, 8))
    before.keeper.fold_all()
    story = after_a_kill(before, tmp_path)
    story.do("POST", "/reset", {})
    again = Story(story.world)
    again.sender.seen.clear()

    assert live(again, history(seed)).end() == straight(seed)
