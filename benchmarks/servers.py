"""The servers under measurement, each a process of its own, spoken to over HTTP alone."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from time import perf_counter
from types import TracebackType
from typing import Any, Self

import psutil

PATIENCE = 120.0
NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"
MIB = 1024 * 1024


class Server:
    """A server that says one line of JSON once it answers.

    :ivar start_seconds: from starting the process to that line.
    """

    def __init__(self, *arguments: str) -> None:
        # What is installed has its bytecode beside it; an environment that keeps Python from
        # writing any would have every start compile everything.
        environment = {name: value for name, value in os.environ.items() if name != NO_BYTECODE}
        started = perf_counter()
        self._child = subprocess.Popen(
            [sys.executable, "-m", *arguments], stdout=subprocess.PIPE, text=True, env=environment
        )
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        self.start_seconds = perf_counter() - started
        if not line:
            raise RuntimeError(f"{arguments[0]} did not start")
        self.url: str = json.loads(line)["url"]
        self.host = self.url.removeprefix("http://")
        self._connection = http.client.HTTPConnection(self.host, timeout=PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()
        self._child.terminate()
        self._child.wait(PATIENCE)

    def memory(self) -> float:
        """Return what all processes of the server hold, in MiB: shared pages in proportion."""
        parent = psutil.Process(self._child.pid)
        processes = [parent, *parent.children(recursive=True)]
        return float(sum(process.memory_full_info().pss for process in processes)) / MIB

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        """Make one request with a JSON body (bytes go as they are) and return the answer's body.

        :raises RuntimeError: the answer is no success.
        """
        raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        sent = dict(headers or {})
        if raw is not None:
            sent["Content-Type"] = "application/json"
        self._connection.request(method, path, raw, sent)
        response = self._connection.getresponse()
        answer = response.read()
        if response.status >= 300:
            raise RuntimeError(f"{method} {path}: {response.status} {answer[:1000]!r}")
        return answer

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        """Return a request as bytes, for the load client."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.host}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        if body is not None:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        return "\r\n".join([*lines, "", ""]).encode() + (body or b"")


class Emulator(Server):
    """The emulator, as the command line serves it."""

    def __init__(self, fixture: str = "empty", *options: str) -> None:
        super().__init__(
            "emulator", "serve", "--port", "0", "--json", "--fixture", fixture, *options
        )

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call the control API; return what it answers."""
        answer = self.call(method, f"/_emulator{path}", body)
        return json.loads(answer) if answer else None


class Bare(Server):
    """A bare Flask view on the same server, which answers what it is told to."""

    def __init__(self) -> None:
        super().__init__("benchmarks.bare")

    def answers(self, body: bytes) -> None:
        """Set what is answered from now on."""
        self.call("PUT", "/answer", body)
