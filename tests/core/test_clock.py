"""Virtual time: standing still, running, being moved."""

import threading
from datetime import timedelta

import pytest

from emulator.core.clock import Clock, moment_of
from emulator.core.errors import Conflict
from tests.acme import NOON


class Wall:
    """Real time that passes when it is told to."""

    def __init__(self) -> None:
        self.seconds = 1_700_000_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def wall():
    return Wall()


def later(seconds: float):
    return NOON + timedelta(seconds=seconds)


def test_a_real_clock_is_the_wall_clock(wall):
    clock = Clock(source=wall)
    wall.seconds += 5

    assert clock.now() == moment_of(wall.seconds)


def test_a_real_clock_has_an_offset_and_a_rate(wall):
    clock = Clock("real", NOON, 60, source=wall)
    wall.seconds += 2

    assert clock.now() == later(120)
    assert clock.real_seconds_until(later(180)) == 1
    assert clock.real_seconds_until(NOON) == 0


def test_a_manual_clock_stands_still(wall):
    clock = Clock("manual", NOON, source=wall)
    wall.seconds += 500

    assert clock.now() == NOON
    assert clock.real_seconds_until(later(1)) is None


def test_time_never_runs_backwards(wall):
    clock = Clock("real", NOON, source=wall)
    wall.seconds += 5
    assert clock.now() == later(5)
    wall.seconds -= 60

    assert clock.now() == later(5)


def test_moving_goes_forward_only(wall):
    clock = Clock("manual", NOON, source=wall)
    clock.move_to(later(10))
    clock.move_to(later(5))

    assert clock.now() == later(10)


def test_a_running_clock_goes_on_from_where_it_is_moved(wall):
    clock = Clock("real", NOON, source=wall)
    clock.move_to(later(3600))
    wall.seconds += 1

    assert clock.now() == later(3601)


def test_setting_mode_and_rate_keeps_the_time(wall):
    clock = Clock("manual", NOON, source=wall)
    clock.set(mode="real", rate=10)
    wall.seconds += 1
    assert clock.now() == later(10)

    clock.set(mode="manual")
    wall.seconds += 1
    assert (clock.now(), clock.rate) == (later(10), 10)


def test_setting_the_past_is_refused_and_changes_nothing(wall):
    clock = Clock("manual", NOON, source=wall)
    with pytest.raises(Conflict):
        clock.set(mode="real", now=later(-1), rate=9)

    assert (clock.mode, clock.rate, clock.now()) == ("manual", 1, NOON)


def test_pinned_time_is_seen_by_the_thread_that_pinned_it_alone(wall):
    clock = Clock("manual", NOON, source=wall)
    seen = []
    with clock.pinned(later(-7)):
        thread = threading.Thread(target=lambda: seen.append(clock.now()))
        thread.start()
        thread.join()
        with clock.pinned(later(-5)):
            assert clock.now() == later(-5)
        assert clock.now() == later(-7)

    assert (seen, clock.now()) == ([NOON], NOON)


def test_a_fork_shows_the_same_time_and_goes_its_own_way(wall):
    clock = Clock("real", NOON, 60, source=wall)
    wall.seconds += 1
    fork = clock.fork()
    fork.set(mode="manual")
    wall.seconds += 1

    assert (clock.now(), fork.now()) == (later(120), later(60))


@pytest.mark.parametrize("mode", ["real", "manual"])
def test_a_restarted_clock_stands_where_it_began(wall, mode):
    clock = Clock(mode, NOON, source=wall)
    clock.move_to(later(500))
    wall.seconds += 50

    assert clock.restarted().now() == NOON


def test_a_clock_that_always_showed_real_time_restarts_with_it(wall):
    fork = Clock(source=wall).fork()
    wall.seconds += 3600

    assert fork.restarted().now() == moment_of(wall.seconds)


def test_a_clock_that_was_moved_restarts_at_its_beginning(wall):
    clock = Clock(source=wall)
    begin = clock.now()
    clock.move_to(begin + timedelta(hours=5))
    wall.seconds += 3600

    assert clock.restarted().now() == begin
