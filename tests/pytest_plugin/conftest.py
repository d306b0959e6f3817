"""A server for the sessions under test, where they need none of their own."""

from collections.abc import Iterator

import pytest

from emulator.testing import RunningEmulator, running_emulator

HELPERS = """
import json
import urllib.error
import urllib.request

import pytest

PERSON = "60123456789"


def send(teekrr, path="/sms"):
    body = {
        "campaignName": "Hello",
        "type": "quick broadcast",
        "templateContent": "Hi",
        "recipients": [PERSON],
    }
    headers = {**teekrr.auth, "Content-Type": "application/json"}
    request = urllib.request.Request(teekrr.base_url + path, json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request) as response:
            return response.status
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
"""


class Session:
    """Runs a test file in a session of its own."""

    def __init__(self, pytester: pytest.Pytester, emulator: RunningEmulator) -> None:
        self.pytester, self.emulator = pytester, emulator
        # What stands in the folders above must not matter.
        pytester.makeini("[pytest]\n")

    def run(self, text: str, *options: str) -> pytest.RunResult:
        """Run tests against the server that is there."""
        return self.run_alone(text, f"--emulator-url={self.emulator.url}", *options)

    def run_alone(self, text: str, *options: str) -> pytest.RunResult:
        """Run tests that have no server yet."""
        self.pytester.makepyfile(HELPERS + text)
        return self.pytester.runpytest_inprocess("-p", "no:cacheprovider", *options)


@pytest.fixture(scope="package")
def emulator() -> Iterator[RunningEmulator]:
    with running_emulator() as emulator:
        yield emulator


@pytest.fixture
def session(pytester: pytest.Pytester, emulator: RunningEmulator) -> Session:
    return Session(pytester, emulator)
