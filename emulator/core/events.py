"""What happens in a sandbox, for whoever follows it; only names are kept, and the latest only."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from .bell import Bell
from .records import DELIVERIES
from .retention import Limits
from .tables import Change

if TYPE_CHECKING:
    from .sandbox import Sandbox

REQUEST, CLOCK, SANDBOX = "request", "clock", "sandbox"

Subject = tuple[str, str]
"""What something happened to: the kind of a record, or one of the words above, and an id."""


class Happening(NamedTuple):
    """Something that changed; how it looks is found out by whoever tells of it."""

    id: int
    kind: str
    subject: str


class News(NamedTuple):
    """What happened behind a number.

    :param lost: how many changes before these are not kept any more.
    :param position: the number to ask with next.
    """

    happenings: list[Happening]
    lost: int
    position: int


class Events:
    """The latest changes of a sandbox, numbered from 1.

    :ivar dropped: how many older ones are not kept any more.
    """

    def __init__(self, limits: Limits) -> None:
        self._kept: deque[Subject] = deque()
        self._limits = limits
        self.dropped = 0
        self._bell = Bell()
        self.latest = 0
        self.is_closed = False

    def note(self, kind: str, subject: str = "") -> None:
        """Take note of one change."""
        self.note_all(((kind, subject),))

    def note_all(self, subjects: Collection[Subject]) -> None:
        """Take note of changes that happened together."""
        with self._bell.lock:
            if self.is_closed:
                return
            self._kept.extend(subjects)
            self.latest += len(subjects)
            self._trim()
            self._bell.ring()

    def go_on_from(self, latest: int) -> None:
        """Number what is to come as if so much had happened already, none of it kept."""
        self.latest = latest

    def after(self, position: int, most: int) -> News:
        """Return up to ``most`` changes behind a number.

        A number that has not been given out is one of an earlier world: everything is later.
        """
        with self._bell.lock:
            oldest = self.latest - len(self._kept) + 1
            wanted = position + 1 if position <= self.latest else oldest
            start = max(wanted, oldest)
            kept = islice(self._kept, start - oldest, start - oldest + most)
            found = [Happening(start + at, *subject) for at, subject in enumerate(kept)]
            return News(found, start - wanted, start + len(found) - 1)

    def wait(self, position: int, timeout: float, is_over: Callable[[], bool]) -> bool:
        """Wait until something has happened behind a number; return whether it has.

        :param timeout: real seconds.
        :param is_over: whether there is nobody any more to wait for it; see :meth:`rouse`.
        """

        def is_enough() -> bool:
            return self.latest != position or self.is_closed or is_over()

        with self._bell.lock:
            self._bell.wait_for(is_enough, timeout)
            return self.latest != position

    def trim(self) -> None:
        """Let go of what is more than the limit allows."""
        with self._bell.lock:
            self._trim()

    def rouse(self) -> None:
        """Let everybody who waits look whether there is a reason to go on."""
        with self._bell.lock:
            self._bell.ring()

    def close(self) -> None:
        """Tell everybody who waits that nothing will happen any more."""
        with self._bell.lock:
            self.is_closed = True
            self._bell.ring()

    def _trim(self) -> None:
        surplus = len(self._kept) - self._limits()["count"]
        if surplus > 0:
            for _ in range(surplus):
                self._kept.popleft()
            self.dropped += surplus


def watch(sandbox: Sandbox) -> None:
    """Let the events of a sandbox hear of what happens in it."""
    events = sandbox.events
    kinds = {DELIVERIES.name}
    broadcasts = {}
    for vendor in sandbox.vendors.values():
        kinds |= {vendor.messages.name, vendor.broadcasts.name}
        broadcasts[vendor.messages.name] = vendor.broadcasts.name

    def committed(changes: Collection[Change]) -> None:
        subjects: dict[Subject, None] = {}
        for change in changes:
            kind = change.kind
            # Of what is gone there is nothing to show.
            if kind in kinds and change.after is not None:
                subjects[kind, change.id] = None
                # How a broadcast stands follows from its messages.
                above = getattr(change.after, "broadcast", None) if kind in broadcasts else None
                if above is not None:
                    subjects[broadcasts[kind], above] = None
        if subjects:
            events.note_all(subjects)

    sandbox.store.on_commit.append(committed)
    sandbox.journal.on_change = lambda exchange: events.note(REQUEST, str(exchange.id))
    sandbox.clock.on_move = lambda: events.note(CLOCK)
