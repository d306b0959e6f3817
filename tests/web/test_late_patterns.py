"""Patterns of marshmallow's that are slow to compile: they wait, and then work as ever."""

from __future__ import annotations

import subprocess
import sys

import pytest
from marshmallow import ValidationError
from marshmallow.validate import Email

from emulator.web.late_patterns import WIDE, LatePattern, bring_in

FRESH = """
import re
at_once = re.compile
import emulator.app
from emulator.web.late_patterns import LatePattern
from marshmallow.validate import Email
late = Email.DOMAIN_REGEX
assert isinstance(late, LatePattern), late
assert "_compiled" not in vars(late), "something has used it"
assert re.compile is at_once
Email()("ann@exämple.com")
assert "_compiled" in vars(late)
"""


def test_start_leaves_the_wide_pattern_alone_until_an_address_is_checked() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FRESH], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("text", ["ann@exämple.com", "ANN@EXAMPLE.COM", "a@[127.0.0.1]"])
def test_address_is_taken(text: str) -> None:
    assert Email()(text) == text


@pytest.mark.parametrize("text", ["ann", "ann@", "ann@-a.com", "ann@exa mple.com"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        Email()(text)


def test_late_pattern_knows_what_a_pattern_knows() -> None:
    late = LatePattern(f"[a-{WIDE}]+", 0)

    assert late.fullmatch("letters")
    assert not late.fullmatch("1")
    assert late.pattern == f"[a-{WIDE}]+"


def test_marshmallow_that_is_there_stays_as_it_is() -> None:
    before = Email.DOMAIN_REGEX

    bring_in()

    assert Email.DOMAIN_REGEX is before
