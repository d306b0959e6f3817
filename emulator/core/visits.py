"""Who is in a sandbox: a world that asked to live for a while outlives whoever uses it."""

from __future__ import annotations

import threading

from .clock import wall_seconds


class Visits:
    """The requests that are under way in a sandbox, and when the last one ended."""

    def __init__(self) -> None:
        self.ended_at = wall_seconds()
        self._count = 0
        self._lock = threading.Lock()

    def enter(self) -> None:
        """Count a request that begins."""
        with self._lock:
            self._count += 1

    def leave(self) -> None:
        """Count a request as ended."""
        with self._lock:
            self._count -= 1
            self.ended_at = wall_seconds()

    def are_over(self, seconds: float) -> bool:
        """Tell whether nobody is there, and nobody has been for so long."""
        with self._lock:
            return self._count == 0 and wall_seconds() - self.ended_at > seconds
