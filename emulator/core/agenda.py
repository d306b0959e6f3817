"""What is planned in a sandbox, in the order in which it falls due."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from .dues import Bucket, Due, Group, Live, Standing

Undo = Callable[[], None]
SLACK = 1000


class Agenda:
    """Planned things, at most one for each topic and subject.

    Things planned together share a group, so that the steps of a large broadcast cost one
    object and not one for each message. Those of one instant share a bucket, which is one entry
    in the heap. What is cancelled stays in its group and is passed over, until it is more than
    what is planned; but not in an open unit of work, which can still be undone.
    """

    def __init__(self) -> None:
        self._instants: list[datetime] = []
        self._buckets: dict[datetime, Bucket] = {}
        self._live: dict[str, Live] = {}
        self._order = 0
        self._entries = 0
        self.note: Callable[[Undo], None] | None = None
        self._fresh: list[Group] | None = None
        self.touched: dict[tuple[str, str], None] | None = None
        """Topics and subjects with a change that is not written down yet; None: nobody asks."""

    def __len__(self) -> int:
        return sum(map(len, self._live.values()))

    def plan(self, at: datetime, topic: str, subject: str, order: int | None = None) -> None:
        """Plan something, in place of what was planned for the same topic and subject.

        :param order: a place that was reserved for it; None: after all that is planned.
        """
        if self.note is not None:
            before = self._live.get(topic, {}).get(subject)
            self.note(lambda: self._restore(topic, {subject: before}))
        self._put(at, topic, (subject,), order)

    def reserve(self, count: int) -> int:
        """Return the first of so many places for what will be planned, whichever is planned first.

        Of one instant, it comes before what is planned from now on.
        """
        first = self._order + 1
        self._order += count
        return first

    def plan_all(self, at: datetime, topic: str, subjects: Iterable[str]) -> None:
        """Plan the same for many subjects of which none has it planned."""
        fresh = tuple(subjects)
        if not fresh:
            return
        if self.note is not None:
            self.note(lambda: self._drop_all(topic, fresh))
        self._put(at, topic, fresh)

    def plan_each(self, topic: str, wanted: Mapping[str, datetime | None]) -> None:
        """Plan or cancel things of one topic, each subject at its own moment; None cancels.

        What is planned for just that moment stays where it stands.
        """
        live = self._live.get(topic, {})
        before: dict[str, Group | None] = {}
        together: dict[datetime | None, list[str]] = defaultdict(list)
        for subject, at in wanted.items():
            group = live.get(subject)
            if at != (None if group is None else group.at):
                before[subject] = group
                together[at].append(subject)
        if self.note is not None and before:
            self.note(lambda: self._restore(topic, before))
        for at, subjects in together.items():
            if at is None:
                self._drop_all(topic, subjects)
            else:
                self._put(at, topic, tuple(subjects))

    def cancel(self, topic: str, subject: str) -> None:
        """Forget what was planned; nothing planned is fine."""
        before = self._live.get(topic, {}).get(subject)
        if before is None:
            return
        if self.note is not None:
            self.note(lambda: self._restore(topic, {subject: before}))
        self._drop_all(topic, (subject,))

    def planned(self, topic: str, subject: str) -> datetime | None:
        """Return when something is due, None if it is not planned."""
        group = self._live.get(topic, {}).get(subject)
        return group.at if group else None

    def count(self, topics: Iterable[str]) -> int:
        """Return how many things of these topics are planned."""
        return sum(len(self._live.get(topic, ())) for topic in topics)

    def subjects(self, topic: str) -> Collection[str]:
        """Return for whom or what things of a topic are planned."""
        return self._live.get(topic, {}).keys()

    def next_at(self) -> datetime | None:
        """Return the earliest instant at which something is due."""
        group = self.next()
        return group.at if group else None

    def next(self) -> Group | None:
        """Return the group of what is due first, None if nothing is planned.

        Not to be asked in an open unit of work: it passes over what is cancelled.
        """
        assert self.note is None
        while self._instants:
            at = self._instants[0]
            group = self._head(self._buckets[at])
            if group is not None:
                return group
            heapq.heappop(self._instants)
            del self._buckets[at]
        return None

    def take(self, until: datetime, most: int, last: str | None = None) -> Group | None:
        """Take what is due first, up to ``most`` things of one instant and one topic.

        None when nothing is due at ``until`` or before. What is taken is gone, whatever
        becomes of it: a thing that fails must not come up for ever.

        :param last: the subject after which to stop.
        """
        group = first = self.next()
        if first is None or first.at > until:
            return None
        bucket, topic = self._buckets[first.at], first.topic
        order = first.order + bucket.start
        taken: list[str] = []
        while group is not None and group.topic == topic and len(taken) < most:
            some = self._take(bucket, group, most - len(taken), last)
            taken += some
            if taken[-1] == last:
                break
            group = self._head(bucket)
        self._drop_all(topic, taken)
        return Group(first.at, order, topic, tuple(taken))

    def _take(self, bucket: Bucket, group: Group, most: int, last: str | None) -> list[str]:
        """Return what is still planned of a bucket's first group, and pass over it."""
        live, subjects, start = self._live[group.topic], group.subjects, bucket.start
        taken: list[str] = []
        at = start
        while at < len(subjects) and len(taken) < most:
            subject = subjects[at]
            at += 1
            if live.get(subject) is group:
                taken.append(subject)
                if subject == last:
                    break
        bucket.start = at
        self._entries -= at - start
        return taken

    def begin(self, note: Callable[[Undo], None]) -> None:
        """Begin a unit of work: tell ``note`` how to undo things, remember what is planned."""
        self._check_slack()
        self.note, self._fresh = note, []

    def end(self) -> None:
        """End the unit of work."""
        self.note = self._fresh = None

    def fresh(self, until: datetime) -> list[Group]:
        """Return what the open unit has planned for up to ``until`` since it was last asked."""
        fresh, self._fresh = self._fresh or [], []
        due = [group for group in fresh if group.at <= until and self._left(group)]
        return sorted(due, key=attrgetter("at", "order"))

    def claim(self, groups: Iterable[Group]) -> list[str]:
        """Take things that are still planned as they were; return their subjects."""
        claimed: list[str] = []
        for group in groups:
            left = self._left(group)
            self._drop_all(group.topic, left)
            claimed += left
        return claimed

    def entries(self) -> list[Due]:
        """Return everything planned, in order."""
        return sorted(self.live())

    def find_all(self, keys: Iterable[tuple[str, str]]) -> tuple[list[Due], list[tuple[str, str]]]:
        """Return what is planned for topics and subjects, and those that nothing is planned for."""
        together: dict[Group, set[str]] = defaultdict(set)
        idle = []
        for topic, subject in keys:
            group = self._live.get(topic, {}).get(subject)
            if group is None:
                idle.append((topic, subject))
            else:
                together[group].add(subject)
        found = [
            due
            for group, subjects in together.items()
            for due in group.dues()
            if due.subject in subjects
        ]
        return found, idle

    def put_back(self, group: Group) -> None:
        """Plan what was just taken as it was planned before: ahead of all others."""
        bucket = self._bucket(group.at)
        later = bucket.groups[bucket.first :]
        if later:
            later[:1] = self._pieces(later[0])  # of which some may be over
        self._buckets[group.at] = Bucket([group, *later])
        self._entries += len(group.subjects)
        self._restore(group.topic, dict.fromkeys(group.subjects, group))

    def load(self, dues: Iterable[Due]) -> None:
        """Take over what is planned; nothing may be planned yet."""
        for (at, topic, _), run in groupby(enumerate(sorted(dues)), _stretch):
            those = [due for _, due in run]
            subjects = tuple(due.subject for due in those)
            self._enter(Group(at, those[0].order, topic, subjects))
            self._order = max(self._order, those[-1].order)

    def live(self) -> Standing:
        """Return everything that is planned now; read later, and again, it is the same."""
        return Standing([live.copy() for live in self._live.values()])

    def fork(self) -> Agenda:
        """Return a copy that goes its own way."""
        copy = Agenda()
        copy._instants = self._instants.copy()
        copy._buckets = {
            at: Bucket(bucket.groups.copy(), bucket.first, bucket.start)
            for at, bucket in self._buckets.items()
        }
        copy._live = {topic: live.copy() for topic, live in self._live.items()}
        copy._order, copy._entries = self._order, self._entries
        return copy

    def _put(
        self, at: datetime, topic: str, subjects: tuple[str, ...], order: int | None = None
    ) -> None:
        first = self.reserve(len(subjects)) if order is None else order
        group = Group(at, first, topic, subjects)
        self._touch(topic, subjects)
        if self._fresh is not None:
            self._fresh.append(group)
        self._enter(group)
        if self.note is None:
            self._check_slack()

    def _enter(self, group: Group) -> None:
        live = self._live.setdefault(group.topic, {})
        for subject in group.subjects:
            live[subject] = group
        self._bucket(group.at).add(group)
        self._entries += len(group.subjects)

    def _bucket(self, at: datetime) -> Bucket:
        bucket = self._buckets.get(at)
        if bucket is None:
            bucket = self._buckets[at] = Bucket([])
            heapq.heappush(self._instants, at)
        return bucket

    def _head(self, bucket: Bucket) -> Group | None:
        """Return the group that comes first, once what is cancelled has been passed over."""
        while bucket.first < len(bucket.groups):
            group, start = bucket.groups[bucket.first], bucket.start
            live, subjects = self._live[group.topic], group.subjects
            at = start
            while at < len(subjects) and live.get(subjects[at]) is not group:
                at += 1
            bucket.start = at
            self._entries -= at - start
            if at < len(subjects):
                return group
            bucket.go_on()
        return None

    def _pieces(self, group: Group) -> list[Group]:
        """Return what is still planned of a group, as groups of its own if there are gaps."""
        live, order = self._live[group.topic], group.order
        pieces = []
        for is_planned, some in groupby(group.subjects, lambda one: live.get(one) is group):
            subjects = tuple(some)
            if is_planned:
                pieces.append(Group(group.at, order, group.topic, subjects))
            order += len(subjects)
        if len(pieces) == 1 and len(pieces[0].subjects) == len(group.subjects):
            return [group]
        for piece in pieces:
            live.update(dict.fromkeys(piece.subjects, piece))
        return pieces

    def _left(self, group: Group) -> list[str]:
        """Return the subjects of a group that are still planned."""
        live = self._live[group.topic]
        return [subject for subject in group.subjects if live.get(subject) is group]

    def _check_slack(self) -> None:
        """Forget what is cancelled: what is put off again and again would pile up for ever."""
        if self._entries <= SLACK or self._entries <= 2 * len(self) + SLACK:
            return
        buckets = {}
        for at, bucket in self._buckets.items():
            groups = bucket.groups[bucket.first :]
            left = [piece for group in groups for piece in self._pieces(group)]
            if left:
                buckets[at] = Bucket(left)
        self._buckets, self._instants = buckets, list(buckets)
        heapq.heapify(self._instants)
        self._entries = len(self)

    def _touch(self, topic: str, subjects: Iterable[str]) -> None:
        if self.touched is not None:
            self.touched.update(dict.fromkeys((topic, subject) for subject in subjects))

    def _drop_all(self, topic: str, subjects: Collection[str]) -> None:
        self._touch(topic, subjects)
        live = self._live[topic]
        for subject in subjects:
            live.pop(subject, None)
        _let_go(live)

    def _restore(self, topic: str, before: Mapping[str, Group | None]) -> None:
        """Plan things again as they were; their groups still stand where they stood."""
        self._touch(topic, before)
        live = self._live[topic]
        for subject, group in before.items():
            if group is None:
                live.pop(subject, None)
            else:
                live[subject] = group
        _let_go(live)


def _stretch(placed: tuple[int, Due]) -> tuple[datetime, str, int]:
    """Return what is the same for things that follow each other number by number."""
    place, due = placed
    return due.at, due.topic, due.order - place


def _let_go(live: Live) -> None:
    """Free what a dictionary keeps that has been emptied entry by entry."""
    if not live:
        live.clear()
