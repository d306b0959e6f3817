"""A receiver of callbacks that costs next to nothing: counts requests and answers 200.

``python -m benchmarks.receiver`` says its port, then answers each line on standard input with
how many requests came since the line before, and the seconds from the first to the last.
"""

from __future__ import annotations

import json
import re
import select
import socket
import subprocess
import sys
from time import perf_counter
from typing import Any

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Receiver:
    """A child process that receives."""

    def __init__(self) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.receiver"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.url = f"http://127.0.0.1:{self._say('')['port']}/hook"

    def count(self) -> tuple[int, float]:
        """Return how many requests came since last asked, and in how many seconds."""
        said = self._say("count\n")
        return int(said["count"]), float(said["seconds"])

    def sample(self) -> bytes:
        """Return the latest request, byte for byte."""
        return str(self._say("sample\n")["request"]).encode("latin-1")

    def close(self) -> None:
        """End the child."""
        assert self._child.stdin is not None
        self._child.stdin.close()
        self._child.wait(10)

    def _say(self, line: str) -> dict[str, Any]:
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(line)
        self._child.stdin.flush()
        said: dict[str, Any] = json.loads(self._child.stdout.readline())
        return said


class _Counter:
    def __init__(self) -> None:
        self.latest = b""
        self.forget()

    def forget(self) -> None:
        self.count, self.first, self.last = 0, 0.0, 0.0

    def note(self, request: bytes) -> None:
        self.last = perf_counter()
        if not self.count:
            self.first = self.last
        self.count += 1
        self.latest = request


def _complete(data: bytes) -> int:
    """Return how long the first request in the data is, 0 if it has not come whole."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return 0
    length = LENGTH.search(data, 0, end)
    size = end + 4 + (int(length[1]) if length else 0)
    return size if len(data) >= size else 0


def _receive(connection: socket.socket, before: bytes, counter: _Counter) -> bytes | None:
    """Answer what has come; return the rest, None once the connection is closed."""
    try:
        chunk = connection.recv(1 << 16)
    except ConnectionError:
        return None
    if not chunk:
        return None
    data = before + chunk
    while size := _complete(data):
        counter.note(data[:size])
        try:
            connection.send(ANSWER)
        except ConnectionError:
            return None
        data = data[size:]
    return data


def _answer(line: str, counter: _Counter) -> None:
    if line.strip() == "sample":
        print(json.dumps({"request": counter.latest.decode("latin-1")}), flush=True)
        return
    print(json.dumps({"count": counter.count, "seconds": counter.last - counter.first}), flush=True)
    counter.forget()


def main() -> None:
    """Receive until standard input ends."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
    poll = select.epoll()
    poll.register(listener, select.EPOLLIN)
    poll.register(0, select.EPOLLIN)
    lines: dict[int, tuple[socket.socket, bytes]] = {}
    counter = _Counter()
    while True:
        for number, _ in poll.poll():
            if number == 0:
                line = sys.stdin.readline()
                if not line:
                    return
                _answer(line, counter)
            elif number == listener.fileno():
                connection, _ = listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                poll.register(connection, select.EPOLLIN)
                lines[connection.fileno()] = connection, b""
            else:
                connection, before = lines[number]
                rest = _receive(connection, before, counter)
                if rest is None:
                    del lines[number]
                    connection.close()
                else:
                    lines[number] = connection, rest


if __name__ == "__main__":
    main()
