"""A receiver of callbacks for those who have none: keeps what comes, answers as told; bounded."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from .retention import Limits, exceeds

TIMEOUT = 10.5  # a little longer than a sender waits

Reaction = int | Literal["timeout"]


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """One request to the sink.

    :param number: counts the requests since the sandbox began; the sink gives it.
    """

    number: int = 0
    at: datetime
    method: str
    path: str
    query: Sequence[tuple[str, str]]
    headers: Sequence[tuple[str, str]]
    body: bytes

    @property
    def size(self) -> int:
        """Roughly how many bytes this holds."""
        fields = sum(len(value) for _, value in (*self.headers, *self.query))
        return 1000 + len(self.path) + fields + len(self.body)


class Sink:
    """What one sandbox has received, oldest first; the oldest goes when there is too much.

    :param timeout: real seconds for which ``"timeout"`` holds an answer.
    :ivar dropped: how many have gone for that reason since the sink was last cleared.
    """

    def __init__(self, limits: Limits, timeout: float = TIMEOUT) -> None:
        self._limits = limits
        self.timeout = timeout
        self._received: deque[Received] = deque()
        self._script: deque[Reaction] = deque()
        self._bytes = 0
        self._count = 0
        self.dropped = 0
        self._lock = threading.Lock()
        self._ended = threading.Event()

    def take(self, received: Received) -> Reaction:
        """Keep a request and return how to answer it: as the script says, else 200."""
        with self._lock:
            self._count += 1
            self._received.append(msgspec.structs.replace(received, number=self._count))
            self._bytes += received.size
            self._trim()
            return self._script.popleft() if self._script else 200

    def hold(self) -> None:
        """Wait until a sender has given up, or the sandbox has ended."""
        self._ended.wait(self.timeout)

    def received(self) -> list[Received]:
        """Return what has come, oldest first."""
        with self._lock:
            return list(self._received)

    def set_script(self, script: Sequence[Reaction]) -> None:
        """Say how to answer the next requests, one after another."""
        with self._lock:
            self._script = deque(script)

    def clear(self) -> None:
        """Forget what has come, and the script."""
        with self._lock:
            self._received.clear()
            self._script.clear()
            self._bytes = self.dropped = 0

    def trim(self) -> None:
        """Let go of what is more than the limits allow."""
        with self._lock:
            self._trim()

    def close(self) -> None:
        """Let go of the answers that are held."""
        self._ended.set()

    def _trim(self) -> None:
        limits = self._limits()
        while exceeds(limits, len(self._received), self._bytes):
            self._bytes -= self._received.popleft().size
            self.dropped += 1
