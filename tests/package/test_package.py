"""What is in the wheel, what it asks for, and that it runs where it is installed."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from email import message_from_string
from email.message import Message
from pathlib import Path

import pytest

from emulator import __version__
from tests.package.conftest import ROOT, Environment


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    [path] = folder.iterdir()
    return zipfile.ZipFile(path)


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> Message:
    folder = f"broadcast_emulator-{__version__}.dist-info"
    return message_from_string(wheel.read(f"{folder}/METADATA").decode())


def test_wheel_holds_what_is_needed_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    kept = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "emulator").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    fixtures = {f"emulator/_fixtures/{path.name}" for path in (ROOT / "fixtures").glob("*.json")}

    assert {"emulator/py.typed", "emulator/_fixtures/demo.json"} <= names
    assert kept | fixtures <= names
    others = {name for name in names if not name.startswith("emulator/")}
    assert {name.partition("/")[0] for name in others} == {
        f"broadcast_emulator-{__version__}.dist-info"
    }


def test_metadata_says_what_it_is(metadata: Message) -> None:
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert "# broadcast-emulator" in str(metadata.get_payload())


def test_plain_installation_pulls_nothing_for_tests(metadata: Message) -> None:
    asked = metadata.get_all("Requires-Dist", [])
    plain = {re.split(r"[<>=!~ ;\[]", line)[0] for line in asked if "extra ==" not in line}

    assert "flask" in plain
    assert not plain & {"pytest", "pytest-xdist", "hypothesis", "mypy", "ruff", "rapidpro-python"}


def test_installed_package_serves_without_the_checkout(
    installed: Environment, tmp_path: Path
) -> None:
    script = (
        'python -c "import emulator; print(emulator.__file__)"; broadcast-emulator --version;'
        "broadcast-emulator exec --fixture demo -- broadcast-emulator messages --limit 1 --json"
    )
    ran = installed.run(["bash", "-euc", script], tmp_path)

    assert ran.returncode == 0, ran.stderr
    place, version, *messages = ran.stdout.splitlines()
    assert place.startswith(str(installed.folder))
    assert version == f"broadcast-emulator, version {__version__}"
    assert any('"status"' in line for line in messages)
