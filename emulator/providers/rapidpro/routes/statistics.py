"""How many messages went over each channel on each day."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import product
from typing import Any, Final

from emulator.providers.rapidpro import filters
from emulator.providers.rapidpro.answers import ChannelDay, StatisticsOut
from emulator.providers.rapidpro.context import now, table, workspace
from emulator.providers.rapidpro.endpoint import Endpoint
from emulator.providers.rapidpro.errors import Refusal
from emulator.providers.rapidpro.kinds import CHANNELS, MESSAGES
from emulator.providers.rapidpro.records import Channel

SORTS: Final = tuple(f"{kind}:{way}" for kind, way in product(("text", "voice"), ("in", "out")))
MOST_DAYS: Final = 366
USUAL_SPAN: Final = timedelta(days=90)
DAY: Final = timedelta(days=1)

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _day(name: str, otherwise: date) -> date:
    text = filters.text(name)
    if text is None:
        return otherwise
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise Refusal(f"Invalid date value for '{name}'.")


def _on(day: date, channels: list[Channel]) -> dict[str, ChannelDay]:
    """Return what is shown of a day: the channels that were used then."""
    count = table(MESSAGES).count
    shown: dict[str, ChannelDay] = {}
    for channel in channels:
        counts = {sort: n for sort in SORTS if (n := count("day", (channel.id, sort, day)))}
        if counts:
            # No checker follows these keys; a test holds answers against them.
            used: Any = {"type": channel.type, **counts}
            shown[channel.id] = used
    return shown


statistics = Endpoint(
    "statistics",
    asks=("since", "until"),
    sample=lambda: {"results": []},
    has_fixed_permission=True,
    answers_head=True,
    answers_options=True,
    evidence="observed",
)


@statistics.answers
def read() -> StatisticsOut:
    """Return the counts of each day on which there is anything to count."""
    today = now().date()
    since, until = _day("since", today - USUAL_SPAN), _day("until", today + DAY)
    if (until - since).days > MOST_DAYS:
        raise Refusal(f"Date range can't be more than {MOST_DAYS} days.")
    # Those that have been removed were used all the same.
    channels = [channel for channel in table(CHANNELS) if channel.workspace == workspace().id]
    days = (since + DAY * n for n in range((until - since).days))
    used = ((day, _on(day, channels)) for day in days)
    return {"results": [{"date": day.isoformat(), "channels": on} for day, on in used if on]}


ENDPOINTS = (statistics,)
