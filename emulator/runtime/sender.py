"""Sends callbacks from a few threads, more of them only where receivers are slow.

Threads that hand the interpreter to each other cost more than they bring while receivers answer
fast, so a handful does the work and a supervisor adds some when answers take long.
"""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Callable, Hashable
from time import perf_counter, process_time
from typing import NamedTuple

from emulator.core.sending import Answer, Parcel

from .destinations import Destinations
from .exchange import Exchange, Flight
from .lanes import Job, Lanes

ATTEMPT_LIMIT = 10.0
"""Real seconds from connecting to the answer's last byte."""

_PER_WORLD = 32
_THREADS = 128
_SWIFT = 3
# How often a backlog is looked at, and the mean duration of exchanges that calls for threads.
_TICK = 0.005
_SLOW = 0.002
_LINGER = 5.0

log = logging.getLogger(__name__)


class _Progress(NamedTuple):
    """What the supervisor saw at one tick."""

    at: float
    used: float
    started: int

    def waited(self, later: _Progress) -> float:
        """Return the seconds until a later tick in which receivers, not we, were the slow ones.

        While this process is busy its threads wait for each other, and more of them would not help.
        """
        passed = later.at - self.at
        return max(passed - (later.used - self.used), passed / 20)


class _Worker:
    """A thread's place in the books: what it does, and how to wake it."""

    __slots__ = ("flight", "gate", "job", "thread")

    def __init__(self) -> None:
        self.flight = Flight()
        self.job: Job | None = None
        self.gate = threading.Lock()
        self.gate.acquire()
        self.thread: threading.Thread


