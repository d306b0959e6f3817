"""The state folder: every sandbox but forks, as it was when the last answer left."""

from __future__ import annotations

import gc
import logging
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

from .disk import FolderTaken, Log, lock_folder, old_part, write_tables
from .errors import CannotRecord, EmulatorError
from .migrations import SCHEMA
from .recorder import Recorder
from .recovery import ORIGIN, Newer, keep_copy, read_file, replay, set_aside
from .sandbox import CORE_KINDS, Sandbox
from .sending import Sender
from .soundness import leave_out
from .state import Forms, Picture, picture_of
from .vendor import Vendor

log = logging.getLogger(__name__)

LEAST_TO_FOLD = 4 * 1024 * 1024
PATIENCE = 2.0
"""Real seconds that a server before us may take to end."""
LOOK_AGAIN = 0.05


class BadFolder(EmulatorError):
    """The state folder cannot be used."""


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
        self._forms = Forms([*CORE_KINDS, *(kind for vendor in vendors for kind in vendor.kinds)])
        self._folds = threading.Lock()

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
            for part in self._logs(name):
                part.unlink()
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
            for path in (self._base(name), *self._logs(name)):
                path.unlink(missing_ok=True)

    def fold_due(self) -> None:
        """Bring the TinyDB files up to date whose logs have become long."""
        if self._folds.acquire(blocking=False):
            try:
                self._fold(lambda kept: kept.changes.size > max(LEAST_TO_FOLD, kept.base))
            finally:
                self._folds.release()

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
            # A picture of a million records is one young list: the collector would go through
            # it twice, with everybody else waiting, for longer than it takes to make.
            with kept.turn, not_collecting():
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
            changes.part()
        self._write(name, picture, kept.origin)
        self._new(name).replace(self._base(name))
        # If we are killed here, the file says up to which change the log is of no use.
        changes.drop_old()
        kept.base = self._base(name).stat().st_size

    def _write(self, name: str, picture: Picture, origin: Picture) -> None:
        write_tables(self._new(name), {**picture.tables(), **origin.tables(ORIGIN)})

    # --- when it starts ----------------------------------------------------------------

    def recover(self) -> list[Recovered]:
        """Return the sandboxes of the folder, oldest first; from now on they are kept here.

        What cannot be read is reported and stays in the folder; the others go on.
        """
        for left in (*self._folder.glob("*.json.new"), *self._folder.glob("*.log.new")):
            left.unlink()
        names = sorted(path.stem for path in self._folder.glob("*.json"))
        with not_collecting():
            found = [self._recover(name) for name in names]
        for path in (*self._folder.glob("*.log"), *self._folder.glob("*.log.old")):
            name = path.name.partition(".")[0]
            if name not in names:
                set_aside(path, f"there is no {name}.json beside it")
        whole = [recovered for recovered in found if recovered is not None]
        return sorted(whole, key=lambda recovered: recovered.sandbox.born)

    def _recover(self, name: str) -> Recovered | None:
        path, changes = self._base(name), self._log(name)
        try:
            found = read_file(path, self._forms)
            pristine = found.origin.revive(name, self._vendors, self._sender)
            replay(changes, self._forms, found.image)
            sandbox = found.image.revive(name, self._vendors, self._sender)
            head = found.image.head
            left_out = self._leave_out(name, sandbox, pristine)
            if left_out or found.schema < SCHEMA:
                self._rewrite(name, picture_of(sandbox, head.life, head.number), pristine)
            self._attach(sandbox, picture_of(pristine, 0, 0), head.life, head.number)
        except (Newer, OSError) as error:
            log.warning("%s is left alone, and so is its sandbox: %s", path, error)
            self._refused.add(name)
            return None
        except Exception as error:  # noqa: BLE001 - what stands in a file must not stop others
            set_aside(path, str(error) or type(error).__name__)
            for part in self._logs(name):
                set_aside(part, f"{path.name} cannot be read")
            return None
        return Recovered(sandbox, pristine)

    def _leave_out(self, name: str, *sandboxes: Sandbox) -> bool:
        """Leave out what cannot be, as people may have edited the files; keep these beside."""
        wrong = [flaw for sandbox in sandboxes for flaw in leave_out(sandbox)]
        if wrong:
            copies = [keep_copy(path) for path in (self._base(name), *self._logs(name))]
            first = wrong[0]
            message, _ = first.told()
            log.warning(
                "%s: %d things are left out that cannot be, such as %s %s (%s: %s); "
                "what was there is kept as %s",
                self._base(name),
                len(wrong),
                first.kind,
                first.id,
                first.field,
                message,
                ", ".join(copies),
            )
        return bool(wrong)

    def _rewrite(self, name: str, picture: Picture, pristine: Sandbox) -> None:
        # An earlier version could not make anything of what this one adds to the log.
        self._write(name, picture, picture_of(pristine, 0, 0))
        self._new(name).replace(self._base(name))

    def _base(self, name: str) -> Path:
        return self._folder / f"{name}.json"

    def _new(self, name: str) -> Path:
        return self._folder / f"{name}.json.new"

    def _log(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    def _logs(self, name: str) -> list[Path]:
        """Return the parts of a log that are there."""
        path = self._log(name)
        return [part for part in (old_part(path), path) if part.exists()]


@contextmanager
def not_collecting() -> Iterator[None]:
    """Look for no garbage: of a million records that are read or written none is."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
