"""The emulator on threads of this process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike, fspath
from typing import Any, TypedDict, Unpack

import msgspec

from emulator.client import EmulatorClient


class Options(TypedDict, total=False):
    """What a server can be told; as the options of ``broadcast-emulator serve``."""

    host: str
    port: int
    fixture: str | PathLike[str] | Sequence[str | PathLike[str]]
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
    :raises TypeError: there is no such option, or it is of another type.
    """
    # Programs that talk to a server elsewhere need none of this.
    from emulator.app import create_app
    from emulator.runtime.in_process import THREADS, InProcessServer

    settings = _settings(options)
    app = create_app(settings, threads=THREADS)
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

    unknown = [name for name in options if name not in Options.__annotations__]
    if unknown:
        known = ", ".join(Options.__annotations__)
        raise TypeError(f"running_emulator() has no {', '.join(unknown)}; there are {known}")
    given: dict[str, Any] = {"port": 0, "callback_hosts": (), **options}
    given["fixtures"] = _names(given.pop("fixture", "reference"))
    given["callback_hosts"] = _names(given["callback_hosts"])
    try:
        return msgspec.convert(given, ServerSettings)
    except msgspec.ValidationError as error:
        raise TypeError(f"running_emulator(): {error}") from None


def _names(given: Any) -> Any:
    """Return one name or several as a list; anything else as it is, to be refused."""
    if isinstance(given, Mapping):
        raise TypeError(
            "running_emulator() takes names of fixtures and files; "
            "client.sandboxes.create(fixture=…) takes documents"
        )
    several = [given] if isinstance(given, str | PathLike) else given
    return [fspath(each) if isinstance(each, PathLike) else each for each in several]
