"""Sees what each unit of work has changed in a sandbox, and has it written down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from .clock import Anchor
from .differing import counted, splice
from .errors import CannotRecord
from .faults import Fault, FaultBook, Tally
from .packing import to_json
from .rules import Rule
from .sandbox import Sandbox
from .sharing import pack
from .state import Delta
from .tables import Change

NOTHING = Tally()
_encode = msgspec.json.Encoder(enc_hook=to_json).encode


class _Mark:
    """What was written down last of all that is no record."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.counters: dict[str, int] = sandbox.store.counters.copy()
        self.settings = sandbox.settings.values
        self.rules: list[Rule] = sandbox.outcomes.rules
        self.hits: dict[str, int] = sandbox.outcomes.hits.copy()
        self.faults: list[Fault] = list(sandbox.faults.faults)
        self.tallies: dict[str, Tally] = sandbox.faults.tallies()
        self.clock: Anchor = sandbox.clock.anchor()


class Recorder:
    """The sink of a sandbox's store. Everything happens under the sandbox's lock.

    :param life: see :class:`.state.Head`.
    :param number: of the last change written down.
    :param write: writes one change; raises if it cannot.
    """

    def __init__(
        self, sandbox: Sandbox, life: int, number: int, write: Callable[[bytes], None]
    ) -> None:
        self.sandbox = sandbox
        self.life = life
        self.number = number
        self._write = write
        self._mark = _Mark(sandbox)

    def attach(self) -> None:
        """Begin to write down."""
        sandbox = self.sandbox
        sandbox.agenda.touched, sandbox.limits.unwritten = {}, []
        sandbox.store.sink = self

    def detach(self) -> None:
        """Write nothing down any more."""
        sandbox = self.sandbox
        sandbox.store.sink = None
        sandbox.agenda.touched = sandbox.limits.unwritten = None

    def __call__(self, changes: Sequence[Change], sends: Sequence[str]) -> None:
        """Write down what has changed, if anything.

        :raises CannotRecord: it cannot be written; clock, rules, faults and settings are again
            what they were, records are left to the unit.
        """
        found = self._found(changes, sends)
        if not found:
            return
        try:
            self._write(_encode(Delta(life=self.life, n=self.number + 1, **found)))
        except Exception as error:
            self._take_back()
            raise CannotRecord(f"sandbox {self.sandbox.name}: {error}") from error
        self.number += 1
        self._settle(found)

    def _found(self, changes: Sequence[Change], sends: Sequence[str]) -> dict[str, Any]:
        sandbox, mark = self.sandbox, self._mark
        found: dict[str, Any] = {}
        if changes:
            found.update(_records(changes))
        if sandbox.agenda.touched:
            found["plan"], found["cancel"] = sandbox.agenda.find_all(sandbox.agenda.touched)
        counters, total = sandbox.store.counters, sandbox.store.sends
        if counters != mark.counters:
            before = mark.counters
            found["counters"] = {k: n for k, n in counters.items() if before.get(k) != n}
        if sends:
            found["sends"] = {address: total[address] for address in sends}
        if sandbox.limits.unwritten:
            found["windows"] = sandbox.limits.unwritten
        found.update(self._rest())
        return found

    def _rest(self) -> dict[str, Any]:
        sandbox, mark = self.sandbox, self._mark
        found: dict[str, Any] = {}
        outcomes, faults = sandbox.outcomes, sandbox.faults
        if outcomes.rules is not mark.rules:
            found["rule_change"] = change = splice(mark.rules, outcomes.rules)
            if change is None:
                mark.rules = outcomes.rules
        if outcomes.hits != mark.hits:
            found["hits"] = counted(mark.hits, outcomes.hits, 0)
        if faults.faults or mark.faults:
            found["fault_change"] = splice(mark.faults, faults.faults)
            tallies = faults.tallies()
            if tallies != mark.tallies:
                found["tallied"] = counted(mark.tallies, tallies, NOTHING)
        if sandbox.settings.values is not mark.settings:
            found["settings"] = sandbox.settings.values
        clock = sandbox.clock.anchor()
        if clock != mark.clock:
            found["clock"] = clock
        return {name: what for name, what in found.items() if what}

    def _settle(self, found: dict[str, Any]) -> None:
        sandbox, mark = self.sandbox, self._mark
        if "plan" in found:
            sandbox.agenda.touched = {}
        if "windows" in found:
            sandbox.limits.unwritten = []
        mark.counters.update(found.get("counters", {}))
        if "rule_change" in found:
            mark.rules = sandbox.outcomes.rules
        if "hits" in found:
            mark.hits = sandbox.outcomes.hits.copy()
        if "fault_change" in found or "tallied" in found:
            mark.faults = list(sandbox.faults.faults)
            mark.tallies = sandbox.faults.tallies()
        for name in ("settings", "clock"):
            if name in found:
                setattr(mark, name, found[name])

    def _take_back(self) -> None:
        sandbox, mark = self.sandbox, self._mark
        sandbox.clock.put_back(mark.clock)
        sandbox.outcomes.rules, sandbox.outcomes.hits = mark.rules, mark.hits.copy()
        sandbox.faults = FaultBook(mark.faults, mark.tallies)
        if sandbox.settings.values is not mark.settings:
            sandbox.settings.put_back(mark.settings)
            mark.settings = sandbox.settings.values


def _records(changes: Sequence[Change]) -> dict[str, Any]:
    latest: dict[str, dict[str, Any]] = {}
    for kind, id, _, after in changes:
        latest.setdefault(kind, {})[id] = after
    put, drop = {}, {}
    for kind, rows in latest.items():
        there = [row for row in rows.values() if row is not None]
        if there:
            put[kind] = msgspec.Raw(_encode(pack(there)))
        if len(there) < len(rows):
            drop[kind] = [id for id, row in rows.items() if row is None]
    return {"put": put, "drop": drop}
