"""What tests of the console share: one server and one browser for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.console import browser
from tests.console.browser import BLANK, Page
from tests.console.stage import Sandbox, Server, tell_story

WIDE = (1280, 860)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep all of them in one worker, where they share the browser."""
    for item in items:
        if "/console/" in item.path.as_posix():
            item.add_marker(pytest.mark.xdist_group("console"))


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    started = Server()
    yield started
    started.close()


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    absent = browser.missing()
    if absent is not None:
        pytest.skip(f"{absent}: on Debian, apt install chromium chromium-driver")
    started = browser.start(tmp_path_factory.mktemp("browser"), WIDE)
    yield started
    started.quit()


@pytest.fixture
def sandbox(server: Server) -> Iterator[Sandbox]:
    """A copy of the demo, on a clock that stands still."""
    made = server.sandbox()
    yield made
    server.ask("DELETE", f"/_emulator{made.path}")


@pytest.fixture(scope="session")
def busy_sandbox(server: Server) -> Sandbox:
    """A sandbox in which something of every sort has happened; tests leave it as it is."""
    made = server.sandbox(**{"from": "default", "name": "busy"})
    tell_story(made)
    return made


@pytest.fixture(scope="session")
def empty_sandbox(server: Server) -> Sandbox:
    """A sandbox in which nothing has happened."""
    return server.sandbox(fixture="empty", name="nothing")


@pytest.fixture
def page(driver: Any, server: Server) -> Iterator[Page]:
    """The console; whatever the browser complains about fails the test."""
    browser.resize(driver, *WIDE)
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    opened = Page(driver, server.url)
    opened.complaints()
    yield opened
    driver.get(BLANK)
    assert opened.complaints() == []
