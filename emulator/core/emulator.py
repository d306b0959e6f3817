"""All the worlds of one server."""

from __future__ import annotations

import hashlib
import re
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from .clock import Clock, Mode, wall_seconds
from .documents import Document
from .errors import Conflict, Invalid, NotFound, Problem, Problems
from .events import SANDBOX, watch
from .fault_documents import ErrorNames
from .fixtures import Library, check_object, fixture_clock, merge
from .sandbox import Sandbox
from .sending import Sender
from .snapshots import restore
from .vendor import Vendor

if TYPE_CHECKING:
    from .keeper import Keeper

DEFAULT = "default"
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
TEMPLATES = 16
TEMPLATE_RECORDS = 200_000
"""In all templates together; one may have more."""
LINGER = 1.0
"""Real seconds after which nobody has an ended sandbox in hand without being its visitor."""


class ClockWish(msgspec.Struct, frozen=True, kw_only=True):
    """The clock that a new sandbox shall have; what is None is left to its fixture."""

    mode: Mode | None = None
    now: datetime | None = None
    rate: float | None = None


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """A sandbox to be made. Documents are merged in their order.

    :param pointers: where each document stands, for those who are told of its mistakes.
    """

    name: str | None = None
    documents: tuple[Document, ...] = ()
    pointers: tuple[str, ...] = ()
    parent: str | None = None
    seed: int | None = None
    clock: ClockWish = ClockWish()
    settings: Mapping[str, Any] | None = None
    ttl: float | None = None


