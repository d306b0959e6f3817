"""``emulator serve`` from outside: how it starts, what it refuses, how it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import requests

from emulator.runtime.serving import THREADS, logged
from tests.scenarios.servers import PATIENCE, ROOT, Receiver, RemoteSandbox, ServerProcess


def refused(*options: str) -> str:
    """Return what a server says that cannot be started."""
    ran = subprocess.run(
        [sys.executable, "-m", "emulator", "serve", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (1, "")
    return ran.stderr


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"emulator": 1, "teekr": {}}, "/teekr: Unknown field"),
        ({"emulator": 1, "teekrr": {"clients": [{"id": 5}]}}, "/teekrr/clients/0/id: Must be"),
    ],
)
def test_mistake_in_a_fixture_is_said_in_one_line(
    tmp_path: Path, document: dict[str, Any], words: str
) -> None:
    fixture = tmp_path / "mine.json"
    fixture.write_text(json.dumps(document))

    [line] = refused("--port", "0", "--fixture", str(fixture)).splitlines()

    assert line.startswith("Error: ")
    assert "mine.json" in line
    assert words in line


def test_mistakes_in_a_fixture_are_listed_with_who_tells_their_lines(tmp_path: Path) -> None:
    fixture = tmp_path / "mine.json"
    fixture.write_text(json.dumps({"emulator": 1, "teekr": {}, "colour": "red"}))

    count, near, far, check = refused("--port", "0", "--fixture", str(fixture)).splitlines()

    assert count == "Error: 2 mistakes"
    assert near == f"  fixture {fixture}: /teekr: Unknown field (did you mean 'teekrr'?)"
    assert far.startswith(f"  fixture {fixture}: /colour: Unknown field; there are $schema, clock")
    assert check == f"Their lines: broadcast-emulator fixture check {fixture}"


@pytest.mark.breaks
def test_failure_that_nobody_caught_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    def app(_environ: object, _start_response: object) -> list[bytes]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        logged(app)({"REQUEST_METHOD": "GET", "PATH_INFO": "/teekrr"}, None)

    assert "GET /teekrr failed" in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        [line] = refused("--port", str(port), "--fixture", "empty").splitlines()

    assert f"port {port}" in line


def test_host_may_be_a_name() -> None:
    server = ServerProcess("--fixture", "empty", "--host", "localhost")
    try:
        assert server.url.startswith("http://localhost:")
        assert requests.get(f"{server.url}/_emulator/health", timeout=PATIENCE).ok
    finally:
        assert server.stop() == 0


def test_every_address_of_this_machine_alone_is_safe() -> None:
    server = ServerProcess("--fixture", "empty", "--host", "127.0.0.2")
    try:
        assert server.url.startswith("http://127.0.0.2:")
        assert requests.get(f"{server.url}/_emulator/sandboxes", timeout=PATIENCE).ok
    finally:
        assert server.stop() == 0


def test_slow_clients_keep_nobody_out() -> None:
    server = ServerProcess("--fixture", "empty")
    address = ("127.0.0.1", int(server.url.rpartition(":")[2]))
    begun = b"POST /teekrr/sms HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{"
    with ExitStack() as slow:
        for _ in range(THREADS + 50):
            connection = slow.enter_context(socket.create_connection(address))
            connection.sendall(begun)

        answers = [
            requests.get(f"{server.url}/_emulator/health", timeout=PATIENCE).status_code
            for _ in range(3)
        ]
        refused = requests.post(f"{server.url}/teekrr/sms", json={}, timeout=PATIENCE)

    assert answers == [200, 200, 200]
    assert refused.status_code == 503
    assert refused.json()["detail"].startswith("192 clients are sending bodies")
    # Its connections are gone: there is room again.
    answer = requests.post(f"{server.url}/teekrr/sms", json={}, timeout=PATIENCE)
    assert answer.status_code == 401
    assert server.stop() == 0


def test_who_waits_is_answered_when_the_server_ends() -> None:
    server, receiver = ServerProcess("--fixture", "empty"), Receiver()
    sandbox = RemoteSandbox(server.url)
    sandbox.endpoint(receiver)
    sandbox.send("60123456789")
    with ThreadPoolExecutor(1) as pool:
        stopped: list[Future[int]] = []

        def hold(_arrival: object) -> int:
            stopped.append(pool.submit(server.stop))
            stopped[0].result(PATIENCE)
            return 200

        receiver.answer = hold
        sandbox.do("POST", "/clock/advance", {"until": "idle"}, 409)

    assert [ended.result() for ended in stopped] == [0]
    receiver.close()


BROADCAST = json.dumps(
    {
        "from": "447576209857",
        "template": {"name": "plain_notice", "locale": "en"},
        "payload": [{"identifier": "447592850122"}],
    }
).encode()
POST = (
    b"POST /cuedesk/v2/broadcasts HTTP/1.1\r\nHost: localhost\r\n"
    b"Authorization: Bearer cue_ci_token\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(BROADCAST), BROADCAST)
)
LOOK = (
    b"%s /rapidpro/api/v2/workspace.json HTTP/1.%d\r\nHost: localhost\r\n"
    b"Authorization: Token rp_token_admin\r\n\r\n"
)
LOOKS = [LOOK % (b"GET", 1), LOOK % (b"GET", 0), LOOK % (b"HEAD", 1)]
HEALTH = b"GET /_emulator/health HTTP/1.1\r\nHost: localhost\r\n\r\n"


def answer_to(address: tuple[str, int], sent: bytes, *, first: bytes = b"") -> bytes:
    """Return every byte that comes back for a request until the connection is closed.

    :param first: a request that the same connection carries before; it is answered with JSON.
    """
    with socket.create_connection(address) as connection:
        connection.settimeout(PATIENCE)
        connection.sendall(first)
        answered = not first
        while not answered:
            answered = connection.recv(65_536).rstrip().endswith(b"}")
        connection.sendall(sent)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 51)])
def test_dropped_request_gets_not_a_byte_of_an_answer(when: str, made: int) -> None:
    server = ServerProcess("--fixture", "reference")
    address = ("127.0.0.1", int(server.url.rpartition(":")[2]))
    control = f"{server.url}/_emulator/sandboxes/default"
    requests.post(f"{control}/faults", json={"fault": {"drop": when}}, timeout=PATIENCE)
    try:
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda sent: answer_to(address, sent), [POST] * 50 + LOOKS))
        answers.append(answer_to(address, POST, first=HEALTH))
        [fault] = requests.get(f"{control}/faults", timeout=PATIENCE).json()["items"]
        listed = requests.get(f"{control}/broadcasts?provider=cuedesk", timeout=PATIENCE).json()
    finally:
        assert server.stop() == 0

    assert answers == [b""] * 54
    assert (fault["hits"], len(listed["items"])) == (54, made)


@contextmanager
def started(*by: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Have a server in a group of processes of its own; gives it and its URL.

    :param by: the command that starts it.
    """
    command = ["-m", "emulator", "serve", "--port", "0", "--json", "--fixture", "empty"]
    process = subprocess.Popen(
        [*by, sys.executable, *command],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        yield process, json.loads(process.stdout.readline())["url"]
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE)


