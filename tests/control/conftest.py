"""What tests of the control plane share."""

import pytest

from tests.control.desk import Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()
