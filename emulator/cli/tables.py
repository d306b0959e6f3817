"""Answers as people like to read them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from .outlets import is_terminal

if TYPE_CHECKING:
    from rich.console import Console

    from emulator.client import records

WIDE = 200
_COLOURS = {
    "delivered": "green",
    "read": "green",
    "handled": "green",
    "succeeded": "green",
    "failed": "red",
    "bounced": "red",
    "errored": "yellow",
    "pending": "yellow",
}


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], nothing: str) -> None:
    """Print rows under their headings.

    :param nothing: what to say where there are none.
    """
    from rich.table import Table
    from rich.text import Text

    shown = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        # Texts are what clients sent: nothing in them is markup.
        cells = ["" if cell is None else str(cell) for cell in row]
        shown.add_row(*(Text(cell, style=_COLOURS.get(cell, ""), no_wrap=True) for cell in cells))
    if shown.row_count:
        _console().print(shown)
    else:
        click.echo(nothing)


def messages(found: Sequence[records.Message]) -> None:
    """Print messages."""
    rows = [
        (
            _time(message.created_at),
            message.provider,
            message.channel,
            "→" if message.direction == "out" else "←",
            message.to if message.direction == "out" else message.from_,
            message.status,
            message.error.message if message.error else message.text,
            message.id,
        )
        for message in found
    ]
    table(
        ("at", "vendor", "channel", "", "person", "status", "text or error", "id"),
        rows,
        "No messages.",
    )


def requests(found: Sequence[records.Request]) -> None:
    """Print requests."""
    rows = [
        (
            request.id,
            _time(request.at),
            request.provider,
            request.method,
            request.path,
            request.status,
            request.operation or "unmatched",
            request.hint or request.fault,
        )
        for request in found
    ]
    columns = ("id", "at", "vendor", "method", "path", "status", "operation", "hint")
    table(columns, rows, "No requests.")


def callbacks(found: Sequence[records.Callback]) -> None:
    """Print callbacks."""
    rows = [
        (
            _time(callback.created_at),
            callback.provider,
            callback.event,
            callback.state,
            ", ".join(str(attempt.status or attempt.error) for attempt in callback.attempts),
            callback.url,
            callback.id,
        )
        for callback in found
    ]
    table(("at", "vendor", "event", "state", "tries", "url", "id"), rows, "No callbacks.")


def ledger(done: records.Ledger) -> None:
    """Print what happened in an advance."""
    steps = ", ".join(f"{count} {status}" for status, count in sorted(done.transitions.items()))
    calls = done.callbacks
    click.echo(f"{_time(done.from_)} → {_time(done.to)} ({done.reason}), {done.events} events")
    if steps:
        click.echo(f"messages: {steps}")
    if calls.attempted:
        click.echo(f"callbacks: {calls.succeeded} succeeded, {calls.failed} failed")
    if done.pending:
        click.echo(f"{done.pending} planned, next at {_time(done.next_due)}")


@contextmanager
def working(words: str) -> Iterator[None]:
    """Show that something is going on, where somebody is looking."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(words):
        yield


def _time(at: Any) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}" if at is not None else "later"


def _console() -> Console:
    from rich.console import Console

    # What is read by a program or kept in a file is not to be cut at 80 characters.
    return Console(highlight=False, width=None if is_terminal() else WIDE)
