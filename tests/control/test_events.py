"""Server-sent events: what is told, from where, and when a stream ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from emulator.control import events
from emulator.control.streams import MOST_STREAMS
from emulator.core.events import Events
from tests.control.desk import FIXTURE, Desk

ENDPOINT = {"provider": "acme", "id": "mine", "url": "http://127.0.0.1:9/hook", "secret": "s"}


class Told(NamedTuple):
    id: int
    event: str
    data: Any


class Follower:
    """One client of the stream; it reads only what is there already."""

    def __init__(self, desk: Desk, last: int | str | None = None) -> None:
        headers = {} if last is None else {"Last-Event-ID": str(last)}
        self.response = desk.ask("GET", "/events", headers=headers, buffered=False)
        assert self.response.status_code == 200
        self._pieces: Iterator[Any] = iter(self.response.response)
        self.lines = [self._line()]

    def _line(self) -> str:
        return str(next(self._pieces), "utf-8")

    def read(self) -> list[Told]:
        """Return what comes next, in one piece."""
        told = []
        for block in self._line().removesuffix("\n\n").split("\n\n"):
            parts = dict(line.split(": ", 1) for line in block.split("\n"))
            told.append(Told(int(parts["id"]), parts["event"], json.loads(parts["data"])))
        return told

    def rest(self) -> list[str]:
        """Return what is left of a stream that has ended."""
        return [piece.decode() for piece in self._pieces]


def test_stream_starts_now(desk: Desk) -> None:
    desk.send("+15550001")
    follower = Follower(desk)
    message = desk.send("+15550002")

    told = follower.read()

    assert follower.response.content_type == "text/event-stream; charset=utf-8"
    assert follower.response.headers["Cache-Control"] == "no-store"
    assert follower.lines == ["retry: 1000\n\n"]
    assert [event.event for event in told] == ["message", "request"]
    assert told[0].data == desk.items("/messages")[0]
    assert told[0].data["id"] == message
    assert told[1].data == desk.items("/requests")[0]


def test_each_thing_looks_as_in_its_list(desk: Desk) -> None:
    desk.do("POST", "/endpoints", ENDPOINT, 201)
    follower = Follower(desk)
    desk.broadcast("news", ["+15550001", "+15550002"])
    desk.advance(10)

    told = {event.event: event.data for event in follower.read()}

    assert set(told) == {"broadcast", "message", "request", "clock", "callback"}
    assert told["broadcast"] == desk.items("/broadcasts")[0]
    assert told["message"] in desk.items("/messages")
    assert told["callback"] in desk.items("/callbacks")
    assert told["clock"] == desk.get("/clock")


def test_several_changes_of_one_thing_are_told_once(desk: Desk) -> None:
    follower = Follower(desk)
    desk.send("+15550001")
    desk.advance(10)

    told = [event.data for event in follower.read() if event.event == "message"]

    assert told == desk.items("/messages")
    assert told[0]["status"] == "delivered"


def test_stream_is_resumed_behind_the_last_event(desk: Desk) -> None:
    follower = Follower(desk)
    first, second = desk.send("+15550001"), desk.send("+15550002")
    last = next(event for event in follower.read() if event.data["id"] == first)

    told = Follower(desk, last.id).read()

    assert [event.id for event in told] == [last.id + 1, last.id + 3, last.id + 4]
    assert second in [event.data["id"] for event in told]
    assert first not in [event.data["id"] for event in told]


@pytest.mark.parametrize("last", ["x", "-1", "1" * 40, "\u0661"])
def test_what_is_no_id_is_refused(desk: Desk, last: str) -> None:
    [error] = desk.refused(
        "GET", "/events", headers={"Last-Event-ID": last.encode().decode("latin-1")}
    )

    assert error["message"] == "The header Last-Event-ID must be the id of an event"


def test_id_of_an_earlier_server_gives_everything_kept(desk: Desk) -> None:
    message = desk.send("+15550001")

    told = Follower(desk, 5000).read()

    assert [event.event for event in told] == ["sandbox", "message", "request"]
    assert told[1].data["id"] == message


def test_what_is_not_kept_any_more_is_said(desk: Desk) -> None:
    desk.world.sandbox.events._kept.clear()
    desk.world.sandbox.events.latest = 7
    desk.send("+15550001")

    follower = Follower(desk, 5)

    assert follower._line() == ": 2 events are not kept any more\n\n"
    assert [event.event for event in follower.read()] == ["message", "request"]


@pytest.mark.breaks
def test_refused_request_changes_nothing_but_the_journal(desk: Desk) -> None:
    follower = Follower(desk)
    answer = desk.client("/acme/messages", {"to": "+1"})

    assert answer.status_code == 500
    assert [event.event for event in follower.read()] == ["request"]


def test_reset_ends_the_stream_and_the_next_one_goes_on(desk: Desk) -> None:
    follower = Follower(desk)
    desk.send("+15550001")
    last = follower.read()[-1].id

    desk.do("POST", "/reset")

    assert follower.rest() == []
    told = Follower(desk, last).read()
    assert [(event.event, event.data["name"]) for event in told] == [("sandbox", "default")]


def test_deletion_ends_the_stream(desk: Desk) -> None:
    desk.world.call("POST", "/_emulator/sandboxes", {"name": "gone", "fixture": FIXTURE})
    gone = Desk(desk.world, "gone")
    follower = Follower(gone)

    desk.world.call("DELETE", "/_emulator/sandboxes/gone")

    assert follower.rest() == []


def test_changes_of_accounts_are_told_with_the_sandbox(desk: Desk) -> None:
    follower = Follower(desk)
    desk.do("POST", "/accounts/acme/one/keys", {"name": "second"}, 201)

    [told] = follower.read()

    assert told.event == "sandbox"
    assert told.data == desk.world.call("GET", "/_emulator/sandboxes/default").json


def test_of_too_many_streams_the_oldest_ends(desk: Desk) -> None:
    followers = [Follower(desk) for _ in range(MOST_STREAMS)]
    newest = Follower(desk)

    assert followers[0].rest() == ["retry: 15000\n\n"]
    desk.send("+15550001")
    assert followers[1].read() == newest.read()


def test_sandbox_lives_as_long_as_it_is_followed(desk: Desk) -> None:
    body = {"name": "brief", "from": "default", "ttl": "1m"}
    desk.world.call("POST", "/_emulator/sandboxes", body)
    sandbox = desk.world.emulator.get("brief")
    follower = Follower(Desk(desk.world, "brief"))

    found = []
    for _ in range(2):
        sandbox.visits.ended_at -= 61
        desk.world.emulator.expire()
        found.append(desk.world.emulator.find("brief"))
        follower.response.close()

    assert found == [sandbox, None]


def test_streams_that_ended_are_not_counted(desk: Desk) -> None:
    for _ in range(2 * MOST_STREAMS):
        Follower(desk).response.close()
    kept = Follower(desk)

    control: Any = desk.world.front._control
    assert len(control.extensions["control"].streams) == 1
    desk.send("+15550001")
    assert kept.read()


def test_silent_stream_gives_signs_of_life(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "HEARTBEAT", 0.01)

    assert Follower(desk)._line() == ": still here\n\n"


def test_only_the_latest_are_kept() -> None:
    kept = Events(lambda: {"count": 3})
    kept.note_all([("message", str(n)) for n in range(5)])

    news = kept.after(0, 2)

    assert [(found.id, found.subject) for found in news.happenings] == [(3, "2"), (4, "3")]
    assert (news.lost, news.position) == (2, 4)
    assert kept.after(5, 9) == ([], 0, 5)