class Emulator:
    """The sandboxes of a server, by name. ``default`` always exists.

    :param wake: told of a sandbox on a real clock whenever something may have been planned.
    :param tidy_later: told when there comes to be something that :meth:`expire` is to end.
    :param keeper: writes all sandboxes but forks to a folder; None: nothing is kept.
    """

    def __init__(self, vendors: Sequence[Vendor], sender: Sender, library: Library) -> None:
        self.vendors = tuple(vendors)
        self.sender = sender
        self.library = library
        self.wake: Callable[[Sandbox], None] | None = None
        self.tidy_later: Callable[[], None] | None = None
        self.keeper: Keeper | None = None
        self._lock = threading.RLock()
        self._sandboxes: dict[str, Sandbox] = {}
        self._pristine: dict[str, Sandbox] = {}
        self._templates: OrderedDict[bytes, Sandbox] = OrderedDict()
        self._ended: deque[tuple[float, Sandbox]] = deque()
        self._made = 0
        self.started_at = wall_seconds()

    def __len__(self) -> int:
        return len(self._sandboxes)

    def all(self) -> list[Sandbox]:
        """Return the sandboxes, oldest first."""
        return list(self._sandboxes.values())

    def find(self, name: str) -> Sandbox | None:
        """Return a sandbox by name, or None."""
        return self._sandboxes.get(name)

    def get(self, name: str) -> Sandbox:
        """Return a sandbox by name.

        :raises NotFound: there is none of that name.
        """
        sandbox = self._sandboxes.get(name)
        if sandbox is None:
            raise NotFound(f"no sandbox {name!r}")
        return sandbox

    def holder_of(self, provider: str, key: str | None) -> Sandbox:
        """Return the sandbox that a key leads to.

        ``default`` if it knows the key, else the oldest other that does, else ``default``.
        """
        default = self._sandboxes[DEFAULT]
        vendor = default.vendors[provider]
        if key is None or vendor.account_of_key(default, key) is not None:
            return default
        for sandbox in self.all():
            if sandbox is not default and vendor.account_of_key(sandbox, key) is not None:
                return sandbox
        return default

    def create(self, wish: Wish) -> Sandbox:
        """Make a sandbox.

        :raises Conflict: the name is taken.
        :raises Invalid: a document, the settings or the name have mistakes.
        :raises NotFound: there is no sandbox to fork.
        """
        name = self._free_name(wish.name)
        made = self._forked(wish, name) if wish.parent is not None else self._built(wish, name)
        made.ttl = wish.ttl
        with self._lock:
            if name in self._sandboxes:
                made.discard()
                raise Conflict(f"there is a sandbox {name!r} already")
            pristine = made.fork(name)
            pristine.clock = made.clock.restarted()
            self._install(name, made, pristine, is_kept=wish.parent is None)
        return made

    def adopt(self, sandbox: Sandbox, pristine: Sandbox) -> None:
        """Go on with a sandbox that has been kept."""
        with self._lock:
            self._install(sandbox.name, sandbox, pristine, is_kept=False)

    def delete(self, name: str) -> None:
        """End a sandbox and forget it.

        :raises NotFound: there is none of that name.
        :raises Conflict: it is ``default``.
        """
        if name == DEFAULT:
            raise Conflict("the default sandbox cannot be deleted; reset it instead")
        with self._lock:
            sandbox = self.get(name)
            if self.keeper is not None:
                self.keeper.forget(name)
            del self._sandboxes[name]
            pristine = self._pristine.pop(name)
        sandbox.close()
        self._let_go(sandbox, pristine)

    def reset(self, name: str, *, is_empty: bool = False) -> Sandbox:
        """Put a sandbox back to what it was created from, or leave it without any account.

        :raises NotFound: there is none of that name.
        """
        with self._lock:
            old = self.get(name)
            pristine = self._pristine[name]
            if is_empty:
                fresh = self._blank(name, old.clock.fork(), old.seed)
                fresh.settings = pristine.settings.fork()
            else:
                fresh = pristine.fork(name)
                fresh.clock = pristine.clock.restarted()
            fresh.ttl = old.ttl
            is_kept = self.keeper is not None and self.keeper.holds(name)
            self._install(name, fresh, pristine, is_kept=is_kept)
        old.close()
        self._let_go(old)
        return fresh

    def put(self, name: str, document: Any, errors: ErrorNames) -> tuple[Sandbox, bool]:
        """Put a snapshot in the place of a sandbox, or make one of it.

        :param errors: those that faults may name, by provider.
        :returns: the sandbox, and whether there was none of that name.
        :raises Invalid: the document is no snapshot, or the name is none.
        """
        _check_name(name)
        fresh = restore(document, name, self.vendors, self.sender, errors)
        with self._lock:
            old, pristine = self._sandboxes.get(name), self._pristine.get(name)
            fresh.ttl = old.ttl if old is not None else None
            self._install(name, fresh, fresh.fork(name))
        if old is not None and pristine is not None:
            old.close()
            self._let_go(old, pristine)
        return fresh, old is None

    def reset_all(self) -> None:
        """Delete every sandbox but ``default`` and reset that."""
        for sandbox in self.all():
            self._drop(sandbox)
        self.reset(DEFAULT)

    def expire(self) -> None:
        """Delete the sandboxes that nobody has used for as long as they asked to live.

        Those that have ended are taken apart.
        """
        self._let_go()
        for sandbox in self.all():
            if sandbox.ttl is not None and sandbox.visits.are_over(sandbox.ttl):
                self._drop(sandbox)

    def has_leavings(self) -> bool:
        """Tell whether there is a sandbox that :meth:`expire` is to end, now or later."""
        return bool(self._ended) or any(sandbox.ttl is not None for sandbox in self.all())

    def _let_go(self, *ended: Sandbox) -> None:
        """Take ended sandboxes apart, once nobody can be in them any more."""
        now = wall_seconds()
        with self._lock:
            known = [*self._ended, *((now, sandbox) for sandbox in ended)]
            self._ended.clear()
            for since, sandbox in known:
                if now - since > LINGER and sandbox.visits.are_over(LINGER):
                    sandbox.discard()
                else:
                    self._ended.append((since, sandbox))
        if self._ended and self.tidy_later is not None:
            self.tidy_later()

    def _drop(self, sandbox: Sandbox) -> None:
        # Somebody else may be deleting it at the same time.
        if sandbox.name != DEFAULT:
            with suppress(NotFound):
                self.delete(sandbox.name)

    def close(self) -> None:
        """End all sandboxes."""
        for sandbox in self.all():
            sandbox.close()
        self.sender.close()

    def _install(
        self, name: str, sandbox: Sandbox, pristine: Sandbox, *, is_kept: bool = True
    ) -> None:
        replaced = self._sandboxes.get(name)
        # A restart must know who is the oldest of those that share a key.
        sandbox.born = sandbox.born or (replaced.born if replaced is not None else wall_seconds())
        if self.keeper is not None and is_kept:
            self.keeper.keep(sandbox, pristine)
        sandbox.wake = self.wake
        watch(sandbox)
        if replaced is not None:
            # Who followed the one before goes on with this one.
            replaced.events.close()
            sandbox.events.go_on_from(replaced.events.latest)
        sandbox.events.note(SANDBOX, name)
        self._sandboxes[name] = sandbox
        self._pristine[name] = pristine
        if self.wake is not None and sandbox.clock.mode == "real":
            self.wake(sandbox)
        if self.tidy_later is not None and sandbox.ttl is not None:
            self.tidy_later()

    def _free_name(self, name: str | None) -> str:
        if name is not None:
            _check_name(name)
            if name in self._sandboxes:
                raise Conflict(f"there is a sandbox {name!r} already")
            return name
        with self._lock:
            while True:
                self._made += 1
                if (drawn := f"sandbox-{self._made}") not in self._sandboxes:
                    return drawn

    def _blank(self, name: str, clock: Clock, seed: int) -> Sandbox:
        return Sandbox(name, self.vendors, self.sender, clock=clock, seed=seed)

    def _forked(self, wish: Wish, name: str) -> Sandbox:
        assert wish.parent is not None
        made = self.get(wish.parent).fork(name, wish.seed)
        with made.in_the_making():
            if wish.clock != ClockWish():
                made.clock.set(wish.clock.mode, wish.clock.now, wish.clock.rate)
                made.clock = made.clock.fork()
            for at, document in enumerate(wish.documents):
                merge(made, document, _pointer(wish, at))
            _apply_settings(made, wish)
        return made

    def _built(self, wish: Wish, name: str) -> Sandbox:
        for at, document in enumerate(wish.documents):
            check_object(document, _pointer(wish, at))
        # Of mistakes in these, the merging tells, with all the others.
        moments = [
            fixture_clock(document, Problems())
            for document in wish.documents
            if document.get("clock") is not None
        ]
        stands_at = moments[-1] if moments else None
        seeds = [doc["seed"] for doc in wish.documents if isinstance(doc.get("seed"), int)]
        seed = wish.seed if wish.seed is not None else (seeds[-1] if seeds else 0)
        clock = _clock(wish.clock, stands_at)
        key = _template_key(wish, seed, clock, is_fixed=bool(wish.clock.now or stands_at))
        template = self._template(key)
        if template is None:
            template = self._blank(name, clock, seed)
            with template.in_the_making(), clock.pinned(clock.now()):
                for at, document in enumerate(wish.documents):
                    merge(template, document, _pointer(wish, at))
                _apply_settings(template, wish)
            self._keep_template(key, template)
        made = template.fork(name)
        if key is None:
            template.discard()
        # Loading has taken real time, which a fast clock would make hours of.
        made.clock = clock.restarted()
        return made

    def _template(self, key: bytes | None) -> Sandbox | None:
        with self._lock:
            template = self._templates.get(key) if key else None
            if template is not None and key is not None:
                self._templates.move_to_end(key)
            return template

    def _has_too_many_templates(self) -> bool:
        kept = self._templates.values()
        return len(kept) > TEMPLATES or sum(map(_records, kept)) > TEMPLATE_RECORDS

    def _keep_template(self, key: bytes | None, template: Sandbox) -> None:
        if key is None:
            return
        with self._lock:
            self._templates[key] = template
            while len(self._templates) > 1 and self._has_too_many_templates():
                self._let_go(self._templates.popitem(last=False)[1])


