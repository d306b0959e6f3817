"""Streams of events over real sockets: they arrive at once, and hold no server up."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing, contextmanager
from typing import IO

import requests

from emulator.app import create_app
from emulator.runtime.in_process import THREADS, InProcessServer
from emulator.settings import ServerSettings
from emulator.testing import running_emulator

EVENTS = "/_emulator/sandboxes/default/events"
ADVANCE = "/_emulator/sandboxes/default/clock/advance"
SERVE = ["-m", "emulator", "serve", "--port", "0", "--json", "--fixture", "empty"]
LONGEST_END = 10  # seconds; what is still open then has not noticed
"""Less than what the server gives requests that are still open."""


@contextmanager
def stream(url: str) -> Iterator[http.client.HTTPResponse]:
    with closing(http.client.HTTPConnection(url.removeprefix("http://"), timeout=20)) as connection:
        connection.request("GET", EVENTS)
        response = connection.getresponse()
        assert response.read1(500) == b"retry: 1000\n\n"
        yield response


def advance(url: str) -> None:
    with closing(http.client.HTTPConnection(url.removeprefix("http://"), timeout=20)) as connection:
        headers = {"Content-Type": "application/json"}
        connection.request("POST", ADVANCE, body='{"by": "1h"}', headers=headers)
        assert connection.getresponse().status == 200


@contextmanager
def command() -> Iterator[tuple[subprocess.Popen[str], str]]:
    with subprocess.Popen(
        [sys.executable, *SERVE, "--clock", "manual"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            said: IO[str] | None = process.stdout
            assert said is not None
            yield process, json.loads(said.readline())["url"]
        finally:
            process.kill()


def test_streams_end_at_once_when_the_command_is_stopped() -> None:
    with command() as (process, url), stream(url) as followed, stream(url) as silent:
        advance(url)
        assert b"event: clock" in followed.read1(500)
        stopped_at = time.perf_counter()

        process.send_signal(signal.SIGTERM)

        assert (followed.read(), silent.read().count(b"event: clock")) == (b"", 1)
        assert process.wait() == 0
        assert time.perf_counter() - stopped_at < LONGEST_END


def test_run_ends_with_what_its_answers_rested_on() -> None:
    with command() as (process, url):
        with closing(http.client.HTTPConnection(url.removeprefix("http://"))) as connection:
            connection.request("GET", "/rapidpro/api/v2/contacts.json")
            assert connection.getresponse().status == 403

        process.send_signal(signal.SIGINT)
        said = process.communicate()[1]

    assert said == "Evidence: none of 1 answers rested on anything assumed.\n"


def test_streams_work_in_process_and_end_with_the_server() -> None:
    app = create_app(ServerSettings(fixtures=("empty",), clock="manual"))
    server = InProcessServer(app)
    with stream(server.url) as followed:
        advance(server.url)
        assert b"event: clock" in followed.read1(500)

        app.close()

        assert followed.read() == b""
    server.close()


def test_clients_that_wait_leave_threads_to_others() -> None:
    with running_emulator(fixture="empty") as emulator:
        sandbox = emulator.client.sandbox()
        with ThreadPoolExecutor(THREADS) as pool:
            waits = [pool.submit(wait, emulator.url) for _ in range(THREADS)]
            refused = next(as_completed(waits)).result()
            # A thread that answers is not held by anybody.
            assert emulator.client.health().status == "ok"
            requests.get(f"{sandbox.provider('teekrr').base_url}/nowhere", timeout=10)
            answers = [wait.result() for wait in waits]

    assert refused == 503
    assert answers.count(200) >= THREADS // 4
    assert set(answers) == {200, 503}


def wait(url: str) -> int:
    """Wait for any request; return the status of the answer."""
    path = "/_emulator/sandboxes/default/requests/wait?timeout=20"
    return requests.get(url + path, timeout=30).status_code
