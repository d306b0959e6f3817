"""The requests that a sandbox has seen, on the vendors' side; bounded."""

from __future__ import annotations

import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import msgspec

from .bell import Bell
from .retention import Limits, exceeds

LARGE = 64 * 1024
SAMPLE = 4 * 1024


class Pressed(msgspec.Struct, frozen=True, gc=False):
    """A large text in less room.

    :param length: of the text itself.
    """

    length: int
    pressed: bytes

    def opened(self) -> bytes:
        """Return the text."""
        return zlib.decompress(self.pressed)


def press(text: bytes) -> Pressed | bytes:
    """Return a text pressed if it is large and that is worth its time, as lists of people are."""
    if len(text) < LARGE or len(zlib.compress(text[:SAMPLE], 1)) > SAMPLE // 2:
        return text
    return Pressed(len(text), zlib.compress(text, 1))


class Exchange(msgspec.Struct, kw_only=True):
    """One request and, once there is one, its answer.

    :param path: below the provider's base.
    :param sent: the body; a large one is pressed once the request has been answered.
    :param near: nearest operations of an unmatched request: (method, path, operation).
    :param evidence: weakest level of evidence that the answer rests on.
    """

    id: int
    at: datetime
    provider: str
    method: str
    path: str
    query: Sequence[tuple[str, str]]
    headers: Sequence[tuple[str, str]]
    sent: bytes | Pressed = b""
    account: str | None = None
    operation: str | None = None
    status: int | None = None
    response: bytes = b""
    duration_ms: float | None = None
    fault: str | None = None
    evidence: str | None = None
    hint: str | None = None
    near: Sequence[tuple[str, str, str]] = ()

    @property
    def body(self) -> bytes:
        """The body that was sent."""
        sent = self.sent
        return sent if isinstance(sent, bytes) else sent.opened()

    @property
    def is_matched(self) -> bool:
        """Whether an operation, or a file handed out earlier, was asked for."""
        return self.operation is not None or self.hint is None

    @property
    def size(self) -> int:
        """Roughly how many bytes this entry tells; what is large is held in fewer."""
        sent = self.sent
        length = len(sent) if isinstance(sent, bytes) else sent.length
        fields = sum([len(value) for _, value in self.headers])
        fields += sum([len(value) for _, value in self.query])
        return 1000 + len(self.path) + fields + length + len(self.response)


class Journal:
    """The latest exchanges, oldest first; the oldest go when there are too many or too big.

    :ivar dropped: how many have gone for that reason since the journal was last cleared.
    """

    def __init__(self, limits: Limits) -> None:
        self._entries: OrderedDict[int, Exchange] = OrderedDict()
        self._limits = limits
        self._bytes = 0
        self._latest = 0
        self._bell = Bell()
        self._is_closed = False
        self.dropped = 0
        self.on_change: Callable[[Exchange], None] | None = None

    def __len__(self) -> int:
        return len(self._entries)

    def next_id(self) -> int:
        """Return the number for a new entry."""
        with self._bell.lock:
            self._latest += 1
            return self._latest

    def add(self, exchange: Exchange) -> None:
        """Enter a request on its arrival."""
        with self._bell.lock:
            self._entries[exchange.id] = exchange
            self._bytes += exchange.size
            self._trim()
            self._bell.ring()
        self._tell(exchange)

    def finish(self, exchange: Exchange, status: int | None, response: bytes) -> None:
        """Enter the answer to a request.

        :param status: None if the connection closed without any.
        """
        exchange.sent = press(exchange.body)
        with self._bell.lock:
            exchange.status, exchange.response = status, response
            if exchange.id in self._entries:
                self._bytes += len(response)
                self._trim()
            self._bell.ring()
        self._tell(exchange)

    def find(self, id: int) -> Exchange | None:
        """Return one entry, or None."""
        return self._entries.get(id)

    def newest(self) -> Iterator[Exchange]:
        """Return the entries, newest first."""
        with self._bell.lock:
            entries = list(self._entries.values())
        return reversed(entries)

    def wait(
        self, wanted: Callable[[], list[Exchange]], count: int, timeout: float
    ) -> list[Exchange]:
        """Return what ``wanted`` finds once it is ``count`` long, at the time-out or at the end.

        :param timeout: real seconds.
        """
        with self._bell.lock:
            self._bell.wait_for(lambda: self._is_closed or len(wanted()) >= count, timeout)
            return wanted()

    def close(self) -> None:
        """Let go of whoever waits: nothing will come any more."""
        with self._bell.lock:
            self._is_closed = True
            self._bell.ring()

    def clear(self) -> None:
        """Forget all entries."""
        with self._bell.lock:
            self._entries.clear()
            self._bytes = self.dropped = 0

    def trim(self) -> None:
        """Let go of what is more than the limits allow."""
        with self._bell.lock:
            self._trim()

    def _tell(self, exchange: Exchange) -> None:
        if self.on_change is not None:
            self.on_change(exchange)

    def _trim(self) -> None:
        limits = self._limits()
        while exceeds(limits, len(self._entries), self._bytes):
            _, oldest = self._entries.popitem(last=False)
            self._bytes -= oldest.size
            self.dropped += 1
