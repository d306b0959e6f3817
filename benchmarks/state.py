"""What keeping state in a folder costs, and how fast it comes back."""

from __future__ import annotations

import gc
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median
from threading import Event, Thread
from time import perf_counter, process_time, sleep, thread_time
from typing import NamedTuple

import msgspec

from emulator.app import create_app
from emulator.core.emulator import Wish
from emulator.core.keeper import not_collecting
from emulator.core.ledger import Goal
from emulator.core.recorder import Recorder
from emulator.core.sandbox import Sandbox
from emulator.core.state import picture_of
from emulator.core.tables import Change
from emulator.providers.teekrr.records import TeekrrMessage
from emulator.runtime.serving import COLLECT_AFTER
from emulator.settings import ServerSettings

from .servers import Emulator
from .table import Figure, interleaved
from .worlds import FIXTURE, TEEKRR_AUTH, sms

MANY = 10_000
STORED = 100_000
MOST = 1_000_000
SMALL = 300
PAUSE = 0.002  # seconds between small writes beside a fold
READ = "sqlite3: rows read, no indexes"


class _Kept:
    """An application in this process, asked over WSGI; with a folder for its state or without."""

    def __init__(self, folder: Path | None) -> None:
        from werkzeug.test import Client

        self.app = create_app(ServerSettings(fixtures=("empty",), clock="manual", state=folder))
        self.client = Client(self.app)
        if self.app.emulator.find("bench") is None:
            self.app.emulator.create(Wish(name="bench", documents=(FIXTURE,)))

    @property
    def sandbox(self) -> Sandbox:
        return self.app.emulator.get("bench")

    def send(self, body: bytes) -> None:
        answer = self.client.post(
            "/s/bench/teekrr/sms", data=body, headers=TEEKRR_AUTH, content_type="application/json"
        )
        assert answer.status_code == 202, answer.text

    def fill(self, stored: int, *, is_over: bool = True) -> None:
        """Send broadcasts until so many messages are stored; the last may be under way.

        What writes changes down looks away meanwhile, which saves a third of the work: they are
        in the folder once its file has been written anew.
        """
        many, messages = sms(MANY), self.sandbox.store.tables()["teekrr.messages"]
        recorder = self.sandbox.store.sink
        assert isinstance(recorder, Recorder)
        recorder.detach()
        while len(messages) < stored:
            self.send(many)
            if is_over:
                self.advance()
        recorder.attach()
        self.send(sms(1))

    def advance(self) -> None:
        self.sandbox.engine.advance(Goal(by=timedelta(hours=1)))

    def close(self) -> None:
        self.app.stop()
        self.app.close()


def state(rounds: int) -> list[Figure]:
    """Writing with ``--state`` beside memory and beside SQLite, and starting from a folder."""
    home = Path(tempfile.mkdtemp(prefix="bench-state-"))
    try:
        return [*_writing(rounds, home), *_keeping(rounds, home)]
    finally:
        shutil.rmtree(home)


def _writing(rounds: int, home: Path) -> list[Figure]:
    memory, kept, other = _Kept(None), _Kept(home / "written"), _Kept(None)
    _to_sqlite(other.sandbox, home / "other.db")
    figures = []
    for name, body, count in (("1 recipient", sms(1), SMALL), ("10,000 recipients", sms(MANY), 1)):
        ours, plain, sqlite = interleaved(
            rounds, *(partial(_each, each, body, count) for each in (kept, memory, other))
        )
        figures.append(Figure(f"POST /sms, {name}, --state", ours, "ms", plain, "in memory"))
        figures.append(Figure(f"POST /sms, {name}, --state", ours, "ms", sqlite, "sqlite3 WAL"))
    for each in (memory, kept, other):
        each.close()
    return figures


def _keeping(rounds: int, home: Path) -> list[Figure]:
    """Fill a folder, and see how it is brought up to date and read back as it grows."""
    folder, base = home / "kept", home / "base.db"
    kept = _Kept(folder)
    with collecting_rarely():
        kept.fill(STORED, is_over=False)
        kept.close()
        figures = _recovering(rounds, folder, f"{STORED:,} messages under way")
        kept = _Kept(folder)
        kept.advance()
        figures += _folding(rounds, kept, STORED)
        kept.fill(MOST)
        stored = _copy_to_sqlite(kept.sandbox, base)
        kept.close()
        del kept
        took, used = _reading_sqlite(rounds, base)
        # Before writes beside a fold add to what is stored.
        ours, busy, held = _recovering(rounds, folder, f"{MOST:,} messages that are over")
        size, other = ((path.stat().st_size / stored) for path in (folder / "bench.json", base))
        kept = _Kept(folder)
        figures += _folding(rounds, kept, MOST)
        kept.close()
    return [
        *figures,
        ours._replace(yardstick=took, beside=READ, target="≤ 5 s"),
        busy._replace(yardstick=used, beside=READ),
        held._replace(target="≤ 1,000 MB"),
        Figure("file for each message", size, "bytes", other, "sqlite3"),
    ]


def _each(kept: _Kept, body: bytes, count: int) -> float:
    def send() -> None:
        for _ in range(count):
            kept.send(body)

    return _seconds(send) / count * 1000


