"""The main job: an unchanged client sends, time passes, messages move, signed callbacks arrive.

On the server of the command line (granian) and on the one for tests (waitress).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
import requests
from temba_client.v2 import TembaClient

from emulator.app import create_app
from emulator.runtime.in_process import InProcessServer
from emulator.settings import ServerSettings
from emulator.web.bodies import LIMIT
from tests.scenarios.servers import PATIENCE, Arrival, Receiver, RemoteSandbox, ServerProcess

TO = "60123456789"
AT_ONCE = 32
"""As many callbacks of one sandbox are under way at a time."""
MANUAL = datetime.fromisoformat("2026-05-06T10:00:00Z")


@pytest.fixture(scope="module")
def granian() -> Iterator[str]:
    server = ServerProcess("--fixture", "reference")
    yield server.url
    assert server.stop() == 0


@pytest.fixture(scope="module")
def waitress() -> Iterator[str]:
    app = create_app(ServerSettings(fixtures=("reference",)))
    server = InProcessServer(app)
    yield server.url
    server.close()
    app.close()


@pytest.fixture(params=["granian", "waitress"])
def url(request: pytest.FixtureRequest) -> str:
    """The URL of a running server."""
    found: str = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


def is_signed(arrival: Arrival, secret: str) -> bool:
    """Verify as Teekrr's guide tells its customers to."""
    key = hashlib.sha256(secret.encode()).hexdigest().encode()
    expected = hmac.new(key, arrival.body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, arrival.headers["X-Teekrr-Signature"])


def test_message_is_delivered_and_the_handler_told(url: str, receiver: Receiver) -> None:
    sandbox = RemoteSandbox(url)
    secret = sandbox.endpoint(receiver)
    broadcast = sandbox.send(TO)
    [waiting] = sandbox.items("/messages?provider=teekrr")

    ledger = sandbox.do("POST", "/clock/advance", {"by": "1m"})

    [message] = sandbox.items(f"/messages?broadcast={broadcast}")
    billed, delivered = receiver.all()
    assert (waiting["status"], message["status"]) == ("enqueued", "delivered")
    assert [step["status"] for step in message["history"]] == [
        *("pending", "enqueued", "send", "delivered")
    ]
    assert ledger["transitions"] == {"send": 1, "delivered": 1}
    assert ledger["callbacks"] == {"attempted": 2, "succeeded": 2, "failed": 0}
    assert is_signed(billed, secret)
    assert is_signed(delivered, secret)
    assert delivered.event["event"] == "delivered"
    assert delivered.event["data"]["messageUuid"] == message["id"]
    assert not is_signed(delivered, "another secret")


def test_message_fails_as_it_was_asked_to(url: str, receiver: Receiver) -> None:
    sandbox = RemoteSandbox(url)
    secret = sandbox.endpoint(receiver, events=["failed"])
    error = {"code": "UNDELIVERABLE", "message": "Absent subscriber"}
    rule = {"to": TO, "outcome": "undelivered", "error": error, "delays": {"failed": "2h"}}
    sandbox.do("POST", "/outcomes", rule, 201)
    sandbox.send(TO, "60123990500")

    early = sandbox.do("POST", "/clock/advance", {"by": "1h"})
    late = sandbox.do("POST", "/clock/advance", {"by": "2h"})

    magic, ruled = receiver.all()
    assert (early["callbacks"]["succeeded"], late["callbacks"]["succeeded"]) == (1, 1)
    assert magic.event["data"]["recipient"] == "60123990500"
    assert ruled.event["data"]["recipient"] == TO
    assert ruled.event["data"]["errorMessage"] == "Absent subscriber"
    assert is_signed(ruled, secret)


def test_client_of_the_standard_library_needs_nothing_but_the_base_url(
    url: str, receiver: Receiver
) -> None:
    sandbox = RemoteSandbox(url)
    secret = sandbox.endpoint(receiver, events=["delivered"])
    body = {"campaignName": "May", "type": "quick broadcast", "templateContent": "Hi"}
    request = urllib.request.Request(
        f"{sandbox.teekrr}/sms",
        json.dumps({**body, "recipients": [TO]}).encode(),
        {"Authorization": "Bearer tk_all", "Content-Type": "application/json"},
    )

    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        said = json.load(answer)
    sandbox.do("POST", "/clock/advance", {"until": "idle"})

    assert said["data"]["queued"] == 1
    assert is_signed(receiver.next(), secret)


def test_handler_finds_the_moment_that_it_is_told_about(url: str, receiver: Receiver) -> None:
    sandbox = RemoteSandbox(url)
    sandbox.endpoint(receiver)
    seen = []

    def answer(arrival: Arrival) -> int:
        data = arrival.event["data"]
        clock = sandbox.do("GET", "/clock")
        message = sandbox.do("GET", f"/messages/{data['messageUuid']}")
        seen.append((clock["now"], message["history"][-1]["at"], clock["in_flight"]))
        if data["recipient"] == TO and arrival.event["event"] == "billed":
            sandbox.send("60111111111")
        return 200

    receiver.answer = answer
    sandbox.send(TO)
    sandbox.do("POST", "/clock/advance", {"by": "1m"})

    follow_up = sandbox.items("/messages?to=60111111111")[0]
    assert len(seen) == 4
    assert all(now == at for now, at, _ in seen)
    assert all(in_flight >= 1 for *_, in_flight in seen)
    assert follow_up["created_at"] == seen[0][0]
    assert follow_up["status"] == "delivered"


