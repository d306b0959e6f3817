"""A lock, and a bell for those who wait for what happens under it."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Bell:
    """Wakes whoever waits for a change; ringing it costs nothing while nobody does.

    :ivar lock: to be held for the change, and while the bell is rung or waited for. A thread
        may take it again while it has it.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._changed = threading.Condition(self.lock)
        self._waiting = 0

    def ring(self) -> None:
        """Let everybody who waits look again."""
        if self._waiting:
            self._changed.notify_all()

    def wait_for(self, is_enough: Callable[[], bool], timeout: float) -> None:
        """Wait until something is true, or as long as the time-out; the lock is free meanwhile.

        :param timeout: real seconds.
        """
        self._waiting += 1
        try:
            self._changed.wait_for(is_enough, timeout)
        finally:
            self._waiting -= 1
