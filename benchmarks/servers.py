"""The servers under measurement, each a process of its own, spoken to over HTTP alone."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from subprocess import PIPE
from time import perf_counter
from types import TracebackType
from typing import Any, NamedTuple, Self

import psutil

PATIENCE = 120.0
NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"
MIB = 1024 * 1024
JSON = "application/json"


class Answer(NamedTuple):
    """What a server has said to a request."""

    status: int
    body: bytes


class Server:
    """A server, started and spoken to.

    :ivar start_seconds: from starting the process to its first answer.
    """

    def __init__(self, *command: str, folder: Path | None = None, log: int = PIPE) -> None:
        # What is installed has its bytecode beside it; an environment that keeps Python from
        # writing any would have every start compile everything.
        environment = {name: value for name, value in os.environ.items() if name != NO_BYTECODE}
        started = perf_counter()
        self._child = subprocess.Popen(
            command,
            stdout=log,
            stderr=None if log == PIPE else subprocess.STDOUT,
            text=True,
            env=environment,
            cwd=folder,
        )
        self._connection = http.client.HTTPConnection("")
        self.url = self._ready()
        self.start_seconds = perf_counter() - started
        self.host = self.url.removeprefix("http://")
        self._connection = http.client.HTTPConnection(self.host, timeout=PATIENCE)

    def _ready(self) -> str:
        """Wait until it answers, which it says in a line of JSON; return its address.

        :raises RuntimeError: it ended instead.
        """
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        if not line:
            raise RuntimeError("the server did not start")
        return str(json.loads(line)["url"])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    def end(self) -> None:
        """Stop the process, politely first."""
        self._connection.close()
        self._child.terminate()
        try:
            self._child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    def memory(self) -> float:
        """Return what all processes of the server hold, in MiB: shared pages in proportion."""
        return float(sum(each.memory_full_info().pss for each in self._processes())) / MIB

    def cpu_seconds(self) -> float:
        """Return the processor time that all processes of the server have taken so far."""
        times = [each.cpu_times() for each in self._processes()]
        return float(sum(each.user + each.system for each in times))

    def _processes(self) -> list[psutil.Process]:
        parent = psutil.Process(self._child.pid)
        return [parent, *parent.children(recursive=True)]

    def processor_seconds(self) -> float:
        """Return what all processes of the server have used of the processor so far."""
        parent = psutil.Process(self._child.pid)
        times = [one.cpu_times() for one in (parent, *parent.children(recursive=True))]
        return float(sum(time.user + time.system for time in times))

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
        answer = self.answer(method, path, body, headers)
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {answer.body[:1000]!r}")
        return answer.body

    def answer(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Make one request with a JSON body (bytes go as they are) and return its answer."""
        raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        sent = dict(headers or {})
        if raw is not None:
            sent.setdefault("Content-Type", JSON)
        self._connection.request(method, path, raw, sent)
        response = self._connection.getresponse()
        return Answer(response.status, response.read())

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        """Return a request as bytes, for the load client."""
        sent = dict(headers or {})
        if body is not None:
            sent = {"Content-Type": JSON, **sent, "Content-Length": str(len(body))}
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.host}"]
        lines += [f"{name}: {value}" for name, value in sent.items()]
        return "\r\n".join([*lines, "", ""]).encode() + (body or b"")


class Emulator(Server):
    """The emulator, as the command line serves it."""

    def __init__(self, fixture: str = "empty", *options: str) -> None:
        super().__init__(
            sys.executable,
            "-m",
            "emulator",
            "serve",
            "--port",
            "0",
            "--json",
            "--fixture",
            fixture,
            *options,
        )

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call the control API; return what it answers."""
        answer = self.call(method, f"/_emulator{path}", body)
        return json.loads(answer) if answer else None


class Bare(Server):
    """A bare Flask view on the same server, which answers what it is told to."""

    def __init__(self) -> None:
        super().__init__(sys.executable, "-m", "benchmarks.bare")

    def answers(self, body: bytes) -> None:
        """Set what is answered from now on."""
        # A measurement may take longer than the server keeps a silent connection.
        self._connection.close()
        self.call("PUT", "/answer", body)
