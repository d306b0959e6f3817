"""Spans of time as users write them: ``90``, ``"90s"``, ``"2h"``, ``"3d"``, ``"PT1H30M"``."""

from __future__ import annotations

import re
from datetime import timedelta

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_SHORT = re.compile(r"\s*(\d{1,12}(?:\.\d{1,9})?)\s*(ms|s|m|h|d|w)\s*", re.ASCII)
_ISO = re.compile(
    r"P(?=[\dT])(?:(\d{1,9}(?:\.\d{1,9})?)W)?(?:(\d{1,9}(?:\.\d{1,9})?)D)?"
    r"(?:T(?=\d)(?:(\d{1,9}(?:\.\d{1,9})?)H)?(?:(\d{1,9}(?:\.\d{1,9})?)M)?"
    r"(?:(\d{1,12}(?:\.\d{1,9})?)S)?)?",
    re.ASCII,
)
_ISO_UNITS = (604800, 86400, 3600, 60, 1)
LONGEST = 3_000_000_000.0


def parse_duration(value: object) -> timedelta:
    """Return a span from seconds, short form or ISO 8601.

    :raises ValueError: it is none of these, negative, or longer than about a century.
    """
    seconds = _seconds(value)
    if seconds is None or not seconds >= 0:  # nor is NaN
        raise ValueError('Must be seconds, or a duration such as "90s", "2h", "3d" or "PT1H30M"')
    if seconds > LONGEST:
        raise ValueError("Must be at most 3,000,000,000 seconds, which is some 95 years")
    return timedelta(seconds=seconds)


def _seconds(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return min(value, 2 * LONGEST)  # whole numbers of JSON have no limit
    if not isinstance(value, str):
        return None
    if short := _SHORT.fullmatch(value):
        return float(short[1]) * _UNITS[short[2]]
    if iso := _ISO.fullmatch(value.strip()):
        return sum(float(n) * unit for n, unit in zip(iso.groups(), _ISO_UNITS, strict=True) if n)
    return None
