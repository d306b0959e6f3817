import pytest

from emulator.core.sending import Parcel
from emulator.runtime.lanes import Lanes

RED, BLUE = "red world", "blue world"


@pytest.fixture
def lanes():
    return Lanes(per_world=2)


def put(lanes, world, lane, mark):
    lanes.put(world, lane, Parcel(mark, (), b""), print)


def mark(job):
    return job and job.parcel.url


def test_lanes_start_in_the_order_posted(lanes):
    for number in range(2):
        put(lanes, RED, lane=number, mark=f"red {number}")

    assert [mark(lanes.take()) for _ in range(2)] == ["red 0", "red 1"]


def test_lane_waits_for_its_parcel_under_way_and_keeps_its_place(lanes):
    for lane, name in [("a", "a1"), ("a", "a2"), ("b", "b1"), ("c", "c1")]:
        put(lanes, RED, lane, name)

    first = lanes.take()
    second = lanes.take()
    lanes.finish(first)
    third = lanes.take()

    assert [mark(job) for job in (first, second, third)] == ["a1", "b1", "a2"]


def test_world_has_only_so_many_parcels_under_way(lanes):
    for lane in range(3):
        put(lanes, RED, lane, f"red {lane}")
    first, _ = lanes.take(), lanes.take()

    assert not lanes.has_startable
    assert lanes.take() is None
    lanes.finish(first)
    assert mark(lanes.take()) == "red 2"


def test_worlds_take_turns(lanes):
    for lane in range(2):
        put(lanes, RED, lane, f"red {lane}")
    put(lanes, BLUE, 0, "blue 0")

    assert [mark(lanes.take()) for _ in range(3)] == ["red 0", "blue 0", "red 1"]


def test_abandoned_world_starts_nothing_until_it_is_forgotten(lanes):
    put(lanes, RED, "a", "a1")
    put(lanes, RED, "a", "a2")
    put(lanes, RED, "b", "b1")
    under_way = lanes.take()

    abandoned = lanes.abandon(RED)
    put(lanes, RED, "c", "c1")
    lanes.finish(under_way)
    assert lanes.take() is None

    lanes.forget(abandoned)
    put(lanes, RED, "a", "a3")
    assert mark(lanes.take()) == "a3"


def test_finished_worlds_leave_nothing_behind(lanes):
    put(lanes, RED, "a", "a1")

    lanes.finish(lanes.take())

    assert lanes.names() == []
    assert lanes.abandon(RED) is None
