"""The job that removes old records every night; reading does not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, Final

from emulator.core.clock import LATEST
from emulator.core.sandbox import Sandbox
from emulator.core.store import Kind

from .kinds import CHANNEL_EVENTS, RESTHOOK_EVENTS
from .planned import TRIM

HOUR: Final = timedelta(hours=3)
DAY: Final = timedelta(days=1)

#: The kinds of record that grow old, and for how long each is kept.
KEPT: Final[Sequence[tuple[Kind[Any], timedelta]]] = (
    (CHANNEL_EVENTS, timedelta(days=90)),
    (RESTHOOK_EVENTS, timedelta(hours=48)),
)


def watch(sandbox: Sandbox, kind: Kind[Any]) -> None:
    """Plan the night in which the oldest record of a kind goes.

    To be called when records were added. The nights before would find nothing to do.
    """
    oldest = _oldest(sandbox, kind)
    if oldest is None:
        sandbox.agenda.cancel(TRIM, kind.name)
        return
    at = max(min(oldest, LATEST) + _SPANS[kind.name], sandbox.clock.now())
    night = at.replace(hour=0, minute=0, second=0, microsecond=0) + HOUR
    due = night if night > at else night + DAY
    if sandbox.agenda.planned(TRIM, kind.name) != due:
        sandbox.agenda.plan(due, TRIM, kind.name)


def _oldest(sandbox: Sandbox, kind: Kind[Any]) -> datetime | None:
    page = sandbox.store.table(kind).page("created", "all", limit=1, is_descending=False)
    return page.records[0].created_on if page.records else None


def _older(records: Iterable[Any], moment: datetime) -> list[Any]:
    return list(takewhile(lambda record: record.created_on < moment, records))


def trim(sandbox: Sandbox, at: datetime, names: Sequence[str]) -> None:
    """Drop what is older than the server keeps it."""
    for kind, span in KEPT:
        if kind.name not in names:
            continue
        table = sandbox.store.table(kind)
        table.drop_all(_older(table.every("created", "all"), at - span))
        watch(sandbox, kind)


_SPANS: Final = {kind.name: span for kind, span in KEPT}
