"""Draws for things that are made up: the same for the same seed, whatever else there is."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """The draws for one object: each by its own name, so that none depends on another."""

    __slots__ = ("_start",)

    def __init__(self, start: hashlib.blake2b) -> None:
        self._start = start

    def number(self, what: str) -> int:
        """Return a whole number of 128 bits."""
        state = self._start.copy()
        state.update(what.encode())
        return int.from_bytes(state.digest(), "big")

    def uuid(self, what: str) -> str:
        """Return a UUID of version 4."""
        drawn = f"{self.number(what):032x}"
        return f"{drawn[:8]}-{drawn[8:12]}-4{drawn[13:16]}-8{drawn[17:20]}-{drawn[20:]}"

    def below(self, limit: int, what: str) -> int:
        """Return a whole number from 0 up to, but not including, ``limit``."""
        return self.number(what) % limit

    def fraction(self, what: str) -> float:
        """Return a number from 0 up to, but not including, 1."""
        return (self.number(what) >> 75) / 2**53

    def pick(self, choices: Sequence[T], what: str) -> T:
        """Return one of some things."""
        return choices[self.number(what) % len(choices)]

    def weighted(self, choices: Sequence[tuple[T, float]], what: str) -> T:
        """Return one of some things; their shares add up to 1."""
        left = self.fraction(what)
        for choice, share in choices:
            left -= share
            if left < 0:
                return choice
        return choices[-1][0]

    def settled(self, count: int, what: str) -> int:
        """Return a place in a list such that few others change when the list grows.

        "A Fast, Minimal Memory, Consistent Hash Algorithm" (Lamping, Veach; 2014).
        """
        key, place, jump = self.number(what) & (1 << 64) - 1, -1, 0
        while jump < count:
            place = jump
            key = key * 2862933555777941757 + 1 & (1 << 64) - 1
            jump = int((place + 1) * ((1 << 31) / ((key >> 33) + 1)))
        return place


def between(begin: datetime, end: datetime, share: float) -> datetime:
    """Return a moment after some share of a span, to the millisecond."""
    at = begin + (end - begin) * share
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
