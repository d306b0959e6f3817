"""What is planned comes up in order, once, and can be taken back."""

from datetime import timedelta

import pytest

from emulator.core.agenda import Agenda
from emulator.core.dues import Due
from emulator.core.store import Store
from tests.acme import NOON

FAR = NOON + timedelta(days=365)


def at(seconds: float):
    return NOON + timedelta(seconds=seconds)


def taken(agenda, most=100, until=FAR):
    found = []
    while group := agenda.take(until, most):
        found.append("".join(group.subjects))
    return found


@pytest.fixture
def agenda():
    return Agenda()


def test_earlier_comes_first_and_then_what_was_planned_first(agenda):
    agenda.plan(at(2), "t", "c")
    agenda.plan(at(1), "t", "b")
    agenda.plan(at(1), "t", "a")

    assert taken(agenda) == ["ba", "c"]
    assert len(agenda) == 0


def test_a_group_has_one_instant_and_one_topic(agenda):
    agenda.plan_all(at(1), "t", "ab")
    agenda.plan(at(1), "u", "c")
    agenda.plan_all(at(1), "t", "de")

    assert taken(agenda) == ["ab", "c", "de"]


def test_each_subject_is_planned_for_its_own_moment(agenda):
    agenda.plan_all(at(1), "t", "abcf")

    agenda.plan_each("t", {"b": None, "a": at(3), "c": at(1), "d": at(2), "e": None})

    assert taken(agenda) == ["cf", "d", "a"]
    assert len(agenda) == 0


def test_a_group_is_no_larger_than_asked(agenda):
    agenda.plan_all(at(1), "t", "abcde")

    assert taken(agenda, most=2) == ["ab", "cd", "e"]


def test_a_group_stops_after_a_subject(agenda):
    agenda.plan_all(at(1), "t", "abc")

    assert agenda.take(FAR, 10, last="b").subjects == ("a", "b")
    assert taken(agenda) == ["c"]


def test_nothing_is_taken_before_it_is_due(agenda):
    agenda.plan(at(1), "t", "a")

    assert agenda.take(at(0.999), 10) is None
    assert agenda.next_at() == at(1)
    assert taken(agenda, until=at(1)) == ["a"]


def test_planning_again_takes_the_place_of_the_first(agenda):
    agenda.plan(at(1), "t", "a")
    agenda.plan(at(1), "t", "b")
    agenda.plan(at(1), "t", "a")

    assert len(agenda) == 2
    assert taken(agenda) == ["ba"]


def test_cancelled_things_do_not_come_up(agenda):
    agenda.plan_all(at(1), "t", "abc")
    agenda.plan(at(5), "t", "d")
    agenda.cancel("t", "b")
    agenda.cancel("t", "nobody")
    agenda.cancel("u", "a")

    assert agenda.planned("t", "b") is None
    assert agenda.planned("t", "c") == at(1)
    assert agenda.count(["t", "u"]) == len(agenda) == 3
    assert taken(agenda) == ["ac", "d"]


def test_next_passes_over_what_was_cancelled(agenda):
    agenda.plan(at(1), "t", "a")
    agenda.plan(at(2), "t", "b")
    agenda.cancel("t", "a")

    assert agenda.next_at() == at(2)


def test_a_fork_goes_its_own_way(agenda):
    agenda.plan_all(at(1), "t", "ab")
    fork = agenda.fork()
    fork.plan(at(0), "t", "c")
    agenda.cancel("t", "a")

    assert taken(agenda) == ["b"]
    assert taken(fork) == ["c", "ab"]
    assert [due.subject for due in fork.entries()] == []


def test_entries_are_in_order(agenda):
    agenda.plan(at(2), "t", "a")
    agenda.plan(at(1), "u", "b")

    assert [(due.topic, due.subject) for due in agenda.entries()] == [("u", "b"), ("t", "a")]


def refused(store: Store, change) -> None:
    def fail() -> None:
        with store.unit():
            change(store.agenda)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()


@pytest.mark.parametrize(
    "change",
    [
        lambda agenda: agenda.plan(at(9), "t", "new"),
        lambda agenda: agenda.plan_all(at(1), "t", ["x", "y"]),
        lambda agenda: agenda.plan(at(9), "t", "a"),
        lambda agenda: agenda.plan(at(1), "t", "a"),
        lambda agenda: agenda.cancel("t", "b"),
        lambda agenda: agenda.plan_each("t", {"b": None, "a": at(9), "c": at(1), "n": at(3)}),
        lambda agenda: (agenda.plan(at(9), "t", "b"), agenda.cancel("t", "b")),
        lambda agenda: (agenda.plan(at(1), "t", "n"), agenda.claim(agenda.fresh(FAR))),
        lambda agenda: (agenda.plan(at(9), "t", "b"), agenda.claim(agenda.fresh(FAR))),
    ],
)
def test_a_unit_that_fails_leaves_the_agenda_as_it_was(change):
    store = Store([])
    store.agenda.plan_all(at(1), "t", "abc")
    store.agenda.plan(at(2), "u", "d")

    refused(store, change)

    assert len(store.agenda) == 4
    assert taken(store.agenda) == ["abc", "d"]


