"""Let what is due happen, in order and each at its own moment."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

from .dues import Group
from .errors import CannotRecord, Closed
from .ledger import Entry, Goal, Ledger, Reason
from .records import Message
from .vendor import Move, Topic, Vendor
from .webhooks import TOPIC as DELIVERY

if TYPE_CHECKING:
    from .sandbox import Sandbox

log = logging.getLogger(__name__)

DELIVERIES_AT_ONCE = 1000
STEPS_AT_ONCE = 250
"""Each unit holds the lock: a long one keeps other clients waiting, a short one costs no more."""
LOOK_AGAIN = 0.05
"""Real seconds after which whoever waits for callbacks looks whether the sandbox is still there."""


class Engine:
    """Moves one sandbox through its agenda."""

    def __init__(self, sandbox: Sandbox, topics: Mapping[str, Topic]) -> None:
        self._sandbox = sandbox
        self._topics = topics
        self._passive = [name for name, topic in topics.items() if not topic.holds_idle]
        self._turn = threading.Lock()
        self._flights = 0
        self._flight_lock = threading.Lock()
        self._landing = threading.Condition(self._flight_lock)
        self._ledger: Ledger | None = None

    @property
    def in_flight(self) -> int:
        """How many callbacks are on their way to a receiver."""
        return self._flights

    @property
    def is_busy(self) -> bool:
        """Whether somebody is moving through the agenda already."""
        return self._turn.locked()

    def took_off(self) -> None:
        """Note that a callback has been handed to the sender."""
        with self._flight_lock:
            self._flights += 1

    def landed(self) -> None:
        """Note that a callback has been answered, or has failed."""
        with self._flight_lock:
            self._flights -= 1
            self._landing.notify_all()

    def pending(self) -> int:
        """Return how many things are planned."""
        return len(self._sandbox.agenda)

    def knows(self, topic: str) -> bool:
        """Return whether things of a topic can be planned here."""
        return topic == DELIVERY or topic in self._topics

    def is_idle(self) -> bool:
        """Return whether nothing is planned that moves a message, a broadcast or a callback."""
        agenda = self._sandbox.agenda
        return len(agenda) - agenda.count(self._passive) == 0

    def advance(self, goal: Goal, *, is_detailed: bool = False) -> Ledger:
        """Walk from one due moment to the next, callbacks included; two advances queue.

        :raises Conflict: the moment to advance to has passed.
        :raises Closed: the sandbox was reset or deleted meanwhile.
        """
        with self._turn:
            sandbox = self._sandbox
            started = perf_counter()
            ledger = Ledger(start=sandbox.clock.now(), is_detailed=is_detailed)
            walk = _Walk(
                goal,
                goal.target(ledger.start),
                ledger,
                started + goal.max_real.total_seconds(),
            )
            while not self._is_over(walk):
                self._go_on(walk)
            ledger.real_ms = (perf_counter() - started) * 1000
        sandbox.rouse()
        return ledger

    def catch_up(self) -> None:
        """Do what a real clock has made due; callbacks leave without being waited for."""
        if not self._turn.acquire(blocking=False):
            return
        try:
            while self._next_overdue():
                pass
        finally:
            self._turn.release()

    def settle(self) -> None:
        """Take the steps that the open unit of work has planned for this instant.

        For latency ``instant``: what a request sets off has happened when it is answered.
        What others have planned waits for the clock as ever.
        """
        sandbox = self._sandbox
        held: list[str] = []
        while fresh := sandbox.agenda.fresh(sandbox.clock.now()):
            for (at, topic), groups in groupby(fresh, lambda group: (group.at, group.topic)):
                subjects = sandbox.agenda.claim(groups)
                if topic == DELIVERY:
                    held += subjects
                else:
                    with sandbox.clock.pinned(at):
                        self._topics[topic].handle(sandbox, at, subjects)
        if held:
            sandbox.webhooks.send_off(held)

    def note_moves(self, vendor: Vendor, moves: Sequence[Move]) -> None:
        """Enter steps into the ledger of the advance that takes them."""
        ledger = self._ledger
        if ledger is None:
            return
        reached = Counter((move.after.channel, move.after.state) for move in moves)
        for (channel, state), number in reached.items():
            ledger.transitions[vendor.lifecycle(channel).word(state)] += number
        if ledger.is_detailed:
            ledger.log += [_step_entry(vendor, *move) for move in moves]

    def _is_over(self, walk: _Walk) -> bool:
        """Return whether there is a reason to stop; if so, the ledger is closed with it."""
        sandbox = self._sandbox
        with sandbox.store.lock:
            self._check_open()
            reason = self._reason_to_stop(walk)
            if reason is None:
                return False
            # Within the same lock, so that nothing can be planned for the time passed over.
            if reason == "target":
                sandbox.clock.move_to(walk.target)
                sandbox.store.write_down()
            ledger = walk.ledger
            ledger.reason, ledger.end = reason, sandbox.clock.now()
            ledger.pending, ledger.next_due = self.pending(), sandbox.agenda.next_at()
            return True

    def _reason_to_stop(self, walk: _Walk) -> Reason | None:
        goal, is_late = walk.goal, perf_counter() >= walk.deadline
        if self._has_come_about(goal):
            return "condition"
        if self._must_stand_still():
            return "max_real" if is_late else None
        if goal.until is not None and self.is_idle():
            return "idle"
        next_at = self._sandbox.agenda.next_at()
        if next_at is None or next_at > walk.target:
            return "target" if goal.until is None else "max_virtual"
        if walk.ledger.events >= goal.max_events:
            return "max_events"
        return "max_real" if is_late else None

    def _must_stand_still(self) -> bool:
        # On a manual clock what a receiver does in its handler happens at the moment of the call.
        return self._flights > 0 and self._sandbox.clock.mode == "manual"

    def _check_open(self) -> None:
        if self._sandbox.is_closed:
            raise Closed(f"sandbox {self._sandbox.name} was reset or deleted")

    def _sought(self, goal: Goal) -> tuple[Vendor, Message] | None:
        return self._sandbox.find_message(goal.until[0]) if isinstance(goal.until, tuple) else None

    def _has_come_about(self, goal: Goal) -> bool:
        found = self._sought(goal)
        if found is None or goal.until is None:
            return False
        vendor, message = found
        return goal.until[1] in vendor.message_view(self._sandbox, message).statuses

    def _go_on(self, walk: _Walk) -> None:
        """Wait for a callback in the air, or let the next things of one instant happen."""
        sandbox = self._sandbox
        with sandbox.store.lock:
            if not self._must_stand_still():
                group = self._take_next(walk)
                if group is None or group.topic != DELIVERY:
                    self._happen(group, walk.ledger)
                    return
                sandbox.webhooks.depart(group.subjects)
            else:
                group = None
        if group is not None:
            self._deliver_and_wait(group, walk)
        else:
            self._wait_for_landing()

    def _take_next(self, walk: _Walk) -> Group | None:
        agenda, goal = self._sandbox.agenda, walk.goal
        first = agenda.next()
        if first is None:
            return None
        most = goal.max_events - walk.ledger.events
        if first.topic == DELIVERY:
            return agenda.take(walk.target, min(most, DELIVERIES_AT_ONCE))
        found = self._sought(goal)
        if found is not None and first.topic == found[0].step_topic:
            # Nothing may happen after the step that is waited for.
            return agenda.take(walk.target, min(most, STEPS_AT_ONCE), last=found[1].id)
        if isinstance(goal.until, tuple):
            return agenda.take(walk.target, min(most, 1))
        return agenda.take(walk.target, min(most, STEPS_AT_ONCE))

    def _next_overdue(self) -> bool:
        """Let what a real clock has made due happen; return whether there was anything."""
        sandbox = self._sandbox
        with sandbox.store.lock:
            if sandbox.is_closed or sandbox.clock.mode != "real":
                return False
            group = sandbox.agenda.take(sandbox.clock.now(), STEPS_AT_ONCE)
            if group is None:
                return False
            if group.topic != DELIVERY:
                self._happen(group, None)
                return True
            sandbox.webhooks.depart(group.subjects)
        with sandbox.clock.pinned(group.at):
            sandbox.webhooks.dispatch(group.subjects)
        return True

    def _happen(self, group: Group | None, ledger: Ledger | None) -> None:
        if group is None:
            return
        sandbox = self._sandbox
        at, topic, subjects = group.at, group.topic, group.subjects
        sandbox.clock.move_to(at)
        self._ledger = ledger
        try:
            with sandbox.clock.pinned(at), sandbox.store.unit():
                self._topics[topic].handle(sandbox, at, subjects)
        except CannotRecord:
            # Nothing has happened, and it must not be lost either.
            sandbox.agenda.put_back(group)
            raise
        except Exception:
            # The agenda must go on whatever a handler runs into.
            log.exception("%s failed for %d subjects at %s", topic, len(subjects), at)
        finally:
            self._ledger = None
        if ledger is not None:
            self._enter(ledger, at, topic, subjects)

    def _enter(self, ledger: Ledger, at: datetime, topic: str, subjects: Sequence[str]) -> None:
        ledger.events += len(subjects)
        # A step has its own entry with the states before and after.
        if ledger.is_detailed and not topic.endswith(".step"):
            provider, _, kind = topic.partition(".")
            ledger.log += [
                Entry(at=at, kind=kind, provider=provider, subject=subject) for subject in subjects
            ]

    def _deliver_and_wait(self, group: Group, walk: _Walk) -> None:
        """Send callbacks and wait for the answers, at most until the walk's deadline."""
        sandbox, ledger = self._sandbox, walk.ledger
        at, ids = group.at, group.subjects
        arrivals = _Arrivals(len(ids))
        # Afterwards some of them may not be kept any more.
        entries = [self._callback_entry(at, id) for id in ids] if ledger.is_detailed else []
        sandbox.clock.move_to(at)
        with sandbox.clock.pinned(at):
            sandbox.webhooks.dispatch(ids, arrivals.arrive)
        while not arrivals.wait(LOOK_AGAIN):
            self._check_open()
            if perf_counter() >= walk.deadline:
                break
        ledger.events += len(ids)
        ledger.attempted += len(ids)
        ledger.succeeded += arrivals.succeeded
        ledger.failed += arrivals.failed
        ledger.log += entries

    def _wait_for_landing(self) -> None:
        with self._flight_lock:
            self._landing.wait_for(lambda: self._flights == 0, LOOK_AGAIN)

    def _callback_entry(self, at: datetime, id: str) -> Entry:
        delivery = self._sandbox.deliveries.get(id)
        return Entry(
            at=at,
            kind="callback",
            provider=delivery.provider,
            subject=delivery.subject,
            callback=id,
        )


def _step_entry(vendor: Vendor, before: Message, after: Message) -> Entry:
    word = vendor.lifecycle(after.channel).word
    entry = Entry(at=after.history[-1].at, kind="message", provider=vendor.slug, subject=after.id)
    entry.before, entry.after = word(before.state), word(after.state)
    return entry


class _Walk(NamedTuple):
    """One advance while it goes on; ``deadline`` is in seconds of ``perf_counter``."""

    goal: Goal
    target: datetime
    ledger: Ledger
    deadline: float


class _Arrivals:
    """Counts callbacks as they are answered."""

    def __init__(self, expected: int) -> None:
        self._left = expected
        self._lock = threading.Lock()
        self._all_in = threading.Event()
        self.succeeded = 0
        self.failed = 0

    def arrive(self, is_success: bool) -> None:
        with self._lock:
            self._left -= 1
            self.succeeded += is_success
            self.failed += not is_success
            if self._left == 0:
                self._all_in.set()

    def wait(self, seconds: float) -> bool:
        return self._all_in.wait(seconds)


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


__all__ = ["Closed", "Engine", "Entry", "Goal", "Ledger", "Topic", "topics_of"]
