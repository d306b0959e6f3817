"""Who follows what happens, and how many may."""

from __future__ import annotations

import threading

from emulator.core.sandbox import Sandbox

MOST_STREAMS = 8
"""Each holds one of the server's threads, of which there are sixteen or more."""
MOST_WAITS = 64
"""So do those who wait for requests: more than tests run at once, a quarter of the threads."""


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