@pytest.fixture
def at_a_terminal() -> Iterator[None]:
    """Let programs that are started be hung up, also where the tests run under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("at_a_terminal")
@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_to_the_whole_group_ends_it_quietly(kind: signal.Signals) -> None:
    with started() as (process, url):
        os.killpg(process.pid, kind)
        _, complaints = process.communicate(timeout=PATIENCE)

        assert (process.returncode, complaints) == (0, "")
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{url}/_emulator/health", timeout=PATIENCE)


def test_server_started_with_nohup_outlives_its_terminal() -> None:
    with started("nohup") as (process, url):
        os.killpg(process.pid, signal.SIGHUP)

        # It ends within half a second where it does.
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
        assert requests.get(f"{url}/_emulator/health", timeout=PATIENCE).ok
        process.terminate()
        assert process.wait(PATIENCE) == 0


def test_signals_that_come_together_are_not_lost() -> None:
    with ExitStack() as stack:
        for process, _ in [stack.enter_context(started()) for _ in range(6)]:
            process.terminate()
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=PATIENCE)
            assert process.returncode == 0


def test_asking_again_until_it_has_ended_does_not_cut_its_end_short() -> None:
    with started() as (process, _):
        process.terminate()
        while process.poll() is None:
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.001)

        process.communicate(timeout=PATIENCE)
        assert process.returncode == 0


def test_it_serves_where_processes_are_not_forked_by_default() -> None:
    """As on macOS, and from Python 3.14 on."""
    program = (
        "import multiprocessing, runpy, sys\n"
        "multiprocessing.set_start_method('spawn')\n"
        "sys.argv[1:] = ['serve', '--port', '0', '--json', '--fixture', 'empty']\n"
        "runpy.run_module('emulator', run_name='__main__')\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        assert requests.get(f"{url}/_emulator/health", timeout=PATIENCE).ok
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 0


def test_nothing_is_left_when_the_process_above_is_killed() -> None:
    with started() as (process, url):
        address = ("127.0.0.1", int(url.rpartition(":")[2]))
        with socket.create_connection(address) as waiting:
            process.kill()
            process.communicate(timeout=PATIENCE)

            waiting.settimeout(PATIENCE)
            # A connection that nobody had come to yet is reset.
            with suppress(ConnectionResetError):
                assert waiting.recv(1) == b""
