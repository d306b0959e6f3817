"""Reads back what the files of a sandbox hold, and says what of it cannot be used."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import NamedTuple

import msgspec

from .disk import FIRST, Damaged, Piece, old_part, read_log, read_pieces, read_tables
from .errors import EmulatorError
from .migrations import SCHEMA, migrate_tables
from .state import Delta, Forms, Image

log = logging.getLogger(__name__)

ORIGIN = "origin."
"""In front of the tables of what a sandbox was created from, and is reset to."""


class Newer(EmulatorError):
    """A file was written by a later version."""


class _Version(msgspec.Struct):
    """What every version says of itself."""

    schema: int


class Found(NamedTuple):
    """What a TinyDB file holds.

    :param schema: the version that has written it.
    """

    image: Image
    origin: Image
    schema: int


def read_file(path: Path, forms: Forms) -> Found:
    """Read a TinyDB file, whichever version has written it.

    :raises Newer: a later one.
    :raises EmulatorError: it cannot be read as what it was written as.
    :raises OSError: it cannot be read at all.
    """
    pieces = read_pieces(path)
    first = next(pieces, Piece("", b"{}"))
    try:
        schema = _schema(first)
        image, origin = Image(), Image()
        strangers: dict[str, None] = {}
        for piece in _migrated(path, schema) if schema < SCHEMA else _all(first, pieces):
            table = piece.table.removeprefix(ORIGIN)
            if table in forms.types:
                part = image if table == piece.table else origin
                part.take(table, forms.rows(table, piece.rows, is_ours=piece.is_ours))
            else:
                strangers[piece.table] = None
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise Damaged(f"{path.name}: {error}") from error
    for name in strangers:
        log.warning("%s: nothing is known of the table %s; it is not read", path, name)
    return Found(image, origin, schema)


def _schema(piece: Piece) -> int:
    heads = msgspec.json.decode(piece.rows, type=dict[str, _Version])
    if piece.table != FIRST or len(heads) != 1:
        raise Damaged("it has no table sandbox of one row")
    [head] = heads.values()
    if head.schema > SCHEMA:
        raise Newer(f"a later version has written it: schema {head.schema}, not {SCHEMA}")
    if head.schema < 1:
        raise Damaged(f"there has never been a schema {head.schema}")
    return head.schema


def _migrated(path: Path, schema: int) -> Iterator[Piece]:
    tables = read_tables(path)
    migrate_tables(tables, schema)
    for name, rows in tables.items():
        yield Piece(name, msgspec.json.encode(rows))


def _all(first: Piece, others: Iterator[Piece]) -> Iterator[Piece]:
    yield first
    yield from others


def replay(path: Path, forms: Forms, image: Image) -> None:
    """Make the changes of a log once more, as far as they can be read; report the rest."""
    for part in (old_part(path), path):
        if part.exists():
            _replay(part, forms, image)


def _replay(path: Path, forms: Forms, image: Image) -> None:
    head, end, made = image.head, 0, 0
    for entry in read_log(path):
        try:
            delta = msgspec.json.decode(entry.payload, type=Delta)
            if delta.life == head.life and delta.n > head.number:
                if delta.n > head.number + 1:
                    raise Damaged(f"change {head.number + 1} is missing")
                image.apply(delta, forms)
                made += 1
        except (msgspec.DecodeError, EmulatorError, KeyError, ValueError) as error:
            log.warning("%s: %s", path, error)
            break
        end = entry.end
    _drop_rest(path, end, made)


def _drop_rest(path: Path, end: int, made: int) -> None:
    """Cut off what cannot be read, and keep it beside if it is more than a torn line."""
    with path.open("r+b") as file:
        file.seek(end)
        rest = file.read()
        if not rest:
            return
        kept = f"{path.name.partition('.')[0]}.json and {made} changes are kept"
        if b"\n" not in rest:
            log.warning("%s: the last line is torn and was never answered; %s", path, kept)
        else:
            aside = free_name(path)
            aside.write_bytes(rest)
            words = "%s is damaged at byte %d: %s; the %d bytes from there are in %s"
            log.warning(words, path, end, kept, len(rest), aside.name)
        file.truncate(end)


def set_aside(path: Path, reason: str) -> None:
    """Keep a file that cannot be used under another name, and say so."""
    aside = free_name(path)
    path.rename(aside)
    log.warning("%s cannot be used (%s); it is kept as %s", path, reason, aside.name)


def keep_copy(path: Path) -> str:
    """Keep a copy of a file whose rest is used, and return the copy's name."""
    return shutil.copyfile(path, free_name(path)).name


def free_name(path: Path) -> Path:
    """Return a name for what is damaged of a file, one that nothing has yet."""
    plain = path.with_name(f"{path.name}.damaged")
    names = (plain.with_name(f"{plain.name}-{number}") for number in count(2))
    return plain if not plain.exists() else next(name for name in names if not name.exists())
