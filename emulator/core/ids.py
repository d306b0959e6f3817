"""Draws and ids: keyed hashes of the seed and of what is asked, never of the order of calls.

The draw
--------
``BLAKE2b(key = seed in decimal ASCII, message = parts joined by the byte 0x1F)``, UTF-8.
A fraction is the first 53 bits of a digest of 8 bytes, big-endian, divided by 2**53: at least 0,
less than 1.

With seed 0, ``fraction("delay", "60123456789", 1, 0)`` is 0.6639710717494737 and
``uuid4("acme.messages")`` draws its first id from the parts ``("id", "acme.messages", 1)``:
72234269-adcc-48a6-83da-2e50eeda01fc. ``docs/draws.md`` has more test vectors.
"""

from __future__ import annotations

import hashlib
from collections.abc import MutableMapping
from datetime import datetime, timedelta

from .clock import EPOCH

_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}
"""What a hexadecimal digit becomes where a UUID says which sort of UUID it is."""
_MILLISECOND = timedelta(milliseconds=1)


class Draws:
    """Everything in a sandbox that varies, as a function of its seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._key = str(seed).encode()[:64]

    def digest(self, *parts: object, size: int = 16) -> bytes:
        """Return ``size`` (at most 64) bytes that depend on nothing but seed and parts."""
        message = "\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass")
        return hashlib.blake2b(message, digest_size=size, key=self._key).digest()

    def begin(self, *parts: object) -> hashlib.blake2b:
        """Return a digest of 16 bytes whose last part is still to be given, for many draws."""
        message = "\x1f".join([*map(str, parts), ""]).encode("utf-8", "surrogatepass")
        return hashlib.blake2b(message, digest_size=16, key=self._key)

    def fraction(self, *parts: object) -> float:
        """Return a number from 0 up to, but not including, 1."""
        return (int.from_bytes(self.digest(*parts, size=8), "big") >> 11) / 2**53

    def below(self, limit: int, *parts: object) -> int:
        """Return a whole number from 0 up to, but not including, ``limit``."""
        return int.from_bytes(self.digest(*parts), "big") % limit


class Ids:
    """New ids: the n-th of each kind is drawn from (seed, kind, n).

    :param counters: how many of each kind there are so far; kept by the store, because
        a refused request must not use up ids.
    """

    def __init__(self, draws: Draws, counters: MutableMapping[str, int]) -> None:
        self._draws = draws
        self._counters = counters

    def serial(self, kind: str, step: int = 1) -> int:
        """Return the next number of a kind: 1, 2, …; ``step`` takes that many at once.

        With ``step`` the first of the numbers is returned.
        """
        first = self._counters.get(kind, 0) + 1
        self._counters[kind] = first + step - 1
        return first

    def at_least(self, kind: str, number: int) -> None:
        """Make sure that later numbers of a kind are greater than a given one."""
        if self._counters.get(kind, 0) < number:
            self._counters[kind] = number

    def uuid4(self, kind: str) -> str:
        """Return a lower-case UUID of version 4."""
        return _uuid4(self._draw(kind).hex())

    def uuid4s(self, kind: str, count: int) -> list[str]:
        """Return the UUIDs that ``count`` calls of :meth:`uuid4` would, in less time."""
        first = self.serial(f"id:{kind}", count)
        start = self._draws.begin("id", kind)
        drawn = []
        for number in range(first, first + count):
            state = start.copy()
            state.update(b"%d" % number)
            drawn.append(_uuid4(state.hexdigest()))
        return drawn

    def uuid7(self, kind: str, at: datetime) -> str:
        """Return a lower-case UUID of version 7 that carries a moment."""
        stamp = f"{max(0, (at - EPOCH) // _MILLISECOND) & 0xFFFFFFFFFFFF:012x}"
        drawn = self._draw(kind).hex()
        variant = _VARIANT[drawn[16]]
        return f"{stamp[:8]}-{stamp[8:]}-7{drawn[13:16]}-{variant}{drawn[17:20]}-{drawn[20:]}"

    def text(self, kind: str, length: int, alphabet: str = "0123456789abcdef") -> str:
        """Return ``length`` (at most 64) characters of an alphabet."""
        digest = self._draws.digest("id", kind, self.serial(f"id:{kind}"), size=64)
        return "".join(alphabet[byte % len(alphabet)] for byte in digest[:length])

    def _draw(self, kind: str) -> bytes:
        return self._draws.digest("id", kind, self.serial(f"id:{kind}"))


def _uuid4(drawn: str) -> str:
    variant = _VARIANT[drawn[16]]
    return f"{drawn[:8]}-{drawn[8:12]}-4{drawn[13:16]}-{variant}{drawn[17:20]}-{drawn[20:]}"
