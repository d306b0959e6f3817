"""Work that the server behind the API does a moment after it has answered."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from emulator.core.sandbox import Sandbox

DELAY: Final = timedelta(milliseconds=100)


def soon(sandbox: Sandbox, topic: str, subjects: Iterable[str], delay: timedelta = DELAY) -> None:
    """Plan something for a moment from now; inside the request where latency is instant."""
    now = sandbox.clock.now()
    due = now if sandbox.settings.latency == "instant" else now + delay
    for subject in subjects:
        sandbox.agenda.plan(due, topic, subject)
