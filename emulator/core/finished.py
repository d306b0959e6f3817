"""Callbacks that are over: the oldest are let go of when there are too many or too big."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .records import Delivery
from .retention import exceeds

if TYPE_CHECKING:
    from .sandbox import Sandbox

DROPPED = "deliveries.dropped"
OVER = "over"
SLACK = 64
"""By this part of a limit that is passed is gone below it: many at once cost less than each."""
AT_ONCE = 500


class Finished:
    """The callbacks of one sandbox that have succeeded or failed for good.

    Those still to be sent are none of them, and are never let go of.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._bytes: int | None = None
        self._held: Counter[str] = Counter()

    @property
    def dropped(self) -> int:
        """How many have been let go of; a part of the sandbox's state, as they were."""
        return self._sandbox.store.counters.get(DROPPED, 0)

    def changed(self, before: Delivery, after: Delivery) -> None:
        """Take note of a callback that has been changed."""
        if self._bytes is not None and after.is_over:
            self._bytes += after.size - (before.size if before.is_over else 0)
            self._sandbox.store.on_rollback(self._count_anew)

    def hold(self, id: str) -> None:
        """Keep a callback that somebody has in hand, whatever the limits say."""
        self._held[id] += 1

    def release(self, id: str) -> None:
        """Keep a callback no longer than others."""
        self._held[id] -= 1
        if not self._held[id]:
            del self._held[id]

    def trim(self) -> None:
        """Let go of what is more than the limits allow. Call it inside a unit of work."""
        table = self._sandbox.deliveries
        count, size = table.count(OVER, OVER), self._size()
        limits = self._sandbox.settings["keep"]["callbacks"]
        if not exceeds(limits, count, size):
            return
        lower = {unit: most - most // SLACK for unit, most in limits.items()}
        webhooks = self._sandbox.webhooks
        gone: list[Delivery] = []
        for delivery in self._oldest():
            if not exceeds(lower, count - len(gone), size):
                break
            if delivery.id not in self._held and not webhooks.is_under_way(delivery.id):
                gone.append(delivery)
                size -= delivery.size
        if gone:
            table.drop_all(gone)
            self._bytes = size
            self._sandbox.ids.serial(DROPPED, len(gone))
            self._sandbox.store.on_rollback(self._count_anew)

    def _oldest(self) -> Iterator[Delivery]:
        table, after = self._sandbox.deliveries, None
        while True:
            page = table.page(OVER, OVER, limit=AT_ONCE, after=after, is_descending=False)
            yield from page.records
            if not page.has_more:
                return
            after = page.records[-1].created_at, page.records[-1].serial

    def _size(self) -> int:
        if self._bytes is None:
            self._bytes = sum(each.size for each in self._sandbox.deliveries.every(OVER, OVER))
        return self._bytes

    def _count_anew(self) -> None:
        self._bytes = None
