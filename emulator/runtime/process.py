"""The emulator as a process of its own, which ends with the one that started it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from tempfile import TemporaryFile
from types import TracebackType
from typing import Any, NamedTuple, Self

LONGEST_END = 5.0


class NotStarted(Exception):
    """The server ended before it answered; the text is what it said."""


class Started(NamedTuple):
    """A server that answers.

    :ivar sandbox: the default sandbox, as the control API shows it.
    """

    url: str
    pid: int
    version: str
    sandbox: dict[str, Any]


class ServerProcess:
    """``broadcast-emulator serve`` on a free port; it is being started when this has been made.

    What runs in the process under test (frozen time, patched sockets, a coverage measurement)
    does not reach it. It ends when its standard input does, however this process ends.

    :param options: more options of ``serve``.
    """

    def __init__(self, options: Sequence[str] = ()) -> None:
        command = [sys.executable, "-P", "-m", "emulator", "serve", "--while-stdin", "--json"]
        self._complaints = TemporaryFile()  # noqa: SIM115 - closed with the server
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [*command, "--port", "0", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            # Ctrl-C is for the tests; what they still have to clean up needs the server.
            start_new_session=True,
        )

    @cached_property
    def started(self) -> Started:
        """What the server says of itself; waits until it answers.

        :raises NotStarted: it does not; says why.
        """
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if line:
            return Started(**json.loads(line))
        self._process.wait()
        raise NotStarted(self._said())

    @property
    def url(self) -> str:
        """The URL of the server; waits until it answers.

        :raises NotStarted: it does not; says why.
        """
        return self.started.url

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def finish(self) -> str:
        """Have the server end by itself; return what it has to say about its run."""
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(LONGEST_END)
        return self._said()

    def _said(self) -> str:
        self._complaints.seek(0)
        return self._complaints.read().decode(errors="replace").strip()

    def stop(self) -> None:
        """End the server and wait until it has: all it holds is in memory, so nothing is lost."""
        process = self._process
        if process.poll() is None:
            # It leads a session of its own: this reaches the processes that it has started.
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for stream in (process.stdin, process.stdout, self._complaints):
            if stream is not None:
                stream.close()
