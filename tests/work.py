"""Counts what Python does, so that a test can say how it grows without a clock."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any


def steps(act: Callable[[], object]) -> int:
    """Return how many lines and calls something takes, those of its generators included."""
    count = 0

    def trace(_frame: Any, _event: str, _argument: Any) -> Any:
        nonlocal count
        count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        act()
    finally:
        sys.settrace(before)
    return count
