"""Pytest fixtures: a server for the session, a sandbox for each test, a receiver of callbacks.

Found by pytest itself, through the entry point ``emulator``. Nothing but pytest is imported
until a test asks for one of the fixtures: many who have it installed do not use it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from types import TracebackType

    from emulator.client import ProviderHandle, Sandbox
    from emulator.testing import CallbackSink

    from .rendezvous import Rendezvous
    from .session import EmulatorServer, Taken

MARKER = (
    "emulator(fixture, clock, seed, latency, allow_unmatched): how the sandbox of a test shall be; "
    'clock is "manual", "real" or a time.'
)
ADDRESS = "emulator_rendezvous"
OURS = ("emulator.client", "emulator.testing")
_RENDEZVOUS: pytest.StashKey[Rendezvous] = pytest.StashKey()
_TAKEN: pytest.StashKey[Taken] = pytest.StashKey()
_FAILED: pytest.StashKey[bool] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("emulator", "message broadcasting vendors (broadcast-emulator)")
    group.addoption(
        "--emulator-url",
        metavar="URL",
        help="Use an emulator that is running already, instead of starting one.",
    )
    parser.addini(
        "emulator_fixture",
        "What sandboxes begin with: the name of a fixture, or a file below the root directory.",
        default="reference",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARKER)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist where to ask for the server that all of them share."""
    config: pytest.Config = node.config
    if _RENDEZVOUS not in config.stash:
        from .rendezvous import Rendezvous

        config.stash[_RENDEZVOUS] = Rendezvous()
    node.workerinput[ADDRESS] = config.stash[_RENDEZVOUS].address


def pytest_unconfigure(config: pytest.Config) -> None:
    rendezvous = config.stash.get(_RENDEZVOUS, None)
    if rendezvous is not None:
        rendezvous.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    if call.excinfo is not None and not item.config.getoption("fulltrace"):
        _point_at_test(call.excinfo)
    report = yield
    if report.failed:
        item.stash[_FAILED] = True
        taken = item.stash.get(_TAKEN, None)
        if taken is not None:
            from .story import tell

            report.sections.append(("Emulator", tell(*taken)))
    return report


def _point_at_test(error: pytest.ExceptionInfo[BaseException]) -> None:
    """Leave out how the client asked: what counts is the line that had it ask, and the answer."""
    if not type(error.value).__module__.startswith(OURS):
        return
    theirs: TracebackType | None = None
    trace: TracebackType | None = error.tb
    while trace is not None:
        if not trace.tb_frame.f_globals.get("__name__", "").startswith(OURS):
            theirs = trace
        trace = trace.tb_next
    if theirs is not None:
        theirs.tb_next = None


@pytest.fixture(scope="session")
def emulator_server(request: pytest.FixtureRequest) -> Iterator[EmulatorServer]:
    """An emulator: one for the session, and for all workers of pytest-xdist."""
    config = request.config
    address = getattr(config, "workerinput", {}).get(ADDRESS)
    process = None
    if config.getoption("emulator_url") is None and address is None:
        from emulator.runtime.process import ServerProcess

        # It starts while the rest is imported.
        process = ServerProcess(["--fixture", "reference"])
    try:
        from .session import serving

        with serving(config, address, process) as server:
            yield server
    finally:
        if process is not None:
            process.stop()


@pytest.fixture
def sandbox(request: pytest.FixtureRequest, emulator_server: EmulatorServer) -> Iterator[Sandbox]:
    """A world of its own for the test: a fork of the session's fixture, on a manual clock."""
    from .session import check_unmatched, wish_of

    item = request.node
    wish = wish_of(item)
    taken = emulator_server.fork(wish, item.name)
    item.stash[_TAKEN] = taken
    item.stash[_FAILED] = False  # An earlier try, if there was one, had a sandbox of its own.
    with taken.sandbox as made:
        yield made
        del item.stash[_TAKEN]
        # What a failed test has asked for stands in its report already.
        if not wish.allow_unmatched and not item.stash[_FAILED]:
            check_unmatched(made)


@pytest.fixture
def rapidpro(sandbox: Sandbox) -> ProviderHandle:
    """RapidPro in the sandbox of the test: base_url, account, key, auth."""
    return sandbox.provider("rapidpro")


@pytest.fixture
def teekrr(sandbox: Sandbox) -> ProviderHandle:
    """Teekrr in the sandbox of the test: base_url, account, key, auth."""
    return sandbox.provider("teekrr")


@pytest.fixture
def cuedesk(sandbox: Sandbox) -> ProviderHandle:
    """Cuedesk in the sandbox of the test: base_url, account, key, auth."""
    return sandbox.provider("cuedesk")


@pytest.fixture
def whautomate(sandbox: Sandbox) -> ProviderHandle:
    """Whautomate in the sandbox of the test: base_url, account, key, auth."""
    return sandbox.provider("whautomate")


@pytest.fixture
def callback_sink(request: pytest.FixtureRequest) -> Iterator[CallbackSink]:
    """A receiver of callbacks; it knows the secrets of endpoints that the sandbox made."""
    from emulator.testing import CallbackSink

    stash = request.node.stash

    def secrets() -> list[str]:
        taken = stash.get(_TAKEN, None)
        return [] if taken is None else taken.sandbox.secrets

    sink = CallbackSink(secrets)
    try:
        yield sink
    finally:
        sink.close()
    sink.check()
