"""What keeping state in a folder costs, and how fast it comes back."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Event, Thread
from time import perf_counter

import msgspec

from emulator.app import create_app
from emulator.core.emulator import Wish
from emulator.core.sandbox import Sandbox
from emulator.core.tables import Change
from emulator.settings import ServerSettings

from .table import Figure, interleaved
from .worlds import FIXTURE, TEEKRR_AUTH, sms

MANY = 10_000
STORED = 100_000
SMALL = 300


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

    def close(self) -> None:
        self.app.stop()
        self.app.close()


def state(rounds: int) -> list[Figure]:
    """Writing with ``--state`` beside memory and beside SQLite, and starting from a folder."""
    home = Path(tempfile.mkdtemp(prefix="bench-state-"))
    memory, kept = _Kept(None), _Kept(home / "kept")
    other = _Kept(None)
    _to_sqlite(other.sandbox, home / "other.db")
    one, many = sms(1), sms(MANY)
    figures = []
    for name, body, count in (("1 recipient", one, SMALL), ("10,000 recipients", many, 1)):
        ours, plain, sqlite = interleaved(
            rounds, *(partial(_each, each, body, count) for each in (kept, memory, other))
        )
        figures.append(Figure(f"POST /sms, {name}, --state", ours, "ms", plain, "in memory"))
        figures.append(Figure(f"POST /sms, {name}, --state", ours, "ms", sqlite, "sqlite3 WAL"))
    while len(kept.sandbox.store.tables()["teekrr.messages"]) < STORED:
        kept.send(many)
    figures += _folding(kept)
    kept.close()
    figures += _recovering(rounds, home / "kept")
    for each in (memory, other):
        each.close()
    shutil.rmtree(home)
    return figures


def _each(kept: _Kept, body: bytes, count: int) -> float:
    def send() -> None:
        for _ in range(count):
            kept.send(body)

    return _seconds(send) / count * 1000


def _folding(kept: _Kept) -> list[Figure]:
    """Return how long a small write waits at most while a file is brought up to date."""
    keeper, one, over = kept.app.emulator.keeper, sms(1), Event()
    assert keeper is not None
    waits: list[float] = []

    def write() -> None:
        while not over.is_set():
            waits.append(_seconds(lambda: kept.send(one)) * 1000)

    thread = Thread(target=write)
    thread.start()
    took = _seconds(keeper.fold_all)
    over.set()
    thread.join()
    return [
        Figure(f"fold at {STORED:,} messages", took, "s", beside=""),
        Figure("longest write meanwhile", max(waits), "ms", beside="", target="≤ 100 ms"),
    ]


def _recovering(rounds: int, folder: Path) -> list[Figure]:
    size = (folder / "bench.json").stat().st_size
    counts: list[int] = []

    def start() -> float:
        began = perf_counter()
        kept = _Kept(folder)
        took = perf_counter() - began
        counts.append(len(kept.sandbox.store.tables()["teekrr.messages"]))
        kept.close()
        return took

    [took] = interleaved(rounds, start)
    per = STORED / counts[0]
    return [
        Figure(f"start with {STORED:,} messages", took * per, "s", beside="", target="≤ 2 s"),
        Figure("file for each message", size / counts[0], "bytes", beside=""),
    ]


def _to_sqlite(sandbox: Sandbox, path: Path) -> None:
    """Let every unit of a sandbox write its records to SQLite as well, a transaction each."""
    base = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    base.execute("PRAGMA journal_mode=WAL")
    base.execute("PRAGMA synchronous=NORMAL")
    base.execute("CREATE TABLE records (kind TEXT, id TEXT, json BLOB, PRIMARY KEY (kind, id))")
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
