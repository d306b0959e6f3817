"""Who follows what happens, and how many may."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from emulator.core.sandbox import Sandbox

from .problems import Busy

MOST_STREAMS = 8
"""Each holds one of the server's threads, of which there are 64 or more."""


class Stream:
    """One client that follows a sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.is_ended = False

    @property
    def is_over(self) -> bool:
        """Whether there is nothing more to tell this client."""
        return self.is_ended or self.sandbox.events.is_closed

    def end(self) -> None:
        """Let go of the client."""
        self.is_ended = True
        self.sandbox.events.rouse()


class Streams:
    """All clients that follow sandboxes of a server; of too many the oldest is let go."""

    def __init__(self, most: int = MOST_STREAMS) -> None:
        self._open: list[Stream] = []
        self._most = most
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._open)

    def enter(self, stream: Stream) -> None:
        """Count a stream that begins."""
        with self._lock:
            self._open.append(stream)
            surplus = self._open[: -self._most]
        for oldest in surplus:
            oldest.end()

    def leave(self, stream: Stream) -> None:
        """Count a stream no longer."""
        with self._lock:
            self._open.remove(stream)


class Waits:
    """Clients that wait for requests: they may hold a quarter of the server's threads.

    :param threads: how many the server has.
    :ivar most: how many may wait at once.
    """

    def __init__(self, threads: int) -> None:
        self.most = threads // 4
        self._free = threading.Semaphore(self.most)

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """Count a client while it waits.

        :raises Busy: too many do.
        """
        if not self._free.acquire(blocking=False):
            raise Busy(f"{self.most} clients wait for requests already; ask for the list instead")
        try:
            yield
        finally:
            self._free.release()
