"""What every test shares."""

import shutil

import pytest
from hypothesis import settings

# A property fails for everybody or for nobody, and a busy machine is no failure.
settings.register_profile("emulator", derandomize=True, deadline=None)
settings.load_profile("emulator")

pytest_plugins = ["pytester"]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose programs are not on this machine; Python and make always are."""
    for marker in item.iter_markers("needs"):
        absent = [program for program in marker.args if shutil.which(program) is None]
        if absent:
            pytest.skip(f"{' and '.join(absent)} not installed")
