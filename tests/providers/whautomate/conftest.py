"""What the tests of Whautomate share."""

import pytest

from tests.providers.whautomate.desk import Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()
