"""What the tests of Teekrr share."""

import pytest

from tests.providers.teekrr.desk import Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()