def _records(sandbox: Sandbox) -> int:
    return sum(map(len, sandbox.store.tables().values()))


def _check_name(name: str) -> None:
    if not NAME.fullmatch(name):
        message = "Must be 1 to 63 of a-z, 0-9 and -, not beginning with -"
        raise Invalid([Problem(pointer="/name", message=message)])


def _pointer(wish: Wish, at: int) -> str:
    if wish.pointers:
        return wish.pointers[at]
    return f"/fixture/{at}" if len(wish.documents) > 1 else "/fixture"


def _apply_settings(sandbox: Sandbox, wish: Wish) -> None:
    if wish.settings is not None:
        problems = Problems()
        sandbox.settings.merge(wish.settings, "/settings", problems)
        problems.check()
        with sandbox.unit():
            sandbox.trim()


def _clock(wish: ClockWish, stands_at: datetime | None) -> Clock:
    mode: Mode = wish.mode or ("manual" if stands_at or wish.now else "real")
    now = wish.now or (stands_at if mode == "manual" else None)
    return Clock(mode, now, wish.rate or 1.0)


def _template_key(wish: Wish, seed: int, clock: Clock, *, is_fixed: bool) -> bytes | None:
    # Only where two sandboxes of the same wish would be the same can one be kept for the next.
    if not is_fixed or clock.mode != "manual":
        return None
    parts = [wish.documents, seed, clock.now(), clock.rate, wish.settings]
    return hashlib.sha256(msgspec.json.encode(parts)).digest()
