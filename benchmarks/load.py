"""A client of few instructions: one request over and over on keep-alive connections.

It runs in a process of its own (``python -m benchmarks.load``), so that it shares no
interpreter with anything it measures. A line of JSON on standard input is a job, a line on
standard output its result.
"""

from __future__ import annotations

import json
import re
import select
import socket
import subprocess
import sys
from time import perf_counter
from typing import Any, NamedTuple

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
CLOSING = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
LAST_CHUNK = b"\r\n0\r\n\r\n"
PATIENCE = 60.0


class Load(NamedTuple):
    """What became of a job.

    :param rate: answers a second.
    :param p50: milliseconds; as ``p99`` and ``worst``.
    """

    answers: int
    rate: float
    p50: float
    p99: float
    worst: float


class LoadClient:
    """A child process that makes load on command."""

    def __init__(self) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.load"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(
        self,
        url: str,
        request: bytes,
        *,
        connections: int = 1,
        seconds: float = 1.0,
        count: int | None = None,
    ) -> Load:
        """Send one request again and again and return when its time is up, or its count."""
        self.start(url, request, connections=connections, seconds=seconds, count=count)
        return self.result()

    def start(
        self,
        url: str,
        request: bytes,
        *,
        connections: int = 1,
        seconds: float = 1.0,
        count: int | None = None,
    ) -> None:
        """Begin with a job; :meth:`result` waits for its end."""
        host, _, port = url.removeprefix("http://").partition("/")[0].rpartition(":")
        job = {
            "address": [host, int(port)],
            "request": request.decode("latin-1"),
            "connections": connections,
            "seconds": seconds,
            "count": count,
        }
        assert self._child.stdin is not None
        self._child.stdin.write(json.dumps(job) + "\n")
        self._child.stdin.flush()

    def result(self) -> Load:
        """Return what became of the job that was begun."""
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        if not line:
            raise RuntimeError("the load client gave up; see its traceback")
        return Load(**json.loads(line))

    def close(self) -> None:
        """End the child."""
        assert self._child.stdin is not None
        self._child.stdin.close()
        self._child.wait(PATIENCE)


class _Connection:
    """One connection: a request out, an answer in, and how long that took.

    A server that closes after each answer costs its clients a new connection for each request,
    which counts as a part of the answer's time.
    """

    def __init__(self, address: tuple[str, int], request: bytes, poll: select.epoll) -> None:
        self._address = address
        self._request = request
        self._poll = poll
        self._answer = b""
        self._sent_at = 0.0
        self._is_closing = False
        self._connect()

    def _connect(self) -> None:
        self.socket = socket.create_connection(self._address, PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._poll.register(self.socket, select.EPOLLIN)

    def send(self) -> None:
        """Send the request; afterwards the connection may have another socket."""
        self._answer = b""
        self._sent_at = perf_counter()
        if self._is_closing:
            self._connect()
        self.socket.sendall(self._request)

    def receive(self) -> float | None:
        """Read what is there; return the milliseconds taken once the answer is complete."""
        chunk = self.socket.recv(1 << 18)
        if not chunk:
            raise ConnectionError("the server closed a connection in the middle of an answer")
        self._answer = self._answer + chunk if self._answer else chunk
        end = self._answer.find(b"\r\n\r\n")
        if end < 0:
            return None
        if not self._answer.startswith(b"HTTP/1.1 2"):
            raise ConnectionError(f"not an answer to count: {self._answer[:500]!r}")
        if not self._is_complete(end):
            return None
        self._is_closing = CLOSING.search(self._answer, 0, end) is not None
        if self._is_closing:
            self.socket.close()
        return (perf_counter() - self._sent_at) * 1000

    def _is_complete(self, end: int) -> bool:
        """Tell whether the answer's body is there, whose head ends at this place."""
        length = LENGTH.search(self._answer, 0, end)
        if length is not None:
            return len(self._answer) >= end + 4 + int(length[1])
        if CHUNKED.search(self._answer, 0, end) is None:
            raise ConnectionError(f"an answer of unknown length: {self._answer[:500]!r}")
        return self._answer.endswith(LAST_CHUNK)


class _Job:
    """How much is still to be sent, and what has come back."""

    def __init__(self, count: int | None, seconds: float) -> None:
        self.times: list[float] = []
        self.under_way = 0
        self._left = sys.maxsize if count is None else count
        self._started = perf_counter()
        self._until = self._started + seconds

    def go_on(self, line: _Connection) -> bool:
        """Send once more, unless it is over; tell which."""
        if self._left <= 0 or perf_counter() >= self._until:
            return False
        line.send()
        self._left -= 1
        self.under_way += 1
        return True

    def note(self, took: float) -> None:
        self.times.append(took)
        self.under_way -= 1

    def passed(self) -> float:
        return perf_counter() - self._started


def _make_load(order: dict[str, Any]) -> Load:
    request = order["request"].encode("latin-1")
    poll = select.epoll()
    address, count = tuple(order["address"]), order["connections"]
    opened = [_Connection(address, request, poll) for _ in range(count)]
    lines = {line.socket.fileno(): line for line in opened}
    job = _Job(order["count"], order["seconds"])
    for line in opened:
        job.go_on(line)
    while job.under_way:
        for number, _ in poll.poll(PATIENCE):
            line = lines[number]
            took = line.receive()
            if took is not None:
                job.note(took)
                if job.go_on(line):
                    lines[line.socket.fileno()] = line
    passed = job.passed()
    for line in opened:
        line.socket.close()
    poll.close()
    return _summed_up(job.times, passed)


def _summed_up(times: list[float], passed: float) -> Load:
    times.sort()
    return Load(
        answers=len(times),
        rate=len(times) / passed,
        p50=times[len(times) // 2],
        p99=times[min(len(times) - 1, len(times) * 99 // 100)],
        worst=times[-1],
    )


def main() -> None:
    """Do one job after the other until standard input ends."""
    for line in sys.stdin:
        print(json.dumps(_make_load(json.loads(line))._asdict()), flush=True)


if __name__ == "__main__":
    main()
