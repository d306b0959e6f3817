"""The metronome: it ends while it beats."""

from __future__ import annotations

import threading
from datetime import datetime

from emulator.app import create_app
from emulator.runtime.ticker import JOB, Ticker
from emulator.settings import ServerSettings


class Late:
    """A scheduler to which the end of a beat comes only once it is being shut down."""

    def __init__(self, scheduler) -> None:
        self._scheduler = scheduler
        self.asked, self.ending = threading.Event(), threading.Event()

    def modify_job(self, job: str, *, next_run_time: datetime) -> None:
        self.asked.set()
        if self.ending.wait(0.2):
            while self._scheduler._jobstores_lock.acquire(blocking=False):
                self._scheduler._jobstores_lock.release()
        self._scheduler.modify_job(job, next_run_time=next_run_time)

    def shutdown(self, *, wait: bool) -> None:
        self.ending.set()
        self._scheduler.shutdown(wait=wait)


def test_beat_that_ends_while_the_metronome_is_stopped_does_not_hold_it_up() -> None:
    app = create_app(ServerSettings(fixtures=("empty",)))
    ticker = Ticker(app.emulator)
    ticker.start()
    late = Late(ticker._scheduler)
    ticker._scheduler = late
    late._scheduler.modify_job(JOB, next_run_time=ticker._now())
    assert late.asked.wait(5)

    stopping = threading.Thread(target=ticker.stop, daemon=True)
    stopping.start()
    stopping.join(5)

    assert not stopping.is_alive()
    app.close()
