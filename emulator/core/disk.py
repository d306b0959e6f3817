"""The two files of a sandbox: a TinyDB file of all it holds, and a log of changes since."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from types import GenericAlias
from typing import Any, NamedTuple
from zlib import crc32

import msgspec
from tinydb import TinyDB
from tinydb.storages import Storage

from .errors import EmulatorError

ROWS_AT_ONCE = 500
COPIED_AT_ONCE = 1024 * 1024
_encode = msgspec.json.Encoder().encode

Tables = Mapping[str, Iterable[Any]]
Types = Callable[[str], Any]
Glance = Callable[[Mapping[str, msgspec.Raw]], None]


class Damaged(EmulatorError):
    """A file is not what was written to it."""


class FolderTaken(EmulatorError):
    """Another server uses the folder."""


# --- the TinyDB file -----------------------------------------------------------------------


class Segments(Storage):
    """Brings whole tables of records to a TinyDB file and back, some at a time.

    TinyDB's own way makes one text of everything, which nobody else could work beside.

    :param types: the type of the rows of a table.
    :param glance: looks at the tables before their rows are read; may raise.
    """

    def __init__(self, path: Path, types: Types, glance: Glance) -> None:
        self._path = path
        self._types = types
        self._glance = glance

    def read(self) -> dict[str, dict[str, Any]]:
        """Return the tables with their rows by number.

        :raises Damaged: the file cannot be read as what it was written as.
        """
        try:
            tables = msgspec.json.decode(self._path.read_bytes(), type=dict[str, msgspec.Raw])
            self._glance(tables)
            return {name: self._rows(name, raw) for name, raw in tables.items()}
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Damaged(f"{self._path.name}: {error}") from error

    def _rows(self, table: str, raw: msgspec.Raw) -> dict[str, Any]:
        try:
            types = GenericAlias(dict, (str, self._types(table)))
            rows: dict[str, Any] = msgspec.json.decode(raw, type=types)
        except msgspec.ValidationError as error:
            raise msgspec.ValidationError(f"table {table}: {error}") from error
        return rows

    def write(self, data: Tables) -> None:
        """Write all tables, and see to it that they are on the disk."""
        with self._path.open("wb", buffering=COPIED_AT_ONCE) as file:
            for piece in _pieces(data):
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())


def _pieces(tables: Tables) -> Iterator[bytes]:
    lead = b"{"
    for name, rows in tables.items():
        yield lead + _encode(name) + b":{"
        lead, comma, number, kept = b"},", b"", 1, iter(rows)
        while some := list(islice(kept, ROWS_AT_ONCE)):
            # Without the braces it goes on where the rows before it ended.
            yield comma + _encode(dict(enumerate(some, number)))[1:-1]
            comma, number = b",", number + len(some)
    yield b"}}" if tables else b"{}"


def read_tables(path: Path, types: Types, glance: Glance) -> dict[str, list[Any]]:
    """Return the tables of a TinyDB file, each with its rows in their order.

    :raises Damaged: it cannot be read as what it was written as.
    :raises OSError: it cannot be read at all.
    """
    with TinyDB(path, types, glance, storage=Segments) as database:
        return {name: list(rows.values()) for name, rows in database.storage.read().items()}


def write_tables(path: Path, tables: Tables) -> None:
    """Write a TinyDB file.

    :raises OSError: it cannot be written; what is there of it is removed.
    """
    try:
        with TinyDB(path, _anything, _pass_over, storage=Segments) as database:
            database.storage.write(tables)
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise


def _anything(_table: str) -> Any:
    return Any


def _pass_over(_tables: Mapping[str, msgspec.Raw]) -> None:
    return None


# --- the log -------------------------------------------------------------------------------


class Entry(NamedTuple):
    """A line of a log, and where in the file it ends."""

    payload: bytes
    end: int


def read_log(path: Path) -> Iterator[Entry]:
    """Yield the lines of a log up to the first that is not what was written."""
    end = 0
    with path.open("rb") as file:
        for line in file:
            payload = line[9:-1]
            if line[-1:] != b"\n" or line[:9] != b"%08x " % crc32(payload):
                return
            end += len(line)
            yield Entry(payload, end)


class Log:
    """A file that changes are written to the end of, a line each."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = self._open()
        self.size = os.fstat(self._file).st_size
        self._is_torn = False

    def append(self, payload: bytes) -> None:
        """Write one line, in one go: it is there once this returns, even if we are killed.

        :raises OSError: it cannot be written; nothing of it is left.
        """
        if self._is_torn:
            self._mend()
        line = b"%08x %b\n" % (crc32(payload), payload)
        try:
            _write_whole(self._file, line)
        except OSError:
            self._is_torn = True
            with suppress(OSError):
                self._mend()
            raise
        self.size += len(line)

    def cut(self, offset: int) -> None:
        """Forget the lines before an offset."""
        fresh = self._path.with_suffix(".log.new")
        with fresh.open("wb") as file:
            for piece in self._from(offset):
                file.write(piece)
        fresh.replace(self._path)
        self.close()
        self._file = self._open()
        self.size -= offset

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    def _from(self, offset: int) -> Iterator[bytes]:
        with self._path.open("rb") as file:
            file.seek(offset)
            left = self.size - offset
            while left and (piece := file.read(min(left, COPIED_AT_ONCE))):
                left -= len(piece)
                yield piece

    def _mend(self) -> None:
        os.ftruncate(self._file, self.size)
        self._is_torn = False

    def _open(self) -> int:
        return os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)


def _write_whole(file: int, line: bytes) -> None:
    if os.write(file, line) < len(line):
        # The disk has been filled by this very line.
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


# --- the folder ----------------------------------------------------------------------------


def lock_folder(folder: Path) -> int:
    """Make a folder if there is none and keep other servers out; return what keeps them out.

    They come in again once that is closed, or the process has ended, however it ends.

    :raises FolderTaken: another server is there.
    :raises OSError: nothing can be written there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    held = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        whose = os.pread(held, 20, 0).decode("ascii", "replace").strip()
        os.close(held)
        raise FolderTaken(f"another server (process {whose}) uses {folder}") from error
    except OSError:
        os.close(held)
        raise
    os.ftruncate(held, 0)
    os.pwrite(held, b"%d\n" % os.getpid(), 0)
    return held
