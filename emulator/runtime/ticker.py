"""The metronome of real time: one APScheduler job that wakes the sandboxes with something due."""

from __future__ import annotations

import contextlib
import logging
import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from emulator.core.clock import moment_of, wall_seconds
from emulator.core.emulator import Emulator
from emulator.core.sandbox import Sandbox

if TYPE_CHECKING:
    from apscheduler.schedulers.background import BackgroundScheduler

log = logging.getLogger(__name__)

HOUSEKEEPING = timedelta(seconds=5)
FOLDING = timedelta(seconds=2)
JOB = "beat"


class Ticker:
    """Wakes sandboxes on a real clock when something in them falls due.

    There is one job, set to the earliest due moment of all of them: a job for each message
    would cost more than all the rest. APScheduler is brought in when there is something to wait
    for: its import is a twentieth of the start, and many worlds never move by themselves.
    """

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._scheduler: BackgroundScheduler | None = None
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._next_beat: datetime | None = None
        self._is_on = False

    def start(self) -> None:
        """Start the metronome, now or as soon as there is something to wait for."""
        self._is_on = True
        if self._emulator.keeper is not None or self._emulator.has_leavings():
            self.tidy_later()
        for sandbox in self._emulator.all():
            if sandbox.clock.mode == "real":
                self.nudge(sandbox)

    def tidy_later(self) -> None:
        """See to it that sandboxes that have ended or may end are looked after."""
        self._set(self._now() + HOUSEKEEPING)

    def _metronome(self) -> BackgroundScheduler:
        from apscheduler.schedulers.background import BackgroundScheduler
        from apscheduler.triggers.interval import IntervalTrigger

        scheduler = BackgroundScheduler(timezone="UTC")
        scheduler.add_job(
            self.beat,
            IntervalTrigger(seconds=HOUSEKEEPING.total_seconds()),
            id=JOB,
            # A beat that is set while another one ends must not be skipped; they take turns.
            max_instances=3,
            coalesce=True,
            misfire_grace_time=None,
        )
        if self._emulator.keeper is not None:
            scheduler.add_job(
                self._emulator.keeper.fold_due,
                IntervalTrigger(seconds=FOLDING.total_seconds()),
                next_run_time=self._now(),
                # One that comes while another is still at work has nothing to do.
                max_instances=2,
                coalesce=True,
                misfire_grace_time=None,
            )
        scheduler.start()
        return scheduler

    def stop(self) -> None:
        """Stop the metronome; a beat that is going on is waited for."""
        with self._lock:
            self._is_on = False
            scheduler, self._scheduler = self._scheduler, None
        if scheduler is not None:
            # A beat plans the next one at its end, for which it needs a lock that shutting down
            # holds while it waits for the beat.
            with self._turn:
                pass
            scheduler.shutdown(wait=True)

    def nudge(self, sandbox: Sandbox) -> None:
        """See to it that a sandbox is woken in time for what it has planned."""
        at = self._due(sandbox)
        if at is not None:
            with self._lock:
                is_sooner = self._next_beat is None or at < self._next_beat
            if is_sooner:
                self._set(at)

    def beat(self) -> None:
        """Let everything happen that is due, and plan the next beat."""
        with self._turn:
            self._beat()

    def _beat(self) -> None:
        with self._lock:
            # What is planned during the beat is seen to at its end.
            self._next_beat = self._now()
        failed: list[Sandbox] = []
        try:
            self._emulator.expire()
            failed = [s for s in self._emulator.all() if not self._catch_up(s)]
        except Exception:
            log.exception("a beat of the clock failed")
        with self._lock:
            self._next_beat = None
        # One that failed would fail again at once: it waits until everybody is looked after.
        well = [sandbox for sandbox in self._emulator.all() if sandbox not in failed]
        dues = [due for s in well if (due := self._due(s)) is not None]
        self._set(min([*dues, self._now() + HOUSEKEEPING]))

    def _catch_up(self, sandbox: Sandbox) -> bool:
        try:
            if sandbox.clock.mode == "real":
                sandbox.engine.catch_up()
        except Exception:
            log.exception("a beat of the clock failed in sandbox %s", sandbox.name)
            return False
        return True

    def _due(self, sandbox: Sandbox) -> datetime | None:
        if sandbox.engine.is_busy:
            # Whoever advances it rouses it at the end; until then looking again would be idle.
            return None
        with sandbox.store.lock:
            at = sandbox.agenda.next_at()
            seconds = None if at is None else sandbox.clock.real_seconds_until(at)
        return None if seconds is None else self._now() + timedelta(seconds=min(seconds, 86400))

    def _now(self) -> datetime:
        return moment_of(wall_seconds())

    def _set(self, at: datetime) -> None:
        with self._lock:
            if not self._is_on or (self._next_beat is not None and self._next_beat <= at):
                return
            self._next_beat = at
            scheduler = self._scheduler = self._scheduler or self._metronome()
        from apscheduler.jobstores.base import JobLookupError

        with contextlib.suppress(JobLookupError):  # It has been stopped meanwhile.
            scheduler.modify_job(JOB, next_run_time=at)
