"""Which parcel may go next: in order within a lane, as posted across lanes, fair to worlds.

Plain bookkeeping without threads; ``sender`` calls it under its lock.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Callable, Hashable

from emulator.core.sending import Answer, Parcel


class World:
    """The queue of one world.

    ``ready`` holds the first waiting parcel of each lane that has none under way, ``lanes`` the
    rest of each lane that has one ready or under way (None as long as there is no rest).
    """

    __slots__ = ("active", "is_abandoned", "is_listed", "lanes", "name", "ready")

    def __init__(self, name: object) -> None:
        # Holding the object keeps its id, which is the key, from being given to another.
        self.name = name
        self.ready: list[tuple[int, Job]] = []
        self.lanes: dict[Hashable, deque[Job] | None] = {}
        self.active = 0
        self.is_abandoned = False
        self.is_listed = False


class Job:
    """A parcel with its place in the order and whom to tell."""

    __slots__ = ("done", "lane", "number", "parcel", "world")

    def __init__(
        self, number: int, lane: Hashable, parcel: Parcel, done: Callable[[Answer], None]
    ) -> None:
        self.number = number
        self.lane = lane
        self.parcel = parcel
        self.done = done
        self.world: World


class Lanes:
    """All worlds' queues.

    :param per_world: how many parcels of one world may be under way at once, so that a world whose
        receivers hang leaves workers to the others.
    """

    def __init__(self, per_world: int) -> None:
        self._per_world = per_world
        self._worlds: dict[int, World] = {}
        self._turns: deque[World] = deque()
        self._numbers = itertools.count()

    @property
    def has_startable(self) -> bool:
        """Whether ``take`` would return a job."""
        return bool(self._turns)

    def put(
        self, name: object, lane: Hashable, parcel: Parcel, done: Callable[[Answer], None]
    ) -> None:
        """Queue a parcel, unless its world is just being abandoned."""
        world = self._worlds.get(id(name))
        if world is None:
            world = self._worlds[id(name)] = World(name)
        if world.is_abandoned:
            return
        job = Job(next(self._numbers), lane, parcel, done)
        job.world = world
        if lane not in world.lanes:
            world.lanes[lane] = None
            heapq.heappush(world.ready, (job.number, job))
            self._list(world)
        else:
            rest = world.lanes[lane]
            if rest is None:
                rest = world.lanes[lane] = deque()
            rest.append(job)

    def take(self) -> Job | None:
        """Return the next job to start: the worlds take turns, in each the oldest goes first."""
        if not self._turns:
            return None
        world = self._turns.popleft()
        world.is_listed = False
        _, job = heapq.heappop(world.ready)
        world.active += 1
        self._list(world)
        return job

    def finish(self, job: Job) -> None:
        """Let the lane of a job that was taken go on."""
        world = job.world
        world.active -= 1
        if world.is_abandoned:
            return
        rest = world.lanes[job.lane]
        if rest:
            following = rest.popleft()
            heapq.heappush(world.ready, (following.number, following))
        else:
            del world.lanes[job.lane]
        if world.lanes:
            self._list(world)
        else:
            del self._worlds[id(world.name)]

    def abandon(self, name: object) -> World | None:
        """Drop what is queued of a world, and what comes until ``forget``."""
        world = self._worlds.get(id(name))
        if world is not None:
            world.is_abandoned = True
            world.ready.clear()
            world.lanes.clear()
            if world.is_listed:
                self._turns.remove(world)
                world.is_listed = False
        return world

    def forget(self, world: World) -> None:
        """End the abandonment: the next parcel of that world starts afresh."""
        if self._worlds.get(id(world.name)) is world:
            del self._worlds[id(world.name)]

    def names(self) -> list[object]:
        """Return the worlds that have anything queued or under way."""
        return [world.name for world in self._worlds.values()]

    def _list(self, world: World) -> None:
        if not world.is_listed and world.ready and world.active < self._per_world:
            world.is_listed = True
            self._turns.append(world)
