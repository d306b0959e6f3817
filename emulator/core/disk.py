"""The two files of a sandbox: a TinyDB file of all it holds, and a log of changes since."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

import msgspec
from tinydb import TinyDB
from tinydb.storages import Storage

from .errors import EmulatorError
from .packing import to_json
from .sharing import pack

ROWS_AT_ONCE = 500
SYNCED_AT_ONCE = 16 * 1024 * 1024
COPIED_AT_ONCE = 1024 * 1024
FIRST = "sandbox"
CHECKSUM = "checksum"
_encode = msgspec.json.Encoder(enc_hook=to_json).encode

Tables = Mapping[str, Iterable[Any]]


class Damaged(EmulatorError):
    """A file is not what was written to it."""


class FolderTaken(EmulatorError):
    """Another server uses the folder."""


# --- the TinyDB file -----------------------------------------------------------------------


class Piece(NamedTuple):
    """Some rows of a table, by their numbers, as JSON.

    :param is_ours: whether they stand as they were written here, and not as others left them.
    """

    table: str
    rows: bytes | bytearray | msgspec.Raw
    is_ours: bool = False


class Segments(Storage):
    """A TinyDB file of which some rows at a time are written, and read, on a line of their own.

    TinyDB's own way makes one text of everything, which nobody else could work beside. What
    TinyDB has written itself can be read as well.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> dict[str, dict[str, Any]]:
        """Return the tables with their rows by number."""
        with _read_as_json(self._path):
            tables: dict[str, dict[str, Any]] = msgspec.json.decode(
                self._path.read_bytes(), type=dict[str, dict[str, Any]]
            )
        tables.pop(CHECKSUM, None)
        return tables

    def pieces(self) -> Iterator[Piece]:
        """Yield the rows of all tables, the first one's first.

        :raises Damaged: the file cannot be read as what it was written as; this may come last.
        """
        with self._path.open("rb", buffering=COPIED_AT_ONCE) as file:
            if file.readline() == _opening(FIRST):
                yield from _pieces_of_lines(self._path, file)
                return
        with _read_as_json(self._path):
            tables = msgspec.json.decode(self._path.read_bytes(), type=dict[str, msgspec.Raw])
        for name in sorted(tables, key=lambda name: name != FIRST):
            if name != CHECKSUM:
                yield Piece(name, tables[name])

    def write(self, data: Tables) -> None:
        """Write all tables, and see to it that they are on the disk."""
        with self._path.open("wb", buffering=0) as file:
            unsynced, checksum = 0, 0
            for line in _lines(data):
                # Everybody else may go on while it is written.
                _write_whole(file.fileno(), line)
                checksum = crc32(line, checksum)
                unsynced += len(line)
                if unsynced > SYNCED_AT_ONCE:
                    os.fdatasync(file.fileno())
                    unsynced = 0
            _write_whole(file.fileno(), b'"1":%b\n}}\n' % _encode({"crc32": checksum}))
            os.fsync(file.fileno())


def _opening(table: str) -> bytes:
    return b"%b%b:{\n" % (b"{" if table == FIRST else b"},", _encode(table))


def _lines(tables: Tables) -> Iterator[bytes]:
    for name, rows in tables.items():
        yield _opening(name)
        comma, number, kept = b"", 1, iter(rows)
        while some := list(islice(kept, ROWS_AT_ONCE)):
            # Without the braces it goes on where the rows before it ended.
            numbered = dict(enumerate(pack(some, number), number))
            yield b"%b%b\n" % (comma, _encode(numbered)[1:-1])
            comma, number = b",", number + len(some)
    yield _opening(CHECKSUM)


def _pieces_of_lines(path: Path, file: Iterable[bytes]) -> Iterator[Piece]:
    table, checksum, found = FIRST, crc32(_opening(FIRST)), b""
    for line in file:
        if table == CHECKSUM:
            found += line
            continue
        checksum = crc32(line, checksum)
        if line[:2] == b"},":
            with _read_as_json(path):
                table = msgspec.json.decode(line[2:-3], type=str)
        else:
            yield Piece(table, _as_object(line), is_ours=True)
    if found != b'"1":%b\n}}\n' % _encode({"crc32": checksum}):
        raise Damaged(f"{path.name}: it is not what was written: the checksum differs")


def _as_object(line: bytes) -> bytearray:
    """Return a line of rows with braces around it, copied no more than once."""
    rows = bytearray(line)
    rows[-1:] = b"}"
    rows[: rows.startswith(b",")] = b"{"
    return rows


@contextmanager
def _read_as_json(path: Path) -> Iterator[None]:
    try:
        yield
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Damaged(f"{path.name}: {error}") from error


def read_pieces(path: Path) -> Iterator[Piece]:
    """Yield what a TinyDB file holds; see :meth:`Segments.pieces`.

    :raises OSError: it cannot be read at all.
    """
    with TinyDB(path, storage=Segments) as database:
        yield from database.storage.pieces()


def read_tables(path: Path) -> dict[str, dict[str, Any]]:
    """Return the tables of a TinyDB file as plain values, each with its rows by number.

    :raises Damaged: it cannot be read as what it was written as.
    """
    with TinyDB(path, storage=Segments) as database:
        tables: dict[str, dict[str, Any]] = database.storage.read()
        return tables


def write_tables(path: Path, tables: Tables) -> None:
    """Write a TinyDB file.

    :param tables: the first is ``sandbox``.
    :raises OSError: it cannot be written; what is there of it is removed.
    """
    try:
        with TinyDB(path, storage=Segments) as database:
            database.storage.write(tables)
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise


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
    """A file that changes are written to the end of, a line each.

    Before everything is brought together in the TinyDB file, the log is parted: what the file
    will hold stays beside it as ``NAME.log.old`` until the file is there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = self._open(path)
        self._size = os.fstat(self._file).st_size
        self._is_torn = False

    @property
    def size(self) -> int:
        """Bytes written since the TinyDB file was."""
        return self._size + (self.old.stat().st_size if self.old.exists() else 0)

    @property
    def old(self) -> Path:
        """The part that the TinyDB file will hold, if it has been parted."""
        return old_part(self._path)

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
        self._size += len(line)

    def part(self) -> None:
        """Go on in an empty file. One that is parted already stays as it is.

        :raises OSError: there is no room for another file; it goes on in this one.
        """
        if self.old.exists() or not self._size:
            return
        if self._is_torn:
            self._mend()
        fresh = self._path.with_suffix(".log.new")
        file = self._open(fresh)
        self._path.rename(self.old)
        fresh.rename(self._path)
        os.close(self._file)
        self._file, self._size = file, 0

    def drop_old(self) -> None:
        """Forget what the TinyDB file holds by now."""
        self.old.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    def _mend(self) -> None:
        os.ftruncate(self._file, self._size)
        self._is_torn = False

    def _open(self, path: Path) -> int:
        return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)


def old_part(path: Path) -> Path:
    """Return where a log's first part is while the TinyDB file is being written."""
    return path.with_suffix(".log.old")


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
