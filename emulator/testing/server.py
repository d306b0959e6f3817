"""The emulator on threads of this process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack

from emulator.client import EmulatorClient


class Options(TypedDict, total=False):
    """What a server can be told; as the options of ``broadcast-emulator serve``."""

    host: str
    port: int
    fixture: str | Sequence[str]
    seed: int
    clock: str
    latency: str
    unknown_keys: str
    control_token: str
    callback_hosts: Sequence[str]
    callback_map: Mapping[str, str]


@dataclass(frozen=True)
class RunningEmulator:
    """A server that answers, and a client for its control API."""

    url: str
    client: EmulatorClient


@contextmanager
def running_emulator(**options: Unpack[Options]) -> Iterator[RunningEmulator]:
    """Serve in this process, on a free port unless one is given, until the block ends.

    The fixture is ``reference`` unless another one is named: its clock stands still.

    :raises EmulatorError: a fixture or an option has mistakes.
    """
    # Programs that talk to a server elsewhere need none of this.
    from emulator.app import create_app
    from emulator.runtime.serving import InProcessServer

    settings = _settings(options)
    app = create_app(settings)
    try:
        server = InProcessServer(app, settings.host, settings.port)
        try:
            with EmulatorClient(server.url, settings.control_token) as client:
                yield RunningEmulator(server.url, client)
        finally:
            app.stop()
            server.close()
    finally:
        app.close()


def _settings(options: Options) -> Any:
    from emulator.settings import ServerSettings

    given: dict[str, Any] = {"port": 0, **options}
    fixture = given.pop("fixture", "reference")
    given["fixtures"] = (fixture,) if isinstance(fixture, str) else tuple(fixture)
    given["callback_hosts"] = frozenset(given.get("callback_hosts", ()))
    return ServerSettings(**given)
