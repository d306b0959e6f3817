"""The metronome: when it begins, and that it ends while it beats."""

from __future__ import annotations

import threading
from datetime import datetime

import pytest

from emulator.app import create_app
from emulator.core.emulator import ClockWish, Wish
from emulator.core.vendor import Topic
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
    ticker.tidy_later()
    late = Late(ticker._scheduler)
    ticker._scheduler = late
    late._scheduler.modify_job(JOB, next_run_time=ticker._now())
    assert late.asked.wait(5)

    stopping = threading.Thread(target=ticker.stop, daemon=True)
    stopping.start()
    stopping.join(5)

    assert not stopping.is_alive()
    app.close()


@pytest.fixture
def app():
    app = create_app(ServerSettings(fixtures=("empty",)))
    yield app
    app.close()


def test_metronome_is_at_rest_while_there_is_nothing_to_wait_for(app) -> None:
    assert app.ticker._scheduler is None

    still = Wish(name="still", documents=({"emulator": 1},), clock=ClockWish(mode="manual"))
    app.emulator.create(still)

    assert app.ticker._scheduler is None


def test_metronome_begins_with_the_first_thing_that_falls_due(app) -> None:
    done = threading.Event()
    sandbox = app.emulator.get("default")
    sandbox.engine._topics["test"] = Topic(lambda *_: done.set())

    with sandbox.unit():
        sandbox.agenda.plan(sandbox.clock.now(), "test", "subject")

    assert done.wait(5)


def test_metronome_looks_after_sandboxes_that_may_expire(app) -> None:
    app.emulator.create(Wish(name="brief", ttl=60.0))

    assert app.ticker._scheduler is not None


def test_metronome_takes_apart_what_has_ended(app) -> None:
    app.emulator.reset("default")

    assert app.ticker._scheduler is not None


def test_metronome_that_was_stopped_does_not_begin_again(app) -> None:
    app.ticker.stop()

    app.emulator.reset("default")

    assert app.ticker._scheduler is None
