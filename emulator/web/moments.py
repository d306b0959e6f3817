"""Moments as several vendors write them."""

from __future__ import annotations

from datetime import datetime


def iso(moment: datetime) -> str:
    """Return a UTC moment with milliseconds: ``2026-05-06T10:15:00.123Z``."""
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
