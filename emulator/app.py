"""Wires the parts: the only module that knows all of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec

from emulator import __version__
from emulator.console import create_console
from emulator.control import create_control_app
from emulator.core.clock import FASTEST, Mode
from emulator.core.documents import Document
from emulator.core.emulator import DEFAULT, ClockWish, Emulator, Wish
from emulator.core.errors import EmulatorError
from emulator.core.fixtures import Library, read_clock_moment
from emulator.registry import PROVIDERS
from emulator.runtime.destinations import Destinations, is_host
from emulator.runtime.dropping import drop
from emulator.runtime.in_process import THREADS
from emulator.runtime.sender import HTTPSender
from emulator.runtime.ticker import Ticker
from emulator.settings import ServerSettings
from emulator.web.addressing import Front
from emulator.web.coverage import summary
from emulator.web.provider_apps import ProviderApps

HERE = Path(__file__).parent
_TOKEN = re.compile(r"[!-~]+")


class BadSetting(EmulatorError):
    """The server cannot be started with these settings."""


class Application(msgspec.Struct, frozen=True):
    """A server's WSGI application, and what must be closed with it."""

    front: Front
    emulator: Emulator
    ticker: Ticker
    apps: ProviderApps

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        return self.front(environ, start_response)

    def stop(self) -> None:
        """Let go of clients that wait for something: the server waits for open requests."""
        for sandbox in self.emulator.all():
            sandbox.close()

    def finish(self) -> None:
        """Leave tidy files behind; nothing is lost without."""
        if self.emulator.keeper is not None:
            self.emulator.keeper.fold_all()

    def summary(self) -> list[str]:
        """Return lines that say on how much of what is assumed the answers have rested."""
        return summary(self.apps.made())

    def close(self) -> None:
        """Stop the ticker, every timer and every callback."""
        self.ticker.stop()
        self.emulator.close()
        if self.emulator.keeper is not None:
            self.emulator.keeper.close()


def fixture_library() -> Library:
    """Return the fixtures that come with the package, or with the checkout."""
    return Library([HERE / "_fixtures", HERE.parent / "fixtures"])


def check_settings(settings: ServerSettings) -> None:
    """Check what can be checked before a server is started.

    :raises EmulatorError: a fixture cannot be read, the clock cannot be understood, the state
        folder cannot be used, a host is none, or no header can carry the token.
    """
    if settings.state is not None:
        from emulator.core.keeper import check_folder

        check_folder(settings.state)
    _check_words(settings)
    _default_wish(settings, fixture_library())


def _check_words(settings: ServerSettings) -> None:
    for option, hosts in (
        ("allow-host", settings.allowed_hosts),
        ("allow-callback-host", settings.callback_hosts),
        ("callback-map", [*settings.callback_map, *settings.callback_map.values()]),
    ):
        for host in hosts:
            if not is_host(host):
                raise BadSetting(f"{option} {host!r}: must be a name or an address, nothing more")
    token = settings.control_token
    if token is not None and not _TOKEN.fullmatch(token):
        # Nobody could give it: servers strip and lose the rest in headers.
        raise BadSetting("control token: must be printable ASCII without blanks, and not empty")


def create_app(settings: ServerSettings, *, threads: int = THREADS) -> Application:
    """Return a ready application whose default sandbox is loaded.

    :param threads: how many the server has.
    :raises EmulatorError: a fixture or a setting has mistakes.
    """
    _check_words(settings)
    sender = HTTPSender(
        Destinations(allowed_hosts=settings.callback_hosts, host_map=settings.callback_map)
    )
    library = fixture_library()
    emulator = Emulator([provider.vendor for provider in PROVIDERS], sender, library)
    ticker = Ticker(emulator)
    emulator.wake, emulator.tidy_later = ticker.nudge, ticker.tidy_later
    if settings.state is not None:
        _recover(emulator, settings.state)
    if emulator.find(DEFAULT) is None:
        emulator.create(_default_wish(settings, library))
    apps = ProviderApps(PROVIDERS)
    console = create_console(settings.control_token)
    control = create_control_app(emulator, apps, settings, __version__, [console], threads=threads)
    ticker.start()
    return Application(Front(emulator, apps, control, drop), emulator, ticker, apps)


def _recover(emulator: Emulator, folder: Path) -> None:
    # TinyDB is imported only where there is something to keep.
    from emulator.core.keeper import Keeper

    emulator.keeper = Keeper(folder, emulator.vendors, emulator.sender)
    for recovered in emulator.keeper.recover():
        emulator.adopt(*recovered)


def _default_wish(settings: ServerSettings, library: Library) -> Wish:
    overrides: dict[str, Any] = {}
    if settings.latency is not None:
        overrides["latency"] = settings.latency
    if settings.unknown_keys is not None:
        overrides["unknown_keys"] = settings.unknown_keys
    return Wish(
        name=DEFAULT,
        documents=tuple(_fixture(name, library) for name in settings.fixtures),
        pointers=tuple(f"fixture {name}: " for name in settings.fixtures),
        seed=settings.seed,
        clock=parse_clock(settings.clock),
        settings=overrides or None,
    )


def _fixture(name: str, library: Library) -> Document:
    path = Path(name)
    if path.suffix or len(path.parts) > 1:
        return library.read_file(path)
    return library.read(name)


def parse_clock(text: str | None) -> ClockWish:
    """Return the clock that ``real``, ``manual``, ``manual@ISO`` or ``xN`` asks for.

    :raises BadSetting: it is none of these.
    """
    if text is None:
        return ClockWish()
    mode: Mode = "manual" if text.startswith("manual") else "real"
    try:
        if text in ("real", "manual"):
            return ClockWish(mode=mode)
        if text.startswith("manual@"):
            return ClockWish(mode=mode, now=read_clock_moment(text.removeprefix("manual@")))
        if text.startswith("x") and 0 < (rate := float(text[1:])) <= FASTEST:
            return ClockWish(mode=mode, rate=rate)
    except ValueError:
        pass
    raise BadSetting(f"clock {text!r}: must be real, manual, manual@2026-05-06T10:00:00Z or x60")
