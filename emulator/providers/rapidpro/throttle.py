"""How many requests a workspace may make: a sliding window for each scope."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from emulator.core.ratelimits import limit_of
from emulator.web import context

from .context import now
from .records import Workspace

USUAL: Final = 3600
SCOPES: Final = frozenset({"v2", "v2.contacts", "v2.messages", "v2.runs"})
_PERIODS: Final = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}


def count(workspace: Workspace, scope: str) -> None:
    """Count a request.

    :raises RateLimited: it is one too many.
    """
    limit = _limit(workspace, scope)
    if limit is not None:
        key = ("rapidpro", workspace.id, scope)
        context.sandbox().limits.count_sliding(key, *limit, now())


def _limit(workspace: Workspace, scope: str) -> tuple[int, timedelta] | None:
    setting = context.sandbox().settings["rate_limits"]["rapidpro"]
    if setting is False:
        return None
    own = workspace.api_rates.get(scope)
    if own is not None:
        return parse_rate(own)
    return limit_of(setting, scope, USUAL, _PERIODS["h"]) or (USUAL, _PERIODS["h"])


def parse_rate(text: str) -> tuple[int, timedelta]:
    """Return number and window of a rate such as ``3600/hour``.

    :raises ValueError: it is none.
    """
    number, _, period = text.partition("/")
    window = _PERIODS.get(period[:1])
    if window is None or int(number) < 0:
        raise ValueError(f"{text!r} is no rate like 3600/hour")
    return int(number), window
