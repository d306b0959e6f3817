"""All records of a sandbox: its tables, the lock, and units of work; in memory.

A kind says once by which keys its records are found and in which orders they are listed.
Every list is a slice of an ordered index: no page costs more because there are more
records. A fork shares the tables until one side writes to them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any

from .agenda import Agenda
from .indexes import Position
from .kinds import Kind, Lookup, Order, R, Record
from .tables import Change, Page, Table

__all__ = [
    "Change",
    "Kind",
    "Lookup",
    "Order",
    "Page",
    "Position",
    "Record",
    "Store",
    "Table",
    "Unit",
]


class Store:
    """All tables of a sandbox, its counters, and the lock that makes one unit of many changes."""

    def __init__(self, kinds: Iterable[Kind[Any]], agenda: Agenda | None = None) -> None:
        self.lock = threading.RLock()
        self.agenda = agenda or Agenda()
        self.counters: dict[str, int] = {}
        self.sends: dict[str, int] = {}
        self._shares_sends = False
        self._tables: dict[str, Table[Any]] = {kind.name: Table(kind, self.log) for kind in kinds}
        self._unit: Unit | None = None
        self.on_commit: list[Callable[[list[Change]], None]] = []
        self.on_release: Callable[[], None] | None = None
        self.sink: Callable[[Sequence[Change], Sequence[str]], None] | None = None
        """Writes down the changes of a unit and the addresses sent to; raises if it cannot."""

    def table(self, kind: Kind[R]) -> Table[R]:
        """Return the table of a kind."""
        return self._tables[kind.name]

    def edition(self, *kinds: Kind[Any]) -> int:
        """Return a number that no other content of these tables has in any sandbox.

        Each change takes a number that none has had, so the greatest tells the latest, and with
        it all that went before.

        :param kinds: of the tables; all tables if none is named.
        """
        names = [kind.name for kind in kinds] or self._tables
        return max(self._tables[name].edition for name in names)

    def tables(self) -> Mapping[str, Table[Any]]:
        """Return all tables by the names of their kinds."""
        return self._tables

    def unit(self) -> Unit:
        """Return a unit of work: take the lock, and undo everything if an error leaves it.

        A unit inside a unit of the same thread is part of it.
        """
        return Unit(self)

    def log(self, changes: Sequence[Change]) -> None:
        """Take note of changes, so that the open unit can be undone or written down."""
        if self._unit is not None:
            self._unit.changes.extend(changes)
        elif self.sink is not None:
            self.sink(changes, ())

    def write_down(self) -> None:
        """Have written down what has changed without a unit: no records, but the clock."""
        if self.sink is not None:
            self.sink((), ())

    def after_commit(self, action: Callable[[], None]) -> None:
        """Do something once the open unit has ended well and the lock is free."""
        if self._unit is None:
            action()
        else:
            self._unit.actions.append(action)

    def on_rollback(self, action: Callable[[], None]) -> None:
        """Do something if the open unit is undone."""
        if self._unit is not None:
            self._unit.undos.append(action)

    def count_send(self, address: str) -> int:
        """Count a send to an address and return the how manieth it is."""
        [nth] = self.count_sends([address])
        return nth

    def count_sends(self, addresses: Sequence[str]) -> list[int]:
        """Count a send to each address and return the how manieth each of them is."""
        sends, counted = self.own_sends(), []
        for address in addresses:
            nth = sends[address] = sends.get(address, 0) + 1
            counted.append(nth)
        if self._unit is not None:
            self._unit.sends.extend(addresses)
        return counted

    def own_sends(self) -> dict[str, int]:
        """Return the counts of sends to be changed; no fork has them any more."""
        if self._shares_sends:
            self.sends, self._shares_sends = self.sends.copy(), False
        return self.sends

    def discard(self) -> None:
        """Let go of all tables, which know their store."""
        self._tables.clear()
        self.on_commit.clear()
        self.on_release = self.sink = None

    def fork(self) -> Store:
        """Return a copy that goes its own way; cheap, because records are never changed."""
        with self.lock:
            copy = Store((), self.agenda.fork())
            log = copy.log
            copy._tables = {name: table.fork(log) for name, table in self._tables.items()}
            copy.counters = self.counters.copy()
            copy.sends, self._shares_sends, copy._shares_sends = self.sends, True, True
            return copy


class Unit:
    """The changes that happen together or not at all."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._outer: Unit | None = None
        self._counters: dict[str, int] = {}
        self.changes: list[Change] = []
        self.sends: list[str] = []
        self.undos: list[Callable[[], None]] = []
        self.actions: list[Callable[[], None]] = []

    def __enter__(self) -> Store:
        store = self._store
        store.lock.acquire()
        self._outer = store._unit
        if self._outer is None:
            store._unit = self
            self._counters = store.counters.copy()
            store.agenda.begin(self.undos.append)
        return store

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        store = self._store
        if self._outer is not None:
            store.lock.release()
            return
        try:
            store._unit = None
            store.agenda.end()
            if error is not None and not getattr(error, "keeps_changes", False):
                self._fail()
                return
            self._succeed()
        finally:
            store.lock.release()
        for action in self.actions:
            action()
        if store.on_release is not None:
            store.on_release()

    def _succeed(self) -> None:
        store = self._store
        if store.sink is not None:
            try:
                store.sink(self.changes, self.sends)
            except BaseException:
                self._undo()
                raise
        if self.changes:
            for hook in store.on_commit:
                hook(self.changes)

    def _fail(self) -> None:
        self._undo()
        if self._store.sink is not None:
            # Some things are counted of refused requests as well, such as rate limits.
            self._store.sink((), ())

    def _undo(self) -> None:
        store = self._store
        for change in reversed(self.changes):
            store._tables[change.kind].undo(change)
        for undo in reversed(self.undos):
            undo()
        sends = store.own_sends() if self.sends else {}
        for address in self.sends:
            sends[address] -= 1
            if not sends[address]:
                del sends[address]
        store.counters.clear()
        store.counters.update(self._counters)
