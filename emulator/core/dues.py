"""Planned things: one by one, as they were planned together, and as they fall due together."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator
from datetime import datetime
from operator import attrgetter

import msgspec

from .kinds import Instant


class Due(msgspec.Struct, frozen=True, order=True, array_like=True, gc=False):
    """One planned thing. Of one instant, what was planned first comes first."""

    at: Instant
    order: int
    topic: str
    subject: str


class Group(msgspec.Struct, frozen=True, eq=False, gc=False):
    """Things of one topic that were planned together for one instant.

    :param order: of the first subject; the others follow it number by number.
    """

    at: datetime
    order: int
    topic: str
    subjects: tuple[str, ...]

    def dues(self) -> Iterator[Due]:
        """Yield each thing on its own, whether or not it is still planned."""
        for order, subject in enumerate(self.subjects, self.order):
            yield Due(self.at, order, self.topic, subject)


class Bucket(msgspec.Struct, eq=False, gc=False):
    """What is due at one instant, in order.

    :param first: the groups before this one are over.
    :param start: so are the subjects before this one of the first group.
    """

    groups: list[Group]
    first: int = 0
    start: int = 0

    def add(self, group: Group) -> None:
        """Put a group behind those with lower numbers."""
        if not self.groups or self.groups[-1].order < group.order:
            self.groups.append(group)
        else:
            # One of which something is over already stays the first.
            begin = self.first + (self.start > 0)
            insort(self.groups, group, lo=begin, key=attrgetter("order"))

    def go_on(self) -> None:
        """Be done with the first group."""
        self.first, self.start = self.first + 1, 0
        if self.first > len(self.groups) // 2:
            # Not each time: the rest would be moved up for each of many.
            del self.groups[: self.first]
            self.first = 0


Live = dict[str, Group]


class Standing(msgspec.Struct, frozen=True, eq=False, gc=False):
    """What was planned at a moment, topic by topic; in no order."""

    topics: list[Live]

    def __iter__(self) -> Iterator[Due]:
        for live in self.topics:
            for group in dict.fromkeys(live.values()):
                for due in group.dues():
                    if live.get(due.subject) is group:
                        yield due
