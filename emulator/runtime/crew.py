"""How many of a server's threads take up requests: one, as long as it gets on with them.

A pool hands a request to whichever thread is free. With many threads free, many queue for the
interpreter, which lets them in without an order: under load some answers wait very long, and the
queueing, and passing from thread to thread what each keeps close at hand, cost more than the work.
Yet one thread is not enough: some requests take long or wait for a slow client, for a callback's
answer or for another request.

So a thread is parked when it has given its answer and others are there to go on. Who is at the
same request for longer than a moment is not counted any more until that has been answered, and
another is let go instead; if nothing at all is answered, twice as many each time.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

WSGI = Callable[[dict[str, Any], Any], Iterable[bytes]]

SIZE = 1
STUCK_AFTER = 0.01


class Crew:
    """Lets the threads of a pool take up requests, a few at a time.

    :param size: how many that are not stuck are never parked.
    :param stuck_after: seconds at one request, or up to twice as many, after which a thread is.
    :ivar members: threads that are neither parked nor stuck, of those that have ever taken up a
        request.
    :ivar busy: members that are at a request, by the place that they hold.
    :ivar begun: requests that have been taken up.
    :ivar done: requests that have been finished.
    """

    def __init__(self, size: int = SIZE, stuck_after: float = STUCK_AFTER) -> None:
        self._size = size
        self.stuck_after = stuck_after
        self._lock = threading.RLock()
        self._own = threading.local()
        self._parked: list[threading.Lock] = []
        self._is_full = threading.Event()
        self._end = threading.Event()
        self.members = 0
        self.busy: set[Place] = set()
        self.begun = 0
        self.done = 0
        gc.callbacks.append(self._note_collection)
        threading.Thread(target=self._watch, name="crew", daemon=True).start()

    @property
    def parked(self) -> int:
        """How many threads are parked."""
        return len(self._parked)

    def begin(self) -> Place:
        """Say that this thread has taken up a request; returns its place in the crew."""
        with self._lock:
            place: Place | None = getattr(self._own, "place", None)
            if place is None:
                place = self._own.place = Place()
                self._own.life = _Life(self)
                self.members += 1
            place.is_busy = True
            self.begun += 1
            place.turn = self.begun
            self.busy.add(place)
            self._check()
            return place

    def end(self, place: Place) -> None:
        """Say that the thread in a place has done with its request."""
        with self._lock:
            place.is_busy = False
            self.done += 1
            if place in self.busy:
                self.busy.remove(place)
            else:
                self.members += 1  # it was stuck

    def rest(self, place: Place) -> None:
        """Return once the thread in a place may take up another request.

        Only that thread may be held up, never in the midst of a request, and never while the
        collector has it free things: it may have the next request in hand by then.
        """
        is_its_own = getattr(self._own, "place", None) is place
        is_collecting = getattr(self._own, "is_collecting", False)
        if place.is_busy or is_collecting or not is_its_own:
            return
        with self._lock:
            if self.members <= self._size or self._end.is_set():
                return
            self.members -= 1
            bell = threading.Lock()
            bell.acquire()
            self._parked.append(bell)
            self._check()
        bell.acquire()

    def leave(self) -> None:
        """Say that a thread that was not parked has ended.

        A server ends who has had nothing to do for long. The parked have had less: they are
        called, to end in the same way or to go on in its place.
        """
        with self._lock:
            self.members -= 1
            self._call(len(self._parked))

    def close(self) -> None:
        """Park nobody any more."""
        with self._lock:
            self._end.set()
            self._is_full.set()
            self._call(len(self._parked))
        with suppress(ValueError):
            gc.callbacks.remove(self._note_collection)

    def _note_collection(self, phase: str, _info: dict[str, int]) -> None:
        self._own.is_collecting = phase == "start"

    def _check(self) -> None:
        if self._parked and len(self.busy) >= self.members and not self._is_full.is_set():
            self._is_full.set()

    def _call(self, count: int) -> None:
        for _ in range(min(count, len(self._parked))):
            self.members += 1
            self._parked.pop().release()

    def _watch(self) -> None:
        while not self._end.is_set():
            self._is_full.wait()
            self._until_it_flows()

    def _until_it_flows(self) -> None:
        more = 0
        while not self._end.is_set():
            with self._lock:
                done, turns = self.done, {place.turn for place in self.busy}
            self._end.wait(self.stuck_after)
            with self._lock:
                if len(self.busy) < self.members or not self._parked:
                    self._is_full.clear()
                    return
                self._leave_out([place for place in self.busy if place.turn in turns])
                more = max(1, 2 * more) if done == self.done else 0
                self._call(more or self._size - self.members)

    def _leave_out(self, stuck: Iterable[Place]) -> None:
        for place in stuck:
            self.busy.remove(place)
            self.members -= 1


class Place:
    """What a thread holds, and each of its answers.

    :ivar turn: the number of the latest request that the thread has taken up.
    """

    def __init__(self) -> None:
        self.is_busy = False
        self.turn = 0


class _Life:
    """What a thread alone holds, so that it ends with the thread, whatever becomes of answers."""

    def __init__(self, crew: Crew) -> None:
        self._crew = crew

    def __del__(self) -> None:
        self._crew.leave()


class _Answer(list[bytes]):
    """The parts of an answer, which tell when the server has taken them over.

    An error's frames may refer to an answer, too, and let go of it at any later time; the crew
    holds nobody up then.
    """

    __slots__ = ("crew", "place")

    crew: Crew
    place: Place

    def __del__(self) -> None:
        self.crew.rest(self.place)


class _Stream:
    """An answer that the server asks for piece by piece; until its end the thread is busy."""

    def __init__(self, crew: Crew, place: Place, parts: Iterable[bytes]) -> None:
        self._crew = crew
        self._place = place
        self._parts = parts

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._parts)

    def close(self) -> None:
        """Say that all has been sent, or that nobody listens any more."""
        try:
            close = getattr(self._parts, "close", None)
            if close is not None:
                close()
        finally:
            # The server ends the answer only after this: no place to park.
            self._crew.end(self._place)


def with_crew(app: WSGI, crew: Crew) -> WSGI:
    """Return an application whose threads belong to a crew.

    A server lets go of an answer that is a list right after it has taken the bytes over, in the
    thread that asked for them. That is the moment to park the thread: the answer is on its way,
    and the next request has not been taken up.
    """

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        place = crew.begin()
        try:
            parts = app(environ, start_response)
        except BaseException:
            crew.end(place)
            raise
        if not isinstance(parts, list):
            return _Stream(crew, place, parts)
        crew.end(place)
        whole = _Answer(parts)
        whole.crew, whole.place = crew, place
        return whole

    return answer
