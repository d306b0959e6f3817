"""Spans as users write them."""

from datetime import timedelta

import pytest

from emulator.core.durations import LONGEST, parse_duration


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        (0, 0),
        (90, 90),
        (1.5, 1.5),
        ("90s", 90),
        ("250ms", 0.25),
        ("1.5m", 90),
        ("2h", 7200),
        ("3d", 259200),
        ("1w", 604800),
        (" 5 s ", 5),
        ("PT1H30M", 5400),
        ("P1DT12H", 129600),
        ("P2W", 1209600),
        ("PT0.5S", 0.5),
        (LONGEST, LONGEST),
    ],
)
def test_spans_are_read(given, seconds):
    assert parse_duration(given) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "given",
    [
        *("", "90", "s", "-5s", -1, "1y", "P", "PT", "P1Y", "1h30m", True, None, [], {}),
        *("\N{ARABIC-INDIC DIGIT ONE}s", float("nan"), "9" * 400 + "s", -(10**400)),
    ],
)
def test_what_is_no_span_is_refused(given):
    with pytest.raises(ValueError, match="Must be seconds"):
        parse_duration(given)


@pytest.mark.parametrize("given", [LONGEST + 1, float("inf"), 10**400, "40000d", "P9999999W"])
def test_spans_of_centuries_are_refused(given):
    with pytest.raises(ValueError, match=r"Must be at most 3,000,000,000 seconds"):
        parse_duration(given)
