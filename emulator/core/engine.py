"""Let what is due happen, in order and each at its own moment."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from .clock import LATEST, wall_seconds
from .records import Message
from .vendor import Topic, Vendor
from .webhooks import TOPIC as DELIVERY

if TYPE_CHECKING:
    from .sandbox import Sandbox

log = logging.getLogger(__name__)

Reason = Literal["target", "idle", "condition", "max_events", "max_virtual", "max_real"]
DELIVERIES_AT_ONCE = 1000
STEPS_AT_ONCE = 5000


@dataclass(kw_only=True)
class Entry:
    """One line of a detailed ledger."""

    at: datetime
    kind: str
    provider: str
    subject: str
    before: str | None = None
    after: str | None = None
    callback: str | None = None


@dataclass(kw_only=True)
class Ledger:
    """What an advance did.

    :param transitions: how many messages came into each status, in the vendors' words.
    :param log: every single thing, where it was asked for.
    """

    start: datetime
    is_detailed: bool = False
    end: datetime | None = None
    reason: Reason = "target"
    events: int = 0
    transitions: Counter[str] = field(default_factory=Counter)
    attempted: int = 0
    succeeded: int = 0
    failed: int = 0
    pending: int = 0
    next_due: datetime | None = None
    real_ms: float = 0.0
    log: list[Entry] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Goal:
    """How far to advance: to a moment, until idle, or until a message has had a status."""

    by: timedelta | None = None
    to: datetime | None = None
    until: Literal["idle"] | tuple[str, str] | None = None
    max_events: int = 1_000_000
    max_virtual: timedelta = timedelta(days=30)
    max_real: timedelta = timedelta(seconds=60)


class Closed(Exception):
    """The sandbox has been reset or deleted while something was going on in it."""


class Engine:
    """Moves one sandbox through its agenda."""

    def __init__(self, sandbox: Sandbox, topics: Mapping[str, Topic]) -> None:
        self._sandbox = sandbox
        self._topics = topics
        self._turn = threading.Lock()
        self._flights = 0
        self._flight_lock = threading.Lock()
        self._ledger: Ledger | None = None

    @property
    def in_flight(self) -> int:
        """How many callbacks are on their way to a receiver."""
        return self._flights

    def took_off(self) -> None:
        """Note that a callback has been handed to the sender."""
        with self._flight_lock:
            self._flights += 1

    def landed(self) -> None:
        """Note that a callback has been answered, or has failed."""
        with self._flight_lock:
            self._flights -= 1

    def pending(self) -> int:
        """Return how many things are planned."""
        return len(self._sandbox.agenda)

    def is_idle(self) -> bool:
        """Return whether nothing is planned that moves a message, a broadcast or a callback."""
        agenda = self._sandbox.agenda
        passive = [name for name, topic in self._topics.items() if not topic.holds_idle]
        return len(agenda) - agenda.count(passive) == 0

    def advance(self, goal: Goal, *, is_detailed: bool = False) -> Ledger:
        """Walk from one due moment to the next, callbacks included; two advances queue.

        :raises Closed: the sandbox was reset or deleted meanwhile.
        """
        with self._turn:
            sandbox = self._sandbox
            started = wall_seconds()
            ledger = Ledger(start=sandbox.clock.now(), is_detailed=is_detailed)
            target = _target(goal, ledger.start)
            ledger.reason = self._walk(goal, target, ledger, started)
            with sandbox.store.lock:
                if ledger.reason == "target":
                    sandbox.clock.move_to(target)
                ledger.end = sandbox.clock.now()
                ledger.pending = self.pending()
                ledger.next_due = sandbox.agenda.next_at()
            ledger.real_ms = (wall_seconds() - started) * 1000
            return ledger

    def catch_up(self) -> None:
        """Do what a real clock has made due; callbacks leave without being waited for."""
        if not self._turn.acquire(blocking=False):
            return
        try:
            while not self._sandbox.is_closed:
                if not self._next_group(self._sandbox.clock.now(), STEPS_AT_ONCE, None):
                    break
        finally:
            self._turn.release()

    def settle(self) -> None:
        """Take the steps that are due this instant, within the open unit of work.

        For latency ``instant``: what a request sets off has happened when it is answered.
        """
        sandbox = self._sandbox
        now = sandbox.clock.now()
        held: list[str] = []
        while group := sandbox.agenda.take(now, STEPS_AT_ONCE):
            subjects = [due.subject for due in group]
            if group[0].topic == DELIVERY:
                held += subjects
            else:
                self._topics[group[0].topic].handle(sandbox, now, subjects)
        if held:
            sandbox.store.after_commit(lambda: sandbox.webhooks.dispatch(held))

    def note_move(self, vendor: Vendor, before: Message, after: Message) -> None:
        """Enter a step into the ledger of the advance that takes it."""
        ledger = self._ledger
        if ledger is None:
            return
        ledger.transitions[after.state] += 1
        if ledger.is_detailed:
            at, provider = after.history[-1][1], vendor.slug
            entry = Entry(at=at, kind="message", provider=provider, subject=after.id)
            entry.before, entry.after = before.state, after.state
            ledger.log.append(entry)

    def _walk(self, goal: Goal, target: datetime, ledger: Ledger, started: float) -> Reason:
        while True:
            if self._sandbox.is_closed:
                raise Closed(f"sandbox {self._sandbox.name} was reset or deleted")
            if self._has_come_about(goal):
                return "condition"
            if goal.until is not None and self.is_idle():
                return "idle"
            if ledger.events >= goal.max_events:
                return "max_events"
            if wall_seconds() - started >= goal.max_real.total_seconds():
                return "max_real"
            if not self._next_group(target, goal.max_events - ledger.events, ledger):
                return "target" if goal.until is None else "max_virtual"

    def _has_come_about(self, goal: Goal) -> bool:
        if not isinstance(goal.until, tuple):
            return False
        id, status = goal.until
        found = self._sandbox.find_message(id)
        if found is None:
            return False
        vendor, message = found
        return status in vendor.message_view(self._sandbox, message).statuses

    def _next_group(self, until: datetime, most: int, ledger: Ledger | None) -> bool:
        """Let the next things of one instant and topic happen; return whether there were any."""
        sandbox = self._sandbox
        with sandbox.store.lock:
            if sandbox.is_closed:
                return False
            most = min(most, STEPS_AT_ONCE)
            group = sandbox.agenda.take(until, most)
            if not group:
                return False
            at, topic = group[0].at, group[0].topic
            subjects = [due.subject for due in group]
            sandbox.clock.move_to(at)
            if topic != DELIVERY:
                self._happen(at, topic, subjects, ledger)
                return True
        self._deliver(at, subjects, ledger)
        return True

    def _happen(
        self, at: datetime, topic: str, subjects: Sequence[str], ledger: Ledger | None
    ) -> None:
        sandbox = self._sandbox
        self._ledger = ledger
        try:
            with sandbox.clock.pinned(at), sandbox.store.unit():
                self._topics[topic].handle(sandbox, at, subjects)
        except Exception:
            # The agenda must go on whatever a handler runs into.
            log.exception("%s failed for %d subjects at %s", topic, len(subjects), at)
        finally:
            self._ledger = None
        if ledger is not None:
            ledger.events += len(subjects)
            if ledger.is_detailed and not topic.endswith(".step"):
                provider = topic.split(".", 1)[0]
                ledger.log += [
                    Entry(at=at, kind=topic.rpartition(".")[2], provider=provider, subject=subject)
                    for subject in subjects
                ]

    def _deliver(self, at: datetime, ids: Sequence[str], ledger: Ledger | None) -> None:
        sandbox = self._sandbox
        if ledger is None:
            with sandbox.clock.pinned(at):
                sandbox.webhooks.dispatch(ids)
            return
        for first in range(0, len(ids), DELIVERIES_AT_ONCE):
            self._deliver_and_wait(at, ids[first : first + DELIVERIES_AT_ONCE], ledger)

    def _deliver_and_wait(self, at: datetime, ids: Sequence[str], ledger: Ledger) -> None:
        sandbox = self._sandbox
        arrivals = _Arrivals(len(ids))
        with sandbox.clock.pinned(at):
            sandbox.webhooks.dispatch(ids, arrivals.arrive)
        while not arrivals.wait(0.05):
            if sandbox.is_closed:
                raise Closed(f"sandbox {sandbox.name} was reset or deleted")
        ledger.events += len(ids)
        ledger.attempted += len(ids)
        ledger.succeeded += arrivals.succeeded
        ledger.failed += len(ids) - arrivals.succeeded
        if ledger.is_detailed:
            ledger.log += [self._callback_entry(at, id) for id in ids]

    def _callback_entry(self, at: datetime, id: str) -> Entry:
        delivery = self._sandbox.deliveries.get(id)
        return Entry(
            at=at,
            kind="callback",
            provider=delivery.provider,
            subject=delivery.subject,
            callback=id,
        )


class _Arrivals:
    """Counts callbacks as they are answered."""

    def __init__(self, expected: int) -> None:
        self._left = expected
        self._lock = threading.Lock()
        self._all_in = threading.Event()
        self.succeeded = 0
        if expected == 0:
            self._all_in.set()

    def arrive(self, is_success: bool) -> None:
        with self._lock:
            self._left -= 1
            self.succeeded += is_success
            if self._left == 0:
                self._all_in.set()

    def wait(self, seconds: float) -> bool:
        return self._all_in.wait(seconds)


def _target(goal: Goal, start: datetime) -> datetime:
    try:
        if goal.by is not None:
            return min(start + goal.by, LATEST)
        if goal.to is not None:
            return goal.to
        return min(start + goal.max_virtual, LATEST)
    except OverflowError:
        return LATEST


Handler = Callable[["Sandbox", datetime, Sequence[str]], None]


def topics_of(vendors: Sequence[Vendor]) -> dict[str, Topic]:
    """Return all topics that can stand on an agenda, with what they set off."""
    topics: dict[str, Topic] = {}
    for vendor in vendors:
        topics[vendor.step_topic] = Topic(_stepping(vendor))
        topics[vendor.reply_topic] = Topic(_replying(vendor))
        topics.update(vendor.topics)
    return topics


def _stepping(vendor: Vendor) -> Handler:
    def take_steps(sandbox: Sandbox, at: datetime, ids: Sequence[str]) -> None:
        sandbox.messaging.take_steps(vendor, ids, at)

    return take_steps


def _replying(vendor: Vendor) -> Handler:
    def reply(sandbox: Sandbox, at: datetime, ids: Sequence[str]) -> None:
        for id in ids:
            sandbox.messaging.reply(vendor, id)

    return reply


__all__: list[Any] = ["Closed", "Engine", "Entry", "Goal", "Ledger", "Topic", "topics_of"]
