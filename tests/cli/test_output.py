"""Output that leads nowhere: a full device, a closed pipe, none at all."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from emulator.client import EmulatorClient
from emulator.testing import running_emulator
from tests.client.shop import PERSON, send_sms

FULL = Path("/dev/full")
COMMAND = [sys.executable, "-m", "emulator"]
LOST = "Error: cannot write the output: No space left on device"

needs_full = pytest.mark.skipif(not FULL.exists(), reason="has no device that is always full")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running_emulator() as emulator:
        send_sms(emulator.client.sandbox(), PERSON)
        yield emulator.url


def run(arguments: Sequence[str], url: str, script: str) -> subprocess.CompletedProcess[str]:
    """Run a command by a shell, which says where its output goes."""
    variables = {**os.environ, "EMULATOR_URL": url}
    return subprocess.run(
        ["sh", "-c", f'"$@" {script}', "sh", *COMMAND, *arguments],
        env=variables,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )


@needs_full
@pytest.mark.parametrize("command", ["--help", "messages", "messages --json"])
def test_full_device_is_told_in_a_line(command: str, url: str) -> None:
    ran = run(command.split(), url, f"> {FULL}")

    assert ran.stderr.splitlines() == [LOST]
    assert ran.returncode == 1


@pytest.mark.parametrize("command", ["coverage", "messages"])
def test_nothing_is_said_of_a_reader_who_has_left(command: str, url: str) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    try:
        ran = subprocess.run(
            [*COMMAND, command, *(["--url", url] if command == "messages" else [])],
            stdout=theirs,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    finally:
        os.close(theirs)

    assert (ran.returncode, ran.stderr) == (1, b"")


@pytest.mark.parametrize("command", ["messages", "messages --json"])
def test_output_may_be_closed(command: str, url: str) -> None:
    ran = run(command.split(), url, ">&-")

    assert (ran.returncode, ran.stderr) == (0, "")


@needs_full
def test_server_whose_output_is_lost_says_elsewhere_where_it_is() -> None:
    serve = [*COMMAND, "serve", "--fixture", "empty", "--port", "0"]
    with (
        FULL.open("w") as full,
        subprocess.Popen(serve, stdout=full, stderr=subprocess.PIPE, text=True) as server,
    ):
        assert server.stderr is not None
        said = server.stderr.readline()
        found = re.fullmatch(f"{LOST}; the emulator answers at (http://.*)\n", said)
        try:
            assert found is not None, said
            assert EmulatorClient(found[1]).sandbox().name == "default"
        finally:
            server.terminate()

    assert server.returncode == 0
