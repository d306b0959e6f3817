"""The client: every call, against a real server."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import HTTPError

import pytest

from emulator.app import create_app
from emulator.client import (
    Conflict,
    EmulatorClient,
    Invalid,
    NoServer,
    NotFound,
    Sandbox,
    Unexpected,
)
from emulator.client.timeline import timeline
from emulator.runtime.in_process import InProcessServer
from emulator.settings import ServerSettings
from emulator.testing import CallbackSink, Received
from tests.client.shop import OTHER, PERSON, send_sms


def test_server_says_how_it_is(client: EmulatorClient) -> None:
    assert client.health().status == "ok"
    assert "teekrr" in [provider["slug"] for provider in client.providers()]


def test_sandboxes_are_made_found_and_deleted(client: EmulatorClient) -> None:
    made = client.sandboxes.create(name="made", fixture="empty", seed=7, ttl=timedelta(hours=1))

    assert made.seed == 7
    assert client.sandboxes.get("made").providers == made.providers
    assert "made" in [sandbox.name for sandbox in client.sandboxes.list()]

    client.sandboxes.delete("made")
    with pytest.raises(NotFound, match="no sandbox 'made'"):
        client.sandboxes.get("made")


def test_message_goes_its_way(sandbox: Sandbox) -> None:
    sandbox.outcome("undelivered", to=PERSON, error=("UNDELIVERABLE", "Absent subscriber"))
    send_sms(sandbox, PERSON)

    ledger = sandbox.advance(until="idle")

    message = sandbox.messages(to=PERSON).one()
    assert message.statuses == ["pending", "enqueued", "send", "failed"]
    assert message.error is not None
    assert message.error.message == "Absent subscriber"
    assert ledger.transitions["failed"] == 1
    assert sandbox.message(message.id) == message


def test_advance_takes_as_long_as_it_takes(client: EmulatorClient, sandbox: Sandbox) -> None:
    hasty = EmulatorClient(client.url, timeout=0.2).sandbox(sandbox.name)
    with socket.create_server(("127.0.0.1", 0)) as silent, CallbackSink() as sink:
        port = silent.getsockname()[1]

        def waits_out_the_patience_of_a_client(_: Received) -> None:
            with pytest.raises(NoServer, match="timed out"):
                EmulatorClient(f"http://127.0.0.1:{port}", timeout=0.2).health()

        sink.respond(waits_out_the_patience_of_a_client)
        sandbox.endpoint("teekrr", sink.url, events=["delivered"])
        send_sms(sandbox, PERSON)

        assert hasty.advance("1m").callbacks.succeeded == 1


def test_time_passes_as_asked(sandbox: Sandbox) -> None:
    noon = datetime(2026, 5, 6, 12, tzinfo=UTC)
    send_sms(sandbox, PERSON)
    message = sandbox.messages(to=PERSON).one()

    reached = sandbox.advance(until=(message.id, "send"), detail=True)
    assert reached.reason == "condition"
    assert [entry.to for entry in reached.log or []][-1] == "send"
    assert sandbox.advance(to=noon).to == noon
    assert sandbox.advance(by=timedelta(minutes=2)).to == noon + timedelta(minutes=2)
    assert sandbox.clock().now == noon + timedelta(minutes=2)
    assert sandbox.set_clock("real", rate=2).rate == 2
    with pytest.raises(Conflict):
        sandbox.set_clock(now=noon)


def test_rules_are_put_explained_and_removed(sandbox: Sandbox) -> None:
    rule = sandbox.outcome("replied", to=PERSON, reply="Thanks", nth=1)

    explained = sandbox.explain("teekrr", PERSON, channel="sms")

    assert (explained.source, explained.rule) == ("rule", rule["id"])
    sandbox.drop_outcome(rule["id"])
    assert rule["id"] not in [known["id"] for known in sandbox.outcomes()]
    assert [r["to"] for r in sandbox.set_outcomes([{"to": OTHER, "outcome": "stuck"}])] == [OTHER]


@pytest.mark.parametrize(
    ("add", "status"),
    [
        (lambda sandbox: sandbox.fault("unauthorized", provider="teekrr", times=1), 401),
        (lambda sandbox: sandbox.fault(provider="teekrr", path="/sms", status=418), 418),
    ],
)
def test_requests_go_wrong(sandbox: Sandbox, add: Callable[[Sandbox], Any], status: int) -> None:
    fault = add(sandbox)

    with pytest.raises(HTTPError) as refused:
        send_sms(sandbox, PERSON)

    refused.value.close()
    assert refused.value.code == status
    assert sandbox.faults()[0]["hits"] == 1
    sandbox.drop_fault(fault["id"])
    sandbox.clear_faults()
    assert sandbox.faults() == []


def test_callbacks_are_seen_and_sent_again(sandbox: Sandbox) -> None:
    endpoint = sandbox.endpoint("teekrr", sandbox.sink_url("teekrr"), events=["delivered"])
    sandbox.script_sink([500])
    send_sms(sandbox, PERSON)
    sandbox.advance(until="idle")

    callback = sandbox.callbacks(event="delivered").one()
    assert callback.json["data"]["recipient"] == PERSON
    assert (callback.state, callback.attempts[0].status) == ("failed", 500)

    again = sandbox.redeliver(callback.id)
    assert [attempt.status for attempt in again.attempts] == [500, 200]
    assert sandbox.callback(callback.id) == again
    assert [received.body for received in sandbox.sink()] == [callback.body] * 2
    sandbox.clear_sink()
    assert sandbox.sink() == []
    assert sandbox.secrets == [endpoint.secret]


def test_endpoints_are_changed_and_removed(sandbox: Sandbox) -> None:
    made = sandbox.endpoint("teekrr", sandbox.sink_url(), secret="s3cret")

    assert made.secret == "s3cret"
    assert sandbox.change_endpoint(made.id, active=False).active is False
    sandbox.drop_endpoint(made.id)
    assert sandbox.endpoints("teekrr") == []
    sandbox.clear_sink()


def test_requests_are_seen(sandbox: Sandbox) -> None:
    send_sms(sandbox, PERSON)

    request = sandbox.requests(provider="teekrr", matched=True).one()

    assert request.body["recipients"] == [PERSON]
    assert sandbox.request(request.id).operation == request.operation
    assert sandbox.wait_for_requests(1, timeout=0).one() == request
    sandbox.clear_requests()
    sandbox.requests().none()
    with pytest.raises(Unexpected) as missing:
        sandbox.requests(path="/sms").one()
    assert str(missing.value) == "no request with path /sms"


def test_person_writes(sandbox: Sandbox) -> None:
    written = sandbox.inbound("rapidpro", "tel:+254722000111", "Hello there")

    assert sandbox.messages(direction="in", text="hello there").one().id == written.id
    assert sandbox.messages(from_="+254722000111", text="Hello there").one() == written


def test_status_is_pushed(sandbox: Sandbox) -> None:
    send_sms(sandbox, PERSON)
    message = sandbox.messages(to=PERSON).one()

    failed = sandbox.push_status(message.id, "failed", ("E1", "No"))
    assert failed.status == "failed"
    assert failed.error is not None
    assert (failed.error.code, failed.error.message) == ("E1", "No")
    with pytest.raises(Conflict):
        sandbox.push_status(message.id, "pending")


def test_broadcast_is_seen(sandbox: Sandbox) -> None:
    send_sms(sandbox, PERSON, OTHER)

    broadcast = sandbox.broadcasts(provider="teekrr").one()

    assert broadcast.total == 2
    assert sandbox.broadcast(broadcast.id) == broadcast
    assert len(sandbox.messages(broadcast=broadcast.id)) == 2
    with pytest.raises(Conflict):
        sandbox.cancel(broadcast.id)


def test_accounts_and_keys_are_changed(sandbox: Sandbox) -> None:
    teekrr = sandbox.provider("teekrr")
    made = sandbox.create_key("teekrr", teekrr.account, {"name": "new"})

    sandbox.change_account("teekrr", teekrr.account, {"rates": {"sms": 9}})
    sandbox.show()

    assert sandbox.provider("teekrr", key="new").key == made["key"]
    assert sandbox.account("teekrr", teekrr.account)["rates"]["sms"] == 9
    assert sandbox.accounts("teekrr")[0]["id"] == teekrr.account
    sandbox.revoke_key("teekrr", teekrr.account, "new")
    *_, key = sandbox.account("teekrr", teekrr.account)["apiKeys"]
    assert (key["name"], key["revokedAt"] is None) == ("new", False)
    sandbox.reset_rate_limits("teekrr")


def test_account_is_added_and_kept_in_a_fixture(client: EmulatorClient, sandbox: Sandbox) -> None:
    sandbox.create_account("teekrr", {"id": "second", "apiKeys": [{"name": "k", "key": "tk_2nd"}]})

    with client.sandboxes.create(fixture=sandbox.as_fixture()) as other:
        assert other.provider("teekrr", account="second").key == "tk_2nd"


def test_settings_are_merged(sandbox: Sandbox) -> None:
    before = sandbox.settings()

    after = sandbox.settings(latency="instant", teekrr={"trust_forwarded_for": True})

    assert after["teekrr"]["success_codes"] == before["teekrr"]["success_codes"]
    assert sandbox.settings()["latency"] == "instant"


def test_snapshot_continues_in_another_sandbox(client: EmulatorClient, sandbox: Sandbox) -> None:
    send_sms(sandbox, PERSON)

    with client.sandboxes.restore("restored", json.loads(json.dumps(sandbox.snapshot()))) as copy:
        copy.advance(until="idle")
        assert copy.messages(to=PERSON).one().status == "delivered"

    assert sandbox.messages(to=PERSON).one().status == "enqueued"
    sandbox.restore(sandbox.snapshot())


def test_reset_and_fixtures(sandbox: Sandbox) -> None:
    send_sms(sandbox, PERSON)
    sandbox.reset()
    sandbox.messages(to=PERSON).none()

    sandbox.reset(to="empty")
    assert sandbox.providers["teekrr"].accounts == []
    sandbox.fixtures("reference")
    assert sandbox.provider("teekrr").key == "tk_all"


def test_events_are_followed(sandbox: Sandbox) -> None:
    seen: list[str] = []
    told = threading.Event()

    def follow() -> None:
        for event in sandbox.events(after="0"):
            seen.append(event.event)
            if event.event == "message":
                told.set()

    follower = threading.Thread(target=follow)
    follower.start()
    send_sms(sandbox, PERSON)
    assert told.wait(5)
    sandbox.delete()
    follower.join(5)

    assert not follower.is_alive()
    assert "request" in seen


def test_mistakes_are_told_with_place_and_suggestion(sandbox: Sandbox) -> None:
    with pytest.raises(Invalid) as refused:
        sandbox.outcome("undeliverd", to=PERSON)

    assert "/outcome" in str(refused.value)
    assert "did you mean 'undelivered'?" in str(refused.value)
    assert refused.value.errors[0]["suggestion"] == "undelivered"


def test_nobody_there_is_told() -> None:
    with pytest.raises(NoServer, match=r"no emulator answers at http://127\.0\.0\.1:9: "):
        EmulatorClient("http://127.0.0.1:9").health()


@contextmanager
def stranger(status: str, kind: str, body: bytes) -> Iterator[EmulatorClient]:
    """Have a server that is no emulator, and a client that takes it for one."""

    def answer(_environ: Any, start_response: Any) -> list[bytes]:
        start_response(status, [("Content-Type", kind)])
        return [body]

    server = InProcessServer(answer)
    with EmulatorClient(server.url) as client:
        yield client
    server.close()


def test_server_that_is_another_is_told() -> None:
    with (
        stranger("200 OK", "text/html", b"<h1>Welcome</h1>") as client,
        pytest.raises(
            NoServer, match=r"http://127\.0\.0\.1:\d+ answers, but it is not the emulator"
        ),
    ):
        client.health()


@pytest.mark.parametrize(
    ("kind", "body"), [("text/html", b"<h1>Nothing here</h1>"), ("application/json", b"[1]")]
)
def test_refusal_that_is_no_problem_document_is_shown_as_it_is(kind: str, body: bytes) -> None:
    with stranger("404 Not Found", kind, body) as client, pytest.raises(NotFound) as refused:
        client.health()

    assert refused.value.detail == body.decode()


def test_events_that_nobody_tells_are_refused(client: EmulatorClient, sandbox: Sandbox) -> None:
    sandbox.delete()

    with pytest.raises(NotFound, match=f"no sandbox '{sandbox.name}'"):
        next(iter(sandbox.events()))
    with pytest.raises(NoServer, match="no emulator answers"):
        next(iter(EmulatorClient("http://127.0.0.1:9").sandbox().events()))


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("localhost:4600", "http://localhost:4600"),
        ("http://LOCALHOST:4600/", "http://localhost:4600"),
        ("http://127.0.0.1", "http://127.0.0.1:80"),
        ("http://[::1]:4600", "http://[::1]:4600"),
    ],
)
def test_url_may_be_given_in_several_forms(given: str, url: str) -> None:
    assert EmulatorClient(given).url == url


@pytest.mark.parametrize("url", ["https://localhost:4600", "http://", "ftp://localhost"])
def test_odd_urls_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is no URL of an emulator"):
        EmulatorClient(url)


def test_connection_that_the_server_has_closed_is_opened_anew() -> None:
    app = create_app(ServerSettings(fixtures=("empty",)))
    server = InProcessServer(app)
    client = EmulatorClient(server.url)
    client.health()
    server.close()

    server = InProcessServer(app, port=int(server.url.rpartition(":")[2]))
    assert client.health().status == "ok"
    client.close()
    server.close()
    app.close()


FORK = """
import http.client, os, sys
from emulator.client import EmulatorClient
connect, made = http.client.HTTPConnection.connect, []
http.client.HTTPConnection.connect = lambda it: (made.append(it), connect(it))
client = EmulatorClient(sys.argv[1])
client.health()
child = os.fork()
if child:
    os.waitpid(child, 0)