def _folding(rounds: int, kept: _Kept, stored: int) -> list[Figure]:
    """Return how long small writes wait while a file is brought up to date."""
    keeper, store = kept.app.emulator.keeper, kept.sandbox.store
    assert keeper is not None
    folded: list[_Longest] = []
    took: list[float] = []
    locked: list[float] = []
    # As in a server that has been started with this folder.
    with collecting_rarely():
        for _ in range(rounds):
            kept.send(sms(1))
            folded.append(_longest_write(kept, lambda: took.append(_seconds(keeper.fold_all))))
            with not_collecting(), store.lock:
                began = thread_time()
                picture_of(kept.sandbox, 1, 1)
                locked.append((thread_time() - began) * 1000)
        idle = _longest_write(kept, lambda: sleep(took[-1]))
    of, beside, most = f"{stored:,} messages", "nothing folded", "≤ 50 ms"
    long, ours = (max(each) for each in zip(*folded, strict=True))
    return [
        Figure(f"fold of {of}", median(took), "s", beside=""),
        Figure(f"lock held for it, {of}", max(locked), "ms", beside="", target=most),
        Figure(f"longest write meanwhile, {of}", long, "ms", idle.wall, beside, most),
        Figure(f"longest, less waits to run, {of}", ours, "ms", idle.ours, beside, most),
    ]


class _Longest(NamedTuple):
    """The longest of many writes, in ms.

    :param wall: by the clock.
    :param ours: of what is left after subtracting all that threads of this process waited for a
        processor meanwhile; no neighbour can make it longer.
    """

    wall: float
    ours: float


def _longest_write(kept: _Kept, meanwhile: Callable[[], object]) -> _Longest:
    one, began, over = sms(1), Event(), Event()
    waits: list[_Longest] = []

    def write() -> None:
        # At full speed it would leave the fold hardly any of the interpreter, and fill the folder.
        due, delayed = perf_counter() + PAUSE, _delayed()
        while not over.wait(PAUSE):
            kept.send(one)
            now, then = perf_counter(), _delayed()
            # From when it was to begin: what held up the whole process held up the write.
            wall = (now - due) * 1000
            waits.append(_Longest(wall, wall - (then - delayed)))
            due, delayed = now + PAUSE, then
            began.set()

    thread = Thread(target=write)
    thread.start()
    began.wait()
    meanwhile()
    over.set()
    thread.join()
    return _Longest(*map(max, zip(*waits, strict=True)))


def _delayed() -> float:
    """Return how long this process's threads have waited for a processor so far, in ms."""
    found = (task / "schedstat" for task in Path("/proc/self/task").iterdir())
    return sum(int(each.read_text().split()[1]) for each in found) / 1e6


def _recovering(rounds: int, folder: Path, what: str) -> list[Figure]:
    """Return how long a server needs until it answers, and what it holds then."""
    held: list[float] = []
    used: list[float] = []

    def start() -> float:
        with Emulator("empty", "--clock", "manual", "--state", str(folder)) as server:
            used.append(server.processor_seconds())
            held.append(server.memory())
            return server.start_seconds

    [took] = interleaved(rounds, start)
    return [
        Figure(f"start with {what}", took, "s", beside=""),
        Figure("of that at work", median(used), "s", beside=""),
        Figure(f"memory with {what}", median(held), "MiB", beside=""),
    ]


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """Look for garbage as seldom as the server does."""
    before = gc.get_threshold()
    gc.set_threshold(*COLLECT_AFTER)
    gc.freeze()
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def _copy_to_sqlite(sandbox: Sandbox, path: Path) -> int:
    base = _table(path)
    messages = sandbox.store.tables()["teekrr.messages"]
    encode = msgspec.json.Encoder().encode
    base.execute("BEGIN")
    base.executemany(
        "INSERT INTO records VALUES (?, ?, ?)",
        (("teekrr.messages", message.id, encode(message)) for message in messages),
    )
    base.execute("COMMIT")
    base.close()
    return len(messages)


def _reading_sqlite(rounds: int, path: Path) -> tuple[float, float]:
    """Return how long it takes to read the same rows from SQLite, and how much work it is."""
    used: list[float] = []

    def read() -> float:
        began = process_time()
        took = _seconds(lambda: _read_sqlite(path))
        used.append(process_time() - began)
        return took

    [took] = interleaved(rounds, read)
    return took, median(used)


def _read_sqlite(path: Path) -> None:
    base = sqlite3.connect(path)
    decode = msgspec.json.Decoder(TeekrrMessage).decode
    rows = base.execute("SELECT json FROM records WHERE kind = 'teekrr.messages'")
    found = {message.id: message for message in (decode(json) for (json,) in rows)}
    assert len(found) >= MOST
    base.close()


def _table(path: Path) -> sqlite3.Connection:
    base = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    base.execute("PRAGMA journal_mode=WAL")
    base.execute("PRAGMA synchronous=NORMAL")
    base.execute("CREATE TABLE records (kind TEXT, id TEXT, json BLOB, PRIMARY KEY (kind, id))")
    return base


def _to_sqlite(sandbox: Sandbox, path: Path) -> None:
    """Let every unit of a sandbox write its records to SQLite as well, a transaction each."""
    base = _table(path)
    encode = msgspec.json.Encoder().encode

    def write(changes: list[Change]) -> None:
        base.execute("BEGIN")
        rows = ((change.kind, change.id, encode(change.after)) for change in changes)
        base.executemany("INSERT OR REPLACE INTO records VALUES (?, ?, ?)", rows)
        base.execute("COMMIT")

    sandbox.store.on_commit.append(write)


def _seconds(action: Callable[[], object]) -> float:
    began = perf_counter()
    action()
    return perf_counter() - began
