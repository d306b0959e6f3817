"""The server on threads of this process: it ends as soon as it is told to."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterable
from time import perf_counter
from typing import Any

import pytest

from emulator.runtime.in_process import InProcessServer

QUICK = 4  # seconds; what waits for something that never comes takes 5


class Hello:
    """Says hello; slowly where it is asked to."""

    def __init__(self) -> None:
        self.asked, self.may_answer = threading.Event(), threading.Event()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.asked.set()
        if environ["PATH_INFO"] == "/slow":
            assert self.may_answer.wait(5)
        start_response("200 OK", [("Content-Length", "5")])
        return [b"hello"]


def connect(server: InProcessServer) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=5)


def test_server_closes_at_once_under_connections_that_are_kept() -> None:
    server = InProcessServer(Hello())
    connection = connect(server)
    connection.request("GET", "/")
    assert connection.getresponse().read() == b"hello"
    threads = threading.active_count()

    began = perf_counter()
    server.close()

    assert perf_counter() - began < QUICK
    assert threading.active_count() < threads
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])))
    connection.close()


def test_server_closes_at_once_where_nobody_came() -> None:
    server = InProcessServer(Hello())

    began = perf_counter()
    server.close()

    assert perf_counter() - began < QUICK


def test_server_closes_where_its_loop_is_quicker_than_what_wakes_it() -> None:
    server = InProcessServer(Hello())
    trigger = server._server.trigger
    pull = trigger._physical_pull

    def pull_late() -> None:
        pull()  # as an answer that has just been given does
        server._thread.join(5)
        pull()

    trigger._physical_pull = pull_late
    server.close()

    assert not server._thread.is_alive()
    assert trigger._fds == []


def test_request_that_is_being_answered_is_waited_for() -> None:
    app = Hello()
    server = InProcessServer(app)
    connection = connect(server)
    connection.request("GET", "/slow")
    assert app.asked.wait(5)
    closing = threading.Thread(target=server.close)
    closing.start()

    app.may_answer.set()

    assert connection.getresponse().read() == b"hello"
    closing.join(5)
    assert not closing.is_alive()
    connection.close()
