"""What the pytest plugin costs: whole sessions, with it and without."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from .servers import NO_BYTECODE
from .table import Figure, interleaved

TESTS = 200
TEXT = """
import pytest

@pytest.mark.parametrize("number", range({count}))
def test_it({fixture}number):
    pass
"""


def plugin(rounds: int) -> list[Figure]:
    """Sessions of pytest: one test and many, with a sandbox for each and without."""
    with TemporaryDirectory() as folder:
        one, many = _file(folder, "one", 1, "sandbox"), _file(folder, "many", TESTS, "sandbox")
        bare_one, bare_many = _file(folder, "bare_one", 1), _file(folder, "bare_many", TESTS)
        _session(one)  # The first start may have bytecode to write.
        took = interleaved(
            rounds, *(lambda path=path: _session(path) for path in (one, many, bare_one, bare_many))
        )
    with_one, with_many, without_one, without_many = took
    test = (with_many - with_one) / (TESTS - 1) * 1000
    bare_test = (without_many - without_one) / (TESTS - 1) * 1000
    beside = "without the plugin"
    return [
        Figure("a session of one test", with_one, "s", without_one, beside, "≤ 0.5 s more"),
        Figure("a test with a sandbox", test, "ms", bare_test, beside, "≤ 5 ms more"),
    ]


def _file(folder: str, name: str, count: int, fixture: str = "") -> Path:
    path = Path(folder, f"test_{name}.py")
    path.write_text(TEXT.format(count=count, fixture=f"{fixture}, " if fixture else ""))
    return path


def _session(path: Path) -> float:
    """Return how long a session takes that loads no plugins but, where it is needed, ours."""
    environment = {name: value for name, value in os.environ.items() if name != NO_BYTECODE}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    ours = [] if "bare" in path.name else ["-p", "emulator.pytest_plugin"]
    command = [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "-p", "no:cacheprovider"]
    began = perf_counter()
    subprocess.run(
        [*command, *ours, str(path)],
        cwd=path.parent,
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return perf_counter() - began
