"""The emulator as a process of its own, which ends with the one that started it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from tempfile import TemporaryFile
from types import TracebackType
from typing import Any, Self


class NotStarted(Exception):
    """The server ended before it answered; the text is what it said."""


class ServerProcess:
    """``broadcast-emulator serve`` on a free port; it answers when this has been made.

    What runs in the process under test (frozen time, patched sockets, a coverage measurement)
    does not reach it. It ends when its standard input does, however this process ends.

    :param options: more options of ``serve``.
    :ivar sandbox: the default sandbox, as the control API shows it.
    :raises NotStarted: it does not; says why.
    """

    def __init__(self, options: Sequence[str] = ()) -> None:
        command = [sys.executable, "-P", "-m", "emulator", "serve", "--while-stdin", "--json"]
        with TemporaryFile() as complaints:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [*command, "--port", "0", *options],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                # Ctrl-C is for the tests; what they still have to clean up needs the server.
                start_new_session=True,
            )
            assert self._process.stdout is not None
            line = self._process.stdout.readline()
            if not line:
                self.stop()
                complaints.seek(0)
                raise NotStarted(complaints.read().decode(errors="replace").strip())
        started = json.loads(line)
        self.url: str = started["url"]
        self.pid: int = started["pid"]
        self.sandbox: dict[str, Any] = started["sandbox"]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the server and wait until it has: all it holds is in memory, so nothing is lost."""
        process = self._process
        if process.poll() is None:
            # It leads a session of its own: this reaches the processes that it has started.
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()
