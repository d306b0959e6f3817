"""What is planned in a sandbox, in the order in which it falls due."""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime

import msgspec

from .kinds import Instant

Undo = Callable[[], None]
SLACK = 1000


class Due(msgspec.Struct, frozen=True, order=True, array_like=True, gc=False):
    """One planned thing. Of one instant, what was planned first comes first."""

    at: Instant
    order: int
    topic: str
    subject: str


class _Bucket:
    """What is due at one instant, in order; what stands before ``start`` is over."""

    __slots__ = ("dues", "start")

    def __init__(self, dues: list[Due]) -> None:
        self.dues = dues
        self.start = 0

    def begin_at(self, start: int) -> None:
        """Be done with what stands before a place."""
        if start > len(self.dues) // 2:
            # Not each time: the rest would be moved up for every few of a large broadcast.
            del self.dues[:start]
            start = 0
        self.start = start

    def rest(self) -> list[Due]:
        """Return what is not over."""
        return self.dues[self.start :]

    def holds(self, due: Due) -> bool:
        """Return whether something stands among what is not over."""
        at = bisect_left(self.dues, due, lo=self.start)
        return self.dues[at : at + 1] == [due]

    def insert(self, due: Due) -> None:
        """Put something back where it was."""
        insort(self.dues, due, lo=self.start)


class Agenda:
    """Planned things, at most one for each topic and subject.

    Things due at one instant share a bucket, so that the steps of a large broadcast cost
    one entry in the heap and not one for each message. What is cancelled stays in its
    bucket and is passed over, until it is more than what is planned.
    """

    def __init__(self) -> None:
        self._instants: list[datetime] = []
        self._buckets: dict[datetime, _Bucket] = {}
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
        order = self._order + 1
        dues = [Due(at, number, topic, subject) for number, subject in enumerate(fresh, order)]
        self._order += len(dues)
        self._count -= len(live)
        live.update(zip(fresh, dues, strict=True))
        self._count += len(live)
        if self.touched is not None:
            self.touched.update(dict.fromkeys((topic, subject) for subject in fresh))
        if self._fresh is not None:
            self._fresh += dues
        if dues:
            self._bucket(at).dues.extend(dues)
            self._entries += len(dues)
            self._check_slack()

    def plan_each(self, topic: str, wanted: Mapping[str, datetime | None]) -> None:
        """Plan or cancel things of one topic, each subject at its own moment; None cancels.

        What is planned for just that moment stays where it stands.
        """
        live = self._live.setdefault(topic, {})
        before: dict[str, Due | None] = {}
        for subject, at in wanted.items():
            due = live.get(subject)
            if at != (None if due is None else due.at):
                before[subject] = due
        if self.note is not None and before:
            self.note(lambda: self._restore_each(topic, before))
        for subject in before:
            at = wanted[subject]
            if at is None:
                self._drop(topic, subject)
            else:
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

    def subjects(self, topic: str) -> Collection[str]:
        """Return for whom or what things of a topic are planned."""
        return self._live.get(topic, {}).keys()

    def next_at(self) -> datetime | None:
        """Return the earliest instant at which something is due."""
        due = self.next()
        return due.at if due else None

    def next(self) -> Due | None:
        """Return what is due first, None if nothing is planned."""
        while self._instants:
            at = self._instants[0]
            bucket = self._buckets[at]
            dues, start = bucket.dues, bucket.start
            while start < len(dues) and not self._is_live(dues[start]):
                start += 1
            self._pass_over(bucket, start)
            if bucket.dues:
                return bucket.dues[bucket.start]
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
        bucket, topic = self._buckets[first.at], first.topic
        dues, at, all_live = bucket.dues, bucket.start, self._live
        taken: list[Due] = []
        while at < len(dues):
            due = dues[at]
            if all_live[due.topic].get(due.subject) is due:
                if due.topic != topic or len(taken) >= most:
                    break
                taken.append(due)
            at += 1
            if due.subject == last:
                break
        self._pass_over(bucket, at)
        self._drop_all(topic, [due.subject for due in taken])
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
        """Plan things that were taken just as they were planned before."""
        for due in dues:
            self._restore(due.topic, due.subject, due)

    def load(self, live: dict[str, dict[str, Due]]) -> None:
        """Take over what is planned, by topic and subject; nothing may be planned yet."""
        self._live = live
        together: dict[datetime, list[Due]] = defaultdict(list)
        for due in self.live():
            together[due.at].append(due)
        for dues in together.values():
            dues.sort()
        self._buckets = {at: _Bucket(dues) for at, dues in together.items()}
        self._instants = sorted(together)
        self._count = self._entries = sum(map(len, live.values()))
        self._order = max((dues[-1].order for dues in together.values()), default=0)

    def live(self) -> list[Due]:
        """Return everything planned, in no order."""
        dues: list[Due] = []
        for live in self._live.values():
            dues += live.values()
        return dues

    def fork(self) -> Agenda:
        """Return a copy that goes its own way."""
        copy = Agenda()
        copy._instants = self._instants.copy()
        copy._buckets = {at: _Bucket(bucket.rest()) for at, bucket in self._buckets.items()}
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
        bucket = self._bucket(due.at)
        if bucket.dues and bucket.dues[-1].order > due.order:
            bucket.insert(due)
        else:
            bucket.dues.append(due)
        self._entries += 1
        self._check_slack()

    def _bucket(self, at: datetime) -> _Bucket:
        bucket = self._buckets.get(at)
        if bucket is None:
            bucket = self._buckets[at] = _Bucket([])
            heapq.heappush(self._instants, at)
        return bucket

    def _pass_over(self, bucket: _Bucket, start: int) -> None:
        self._entries -= start - bucket.start
        bucket.begin_at(start)

    def _check_slack(self) -> None:
        """Forget what is cancelled: what is put off again and again would pile up for ever."""
        if self._entries <= 2 * self._count + SLACK:
            return
        live = {
            at: list(filter(self._is_live, bucket.rest())) for at, bucket in self._buckets.items()
        }
        self._buckets = {at: _Bucket(dues) for at, dues in live.items() if dues}
        self._instants = list(self._buckets)
        heapq.heapify(self._instants)
        self._entries = sum(map(len, live.values()))

    def _drop(self, topic: str, subject: str) -> None:
        if self.touched is not None:
            self.touched[topic, subject] = None
        live = self._live[topic]
        if live.pop(subject, None) is not None:
            self._count -= 1
            _let_go(live)

    def _drop_all(self, topic: str, subjects: Collection[str]) -> None:
        if self.touched is not None:
            self.touched.update(dict.fromkeys((topic, subject) for subject in subjects))
        live = self._live[topic]
        self._count -= len(live)
        for subject in subjects:
            live.pop(subject, None)
        self._count += len(live)
        _let_go(live)

    def _restore(self, topic: str, subject: str, before: Due | None) -> None:
        self._drop(topic, subject)
        if before is not None:
            self._live[topic][subject] = before
            self._count += 1
            bucket = self._buckets.get(before.at)
            if bucket is None or not bucket.holds(before):
                self._enter(before)

    def _restore_each(self, topic: str, before: Mapping[str, Due | None]) -> None:
        for subject, due in before.items():
            self._restore(topic, subject, due)

    def _is_live(self, due: Due) -> bool:
        return self._live[due.topic].get(due.subject) is due


def _let_go(live: dict[str, Due]) -> None:
    """Free what a dictionary keeps that has been emptied entry by entry."""
    if not live:
        live.clear()
