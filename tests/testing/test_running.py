"""The emulator in this process and as a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import unittest
from pathlib import Path
from time import perf_counter

import pytest

from emulator.client import EmulatorClient, NoServer, Unauthorized
from emulator.core.errors import NotFound
from emulator.testing import NotStarted, ServerProcess, running_emulator

ORPHAN = """
import os
from emulator.testing import ServerProcess
server = ServerProcess(["--fixture", "empty"])
print(server.url, flush=True)
os.kill(os.getpid(), 9)
"""


def answers(client: EmulatorClient) -> bool:
    try:
        return client.health().status == "ok"
    except NoServer:
        return False


def test_emulator_runs_in_this_process_until_the_block_ends() -> None:
    with running_emulator(seed=5) as emulator:
        default = emulator.client.sandbox()
        assert (default.seed, default.clock().mode) == (5, "manual")
        assert default.provider("teekrr").key == "tk_all"

    with pytest.raises(NoServer):
        EmulatorClient(emulator.url).health()


def test_options_are_those_of_the_command() -> None:
    with running_emulator(
        fixture=["empty", "reference"], clock="x60", latency="instant", control_token="t0ken"
    ) as emulator:
        assert emulator.client.sandbox().settings()["latency"] == "instant"
        assert emulator.client.sandbox().clock().rate == 60
        with pytest.raises(Unauthorized):
            EmulatorClient(emulator.url).sandbox().clock()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"fixtures": "demo"}, "has no fixtures; there are host, port, fixture"),
        ({"seed": "7"}, "`int | null`, got `str` - at `$.seed`"),
        ({"fixture": {"emulator": 1}}, "sandboxes.create"),
    ],
)
def test_options_that_are_none_are_told(options, told) -> None:
    with pytest.raises(TypeError) as caught, running_emulator(**options):
        pass

    assert told in str(caught.value)


def test_one_file_and_one_host_need_no_list(tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text('{"emulator": 1, "seed": 7}')

    with running_emulator(fixture=file, callback_hosts="example.com") as emulator:
        assert emulator.client.sandbox().seed == 7


def test_unknown_fixture_is_told() -> None:
    with (
        pytest.raises(NotFound, match="did you mean 'reference'"),
        running_emulator(fixture="refrence"),
    ):
        pass


class ShopTest(unittest.TestCase):
    """How a unittest suite uses it."""

    emulator = None

    @classmethod
    def setUpClass(cls) -> None:
        cls.emulator = cls.enterClassContext(running_emulator(fixture="empty"))

    def test_server_answers(self) -> None:
        assert self.emulator is not None
        assert self.emulator.client.health().status == "ok"


def test_process_serves_until_it_is_stopped() -> None:
    with ServerProcess(["--fixture", "empty", "--seed", "3"]) as server:
        assert EmulatorClient(server.url).health().status == "ok"
        assert server.started.sandbox["seed"] == 3
        os.kill(server.started.pid, 0)

    with pytest.raises(ProcessLookupError):
        os.kill(server.started.pid, 0)
    server.stop()


def test_server_ends_with_the_process_that_started_it() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", ORPHAN], stdout=subprocess.PIPE, text=True, check=False
    )
    assert ran.returncode == -signal.SIGKILL

    client = EmulatorClient(ran.stdout.strip())
    deadline = perf_counter() + 10
    while answers(client):
        assert perf_counter() < deadline


def test_process_that_does_not_start_says_why() -> None:
    server = ServerProcess(["--fixture", "refrence"])

    with pytest.raises(NotStarted, match="no fixture 'refrence'; did you mean 'reference'"):
        _ = server.url

    server.stop()
