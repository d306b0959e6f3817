"""What is planned in a sandbox, in the order in which it falls due."""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

Undo = Callable[[], None]
SLACK = 1000


class Due(NamedTuple):
    """One planned thing. Of one instant, what was planned first comes first."""

    at: datetime
    order: int
    topic: str
    subject: str


class Agenda:
    """Planned things, at most one for each topic and subject.

    Things due at one instant share a bucket, so that the steps of a large broadcast cost
    one entry in the heap and not one for each message. What is cancelled stays in its
    bucket and is passed over, until it is more than what is planned.
    """

    def __init__(self) -> None:
        self._instants: list[datetime] = []
        self._buckets: dict[datetime, list[Due]] = {}
        self._live: dict[str, dict[str, Due]] = {}
        self._order = 0
        self._count = 0
        self._entries = 0
        self.note: Callable[[Undo], None] | None = None
        self._fresh: list[Due] | None = None
        self.touched: dict[tuple[str, str], None] | None = None
        """Topics and subjects with a change that is not written down yet; None: nobody asks."""

    def __len__(self) -> int:
        return self._count

    def plan(self, at: datetime, topic: str, subject: str) -> None:
        """Plan something, in place of what was planned for the same topic and subject."""
        live = self._live.setdefault(topic, {})
        before = live.get(subject)
        if self.note is not None:
            self.note(lambda: self._restore(topic, subject, before))
        self._put(at, topic, subject, live)

    def plan_all(self, at: datetime, topic: str, subjects: Iterable[str]) -> None:
        """Plan the same for many subjects of which none has it planned."""
        live = self._live.setdefault(topic, {})
        fresh = list(subjects)
        if self.note is not None:
            self.note(lambda: self._drop_all(topic, fresh))
        for subject in fresh:
            self._put(at, topic, subject, live)

    def cancel(self, topic: str, subject: str) -> None:
        """Forget what was planned; nothing planned is fine."""
        before = self._live.get(topic, {}).get(subject)
        if before is None:
            return
        if self.note is not None:
            self.note(lambda: self._restore(topic, subject, before))
        self._drop(topic, subject)

    def planned(self, topic: str, subject: str) -> datetime | None:
        """Return when something is due, None if it is not planned."""
        due = self._live.get(topic, {}).get(subject)
        return due.at if due else None

    def count(self, topics: Iterable[str]) -> int:
        """Return how many things of these topics are planned."""
        return sum(len(self._live.get(topic, ())) for topic in topics)

    def next_at(self) -> datetime | None:
        """Return the earliest instant at which something is due."""
        due = self.next()
        return due.at if due else None

    def next(self) -> Due | None:
        """Return what is due first, None if nothing is planned."""
        while self._instants:
            at = self._instants[0]
            bucket = self._buckets[at]
            first = next((n for n, due in enumerate(bucket) if self._is_live(due)), len(bucket))
            del bucket[:first]
            self._entries -= first
            if bucket:
                return bucket[0]
            heapq.heappop(self._instants)
            del self._buckets[at]
        return None

    def take(self, until: datetime, most: int, last: str | None = None) -> list[Due]:
        """Take what is due first, up to ``most`` things of one instant and one topic.

        Empty when nothing is due at ``until`` or before. What is taken is gone, whatever
        becomes of it: a thing that fails must not come up for ever.

        :param last: the subject after which to stop.
        """
        first = self.next()
        if first is None or first.at > until:
            return []
        bucket = self._buckets[first.at]
        taken: list[Due] = []
        passed = 0
        for due in bucket:
            if self._is_live(due):
                if due.topic != first.topic or len(taken) >= most:
                    break
                taken.append(due)
            passed += 1
            if due.subject == last:
                break
        del bucket[:passed]
        self._entries -= passed
        for due in taken:
            self._drop(due.topic, due.subject)
        return taken

    def begin(self, note: Callable[[Undo], None]) -> None:
        """Begin a unit of work: tell ``note`` how to undo things, remember what is planned."""
        self.note, self._fresh = note, []

    def end(self) -> None:
        """End the unit of work."""
        self.note = self._fresh = None

    def fresh(self, until: datetime) -> list[Due]:
        """Return what the open unit has planned for up to ``until`` since it was last asked."""
        fresh, self._fresh = self._fresh or [], []
        return sorted(due for due in fresh if due.at <= until and self._is_live(due))

    def claim(self, dues: Iterable[Due]) -> list[str]:
        """Take things that are still planned as they were; return their subjects."""
        live = [due for due in dues if self._is_live(due)]
        for due in live:
            self._drop(due.topic, due.subject)
        return [due.subject for due in live]

    def entries(self) -> list[Due]:
        """Return everything planned, in order."""
        return sorted(due for live in self._live.values() for due in live.values())

    def find(self, topic: str, subject: str) -> Due | None:
        """Return what is planned for a subject, None if nothing is."""
        return self._live.get(topic, {}).get(subject)

    def put_back(self, dues: Iterable[Due]) -> None:
        """Plan things just as they were planned before."""
        for due in dues:
            self._live.setdefault(due.topic, {})
            self._restore(due.topic, due.subject, due)
            self._order = max(self._order, due.order)

    def live(self) -> list[Due]:
        """Return everything planned, in no order."""
        return [due for live in self._live.values() for due in live.values()]

    def fork(self) -> Agenda:
        """Return a copy that goes its own way."""
        copy = Agenda()
        copy._instants = self._instants.copy()
        copy._buckets = {at: bucket.copy() for at, bucket in self._buckets.items()}
        copy._live = {topic: live.copy() for topic, live in self._live.items()}
        copy._order, copy._count, copy._entries = self._order, self._count, self._entries
        return copy

    def _put(self, at: datetime, topic: str, subject: str, live: dict[str, Due]) -> None:
        self._order += 1
        due = Due(at, self._order, topic, subject)
        if subject not in live:
            self._count += 1
        live[subject] = due
        if self.touched is not None:
            self.touched[topic, subject] = None
        if self._fresh is not None:
            self._fresh.append(due)
        self._enter(due)

    def _enter(self, due: Due) -> None:
        bucket = self._buckets.get(due.at)
        if bucket is None:
            self._buckets[due.at] = [due]
            heapq.heappush(self._instants, due.at)
        elif bucket and bucket[-1].order > due.order:
            bucket.append(due)
            bucket.sort()
        else:
            bucket.append(due)
        self._entries += 1
        if self._entries > 2 * self._count + SLACK:
            self._clear_out()

    def _clear_out(self) -> None:
        """Forget what is cancelled: what is put off again and again would pile up for ever."""
        live = {at: list(filter(self._is_live, bucket)) for at, bucket in self._buckets.items()}
        self._buckets = {at: bucket for at, bucket in live.items() if bucket}
        self._instants = list(self._buckets)
        heapq.heapify(self._instants)
        self._entries = sum(map(len, self._buckets.values()))

    def _drop(self, topic: str, subject: str) -> None:
        if self.touched is not None:
            self.touched[topic, subject] = None
        if self._live[topic].pop(subject, None) is not None:
            self._count -= 1

    def _drop_all(self, topic: str, subjects: Iterable[str]) -> None:
        for subject in subjects:
            self._drop(topic, subject)

    def _restore(self, topic: str, subject: str, before: Due | None) -> None:
        self._drop(topic, subject)
        if before is not None:
            self._live[topic][subject] = before
            self._count += 1
            bucket = self._buckets.get(before.at, [])
            at = bisect_left(bucket, before)
            if bucket[at : at + 1] != [before]:
                self._enter(before)

    def _is_live(self, due: Due) -> bool:
        return self._live[due.topic].get(due.subject) is due
