"""A server without sockets for tests: the WSGI application, its sandboxes, and a client."""

from __future__ import annotations

import json
import resource
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from werkzeug.test import Client, TestResponse

from emulator.control import create_control_app
from emulator.core.emulator import DEFAULT, Emulator, Wish
from emulator.core.fixtures import Library
from emulator.core.sending import Answer, Parcel
from emulator.runtime.in_process import THREADS
from emulator.settings import ServerSettings
from emulator.web.addressing import Front
from emulator.web.provider import Provider
from emulator.web.provider_app import ProviderApp
from emulator.web.provider_apps import ProviderApps

FIXTURES = Path(__file__).parent.parent / "fixtures"


def reference(*parts: str) -> dict[str, Any]:
    """Return some parts of the reference fixture as a document of its own, with its clock."""
    document = json.loads((FIXTURES / "reference.json").read_text(encoding="utf-8"))
    return {name: document[name] for name in ("emulator", "clock", *parts)}


class RecordingSender:
    """Stands in for the network: answers at once, as told, and keeps what was sent."""

    def __init__(self) -> None:
        self.sent: list[Parcel] = []
        self.lanes: list[Hashable] = []
        self.script: list[int | str] = []
        self.on_send: Callable[[Parcel], None] | None = None

    def post(
        self, world: object, lane: Hashable, parcel: Parcel, done: Callable[[Answer], None]
    ) -> None:
        self.sent.append(parcel)
        self.lanes.append(lane)
        if self.on_send is not None:
            self.on_send(parcel)
        said = self.script.pop(0) if self.script else 200
        if isinstance(said, int):
            done(Answer(status=said, error=None, duration_ms=1.0, response=""))
        else:
            done(Answer(status=None, error=said, duration_ms=1.0, response=""))

    def abandon(self, world: object) -> None:
        """Nothing is ever under way."""

    def close(self) -> None:
        """Nothing is open."""

    def clear(self) -> None:
        """Forget what was sent, and how to answer."""
        self.sent.clear()
        self.lanes.clear()
        self.script.clear()
        self.on_send = None


_apps: dict[int, ProviderApp] = {}


def _app(provider: Provider) -> ProviderApp:
    """Return a provider's application, the same for all worlds: it remembers nothing."""
    # The application keeps its provider, so no other one gets the same number.
    found = _apps.get(id(provider))
    if found is None:
        found = _apps[id(provider)] = ProviderApp(provider)
    return found


class World:
    """An emulator with some providers, spoken to over WSGI.

    :param sender: carries the callbacks; a :class:`RecordingSender` if absent.
    """

    def __init__(
        self,
        providers: Sequence[Provider],
        documents: Sequence[Any] = (),
        *,
        sender: Any = None,
        settings: ServerSettings | None = None,
    ) -> None:
        self.sender = sender or RecordingSender()
        vendors = [provider.vendor for provider in providers]
        self.emulator = Emulator(vendors, self.sender, Library([FIXTURES]))
        self.emulator.create(Wish(name=DEFAULT, documents=tuple(documents)))
        apps = ProviderApps(providers, _app)
        control = create_control_app(
            self.emulator, apps, settings or ServerSettings(), "0", threads=THREADS
        )
        self.front = Front(self.emulator, apps, control)
        self.client = Client(self.front)

    @property
    def sandbox(self) -> Any:
        return self.emulator.get(DEFAULT)

    def begin_anew(self) -> None:
        """Put the sandbox back to its beginning: far cheaper than another world."""
        self.emulator.reset(DEFAULT)
        self.sender.clear()

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> TestResponse:
        """Send a request with a JSON body, if any."""
        if body is not None:
            options["data"] = json.dumps(body)
            options.setdefault("content_type", "application/json")
        return self.client.open(path, method=method, **options)


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """Let no file of this process become larger, as if the disk were full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
