"""Callbacks over real sockets: they arrive, and none outlives its sandbox."""

from __future__ import annotations

import hashlib
import hmac
import json
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from emulator.runtime.destinations import Destinations
from emulator.runtime.in_process import InProcessServer
from emulator.runtime.sender import HTTPSender
from tests.control.acme import make_provider
from tests.control.desk import FIXTURE, Desk
from tests.world import World

PATIENCE = 20
"""Seconds after which something that should have happened counts as missing."""


class Receiver:
    """A customer's server: notes what arrives, and answers once the gate is open."""

    def __init__(self) -> None:
        self.arrived: queue.Queue[dict[str, Any]] = queue.Queue()
        self.gate = threading.Event()
        self.then: Callable[[], object] = lambda: None
        self._server = InProcessServer(self)
        self.url = f"{self._server.url}/hook"

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        raw = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        self.arrived.put(json.loads(raw))
        self.gate.wait(PATIENCE)
        self.then()
        start_response("204 No Content", [])
        return []

    def next(self) -> dict[str, Any]:
        return self.arrived.get(timeout=PATIENCE)

    def close(self) -> None:
        self.gate.set()
        self._server.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def world() -> Iterator[World]:
    sender = HTTPSender(Destinations())
    world = World([make_provider("acme"), make_provider("zenith")], [FIXTURE], sender=sender)
    yield world
    world.emulator.close()


def listen(desk: Desk, url: str, **more: object) -> None:
    desk.do("POST", "/endpoints", {"provider": "acme", "url": url, **more}, 201)


def push(desk: Desk, message: str, *statuses: str) -> None:
    for status in statuses:
        desk.do("POST", f"/messages/{message}/status", {"status": status})


def test_callbacks_reach_the_sink_in_order_and_signed(world: World) -> None:
    desk, server = Desk(world), InProcessServer(world.front)
    listen(desk, f"{server.url}{desk.base}/sink/hook?x=1", secret="s3cret")
    message = desk.send("+15550001")

    ledger = desk.do("POST", "/clock/advance", {"until": "idle"})
    server.close()

    first, second = desk.items("/sink")
    assert json.loads(first["body"]) == {"id": message, "status": "dispatched"}
    assert json.loads(second["body"]) == {"id": message, "status": "delivered"}
    assert (first["method"], first["path"], first["query"]) == ("POST", "/hook", {"x": "1"})
    digest = hmac.new(b"s3cret", first["body"].encode(), hashlib.sha256).hexdigest()
    assert first["headers"]["X-Acme-Signature"] == digest
    assert (first["at"], second["at"]) == ("2026-05-06T12:00:01Z", "2026-05-06T12:00:02Z")
    assert ledger["callbacks"] == {"attempted": 2, "succeeded": 2, "failed": 0}


def test_scripted_sink_makes_the_vendor_try_again(world: World) -> None:
    desk, server = Desk(world), InProcessServer(world.front)
    listen(desk, f"{server.url}{desk.base}/sink/hook")
    desk.do("PUT", "/sink", {"script": [500, 503, 200]})
    desk.send("+15550001")

    desk.do("POST", "/clock/advance", {"until": "idle"})
    server.close()

    callback = desk.items("/callbacks")[-1]
    assert [attempt["status"] for attempt in callback["attempts"]] == [500, 200]
    assert len(desk.items("/sink")) == 4


def test_scripted_timeout_outlasts_the_sender() -> None:
    sender = HTTPSender(Destinations(), limit=0.2)
    world = World([make_provider("acme"), make_provider("zenith")], [FIXTURE], sender=sender)
    desk, server = Desk(world), InProcessServer(world.front)
    listen(desk, f"{server.url}{desk.base}/sink/hook")
    desk.do("PUT", "/sink", {"script": ["timeout"]})
    desk.send("+15550001")

    ledger = desk.do("POST", "/clock/advance", {"by": 1})
    [callback] = desk.items("/callbacks")
    world.emulator.close()
    server.close()

    assert ledger["callbacks"]["failed"] == 1
    assert callback["attempts"][0]["error"] == "timeout"


def end_by_reset(world: World) -> Desk:
    Desk(world, "test").do("POST", "/reset")
    return Desk(world, "test")


def end_by_delete(world: World) -> Desk:
    Desk(world, "test").do("DELETE", "", status=204)
    return open_sandbox(world)


def open_sandbox(world: World) -> Desk:
    answer = world.call("POST", "/_emulator/sandboxes", {"name": "test", "from": "default"})
    assert answer.status_code == 201, answer.text
    return Desk(world, "test")


def send(desk: Desk, to: str) -> str:
    body = {"to": to, "text": "Hello"}
    return str(desk.client("/s/test/acme/messages", body).get_json()["id"])


@pytest.mark.parametrize("end", [end_by_reset, end_by_delete])
def test_no_callback_outlives_its_sandbox(
    world: World, receiver: Receiver, end: Callable[[World], Desk]
) -> None:
    desk = open_sandbox(world)
    listen(desk, receiver.url)
    messages = [send(desk, f"+1555000{n}") for n in range(5)]
    for message in messages:
        push(desk, message, "sent", "delivered")
    under_way = [receiver.next() for _ in messages]
    assert {told["status"] for told in under_way} == {"dispatched"}

    fresh = end(world)
    receiver.gate.set()
    listen(fresh, f"{receiver.url}?fresh")
    push(fresh, send(fresh, "+15559999"), "failed")

    assert receiver.next()["status"] == "undelivered"
    world.emulator.close()
    assert receiver.arrived.empty()


def test_retry_of_an_ended_sandbox_is_never_made(world: World, receiver: Receiver) -> None:
    desk = open_sandbox(world)
    listen(desk, "http://127.0.0.1:9/nobody")
    message = send(desk, "+15550001")
    desk.advance(1)
    assert desk.get("/clock")["pending"] == 2
    assert desk.items("/callbacks", subject=message)[0]["state"] == "pending"

    fresh = end_by_reset(world)

    assert fresh.get("/clock")["pending"] == 0
    assert fresh.items("/callbacks") == []


def test_receiver_may_reset_the_sandbox_that_calls_it(world: World, receiver: Receiver) -> None:
    desk = open_sandbox(world)
    listen(desk, receiver.url)
    receiver.then = lambda: desk.ask("POST", "/reset")
    receiver.gate.set()
    send(desk, "+15550001")

    answer = desk.ask("POST", "/clock/advance", {"until": "idle"})

    assert answer.status_code == 409
    assert receiver.next()["status"] == "dispatched"
    assert desk.items("/messages") == []


def test_redelivery_is_answered_though_the_sandbox_ends(world: World, receiver: Receiver) -> None:
    desk = open_sandbox(world)
    listen(desk, receiver.url)
    receiver.gate.set()
    send(desk, "+15550001")
    desk.advance(1)
    receiver.gate.clear()
    [callback] = desk.items("/callbacks")
    answers: list[int] = []

    def redeliver() -> None:
        again = Desk(world, "test").ask("POST", f"/callbacks/{callback['id']}/redeliver")
        answers.append(again.status_code)

    thread = threading.Thread(target=redeliver)
    thread.start()
    receiver.next(), receiver.next()
    end_by_reset(world)
    thread.join(PATIENCE)

    assert answers == [409]
