"""The receiver of callbacks, with real callbacks and with requests of our own."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from time import perf_counter
from typing import Any

import pytest

from emulator.client import EmulatorClient, Sandbox, Unexpected
from emulator.testing import CallbackSink, Received, running_emulator
from tests.client.shop import PERSON, send_sms

QUICK = 4  # seconds; what waits for something that never comes takes 5


@pytest.fixture(scope="module")
def client() -> Iterator[EmulatorClient]:
    with running_emulator() as emulator:
        yield emulator.client


@pytest.fixture
def sandbox(client: EmulatorClient) -> Iterator[Sandbox]:
    with client.sandboxes.create(from_="default") as sandbox:
        yield sandbox


@pytest.fixture
def sink() -> Iterator[CallbackSink]:
    sink = CallbackSink()
    yield sink
    sink.close()


def post(sink: CallbackSink, body: str = "{}", **headers: str) -> int:
    connection = http.client.HTTPConnection(sink.url.split("/")[2], timeout=5)
    try:
        connection.request("POST", "/callbacks", body, headers)
        return connection.getresponse().status
    finally:
        connection.close()


def test_callbacks_of_a_vendor_come_signed(sandbox: Sandbox, sink: CallbackSink) -> None:
    sink.trust("s3cret")
    sandbox.endpoint("teekrr", sink.url, events=["delivered", "billed"], secret="s3cret")
    send_sms(sandbox, PERSON)

    sandbox.advance(until="idle")

    assert [received.event for received in sink.received] == ["billed", "delivered"]
    delivered = sink.events("delivered").one()
    assert delivered.signature_ok
    assert (delivered.provider, delivered.method) == ("teekrr", "POST")
    assert delivered.json["data"]["recipient"] == PERSON
    sink.events().exactly(2)


def test_cuedesk_signs_with_the_secret_itself(sandbox: Sandbox) -> None:
    sandbox.settings(cuedesk={"signature_header": "X-Other-Signature"})
    with CallbackSink(lambda: ["wrong", "s3cret"]) as sink:
        sandbox.endpoint("cuedesk", sink.url, secret="s3cret")
        sandbox.inbound("cuedesk", "447700900111", "Hello")

        received = sink.wait().one()

    assert (received.provider, received.event) == ("cuedesk", "message_inbound")
    assert received.signature_ok


def test_bad_signature_is_seen(sandbox: Sandbox, sink: CallbackSink) -> None:
    sink.trust("s3cret")
    sandbox.endpoint("teekrr", sink.url, secret="another", events=["delivered"])
    send_sms(sandbox, PERSON)

    sandbox.advance(until="idle")

    assert not sink.received.one().signature_ok


def test_signature_without_a_known_secret_is_explained(sink: CallbackSink) -> None:
    post(sink, **{"X-Teekrr-Event": "failed"})

    with pytest.raises(Unexpected, match="no secret is known for /callbacks"):
        _ = sink.received.one().signature_ok


@pytest.mark.parametrize(
    ("body", "vendor"),
    [('{"event": {"type": "contact_created"}}', "whautomate"), ("?", "an unknown vendor")],
)
def test_vendors_that_sign_nothing_are_told(sink: CallbackSink, body: str, vendor: str) -> None:
    post(sink, body)

    with pytest.raises(Unexpected, match=f"callbacks of {vendor} are not signed"):
        _ = sink.received.one().signature_ok


def test_events_are_known_by_each_vendors_name(sink: CallbackSink) -> None:
    post(sink, '{"event": {"type": "contact_created"}}')
    post(sink, '{"trigger": "message_inbound", "channelUuid": "x"}')
    post(sink, "{}", **{"X-Mailroom-Mode": "normal"})

    told = [(received.provider, received.event) for received in sink.received]

    assert told == [
        ("whautomate", "contact_created"),
        ("cuedesk", "message_inbound"),
        ("rapidpro", None),
    ]
    assert sink.events("contact_created").one().provider == "whautomate"
    sink.events().exactly(2)


def test_script_is_followed(sandbox: Sandbox, sink: CallbackSink) -> None:
    sandbox.settings(cuedesk={"retry_pauses": ["10s", "10s"]})
    sandbox.endpoint("cuedesk", sink.url, events=["message_inbound"])
    sink.script([500, "drop", 200])

    sandbox.inbound("cuedesk", "447700900111", "Hello")
    sink.wait(1)
    sandbox.advance(by="1m")

    attempts = sandbox.callbacks().one().attempts
    assert [attempt.status for attempt in attempts] == [500, None, 200]
    assert len({received.body for received in sink.received.exactly(3)}) == 1


def test_answer_is_held_until_the_sink_ends() -> None:
    with CallbackSink() as sink:
        sink.script(["timeout"])
        failures: list[Exception] = []

        def call() -> None:
            try:
                post(sink)
            except (OSError, http.client.HTTPException) as error:
                failures.append(error)

        caller = threading.Thread(target=call)
        caller.start()
        sink.wait()

    caller.join(5)
    assert len(failures) == 1


def test_function_decides_and_its_failure_is_the_tests(sink: CallbackSink) -> None:
    def react(received: Received) -> int | None:
        assert received.text != "broken"
        return 202 if received.text == "accept" else None

    sink.respond(react)
    assert [post(sink, body) for body in ("accept", "")] == [202, 200]
    sink.check()

    assert post(sink, "broken") == 500
    with pytest.raises(AssertionError):
        sink.check()


@pytest.mark.parametrize("wrong", ["timout", 99, 700, True, 200.5])
def test_reaction_that_is_none_is_refused(sink: CallbackSink, wrong: Any) -> None:
    with pytest.raises(ValueError, match='must be a status from 200 to 599, "timeout" or "drop"'):
        sink.script([500, wrong])
    sink.respond(lambda _: wrong)

    # The script was not taken, and the function's answer is its failure.
    assert post(sink) == 500
    with pytest.raises(ValueError, match=str(wrong)):
        sink.check()


def test_too_few_callbacks_are_told(sink: CallbackSink) -> None:
    post(sink, "first")

    with pytest.raises(Unexpected, match=r"1 callback instead of 2\n.*first"):
        sink.wait(2, timeout=0.01)
    sink.clear()
    sink.received.none()
    with pytest.raises(Unexpected, match=r"no callback\n.*sandbox\.advance"):
        sink.wait(timeout=0.01)


def test_sink_ends_at_once_under_connections_that_are_kept() -> None:
    sink = CallbackSink()
    connection = http.client.HTTPConnection(sink.url.split("/")[2], timeout=5)
    connection.request("POST", "/callbacks", "{}")
    connection.getresponse().read()

    began = perf_counter()
    sink.close()
    sink.close()

    assert perf_counter() - began < QUICK
    with pytest.raises(ConnectionRefusedError):
        post(sink)
    connection.close()