class HTTPSender:
    """The ``Sender`` of a running server.

    :param limit: real seconds that an attempt may take.
    :param tls: for https; the system's trusted certificates if absent.
    """

    def __init__(
        self,
        destinations: Destinations,
        *,
        limit: float = ATTEMPT_LIMIT,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._exchange = Exchange(destinations, tls=tls)
        self._limit = limit
        self._lanes = Lanes(_PER_WORLD)
        self._lock = threading.Lock()
        self._settled = threading.Condition(self._lock)
        self._workers: list[_Worker] = []
        self._parked: list[_Worker] = []
        self._supervisor: threading.Thread | None = None
        self._bell = threading.Event()
        self._is_rushing = False
        self._started = 0
        self._closed = False

    def post(
        self, world: object, lane: Hashable, parcel: Parcel, done: Callable[[Answer], None]
    ) -> None:
        """Queue a parcel; after ``close`` it is dropped."""
        with self._lock:
            if self._closed:
                return
            self._lanes.put(world, lane, parcel, done)
            self._call_workers()

    def abandon(self, world: object) -> None:
        """Drop a world's parcels; return once none is under way and no ``done`` is running.

        Called from within a ``done``, it does not wait for that one.
        """
        with self._lock:
            self._abandon(world)

    def close(self) -> None:
        """Abandon everything and end the threads."""
        with self._lock:
            self._closed = True
            for world in self._lanes.names():
                self._abandon(world)
            self._wake(len(self._parked))
            threads = [worker.thread for worker in self._workers]
            supervisor = self._supervisor
        self._bell.set()
        for thread in [*threads, *([supervisor] if supervisor else [])]:
            if thread is not threading.current_thread():
                thread.join(self._limit)
        self._exchange.sweep(0)

    def _abandon(self, name: object) -> None:
        world = self._lanes.abandon(name)
        if world is None:
            return
        here = threading.current_thread()
        own = 0
        for worker in self._workers:
            if worker.job is not None and worker.job.world is world:
                worker.flight.cut("abandoned")
                own += worker.thread is here
        # Bounded, so that a caller who holds what a `done` waits for is late but not stuck.
        if not self._settled.wait_for(lambda: world.active <= own, self._limit):
            log.warning("%d callbacks still being handed over after abandoning", world.active)
        self._lanes.forget(world)

    # What follows down to the loops runs under the lock.

    def _call_workers(self) -> None:
        """See to it that somebody starts what can be started."""
        if not self._lanes.has_startable:
            return
        if len(self._workers) - len(self._parked) < _SWIFT:
            self._wake(1)
        elif not self._is_rushing:
            self._is_rushing = True
            self._bell.set()

    def _wake(self, count: int) -> None:
        for _ in range(count):
            if self._parked:
                self._parked.pop().gate.release()
            elif len(self._workers) < _THREADS and not self._closed:
                try:
                    self._hire()
                except RuntimeError:
                    log.warning("No more threads for callbacks than %d", len(self._workers))
                    return

    def _hire(self) -> None:
        worker = _Worker()
        worker.thread = threading.Thread(
            target=self._work, args=(worker,), name="callback-worker", daemon=True
        )
        worker.thread.start()
        self._workers.append(worker)
        if self._supervisor is None:
            self._supervisor = threading.Thread(
                target=self._supervise, name="callback-supervisor", daemon=True
            )
            self._supervisor.start()

    def _assign(self, worker: _Worker) -> bool:
        """Book a worker's last job as finished and give it the next, if there is one."""
        if worker.job is not None:
            self._lanes.finish(worker.job)
            if worker.job.world.is_abandoned:
                self._settled.notify_all()
        worker.job = self._lanes.take()
        if worker.job is None:
            self._parked.append(worker)
            return False
        worker.flight = Flight(perf_counter() + self._limit)
        self._started += 1
        if not self._is_rushing:
            self._call_workers()
        return True

    # The loops of the threads.

    def _work(self, worker: _Worker) -> None:
        while self._await_job(worker):
            job = worker.job
            assert job is not None
            answer = self._attempt(job, worker.flight)
            if not job.world.is_abandoned:
                _tell(job, answer)

    def _attempt(self, job: Job, flight: Flight) -> Answer:
        try:
            return self._exchange.attempt(job.parcel, flight)
        except Exception:
            log.exception("The attempt to post to %s broke down", job.parcel.url)
            return Answer(None, "internal error", 0.0, "")

    def _await_job(self, worker: _Worker) -> bool:
        """Wait for work; tell the thread to end when there was none for a while."""
        while True:
            with self._lock:
                if self._assign(worker):
                    return True
                if self._closed:
                    return self._dismiss(worker)
            if not worker.gate.acquire(timeout=_LINGER):
                with self._lock:
                    if worker in self._parked:
                        return self._dismiss(worker)
                worker.gate.acquire()

    def _dismiss(self, worker: _Worker) -> bool:
        self._parked.remove(worker)
        self._workers.remove(worker)
        if not self._workers:
            self._bell.set()
        return False

    def _supervise(self) -> None:
        """Cut what is overdue, add workers in a rush, close idle connections."""
        seen: _Progress | None = None
        while True:
            with self._lock:
                pause = self._cut_overdue()
                seen = self._reinforce(seen)
                if not self._workers:
                    self._supervisor = None
                    break
            pause = min(pause, self._exchange.sweep() if seen is None else _TICK)
            self._bell.wait(pause)
            self._bell.clear()
        self._exchange.sweep(0)

    def _cut_overdue(self) -> float:
        """Return the seconds until the next attempt can be overdue."""
        now = perf_counter()
        earliest = now + self._limit
        for worker in self._workers:
            if worker.job is not None and worker.flight.reason is None:
                if worker.flight.deadline <= now:
                    worker.flight.cut("timeout")
                else:
                    earliest = min(earliest, worker.flight.deadline)
        return earliest - now

    def _reinforce(self, before: _Progress | None) -> _Progress | None:
        """Add workers if those at work take long.

        :param before: what the last tick saw, None if there was no rush then.
        :return: what this one saw, None if there is no rush (any more).
        """
        self._is_rushing = self._lanes.has_startable
        if not self._is_rushing:
            return None
        now = _Progress(perf_counter(), process_time(), self._started)
        if before is None:
            return now
        working = len(self._workers) - len(self._parked)
        if working * before.waited(now) > _SLOW * (now.started - before.started + 1):
            self._wake(max(working // 2, 1))
        # An interval without any start goes on growing until it is long enough to tell.
        return before if now.started == before.started else now


def _tell(job: Job, answer: Answer) -> None:
    try:
        job.done(answer)
    except Exception:
        log.exception("The answer from %s could not be handed over", job.parcel.url)
