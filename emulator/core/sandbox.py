"""One isolated world: accounts, records, clock, timers, rules, journal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from .clock import Clock, Mode
from .engine import Engine, topics_of
from .errors import NotFound
from .events import Events
from .faults import FaultBook
from .ids import Draws, Ids
from .journal import Journal
from .messaging import Messaging
from .options import Settings
from .outcomes import OutcomeBook
from .ratelimits import RateLimits
from .records import DELIVERIES, ENDPOINTS, Broadcast, Delivery, Message
from .sending import Sender
from .sink import Sink
from .store import Kind, Store, Table, Unit
from .vendor import Vendor
from .visits import Visits
from .webhooks import Webhooks

CORE_KINDS: tuple[Kind[Any], ...] = (ENDPOINTS, DELIVERIES)


class Sandbox:
    """One world. Everything in it is reached from here; nothing of it is shared.

    A fork is a copy at this instant; see :meth:`fork`.

    :ivar born: when the first of its name was made, in real seconds since 1970; 0: nobody knows.
    """

    def __init__(
        self,
        name: str,
        vendors: Sequence[Vendor],
        sender: Sender,
        *,
        clock: Clock,
        seed: int = 0,
        parent: Sandbox | None = None,
    ) -> None:
        self.name = name
        self.seed = seed
        self.clock = clock
        self.sender = sender
        self.vendors: Mapping[str, Vendor] = {vendor.slug: vendor for vendor in vendors}
        self.draws = Draws(seed)
        if parent is None:
            kinds = [kind for vendor in vendors for kind in vendor.kinds]
            self.store = Store([*CORE_KINDS, *kinds])
            self.settings = Settings(vendors)
            self.outcomes = OutcomeBook(self.draws)
            self.limits, self.faults = RateLimits(), FaultBook()
        else:
            self.store = parent.store.fork()
            self.settings = parent.settings.fork()
            self.outcomes = parent.outcomes.fork(self.draws)
            self.limits, self.faults = parent.limits.fork(), parent.faults.fork()
        self.agenda = self.store.agenda
        self.ids = Ids(self.draws, self.store.counters)
        self.journal = Journal(lambda: self.settings["keep"]["requests"])
        self.events = Events(lambda: self.settings["keep"]["events"])
        self.sink = Sink(lambda: self.settings["keep"]["sink"])
        self.webhooks = Webhooks(self)
        self.messaging = Messaging(self)
        self.engine = Engine(self, topics_of(vendors))
        self.is_closed, self.born = False, 0.0
        self.ttl: float | None = None
        self.visits = Visits()
        self.wake: Callable[[Sandbox], None] | None = None
        self.store.on_release = self.rouse

    @property
    def deliveries(self) -> Table[Delivery]:
        """Everything that endpoints were, are or will be told."""
        return self.store.table(DELIVERIES)

    def unit(self) -> Unit:
        """Return a unit of work on the store: all of its changes happen, or none."""
        return self.store.unit()

    def fork(self, name: str, seed: int | None = None) -> Sandbox:
        """Return a full copy at this instant: records, timers, clock, counters, rules.

        :param seed: of what will be drawn in the copy; None: as here.
        """
        with self.store.lock:
            copy = Sandbox(
                name,
                tuple(self.vendors.values()),
                self.sender,
                clock=self.clock.fork(),
                seed=self.seed if seed is None else seed,
                parent=self,
            )
            copy.webhooks.take_over(self.webhooks.departing)
            return copy

    def close(self) -> None:
        """End this world: no timer fires and no callback leaves after this returns."""
        with self.store.lock:
            self.is_closed = True
        self.events.close()
        self.journal.close()
        self.sink.close()
        self.sender.abandon(self)

    @contextmanager
    def in_the_making(self) -> Iterator[None]:
        """Discard this sandbox if what is done in the context fails: nobody gets it then."""
        try:
            yield
        except BaseException:
            self.discard()
            raise

    def discard(self) -> None:
        """Take this world apart; nobody may use it any more.

        Its parts hold each other, so that all its records would stay in memory until the collector
        comes by, which is seldom.
        """
        self.store.discard()
        vars(self).clear()

    def find_message(self, id: str) -> tuple[Vendor, Message] | None:
        """Return a message of any vendor by the vendor's own id, with its vendor."""
        for vendor in self.vendors.values():
            find = vendor.find_message
            found = find(self, id) if find else self.store.table(vendor.messages).find(id)
            if found is not None:
                return vendor, found
        return None

    def find_broadcast(self, id: str) -> tuple[Vendor, Broadcast] | None:
        """Return a broadcast of any vendor by the vendor's own id, with its vendor."""
        for vendor in self.vendors.values():
            find = vendor.find_broadcast
            found = find(self, id) if find else self.store.table(vendor.broadcasts).find(id)
            if found is not None:
                return vendor, found
        return None

    def trim(self) -> None:
        """Let go of what the settings do not let this sandbox keep any more.

        To be called inside a unit of work, after settings have changed.
        """
        self.webhooks.finished.trim()
        for book in (self.journal, self.events, self.sink):
            self.store.after_commit(book.trim)

    @property
    def dropped(self) -> dict[str, int]:
        """How much has been let go of because of the settings, by their names."""
        return {
            "requests": self.journal.dropped,
            "callbacks": self.webhooks.finished.dropped,
            "events": self.events.dropped,
            "sink": self.sink.dropped,
        }

    def set_clock(
        self, mode: Mode | None = None, now: datetime | None = None, rate: float | None = None
    ) -> None:
        """Change the clock; what has fallen due by that is left to the next advance.

        :raises Conflict: ``now`` has passed.
        """
        with self.unit():
            self.clock.set(mode, now, rate)

    def rouse(self) -> None:
        """Let a real clock look at what is due next: it may be sooner than it thinks."""
        if self.wake is not None and self.clock.mode == "real":
            self.wake(self)

    def vendor(self, slug: str) -> Vendor:
        """Return a vendor by its slug.

        :raises NotFound: there is none of that name.
        """
        vendor = self.vendors.get(slug)
        if vendor is None:
            raise NotFound(f"no provider {slug!r}; there are {', '.join(self.vendors)}")
        return vendor
