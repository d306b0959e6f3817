"""The server of a session, and the sandboxes that its tests take."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from emulator.client import (
    Conflict,
    EmulatorClient,
    Invalid,
    NoServer,
    NotFound,
    Sandbox,
    Unauthorized,
)
from emulator.client.fields import Wish as SandboxWish
from emulator.core.documents import parse_document
from emulator.core.errors import Invalid as BadDocument
from emulator.core.moments import read_moment
from emulator.runtime.process import NotStarted, ServerProcess

from .rendezvous import ask

MARKS = ("fixture", "clock", "seed", "latency", "allow_unmatched")
# Of what an interrupted session leaves on a server that others use, too.
LIFETIME = "12h"
LONGEST_NAME = 40
RELAXED = "@pytest.mark.emulator(allow_unmatched=True)"
TOKEN = "EMULATOR_CONTROL_TOKEN"


@dataclass(frozen=True)
class Wish:
    """How the sandbox of a test shall be.

    :ivar files: where the fixture was read from.
    """

    fixture: Any
    files: tuple[Path, ...]
    clock: str | datetime
    seed: int
    latency: str | None
    allow_unmatched: bool

    @property
    def is_real(self) -> bool:
        """Whether the clock follows the wall clock."""
        return self.clock == "real"

    @property
    def starts_at(self) -> str | datetime | None:
        """Where the clock stands at first; None: as the fixture says."""
        return None if self.clock in ("real", "manual") else self.clock


class Taken(NamedTuple):
    """The sandbox of a test, and the one that it was forked from."""

    sandbox: Sandbox
    template: Sandbox


@dataclass
class EmulatorServer:
    """The emulator of this session.

    :ivar is_shared: whether it was there before the session and will be there after it.
    """

    url: str
    client: EmulatorClient
    is_shared: bool = False
    _templates: dict[str, Sandbox] = field(default_factory=dict)
    _made: int = 0

    def fork(self, wish: Wish, name: str) -> Taken:
        """Make a sandbox; its clock stands still unless the wish says otherwise."""
        try:
            return self._forked(wish, name)
        except Invalid as error:
            told = f"The sandbox of this test cannot be made: {error}"
            checks = [f"broadcast-emulator fixture check {path}" for path in wish.files]
            told = "\n".join([told, *(f"Lines are told by: {check}" for check in checks)])
        except Unauthorized as error:
            told = f"{error}; give it as {TOKEN}"
        pytest.fail(told, pytrace=False)

    def _forked(self, wish: Wish, name: str) -> Taken:
        template = self._template(wish)
        given: SandboxWish = {
            "from_": template.name,
            "seed": wish.seed,
            "ttl": LIFETIME,
        }
        if wish.is_real:
            given["clock"] = {"mode": "real"}
        if wish.latency is not None:
            given["settings"] = {"latency": wish.latency}
        self._made += 1
        given["name"] = f"{_slug(name)}-{os.getpid()}-{self._made}"
        try:
            made = self.client.sandboxes.create(**given)
        except Conflict:
            # Another machine's session uses the same server.
            del given["name"]
            made = self.client.sandboxes.create(**given)
        return Taken(made, template)

    def close(self) -> None:
        """Leave nothing behind on a server that others use, too."""
        if self.is_shared:
            for template in self._templates.values():
                template.delete()
        self.client.close()

    def _template(self, wish: Wish) -> Sandbox:
        # Forks are much cheaper than sandboxes made from a fixture.
        key = json.dumps([wish.fixture, wish.starts_at], default=str, sort_keys=True)
        if key not in self._templates:
            clock: dict[str, Any] = {"mode": "manual"}
            if wish.starts_at is not None:
                clock["now"] = wish.starts_at
            self._templates[key] = self.client.sandboxes.create(
                fixture=wish.fixture, clock=clock, ttl=LIFETIME
            )
        return self._templates[key]


@contextmanager
def serving(
    config: pytest.Config, address: str | None, process: ServerProcess | None
) -> Iterator[EmulatorServer]:
    """Have a server: the one that is named, the one that workers share, or one of our own.

    :param address: where a worker of pytest-xdist asks for it.
    :param process: our own.
    """
    url = config.getoption("emulator_url")
    is_shared = url is not None
    server: EmulatorServer | None
    try:
        if url is None:
            assert process is not None or address is not None
            url = process.url if process is not None else ask(str(address))
        server = EmulatorServer(url, EmulatorClient(url, os.environ.get(TOKEN)), is_shared)
        server.client.health()
    except NotStarted as error:
        server, told = None, f"The emulator did not start: {error}"
    except (NoServer, ValueError) as error:
        server, told = None, f"{error} (--emulator-url)"
    if server is None:
        pytest.fail(told, pytrace=False)
    yield server
    server.close()


def wish_of(item: pytest.Item) -> Wish:
    """Return what the markers of a test ask for; the nearest one decides."""
    asked: dict[str, Any] = {}
    for mark in item.iter_markers("emulator"):
        if mark.args:
            pytest.fail(f"emulator(…) takes {', '.join(MARKS)}, by name", pytrace=False)
        asked = {**mark.kwargs, **asked}
    unknown = [name for name in asked if name not in MARKS]
    if unknown:
        known = ", ".join(MARKS)
        pytest.fail(f"emulator(…) has no {', '.join(unknown)}; there are {known}", pytrace=False)
    root = item.config.rootpath
    files: list[Path] = []
    if "fixture" in asked:
        fixture = _fixture(asked["fixture"], [item.path.parent, root], files)
    else:
        fixture = _fixture(item.config.getini("emulator_fixture"), [root], files)
    return Wish(
        fixture=fixture,
        files=tuple(files),
        clock=_clock(asked.get("clock", "manual")),
        seed=asked.get("seed", _seed(item)),
        latency=asked.get("latency"),
        allow_unmatched=bool(asked.get("allow_unmatched", False)),
    )


def check_unmatched(sandbox: Sandbox) -> None:
    """Fail the test if a vendor was asked for something that it does not have."""
    try:
        unmatched = sandbox.requests(matched=False)
    except NotFound:  # The test has ended it, and with it what was asked.
        return
    if not unmatched:
        return
    count = "1 request" if len(unmatched) == 1 else f"{len(unmatched)} requests"
    lines = [f"{count} for what the vendor does not have; {RELAXED} lets that pass:"]
    for found in reversed(unmatched):
        lines.append(f"  {found.provider} {found.method} {found.path}: {found.status}")
        if found.hint:
            lines.append(f"    {found.hint}")
    pytest.fail("\n".join(lines), pytrace=False)


def _fixture(given: Any, folders: Sequence[Path], files: list[Path]) -> Any:
    if isinstance(given, str) and Path(given).suffix:
        # The server may stand elsewhere: it is given the document.
        places = [folder / given for folder in folders]
        path = next((place for place in places if place.exists()), places[-1])
        files.append(path)
        return _read(path, "beside the test and " if len(folders) > 1 else "")
    if isinstance(given, Sequence) and not isinstance(given, str):
        return [_fixture(each, folders, files) for each in given]
    return given


def _read(path: Path, besides: str) -> Any:
    try:
        return parse_document(path.read_bytes(), str(path))
    except OSError as error:
        mistake = f"{path}: {error.strerror}; looked for {besides}below the root directory"
    except BadDocument as error:
        mistake = str(error)
    pytest.fail(f"The emulator's fixture {mistake}", pytrace=False)


def _clock(given: Any) -> str | datetime:
    if given in ("manual", "real"):
        return str(given)
    try:
        return read_moment(given)
    except ValueError as error:
        mistake = f'{error}, "manual" or "real"'
    pytest.fail(f"emulator(clock={given!r}): {mistake}", pytrace=False)


def _seed(item: pytest.Item) -> int:
    # pytest-xdist may write a group behind the id of a test.
    name = f"{item.parent.nodeid if item.parent else ''}::{item.name}"
    return int.from_bytes(blake2b(name.encode(), digest_size=6).digest())


def _slug(name: str) -> str:
    return re.sub("[^a-z0-9]+", "-", name.lower()).strip("-")[:LONGEST_NAME] or "test"
