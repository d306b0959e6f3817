"""Where the peers are: installed on demand into a folder that git ignores.

What cannot be installed, or is not on this machine, is missing: its peers are left out, and one
line says so. Nothing here stops a run.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from threading import Lock

HERE = Path(__file__).parent
# Hidden, so that no tool that walks through the sources walks through these.
INSTALLED = HERE / ".installed"
NPM, PYTHON = INSTALLED / "npm", INSTALLED / "python"
PATIENCE = 900.0
# Peers are started side by side.
ONE_AT_A_TIME = Lock()


class Missing(Exception):
    """A peer is not there; the text says what is."""


def node_modules() -> Path:
    """Return the folder with what npm installed.

    :raises Missing: there is no Node.js, or the installation failed.
    """
    _try_once(_npm)
    return NPM / "node_modules"


def python_programs() -> Path:
    """Return the folder with the programs that pip installed.

    :raises Missing: the installation failed.
    """
    _try_once(_pip)
    return PYTHON / "bin"


def program(name: str) -> str:
    """Return the path of a program of this machine.

    :raises Missing: there is none of that name.
    """
    # Debian keeps nginx where only root looks.
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise Missing(f"there is no {name} on this machine")
    return found


def _try_once(install: Callable[[], None]) -> None:
    with ONE_AT_A_TIME:
        problem = _problem(install)
    if problem is not None:
        raise problem


@cache
def _problem(install: Callable[[], None]) -> Missing | None:
    """Return why an installation failed; it is not tried again for the next peer."""
    try:
        install()
    except Missing as missing:
        return missing
    return None


def _npm() -> None:
    npm, _ = program("npm"), program("node")
    sources = [HERE / "package.json", HERE / "package-lock.json"]

    def install() -> None:
        for source in sources:
            shutil.copy(source, NPM)
        # No package's own script runs: the programs wanted here need none.
        quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        _run(npm, "ci", *quiet, folder=NPM)

    _once(NPM, sources, install)


def _pip() -> None:
    source = HERE / "requirements.txt"

    def install() -> None:
        _run(sys.executable, "-m", "venv", "--clear", str(PYTHON), folder=INSTALLED)
        pip = [str(PYTHON / "bin/python"), "-m", "pip", "--disable-pip-version-check"]
        _run(*pip, "install", "--quiet", "--requirement", str(source), folder=INSTALLED)

    _once(PYTHON, [source], install)


def _once(folder: Path, sources: list[Path], install: Callable[[], None]) -> None:
    """Install into a folder, unless that was done from these very sources."""
    wanted = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    stamp = folder / ".stamp"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"peers: installing {folder.name} packages, once; this takes minutes", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    install()
    stamp.write_text(wanted)


def _run(*command: str, folder: Path) -> None:
    try:
        subprocess.run(
            command, cwd=folder, check=True, capture_output=True, text=True, timeout=PATIENCE
        )
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip() or error.stdout.strip() or "no word").splitlines()[-1]
        raise Missing(f"{Path(command[0]).name} could not install it: {last}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Missing(f"{Path(command[0]).name} could not install it: {error}") from error