def test_callbacks_of_a_broadcast_come_in_order_for_each_message(
    url: str, receiver: Receiver
) -> None:
    sandbox = RemoteSandbox(url)
    secret = sandbox.endpoint(receiver)
    sandbox.send(*(f"6012345{at:04}" for at in range(300)))

    ledger = sandbox.do("POST", "/clock/advance", {"by": "1m"})

    arrivals = receiver.all()
    told = defaultdict(list)
    for arrival in arrivals:
        told[arrival.event["data"]["messageUuid"]].append(arrival.event["event"])
    assert ledger["callbacks"] == {"attempted": 600, "succeeded": 600, "failed": 0}
    assert len(told) == 300
    assert set(map(tuple, told.values())) == {("billed", "delivered")}
    assert all(is_signed(arrival, secret) for arrival in arrivals)


def test_real_clock_needs_nobody_to_advance_it(url: str, receiver: Receiver) -> None:
    clock = {"mode": "real", "rate": 60, "now": "2026-05-06T10:00:00Z"}
    sandbox = RemoteSandbox(url, clock=clock)
    secret = sandbox.endpoint(receiver)
    delays = {"sent": "6s", "delivered": "12s"}
    sandbox.do("POST", "/outcomes", {"outcome": "delivered", "delays": delays}, 201)
    sandbox.send(TO)

    billed, delivered = receiver.next(), receiver.next()

    [message] = sandbox.items("/messages?provider=teekrr")
    steps = {step["status"]: datetime.fromisoformat(step["at"]) for step in message["history"]}
    told = [datetime.fromisoformat(arrival.event["timestamp"]) for arrival in (billed, delivered)]
    assert steps["send"] - steps["enqueued"] == timedelta(seconds=6)
    assert steps["delivered"] - steps["send"] == timedelta(seconds=12)
    assert steps["enqueued"] >= MANUAL
    assert [moment.replace(microsecond=0) for moment in told] == [
        steps[word].replace(microsecond=0) for word in ("send", "delivered")
    ]
    assert is_signed(billed, secret)
    assert is_signed(delivered, secret)


def test_nothing_arrives_once_a_sandbox_is_gone(url: str, receiver: Receiver) -> None:
    sandbox, gate = RemoteSandbox(url), threading.Event()
    receiver.answer = lambda arrival: 200 if gate.wait(PATIENCE) else 500
    sandbox.endpoint(receiver)
    sandbox.send(*(f"6012345{at:04}" for at in range(200)))
    with ThreadPoolExecutor(1) as pool:
        advance = pool.submit(sandbox.do, "POST", "/clock/advance", {"until": "idle"}, 409)
        # What was sent by then arrives, and on a busy machine it could do so at any later time.
        for _ in range(AT_ONCE):
            receiver.next()
        sandbox.do("DELETE", "", status=204)
        advance.result(PATIENCE)

    gate.set()
    other = RemoteSandbox(url)
    other.endpoint(receiver, events=["delivered"])
    other.send("60199999999")
    other.do("POST", "/clock/advance", {"until": "idle"})

    assert [arrival.event["data"]["recipient"] for arrival in receiver.all()] == ["60199999999"]


def test_as_many_threads_as_you_like_share_out_the_same_ids(url: str) -> None:
    drawn = []
    for threads in (1, 16):
        sandbox = RemoteSandbox(url, settings={"rate_limits": {"teekrr": False}})
        with ThreadPoolExecutor(threads) as pool:
            broadcasts = set(pool.map(sandbox.send, (f"6012345{at:04}" for at in range(64))))
        messages = sandbox.items("/messages?provider=teekrr")
        drawn.append((broadcasts, {message["id"] for message in messages}))

    assert drawn[0] == drawn[1]
    assert len(drawn[0][0]) == 64


def test_vendors_own_client_pages_through_a_sandbox(url: str) -> None:
    sandbox = RemoteSandbox(url)
    part: dict[str, Any] = {
        "workspaces": [
            {
                "uuid": "0b8f6a52-6a55-4d0f-9a83-5b1f0c2d7e01",
                "contacts": [
                    {"name": f"Person {at}", "urns": [f"tel:+2547100{at:05}"]} for at in range(300)
                ],
            }
        ]
    }
    sandbox.do("POST", "/fixtures", {"emulator": 1, "rapidpro": part})

    client = TembaClient(sandbox.made["providers"]["rapidpro"]["base_url"], "rp_token_admin")
    contacts = client.get_contacts().all()

    assert len({contact.uuid for contact in contacts}) == 306


@pytest.mark.parametrize("path", ["/teekrr/sms", "/rapidpro/api/v2/contacts.json"])
@pytest.mark.parametrize("is_chunked", [True, False])
def test_huge_body_is_refused_with_an_answer(url: str, path: str, is_chunked: bool) -> None:
    raw = b" " * (LIMIT + 1_000_000)
    data: Any = BytesIO(raw) if not is_chunked else iter([raw[:LIMIT], raw[LIMIT:]])
    key = "Token rp_token_admin" if "rapidpro" in path else "Bearer tk_all"
    headers = {"Content-Type": "application/json", "Authorization": key}

    answer = requests.post(f"{url}{path}", data=data, headers=headers, timeout=PATIENCE)

    assert answer.status_code == 413
    assert answer.json() in (
        {"message": "Request body too large"},
        {"detail": "Request body too large."},
    )
