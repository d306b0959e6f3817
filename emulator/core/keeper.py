"""The state folder: every sandbox but forks, as it was when the last answer left."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import msgspec

from .disk import Damaged, FolderTaken, Log, lock_folder, read_log, read_tables, write_tables
from .errors import CannotRecord, EmulatorError
from .recorder import Recorder
from .sandbox import CORE_KINDS, Sandbox
from .sending import Sender
from .state import SCHEMA, Delta, Head, Image, Picture, Sends, Timer, picture_of
from .vendor import Vendor

log = logging.getLogger(__name__)

ORIGIN = "origin."
"""In front of the tables of what a sandbox was created from, and is reset to."""
LEAST_TO_FOLD = 4 * 1024 * 1024
PATIENCE = 2.0
"""Real seconds that a server before us may take to end."""
LOOK_AGAIN = 0.05


class BadFolder(EmulatorError):
    """The state folder cannot be used."""


class Newer(EmulatorError):
    """A file was written by a later version."""


class Recovered(NamedTuple):
    """A sandbox as it was left, and what it was created from."""

    sandbox: Sandbox
    pristine: Sandbox


class _Kept:
    """One sandbox on disk.

    :param base: bytes of its TinyDB file.
    """

    def __init__(self, recorder: Recorder, origin: Picture, changes: Log, base: int) -> None:
        self.recorder = recorder
        self.origin = origin
        self.changes = changes
        self.base = base
        self.turn = threading.Lock()

    @property
    def lock(self) -> Any:
        """The lock of the sandbox: nothing is written down meanwhile."""
        return self.recorder.sandbox.store.lock

    def let_go(self) -> None:
        """Write nothing down any more. Call it under the lock."""
        self.recorder.detach()
        self.changes.close()


def check_folder(folder: Path) -> None:
    """Check that a server could use a folder.

    :raises BadFolder: nothing can be written there, or another server uses it.
    """
    os.close(_locked(folder))


def _locked(folder: Path) -> int:
    deadline = perf_counter() + PATIENCE
    while True:
        try:
            return lock_folder(folder)
        except FolderTaken as error:
            # One that was killed may take a moment to be gone.
            if perf_counter() >= deadline:
                raise BadFolder(f"state folder: {error}") from error
            threading.Event().wait(LOOK_AGAIN)
        except OSError as error:
            raise BadFolder(f"state folder {folder} cannot be used: {error.strerror}") from error


class Keeper:
    """Keeps sandboxes in a folder: ``NAME.json`` for TinyDB and ``NAME.log`` of what came after.

    :raises BadFolder: nothing can be written there, or another server uses it.
    """

    def __init__(self, folder: Path, vendors: Sequence[Vendor], sender: Sender) -> None:
        self._folder = folder
        self._vendors = tuple(vendors)
        self._sender = sender
        self._held: int | None = _locked(folder)
        self._kept: dict[str, _Kept] = {}
        self._refused: set[str] = set()
        kinds = [*CORE_KINDS, *(kind for vendor in vendors for kind in vendor.kinds)]
        self._types: dict[str, Any] = {kind.name: kind.record for kind in kinds}
        self._types.update(sandbox=Head, timers=Timer, sends=Sends)
        self._lists = {kind.name: msgspec.json.Decoder(list[kind.record]) for kind in kinds}  # type: ignore[name-defined]

    def holds(self, name: str) -> bool:
        """Return whether the sandbox of a name is kept here."""
        return name in self._kept

    # --- while the server runs ---------------------------------------------------------

    def keep(self, sandbox: Sandbox, pristine: Sandbox) -> None:
        """Keep a sandbox that nobody else knows yet, in the place of the one of its name.

        :param pristine: what it was created from.
        :raises CannotRecord: it cannot be written.
        """
        name = sandbox.name
        if name in self._refused:
            log.warning("sandbox %s is not kept: %s is left alone", name, self._base(name))
            return
        if self._held is None:
            return
        before = self._kept.get(name)
        if before is None:
            self._begin(sandbox, picture_of(pristine, 1, 0), 1)
            return
        life = before.recorder.life + 1
        with before.turn:
            self._begin(sandbox, picture_of(pristine, life, 0), life, before)

    def _begin(
        self, sandbox: Sandbox, origin: Picture, life: int, before: _Kept | None = None
    ) -> None:
        name = sandbox.name
        try:
            self._write(name, picture_of(sandbox, life, 0), origin)
            if before is None:
                self._new(name).replace(self._base(name))
            else:
                with before.lock:
                    self._new(name).replace(self._base(name))
                    before.let_go()
            # If we are killed here, the log is of another life and of no use.
            self._log(name).unlink(missing_ok=True)
            self._attach(sandbox, origin, life, 0)
        except OSError as error:
            raise CannotRecord(f"sandbox {name}: {error}") from error

    def _attach(self, sandbox: Sandbox, origin: Picture, life: int, number: int) -> None:
        name = sandbox.name
        changes = Log(self._log(name))
        recorder = Recorder(sandbox, life, number, changes.append)
        recorder.attach()
        self._kept[name] = _Kept(recorder, origin, changes, self._base(name).stat().st_size)

    def forget(self, name: str) -> None:
        """Remove the files of a sandbox, if it is kept."""
        kept = self._kept.pop(name, None)
        if kept is None:
            return
        with kept.turn:
            with kept.lock:
                kept.let_go()
            self._base(name).unlink(missing_ok=True)
            self._log(name).unlink(missing_ok=True)

    def fold_due(self) -> None:
        """Bring the TinyDB files up to date whose logs have become long."""
        self._fold(lambda kept: kept.changes.size > max(LEAST_TO_FOLD, kept.base))

    def fold_all(self) -> None:
        """Bring all TinyDB files up to date."""
        self._fold(lambda kept: kept.changes.size > 0)

    def close(self) -> None:
        """Bring all files up to date, and let other servers use the folder."""
        self.fold_all()
        held, self._held = self._held, None
        for kept in self._kept.values():
            with kept.turn, kept.lock:
                kept.let_go()
        self._kept.clear()
        if held is not None:
            os.close(held)

    def _fold(self, is_due: Callable[[_Kept], bool]) -> None:
        for name, kept in list(self._kept.items()):
            with kept.turn:
                # It may have been replaced or forgotten while we waited for our turn.
                if self._kept.get(name) is kept and is_due(kept):
                    try:
                        self._fold_one(name, kept)
                    except OSError as error:
                        log.warning("%s is not brought up to date: %s", self._base(name), error)

    def _fold_one(self, name: str, kept: _Kept) -> None:
        recorder, changes = kept.recorder, kept.changes
        with kept.lock:
            picture = picture_of(recorder.sandbox, recorder.life, recorder.number)
            offset = changes.size
        self._write(name, picture, kept.origin)
        with kept.lock:
            self._new(name).replace(self._base(name))
            # If we are killed here, the file says up to which change the log is of no use.
            changes.cut(offset)
        kept.base = self._base(name).stat().st_size

    def _write(self, name: str, picture: Picture, origin: Picture) -> None:
        write_tables(self._new(name), {**picture.tables(), **origin.tables(ORIGIN)})

    # --- when it starts ----------------------------------------------------------------

    def recover(self) -> list[Recovered]:
        """Return the sandboxes of the folder; from now on they are kept here.

        What cannot be read is reported and stays in the folder; the others go on.
        """
        for left in (*self._folder.glob("*.json.new"), *self._folder.glob("*.log.new")):
            left.unlink()
        names = sorted(path.stem for path in self._folder.glob("*.json"))
        found = [self._recover(name) for name in names]
        for path in self._folder.glob("*.log"):
            if path.stem not in names:
                self._set_aside(path, f"there is no {path.stem}.json beside it")
        return [recovered for recovered in found if recovered is not None]

    def _recover(self, name: str) -> Recovered | None:
        path = self._base(name)
        try:
            tables = read_tables(path, self._type_of, self._glance)
            image, origin = self._image(path, tables, ""), self._image(path, tables, ORIGIN)
            del tables
            pristine = origin.revive(name, self._vendors, self._sender)
            self._replay(name, image)
            sandbox = image.revive(name, self._vendors, self._sender)
        except (Newer, OSError) as error:
            log.warning("%s is left alone, and so is its sandbox: %s", path, error)
            self._refused.add(name)
            return None
        except EmulatorError as error:
            self._set_aside(path, str(error))
            if self._log(name).exists():
                self._set_aside(self._log(name), f"{path.name} cannot be read")
            return None
        self._attach(sandbox, picture_of(pristine, 0, 0), image.head.life, image.head.number)
        return Recovered(sandbox, pristine)

    def _type_of(self, table: str) -> Any:
        return self._types.get(table.removeprefix(ORIGIN), Any)

    def _glance(self, tables: Mapping[str, msgspec.Raw]) -> None:
        heads = msgspec.json.decode(tables.get("sandbox", b"{}"), type=dict[str, _Version])
        for head in heads.values():
            if head.schema > SCHEMA:
                raise Newer(f"a later version has written it: schema {head.schema}, not {SCHEMA}")

    def _image(self, path: Path, tables: Mapping[str, list[Any]], prefix: str) -> Image:
        names = [name for name in tables if name.startswith(ORIGIN) == bool(prefix)]
        found = {name.removeprefix(prefix): tables[name] for name in names}
        heads, timers, sends = (found.pop(name, []) for name in ("sandbox", "timers", "sends"))
        if len(heads) != 1:
            raise Damaged(f"{path.name}: no table {prefix}sandbox")
        for name in [name for name in found if name not in self._lists]:
            log.warning("%s: nothing is known of the table %s; it is not read", path, name)
            del found[name]
        return Image(heads[0], found, timers, sends)

    def _replay(self, name: str, image: Image) -> None:
        path, end, made = self._log(name), 0, 0
        if not path.exists():
            return
        head = image.head
        for entry in read_log(path):
            try:
                delta = msgspec.json.decode(entry.payload, type=Delta)
                if delta.life == head.life and delta.n > head.number:
                    if delta.n > head.number + 1:
                        raise Damaged(f"change {head.number + 1} is missing")
                    image.apply(delta, self._lists)
                    made += 1
            except (msgspec.DecodeError, EmulatorError) as error:
                log.warning("%s: %s", path, error)
                break
            end = entry.end
        _drop_rest(path, end, made)

    def _set_aside(self, path: Path, reason: str) -> None:
        aside = _free(path.with_name(f"{path.name}.damaged"))
        path.rename(aside)
        log.warning("%s cannot be used (%s); it is kept as %s", path, reason, aside.name)

    def _base(self, name: str) -> Path:
        return self._folder / f"{name}.json"

    def _new(self, name: str) -> Path:
        return self._folder / f"{name}.json.new"

    def _log(self, name: str) -> Path:
        return self._folder / f"{name}.log"


class _Version(msgspec.Struct):
    """What every version says of itself."""

    schema: int


def _drop_rest(path: Path, end: int, made: int) -> None:
    """Cut off what cannot be read, and keep it beside if it is more than a torn line."""
    with path.open("r+b") as file:
        file.seek(end)
        rest = file.read()
        if not rest:
            return
        kept = f"{path.stem}.json and {made} changes are kept"
        if b"\n" not in rest:
            log.warning("%s: the last line is torn and was never answered; %s", path, kept)
        else:
            aside = _free(path.with_name(f"{path.name}.damaged"))
            aside.write_bytes(rest)
            words = "%s is damaged at byte %d: %s; the %d bytes from there are in %s"
            log.warning(words, path, end, kept, len(rest), aside.name)
        file.truncate(end)


def _free(path: Path) -> Path:
    names = (path.with_name(f"{path.name}-{number}") for number in count(2))
    return path if not path.exists() else next(name for name in names if not name.exists())
