"""How much a sandbox keeps of what happened in it; the oldest goes first."""

from __future__ import annotations

from collections.abc import Callable, Mapping

MIB = 1024 * 1024
MOST = 10**12

Limits = Callable[[], Mapping[str, int]]
"""Asked anew each time, so that a change of the settings is in force at once."""

KEEP: Mapping[str, Mapping[str, int]] = {
    "requests": {"count": 10_000, "bytes": 64 * MIB},
    "callbacks": {"count": 100_000, "bytes": 256 * MIB},
    "events": {"count": 10_000},
    "sink": {"count": 10_000, "bytes": 64 * MIB},
}
"""The limits where nobody says otherwise."""


def kept(value: object) -> int:
    """Check that a value can be a limit: a whole number from 1."""
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MOST:
        raise ValueError(f"Must be a whole number from 1 to {MOST}")
    return value


def exceeds(limits: Mapping[str, int], count: int, size: int) -> bool:
    """Return whether so many things of so many bytes in all are too much; one is not."""
    return count > limits["count"] or (size > limits["bytes"] and count > 1)