def test_fresh_is_what_the_open_unit_has_planned():
    store = Store([])
    store.agenda.plan(at(0), "t", "before")
    with store.unit():
        store.agenda.plan(at(1), "t", "soon")
        store.agenda.plan(at(0), "t", "now")
        store.agenda.plan(at(0), "t", "cancelled")
        store.agenda.cancel("t", "cancelled")

        fresh = store.agenda.fresh(at(0))
        assert [group.subjects for group in fresh] == [("now",)]
        assert store.agenda.claim(fresh) == ["now"]
        assert store.agenda.claim(fresh) == []

    assert taken(store.agenda) == ["before", "soon"]


def test_what_is_put_off_again_and_again_takes_no_room(agenda):
    agenda.plan_all(at(1), "t", "abc")
    agenda.plan_all(at(20_000), "t", "de")

    for second in range(10_000):
        agenda.plan(at(second), "t", "x")
        agenda.cancel("t", "b")
        agenda.plan(at(1), "t", "b")

    groups = [group for bucket in agenda._buckets.values() for group in bucket.groups]
    assert sum(len(group.subjects) for group in groups) < 3000
    assert agenda.next_at() == at(1)
    assert taken(agenda) == ["acb", "x", "de"]


def test_what_is_planned_and_cancelled_together_takes_no_room(agenda):
    for second in range(1000):
        agenda.plan_all(at(second), "t", "abc")
        for subject in "abc":
            agenda.cancel("t", subject)

    groups = [group for bucket in agenda._buckets.values() for group in bucket.groups]
    assert sum(len(group.subjects) for group in groups) < 1500
    assert agenda.next_at() is None


def test_undoing_brings_back_what_was_cleared_out():
    store = Store([])
    store.agenda.plan_all(at(1), "t", "abc")
    before = store.agenda.entries()

    refused(store, lambda agenda: [agenda.plan(at(s), "t", "b") for s in range(3000)])

    assert store.agenda.entries() == before
    assert taken(store.agenda) == ["abc"]


def test_what_could_not_be_done_comes_first_again(agenda):
    agenda.plan_all(at(1), "t", "abcdef")
    agenda.plan_all(at(1), "t", "gh")
    agenda.cancel("t", "b")
    agenda.cancel("t", "e")
    group = agenda.take(FAR, 2)

    agenda.put_back(group)
    agenda.plan(at(1), "t", "c")

    assert len(agenda) == 6
    assert taken(agenda, most=2) == ["ad", "fg", "hc"]


def test_the_last_of_an_instant_can_be_put_back(agenda):
    agenda.plan_all(at(1), "t", "ab")
    group = agenda.take(FAR, 2)
    assert agenda.next_at() is None

    agenda.put_back(group)

    assert taken(agenda) == ["ab"]


def test_what_is_planned_is_found_with_its_place(agenda):
    agenda.plan_all(at(1), "t", "abc")
    agenda.plan(at(1), "u", "a")
    agenda.cancel("t", "a")

    dues, idle = agenda.find_all([("t", "c"), ("u", "a"), ("t", "a"), ("v", "a")])

    assert dues == [Due(at(1), 3, "t", "c"), Due(at(1), 4, "u", "a")]
    assert idle == [("t", "a"), ("v", "a")]


def test_what_was_planned_at_a_moment_can_be_read_later(agenda):
    agenda.plan_all(at(1), "t", "ab")
    agenda.plan(at(2), "u", "c")
    before, seen = agenda.entries(), agenda.live()

    taken(agenda)
    agenda.plan(at(3), "t", "a")

    assert sorted(seen) == before
    assert sorted(seen) == before


def test_a_reserved_place_is_ahead_of_what_is_planned_later(agenda):
    agenda.plan(at(1), "t", "a")
    place = agenda.reserve(3)
    agenda.plan_all(at(1), "t", "xyz")
    agenda.plan(at(1), "u", "d", place + 2)
    agenda.plan(at(1), "t", "b", place)
    agenda.plan(at(1), "t", "c", place + 1)

    assert [due.subject for due in agenda.entries()] == [*"abcd", *"xyz"]
    assert taken(agenda) == ["abc", "d", "xyz"]


def test_a_reserved_place_does_not_go_before_what_has_begun(agenda):
    place = agenda.reserve(2)
    agenda.plan_all(at(1), "t", "abc")
    first = agenda.take(at(1), 1)
    agenda.plan(at(1), "t", "y", place + 1)
    agenda.plan(at(1), "t", "x", place)

    assert first.subjects == ("a",)
    assert taken(agenda) == ["bcxy"]


def test_what_is_read_back_keeps_its_order(agenda):
    agenda.plan_all(at(1), "t", "abcd")
    agenda.plan(at(1), "u", "e")
    agenda.plan(at(0), "u", "f")
    agenda.plan(at(1), "t", "b")
    copy = Agenda()

    copy.load(reversed(agenda.entries()))
    copy.plan(at(1), "t", "g")

    assert copy.entries()[:-1] == agenda.entries()
    assert taken(copy) == ["f", "acd", "e", "bg"]
