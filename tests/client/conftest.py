"""A server in this process, and its client."""

from collections.abc import Iterator

import pytest

from emulator.app import create_app
from emulator.client import EmulatorClient, Sandbox
from emulator.runtime.in_process import InProcessServer
from emulator.settings import ServerSettings


@pytest.fixture(scope="module")
def client() -> Iterator[EmulatorClient]:
    app = create_app(ServerSettings(fixtures=("reference",)))
    server = InProcessServer(app)
    with EmulatorClient(server.url) as client:
        yield client
    server.close()
    app.close()


@pytest.fixture
def sandbox(client: EmulatorClient) -> Iterator[Sandbox]:
    with client.sandboxes.create(from_="default") as sandbox:
        yield sandbox
