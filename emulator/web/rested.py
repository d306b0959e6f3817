"""What the answers of a run have rested on."""

from __future__ import annotations

import threading
from collections import Counter


class Rested:
    """Counts the answers of one provider by operation and evidence."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    def count(self, operation: str, evidence: str) -> None:
        """Count one answer."""
        with self._lock:
            self._counts[operation, evidence] += 1

    def answers(self, evidence: str | None = None) -> dict[str, int]:
        """Return how many answers operations have given, of one level or of all."""
        found: Counter[str] = Counter()
        with self._lock:
            for (operation, level), number in self._counts.items():
                if evidence in (None, level):
                    found[operation] += number
        return dict(found)
