"""``exec``: a command beside a server of its own."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from emulator.cli import main

SEND = """
import json, os, sys, urllib.request
from emulator.client import EmulatorClient
body = {"campaignName": "Hi", "type": "quick broadcast", "templateContent": "Hi",
        "recipients": ["60123456789"]}
headers = {"Authorization": "Bearer " + os.environ["TEEKRR_API_KEY"],
           "Content-Type": "application/json"}
url = os.environ["TEEKRR_URL"] + "/sms"
urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), headers)).close()
sandbox = EmulatorClient(os.environ["EMULATOR_URL"]).sandbox()
print(json.dumps([sandbox.clock().mode, len(sandbox.messages(to="60123456789")),
                  sorted(os.environ)]))
sys.exit(7)
"""
NAMES = [
    "CUEDESK_TOKEN",
    "CUEDESK_URL",
    "EMULATOR_URL",
    "RAPIDPRO_TOKEN",
    "RAPIDPRO_URL",
    "TEEKRR_API_KEY",
    "TEEKRR_URL",
    "WHAUTOMATE_API_KEY",
    "WHAUTOMATE_URL",
]


def execute(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "emulator", "exec", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_command_finds_the_vendors_and_its_exit_code_is_kept() -> None:
    ran = execute("--seed", "5", "--", sys.executable, "-c", SEND)

    assert ran.returncode == 7, ran.stderr
    mode, messages, names = json.loads(ran.stdout)
    assert (mode, messages) == ("manual", 1)
    assert set(NAMES) <= set(names)
    assert "1 of 1 answers rested on what is assumed" in ran.stderr


def test_command_leaves_its_world_to_the_next(tmp_path: Path) -> None:
    kept = ["--fixture", "empty", "--state", str(tmp_path)]
    advance = [sys.executable, "-m", "emulator", "advance", "90"]

    execute(*kept, "--clock", "manual@2026-05-06T10:00:00Z", "--", *advance)
    ran = execute(*kept, "--", *advance)

    assert "2026-05-06 10:01:30 → 2026-05-06 10:03:00" in ran.stdout, ran.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--", "no-such-command"], 127, "no command 'no-such-command'"),
        (["--", "/etc/passwd"], 126, "'/etc/passwd' cannot be run: Permission denied"),
        (["--", "/etc"], 126, "'/etc' cannot be run: Is a directory"),
        (["--fixture", "refrence", "--", "true"], 1, "did you mean 'reference'?"),
        (["--fixture", "empty", "--", "sh", "-c", "kill -TERM $$"], 128 + signal.SIGTERM, ""),
        (["--latency", "slow", "--", "true"], 2, "'slow' is not one of"),
        (["--host", "0.0.0.0", "--", "true"], 2, "--insecure if that is all right"),
        (["--state", "", "--", "true"], 2, "'--state': must name a folder"),
        ([], 2, "Missing argument"),
    ],
)
def test_what_goes_wrong_is_told(arguments: list[str], code: int, words: str) -> None:
    ran = execute(*arguments)

    assert ran.returncode == code
    assert words in ran.stderr


def test_folder_may_be_gone(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = 'cd "$0" && rmdir "$0" && exec "$@"'
    options = ["--fixture", "empty", "--", "true"]
    command = [sys.executable, "-P", "-m", "emulator", "exec", *options]

    # Which complains of any other exit code.
    subprocess.run(["sh", "-c", script, gone, *command], timeout=60, check=True)


def test_taken_port_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ran = execute("--fixture", "empty", "--port", str(taken.getsockname()[1]), "--", "true")

    assert ran.returncode == 1
    assert "Address already in use; choose another with --port" in ran.stderr


def test_mistakes_of_a_fixture_are_listed(tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text('{"emulator": 1, "tekrr": {}, "sede": 1}')

    result = CliRunner().invoke(main, ["fixture", "check", str(bad)])

    assert result.exit_code == 1
    first, second = result.output.splitlines()
    assert "/tekrr: Unknown field (did you mean 'teekrr'?)" in first
    assert "/sede: Unknown field (did you mean 'seed'?)" in second


@pytest.mark.parametrize(("text", "words"), [("{", "not JSON"), ("[]", "must be an object")])
def test_file_that_is_no_fixture_is_told(tmp_path: Path, text: str, words: str) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text(text)

    result = CliRunner().invoke(main, ["fixture", "check", str(bad)])

    assert result.exit_code == 1
    assert words in result.output


def test_each_of_several_fixtures_is_checked_by_itself(tmp_path: Path) -> None:
    texts = {"bad": '{"emulator": 1, "sede": 1}', "good": '{"emulator": 1}', "torn": "{"}
    for name, text in texts.items():
        (tmp_path / f"{name}.json").write_text(text)
    files = [str(tmp_path / f"{name}.json") for name in ("bad", "good", "torn", "good")]

    result = CliRunner().invoke(main, ["fixture", "check", *files])
    of_good = CliRunner().invoke(main, ["fixture", "check", files[1], files[3]])

    assert (result.exit_code, of_good.exit_code) == (1, 0)
    bad, good, torn, again = result.output.splitlines()
    assert "/sede: Unknown field" in bad
    assert good == again == f"{files[1]}: good"
    assert "not JSON" in torn


def test_good_fixture_is_good() -> None:
    fixture = Path(__file__).parents[2] / "fixtures" / "empty.json"

    result = CliRunner().invoke(main, ["fixture", "check", str(fixture)])

    assert (result.exit_code, result.output) == (0, f"{fixture}: good\n")
