"""What the tests of Cuedesk share."""

import pytest

from tests.providers.cuedesk.desk import Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()
