"""What every test shares."""

import logging
import shutil
from collections.abc import Iterator

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


class _Errors(logging.Handler):
    """Keeps what the server under test has logged as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.told.append(logging.Formatter().format(record))


_errors = _Errors()
logging.getLogger("emulator").addHandler(_errors)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Fail a test during which something broke that the server logs and gets over."""
    _errors.told.clear()
    yield
    if _errors.told and item.get_closest_marker("breaks") is None:
        pytest.fail("\n".join(["The server has logged errors:", *_errors.told]), pytrace=False)