client.health()
print("parent" if child else "child", len(made), flush=True)
os._exit(0)
"""


def test_fork_leaves_the_connections_to_its_parent(client: EmulatorClient) -> None:
    command = [sys.executable, "-c", FORK, client.url]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert ran.stdout.splitlines() == ["child 2", "parent 1"], ran.stderr


def test_many_threads_share_a_client(client: EmulatorClient) -> None:
    answers: list[str] = []
    threads = [
        threading.Thread(target=lambda: answers.append(client.health().status)) for _ in range(20)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == ["ok"] * 20


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"account": "nobody"}, "no account 'nobody'; there are: acme"),
        ({"key": "none"}, "no key 'none'; there are: all"),
    ],
)
def test_unknown_account_or_key_is_told(
    sandbox: Sandbox, wanted: dict[str, str], words: str
) -> None:
    with pytest.raises(LookupError, match=words):
        sandbox.provider("teekrr", **wanted)


def test_unknown_provider_is_told(sandbox: Sandbox) -> None:
    with pytest.raises(LookupError, match="no provider 'tekrr'; there are: rapidpro, teekrr"):
        sandbox.provider("tekrr")


def test_story_is_told_in_its_order(sandbox: Sandbox) -> None:
    earlier = sandbox.inbound("cuedesk", "447700900111", "Hi").id
    sandbox.endpoint("teekrr", sandbox.sink_url(), events=["delivered"])
    send_sms(sandbox, PERSON)
    sandbox.advance("1m")

    told = [(entry.kind, entry.text) for entry in timeline(sandbox, since=earlier)]

    statuses = ("pending", "enqueued", "send", "delivered")
    assert told == [
        ("request", "teekrr POST /sms: 202 (sms.send)"),
        *(("message", f"teekrr sms to {PERSON}: {status}") for status in statuses),
        ("callback", f"teekrr delivered to {sandbox.sink_url()}: 200"),
    ]
    everything = timeline(sandbox)
    assert [entry.at for entry in everything] == sorted(entry.at for entry in everything)
    assert "cuedesk whatsapp from 447700900111: received" in [entry.text for entry in everything]


def test_lists_hold_everything_however_many_pages_that_takes(
    client: EmulatorClient, sandbox: Sandbox
) -> None:
    send_sms(sandbox, *(f"6012{at:07}" for at in range(1001)))
    more = [client.sandboxes.create(from_="default", ttl="1h") for _ in range(100)]

    everything = sandbox.messages(direction="out")

    assert len({message.to for message in everything}) == 1001
    assert sandbox.messages(limit=1000).all == everything[:1000]
    assert sandbox.messages(limit=3).all == everything[:3]
    assert {made.name for made in more} < {found.name for found in client.sandboxes.list()}
    for made in more:
        made.delete()


def test_messages_are_asked_for_since_a_moment(sandbox: Sandbox) -> None:
    send_sms(sandbox, PERSON)
    now = sandbox.clock().now

    sandbox.messages(to=PERSON, since=now).one()
    sandbox.messages(to=PERSON, since=now + timedelta(seconds=1)).none()


def test_missing_message_is_explained(sandbox: Sandbox) -> None:
    send_sms(sandbox, OTHER)

    with pytest.raises(Unexpected) as missing:
        sandbox.messages(to=PERSON).one()

    first, *others, advice = str(missing.value).splitlines()
    assert first == f"no message to {PERSON}; 1 message to: {OTHER}"
    assert others[0] == f"  teekrr sms to {OTHER}: enqueued 'Hello'"
    assert 'sandbox.advance(until="idle")' in advice


@pytest.mark.parametrize("error", ["E1", {"code": "E1"}, ("E1", "No")])
def test_rule_takes_an_error_in_several_forms(sandbox: Sandbox, error: Any) -> None:
    rule = sandbox.outcome("undelivered", error=error)

    assert rule["error"]["code"] == "E1"


def test_missing_request_is_told_with_what_became_of_others(sandbox: Sandbox) -> None:
    sandbox.fault(provider="teekrr", drop="before")
    with pytest.raises(ConnectionError):
        send_sms(sandbox, PERSON)

    with pytest.raises(Unexpected) as missing:
        sandbox.requests(path="/email").one()

    assert str(missing.value).splitlines() == [
        "no request with path /email; 1 request",
        "  teekrr POST /sms: not answered (sms.send)",
    ]


def test_missing_message_from_a_person_is_told_with_who_has_written(sandbox: Sandbox) -> None:
    send_sms(sandbox, PERSON)
    sandbox.inbound("cuedesk", "447700900111", "Hello")

    with pytest.raises(Unexpected) as missing:
        sandbox.messages(from_="447700900222").one()

    [first, *others, _] = str(missing.value).splitlines()
    assert first.startswith("no message from 447700900222; ")
    assert "  cuedesk whatsapp from 447700900111: " in others[0]
    assert not any(" to " in line for line in others)


def test_missing_broadcast_or_callback_is_told_with_what_there_is(sandbox: Sandbox) -> None:
    sandbox.endpoint("teekrr", sandbox.sink_url(), events=["delivered"])
    send_sms(sandbox, PERSON)
    sandbox.advance(until="idle")

    with pytest.raises(Unexpected) as broadcast:
        sandbox.broadcasts(name="Nobody").one()
    with pytest.raises(Unexpected) as callback:
        sandbox.callbacks(event="read").one()

    [name] = [found.name for found in sandbox.broadcasts()]
    assert f"  teekrr {name}: completed (1 delivered)" in str(broadcast.value)
    line = f"  teekrr delivered to {sandbox.sink_url()}: succeeded, tried: 200"
    assert line in str(callback.value).splitlines()


def test_event_is_sent_about_what_there_is(sandbox: Sandbox) -> None:
    sandbox.endpoint("teekrr", sandbox.sink_url(), events=["billed"])
    send_sms(sandbox, PERSON)
    message = sandbox.messages(to=PERSON).one()

    [sent] = sandbox.trigger("teekrr", "billed", message.id)

    assert sandbox.callbacks(event="billed").one().id == sent.id
    assert sent.subject == message.id


@pytest.mark.parametrize("provider", [None, "teekrr"])
def test_documents_are_read(client: EmulatorClient, provider: str | None) -> None:
    assert client.openapi(provider)["openapi"].startswith("3.1")
