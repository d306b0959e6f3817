"""Who gets a broadcast: members of segments, participants of a class, earlier recipients.

Segments are worked out over the narrowest index that their criteria allow.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any

from emulator.core.sandbox import Sandbox
from emulator.core.store import Table

from .kinds import CLIENTS, CONTACTS, LESSONS, MESSAGES, PARTICIPANTS, SEGMENTS, canonical
from .records import Client, Contact, Criteria, Person, Segment, WhBroadcast
from .shapes import COUNTED

LONGEST = 1_000_000
"""Days; what was active within more of them, or is older than so many years, is not restricted."""

Test = Callable[[Any], bool]


def recipients(found: Sandbox, broadcast: WhBroadcast) -> list[Person]:
    """Return everybody who is to get a broadcast now, in the order in which they were made.

    Nobody is named twice, neither by id nor by number.
    """
    audience = broadcast.audience
    if audience.retargeted is not None:
        people = _reached(found, broadcast, audience.retargeted, audience.engagement or "sent")
    elif audience.target_class is not None:
        people = _participants(found, broadcast, audience.target_class, audience.class_status)
    else:
        people = _members(found, broadcast, audience.segments)
    return _each_once(people)


def _each_once(people: Iterable[Person]) -> list[Person]:
    by_id = {person.id: person for person in people}
    chosen = []
    numbers: set[str] = set()
    for person in sorted(by_id.values(), key=lambda person: (person.created_at, person.serial)):
        digits = person.digits
        if not digits or digits not in numbers:
            numbers.add(digits)
            chosen.append(person)
    return chosen


def _reached(
    found: Sandbox, broadcast: WhBroadcast, earlier: str, engagement: str
) -> Iterable[Person]:
    states = COUNTED[engagement]
    table: Table[Any] = found.store.table(_kind(broadcast.type))
    for message in found.store.table(MESSAGES).every("log", earlier):
        person = table.find(message.person or "")
        if message.state in states and person is not None:
            yield person


def _participants(
    found: Sandbox, broadcast: WhBroadcast, lesson: str, status: str | None
) -> Iterable[Person]:
    known = found.store.table(LESSONS).find(lesson)
    if known is None or known.account != broadcast.account:
        return
    clients = found.store.table(CLIENTS)
    for participant in found.store.table(PARTICIPANTS).every("class", lesson):
        client = clients.find(participant.client)
        if client is not None and status in (None, "ALL", participant.status):
            yield client


def _members(found: Sandbox, broadcast: WhBroadcast, segments: Sequence[str]) -> Iterable[Person]:
    table = found.store.table(SEGMENTS)
    known = [segment for id in segments if (segment := table.find(id)) is not None]
    return chain.from_iterable(
        members(found, segment)
        for segment in known
        if segment.account == broadcast.account and segment.type == broadcast.type
    )


def _kind(type: str) -> Any:
    return CONTACTS if type == "contact" else CLIENTS


def members(found: Sandbox, segment: Segment) -> list[Person]:
    """Return everybody who meets all criteria of a segment now."""
    tests = _tests(found, segment)
    people = _narrowest(found, segment)
    if not tests:
        return list(people)
    return [person for person in people if all(test(person) for test in tests)]


def _narrowest(found: Sandbox, segment: Segment) -> Iterable[Person]:
    criteria, account = segment.criteria, segment.account
    table: Table[Any] = found.store.table(_kind(segment.type))
    ways: list[tuple[str, list[Hashable]]] = [("account", [account])]
    if criteria.tags:
        wanted = dict.fromkeys(map(canonical, criteria.tags))
        ways.append(("tag", [(account, tag) for tag in wanted]))
    if criteria.locations:
        ways.append(("location", [(account, id) for id in criteria.locations]))
    if criteria.stage and segment.type == "contact":
        ways.append(("stage", [(account, criteria.stage)]))
    order, partitions = min(
        ways, key=lambda way: sum(table.count(way[0], partition) for partition in way[1])
    )
    found_twice = chain.from_iterable(table.every(order, partition) for partition in partitions)
    return {person.id: person for person in found_twice}.values()


def _tests(found: Sandbox, segment: Segment) -> list[Test]:
    criteria, is_client = segment.criteria, segment.type == "client"
    tests = [*_tag_tests(criteria)]
    if criteria.locations:
        wanted = frozenset(criteria.locations)
        tests.append(lambda person: person.location in wanted)
    if criteria.active_within is not None and criteria.active_within < LONGEST:
        tests.append(_activity_test(found, criteria.active_within, is_client))
    if criteria.stage and not is_client:
        stage = criteria.stage
        tests.append(lambda contact: contact.stage == stage)
    return [*tests, *_client_tests(criteria, found.clock.now().date())] if is_client else tests


def _tag_tests(criteria: Criteria) -> Iterable[Test]:
    wanted = frozenset(map(canonical, criteria.tags))
    unwanted = frozenset(map(canonical, criteria.exclusion_tags))
    if wanted:
        yield lambda person: not wanted.isdisjoint(map(canonical, person.tags))
    if unwanted:
        yield lambda person: unwanted.isdisjoint(map(canonical, person.tags))


def _client_tests(criteria: Criteria, today: date) -> Iterable[Test]:
    if criteria.gender:
        gender = criteria.gender.lower()
        yield lambda client: client.gender.lower() == gender
    low, high = criteria.age_from, criteria.age_to
    if low is not None or high is not None:
        least, most = low or 0, LONGEST if high is None else high
        yield lambda client: client.dob is not None and least <= age(client.dob, today) <= most


def age(born: date, today: date) -> int:
    """Return how many whole years have passed since a date."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _activity_test(found: Sandbox, days: int, is_client: bool) -> Test:
    now, span = found.clock.now(), timedelta(days=days)
    if not is_client:
        return lambda contact: now - contact.last_activity <= span
    contacts = found.store.table(CONTACTS)

    def latest(client: Client) -> datetime:
        digits = client.digits
        same: list[Contact] = contacts.every("number", (client.account, digits)) if digits else []
        return max((contact.last_activity for contact in same), default=client.updated_at)

    return lambda client: now - latest(client) <= span
