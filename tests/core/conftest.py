"""What tests of core share."""

import pytest

from tests.acme import Bench


@pytest.fixture
def bench() -> Bench:
    return Bench()
