"""A pool's threads: few of them work, more when those are stuck."""

from __future__ import annotations

import gc
import queue
import threading
from collections.abc import Callable, Iterator

import pytest

from emulator.runtime.crew import Crew, with_crew

PATIENCE = 20
THREADS = 12
SIZE = 3

Task = Callable[[], object]


class Pool:
    """Threads that answer requests as a server's pool does."""

    def __init__(self, crew: Crew) -> None:
        self.crew = crew
        self.tasks: queue.Queue[Task | None] = queue.Queue()
        self.workers: queue.Queue[int] = queue.Queue()
        self.rested: list[None] = []
        self.threads = [threading.Thread(target=self.work, daemon=True) for _ in range(THREADS)]
        for thread in self.threads:
            thread.start()

    def work(self) -> None:
        while (task := self.tasks.get()) is not None:
            self.answer(task)
            self.rested.append(None)

    def answer(self, task: Task) -> None:
        def app(_environ: object, _start_response: object) -> list[bytes]:
            self.workers.put(threading.get_ident())
            task()
            return [b"done"]

        assert with_crew(app, self.crew)({}, None) == [b"done"]

    def all_at_once(self) -> None:
        """Have every thread answer one request, so that all have joined the crew."""
        together = threading.Barrier(THREADS)
        for _ in range(THREADS):
            self.tasks.put(lambda: together.wait(PATIENCE))
        for _ in range(THREADS):
            self.workers.get(timeout=PATIENCE)

    def settle(self) -> None:
        """Have every thread answer one request, and all but a few of them parked after it."""
        self.all_at_once()
        # Who is on the way to its place would park there after whatever comes next.
        self.until(lambda: self.crew.parked == THREADS - SIZE and len(self.rested) == SIZE)

    def close(self) -> None:
        """End all threads."""
        self.crew.close()
        for _ in self.threads:
            self.tasks.put(None)
        for thread in self.threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()

    def until(self, is_so: Callable[[], bool]) -> None:
        """Wait for something that the crew's threads bring about."""
        pause = threading.Event()
        for _ in range(PATIENCE * 1000):
            if is_so():
                return
            pause.wait(0.001)
        raise AssertionError("it did not come about")


@pytest.fixture
def pool() -> Iterator[Pool]:
    pool = Pool(Crew(SIZE, stuck_after=PATIENCE))
    yield pool
    pool.close()


def test_few_threads_do_the_work(pool: Pool) -> None:
    pool.settle()

    for _ in range(200):
        pool.tasks.put(lambda: None)

    assert len({pool.workers.get(timeout=PATIENCE) for _ in range(200)}) <= SIZE


def test_more_come_when_those_few_are_stuck() -> None:
    pool = Pool(Crew(SIZE, stuck_after=0.005))
    pool.all_at_once()
    go_on = threading.Event()

    for _ in range(THREADS - 1):
        pool.tasks.put(lambda: go_on.wait(PATIENCE))
    pool.tasks.put(go_on.set)

    assert len({pool.workers.get(timeout=PATIENCE) for _ in range(THREADS)}) == THREADS
    pool.close()


def test_who_is_stuck_is_replaced_for_as_long_as_that_takes() -> None:
    pool = Pool(Crew(1, stuck_after=0.005))
    pool.all_at_once()
    go_on = threading.Event()

    pool.tasks.put(lambda: go_on.wait(PATIENCE))
    stuck = pool.workers.get(timeout=PATIENCE)
    for _ in range(200):
        pool.tasks.put(lambda: None)
    others = {pool.workers.get(timeout=PATIENCE) for _ in range(200)}
    go_on.set()
    pool.until(lambda: pool.crew.parked == THREADS - 1)

    assert stuck not in others
    assert pool.crew.members == 1
    pool.close()


def test_nobody_stays_parked_when_a_thread_ends_for_want_of_work(pool: Pool) -> None:
    pool.settle()

    pool.tasks.put(None)

    pool.until(lambda: pool.crew.parked == 0)
    assert pool.crew.members == THREADS - 1


def test_thread_that_ends_is_replaced(pool: Pool) -> None:
    pool.settle()

    for _ in range(THREADS - 1):
        pool.tasks.put(None)
    pool.until(lambda: sum(thread.is_alive() for thread in pool.threads) == 1)

    pool.tasks.put(lambda: None)
    pool.workers.get(timeout=PATIENCE)
    assert pool.crew.parked == 0


def test_thread_that_ends_is_not_counted_while_its_answer_lives() -> None:
    crew = Crew(size=1, stuck_after=PATIENCE)
    kept: list[object] = []

    def answer() -> None:
        kept.append(with_crew(lambda *_: [b"done"], crew)({}, None))

    for _ in range(2):
        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        thread.join(PATIENCE)
        assert not thread.is_alive()

    members = crew.members
    crew.close()
    assert members == 0


def test_answer_that_fails_frees_its_place(pool: Pool) -> None:
    def app(_environ: object, _start_response: object) -> list[bytes]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        with_crew(app, pool.crew)({}, None)

    assert not pool.crew.busy


def test_stream_holds_its_place_until_it_is_closed(pool: Pool) -> None:
    class Stream:
        is_closed = False

        def __iter__(self) -> Iterator[bytes]:
            yield b"a"

        def close(self) -> None:
            self.is_closed = True

    stream = Stream()
    answer = with_crew(lambda _environ, _start_response: stream, pool.crew)({}, None)

    assert (list(answer), len(pool.crew.busy)) == ([b"a"], 1)
    answer.close()  # type: ignore[attr-defined]
    assert (stream.is_closed, len(pool.crew.busy)) == (True, 0)


def done_by_itself(crew: Crew, work: Task) -> int:
    """Return how many requests a thread has done that nobody may have parked."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    is_free, done = not thread.is_alive(), crew.done
    crew.close()
    assert is_free
    return done


def test_nobody_parks_in_the_midst_of_a_request() -> None:
    crew = Crew(size=0, stuck_after=PATIENCE)
    kept: list[object] = []

    def let_go(_environ: object, _start_response: object) -> Iterator[bytes]:
        kept.clear()
        yield b"done"

    def work() -> None:
        kept.append(with_crew(lambda *_: [b"done"], crew)({}, None))
        stream = with_crew(let_go, crew)({}, None)
        assert list(stream) == [b"done"]
        stream.close()  # type: ignore[attr-defined]

    assert done_by_itself(crew, work) == 2


def test_nobody_parks_while_the_collector_frees_an_answer() -> None:
    crew = Crew(size=0, stuck_after=PATIENCE)

    def collect() -> None:
        kept: list[object] = [with_crew(lambda *_: [b"done"], crew)({}, None)]
        kept.append(kept)
        del kept
        gc.collect()

    assert done_by_itself(crew, collect) == 1
