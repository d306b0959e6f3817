"""The package, installed into an environment of its own as the Dockerfile says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
DOCKERFILE = (EXAMPLES / "container" / "Dockerfile").read_text()
# Everything it needs is there already, and nothing may be fetched.
OFFLINE = {"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_DEPS": "1"}


@dataclass(frozen=True)
class Environment:
    """A virtual environment with the package, which sees the libraries of this one."""

    folder: Path

    @property
    def variables(self) -> dict[str, str]:
        """Variables for a shell in which the environment is active."""
        own = {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "VIRTUAL_ENV": str(self.folder),
        }
        unwanted = ("PYTEST_", "EMULATOR_", "PYTHONPATH")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(unwanted)}
        return {**kept, **own, **OFFLINE}

    def run(
        self, command: Sequence[str], cwd: Path, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in it, to its end."""
        return subprocess.run(
            command,
            cwd=cwd,
            env={**self.variables, **variables},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )


def instructions(name: str) -> list[str]:
    """Return what stands behind an instruction of the Dockerfile, wherever it occurs."""
    joined = DOCKERFILE.replace("\\\n", " ")
    return re.findall(rf"^\s*{name} +(.*)$", joined, re.MULTILINE)


@pytest.fixture(scope="package")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    folder = tmp_path_factory.mktemp("package")
    environment = Environment(folder / "venv")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment.folder], check=True)
    [libraries] = environment.folder.glob("lib/python3*/site-packages")
    (libraries / "libraries.pth").write_text(sysconfig.get_path("purelib"))
    source = folder / "src"
    _copy(source)
    [install] = instructions("RUN")
    command = install.replace("/src", str(source)).split()
    ran = environment.run(command, folder, PIP_NO_BUILD_ISOLATION="0", PIP_IGNORE_INSTALLED="1")
    assert ran.returncode == 0, ran.stderr
    return environment


def _copy(target: Path) -> None:
    for line in instructions("COPY"):
        *names, to = line.split()
        place = target / to.removeprefix("/src").strip("/")
        for name in names:
            if (ROOT / name).is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(ROOT / name, place, ignore=ignored, dirs_exist_ok=True)
            else:
                place.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, place)
