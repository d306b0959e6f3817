"""Tables, their indexes and pages; units of work; forks."""

import gc
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.errors import NotFound
from emulator.core.indexes import Index
from emulator.core.store import Kind, Lookup, Order, Record, Store


class Thing(Record, frozen=True, kw_only=True, gc=False):
    """A thing with keys, in groups."""

    rank: int = 0
    groups: tuple[str, ...] = ("all",)
    keys: tuple[str, ...] = ()


THINGS: Kind[Thing] = Kind(
    "things",
    Thing,
    lookups={"key": Lookup(frozenset({"keys"}), lambda t: t.keys)},
    orders={"rank": Order(frozenset({"rank", "groups"}), lambda t: t.groups, lambda t: t.rank)},
)


def thing(serial: int, rank: int | None = None, **values: Any) -> Thing:
    return Thing(id=f"t{serial}", serial=serial, rank=serial if rank is None else rank, **values)


@pytest.fixture
def store():
    return Store([THINGS])


def ids(records):
    return [record.id for record in records]


def everything(store: Store) -> Any:
    """Return all that a table answers."""
    table = store.table(THINGS)
    groups = {group for row in table for group in row.groups}
    return (
        sorted(ids(table)),
        {group: ids(table.every("rank", group)) for group in sorted(groups)},
        {key: table.one("key", key) for row in table for key in row.keys},
    )


def test_records_are_found_by_id_and_key(store):
    table = store.table(THINGS)
    table.add(thing(1, keys=("a", "b")), thing(2))

    assert table.get("t1") is table.find("t1") is table.one("key", "b")
    assert table.find("t9") is table.one("key", "z") is None
    assert (len(table), "t2" in table) == (2, True)
    with pytest.raises(NotFound):
        table.get("t9")


def test_lists_are_in_order_of_position_and_then_of_creation(store):
    table = store.table(THINGS)
    table.add(thing(1, 5), thing(2, 3), thing(3, 5), thing(4, 4, groups=("other",)))

    assert ids(table.every("rank", "all")) == ["t2", "t1", "t3"]
    assert table.count("rank", "all") == 3
    assert table.last("rank", "all").id == "t3"
    assert table.last("rank", "nobody") is None


def test_a_change_moves_the_record_in_its_lists(store):
    table = store.table(THINGS)
    table.add(thing(1, keys=("a",)), thing(2))

    table.change(table.get("t1"), rank=9, groups=("all", "new"), keys=("b",))

    assert ids(table.every("rank", "all")) == ["t2", "t1"]
    assert ids(table.every("rank", "new")) == ["t1"]
    assert table.one("key", "a") is None
    assert table.one("key", "b").rank == 9


def test_a_key_that_went_on_to_another_record_stays_there(store):
    table = store.table(THINGS)
    table.add(thing(1, keys=("a",)), thing(2))
    table.change(table.get("t2"), keys=("a",))

    table.drop("t1")

    assert table.one("key", "a").id == "t2"


def test_dropping_removes_from_every_index(store):
    table = store.table(THINGS)
    table.add(thing(1, keys=("a",)))

    table.drop("t1")
    table.drop("t1")

    assert everything(store) == ([], {}, {})
    assert table.every("rank", "all") == []


def test_put_adds_or_replaces(store):
    table = store.table(THINGS)
    table.put(thing(1, 1))
    table.put(thing(1, 7))

    assert [row.rank for row in table] == [7]


@pytest.mark.parametrize("is_descending", [True, False])
@pytest.mark.parametrize("limit", [1, 3, 80, 100])
@pytest.mark.parametrize("where", [None, lambda thing: True])
def test_pages_hold_everything_once(store, limit, is_descending, where):
    table = store.table(THINGS)
    table.add_all([thing(serial, serial % 4) for serial in range(1, 81)])

    seen: list[str] = []
    after = None
    while True:
        page = table.page(
            "rank", "all", limit=limit, after=after, is_descending=is_descending, where=where
        )
        assert page.records, "a page is empty that was announced"
        seen += ids(page.records)
        if not page.has_more:
            break
        after = (page.records[-1].rank, page.records[-1].serial)

    expected = ids(table.every("rank", "all"))
    assert seen == (expected[::-1] if is_descending else expected)


def test_a_page_goes_on_where_it_was_though_things_come_and_go(store):
    table = store.table(THINGS)
    table.add_all([thing(serial) for serial in range(1, 7)])
    first = table.page("rank", "all", limit=2)

    table.drop("t5")
    table.add(thing(7))
    second = table.page("rank", "all", limit=2, after=(5, 5))

    assert [ids(first.records), ids(second.records)] == [["t6", "t5"], ["t4", "t3"]]


def test_pages_keep_within_limits_and_filters(store):
    table = store.table(THINGS)
    table.add_all([thing(serial) for serial in range(1, 101)])

    page = table.page("rank", "all", limit=3, low=10, high=20, where=lambda t: t.rank % 2 == 0)
    rest = table.page(
        "rank", "all", limit=3, low=10, high=20, where=lambda t: t.rank % 2 == 0, after=(16, 16)
    )

    assert (ids(page.records), page.has_more) == (["t20", "t18", "t16"], True)
    assert (ids(rest.records), rest.has_more) == (["t14", "t12", "t10"], False)
    assert ids(table.page("rank", "all", limit=9, low=99).records) == ["t100", "t99"]


def fail_in_unit(store: Store, work) -> None:
    def run() -> None:
        with store.unit():
            work(store)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run()


def test_a_failed_unit_leaves_no_trace(store):
    table = store.table(THINGS)
    table.add(thing(1, keys=("a",)), thing(2))
    store.counters["x"] = 5
    store.count_send("6012")
    before, called = everything(store), []

    def work(store: Store) -> None:
        table.change(table.get("t1"), rank=99, keys=("b",))
        table.drop("t2")
        table.add(thing(3, keys=("c",)))
        table.change(table.get("t3"), groups=("other",))
        store.counters["x"] = 6
        store.counters["y"] = 1
        assert store.count_send("6012") == 2
        store.after_commit(lambda: called.append("sent"))
        store.on_rollback(lambda: called.append("undone"))

    fail_in_unit(store, work)

    assert everything(store) == before
    assert store.counters == {"x": 5}
    assert store.count_send("6012") == 2
    assert called == ["undone"]


def test_a_unit_within_a_unit_is_part_of_it(store):
    table = store.table(THINGS)

    def work(store: Store) -> None:
        with store.unit():
            table.add(thing(1))

    fail_in_unit(store, work)

    assert len(table) == 0


def test_an_error_may_keep_what_was_changed(store):
    class Half(Exception):
        keeps_changes = True

    def run() -> None:
        with store.unit():
            store.table(THINGS).add(thing(1))
            raise Half

    with pytest.raises(Half):
        run()

    assert len(store.table(THINGS)) == 1


def test_actions_follow_the_unit_and_see_a_free_lock(store):
    seen: list[Any] = []
    store.on_commit.append(lambda changes: seen.append([c.id for c in changes]))
    store.on_release = lambda: seen.append("released")
    with store.unit():
        store.table(THINGS).add(thing(1))
        store.after_commit(lambda: seen.append("sent"))
        assert seen == []

    store.after_commit(lambda: seen.append("at once"))
    assert seen == [["t1"], "sent", "released", "at once"]


def test_each_side_of_a_fork_counts_its_own_sends(store):
    store.count_sends(["6012", "6013"])
    with suppress(ValueError), store.unit():
        store.count_send("6012")
        fork = store.fork()
        raise ValueError

    assert (store.sends, fork.sends) == ({"6012": 1, "6013": 1}, {"6012": 2, "6013": 1})
    assert (fork.count_send("6013"), store.count_send("6012")) == (2, 2)
    assert (store.sends, fork.sends) == ({"6012": 2, "6013": 1}, {"6012": 2, "6013": 2})


def test_a_fork_and_its_parent_do_not_see_each_other(store):
    table = store.table(THINGS)
    table.add(thing(1, keys=("a",)), thing(2))
    store.counters["x"] = 1
    fork = store.fork()
    before = everything(store)

    fork.table(THINGS).change(fork.table(THINGS).get("t1"), rank=50, keys=("z",))
    fork.table(THINGS).add(thing(3))
    fork.counters["x"] = 9
    fork.count_send("6012")
    assert everything(store) == before
    assert (store.counters, store.sends) == ({"x": 1}, {})

    table.drop("t1")
    assert ids(fork.table(THINGS).every("rank", "all")) == ["t2", "t3", "t1"]
    assert fork.table(THINGS).get("t2") is table.get("t2")


def lists_of(store: Store) -> dict[Any, Any]:
    return store.table(THINGS)._orders["rank"]


def test_a_fork_shares_the_lists_it_does_not_write_to(store):
    store.table(THINGS).add(*(thing(at, groups=(f"g{at}",)) for at in range(4)))
    fork = store.fork()
    grandchild = fork.fork()

    fork.table(THINGS).change(fork.table(THINGS).get("t1"), rank=9)
    fork.table(THINGS).add(thing(8, groups=("g2", "new")), thing(9, groups=("new",)))
    fork.table(THINGS).drop("t3")
    grandchild.table(THINGS).add(thing(7, groups=("g1",)))
    store.table(THINGS).drop("t0")

    own, others = lists_of(store), lists_of(fork)
    assert own["g1"] is not others["g1"] is not lists_of(grandchild)["g1"]
    assert own["g2"] is not others["g2"]
    assert own["g2"] is lists_of(grandchild)["g2"]
    assert others["g0"] is lists_of(grandchild)["g0"]
    assert [everything(one)[1] for one in (store, fork, grandchild)] == [
        {"g1": ["t1"], "g2": ["t2"], "g3": ["t3"]},
        {"g0": ["t0"], "g1": ["t1"], "g2": ["t2", "t8"], "new": ["t8", "t9"]},
        {"g0": ["t0"], "g1": ["t1", "t7"], "g2": ["t2"], "g3": ["t3"]},
    ]


def test_what_is_forked_and_written_to_again_and_again_keeps_nothing_old(store):
    table = store.table(THINGS)
    table.add(thing(1))
    first = lists_of(store)["all"]
    for serial in range(2, 5):
        store.fork().discard()
        table.add(thing(serial))

    held = gc.get_referrers(first)

    assert not [one for one in held if isinstance(one, Index)]


COMMANDS = st.lists(
    st.tuples(
        st.sampled_from(["put", "change", "drop"]),
        st.integers(1, 6),
        st.integers(0, 3),
        st.sets(st.sampled_from("xyz")).map(lambda found: tuple(sorted(found))),
    ),
    max_size=20,
)


def obey(store: Store, commands: Any) -> None:
    table = store.table(THINGS)
    for verb, serial, rank, groups in commands:
        known = table.find(f"t{serial}")
        if verb == "put":
            table.put(thing(serial, rank, groups=groups, keys=(f"k{serial}",)))
        elif known is not None and verb == "change":
            table.change(known, rank=rank, groups=groups)
        elif verb == "drop":
            table.drop(f"t{serial}")


def rebuilt(store: Store) -> Any:
    """Return what a table of the same records answers that was filled in one go."""
    fresh = Store([THINGS])
    fresh.table(THINGS).add_all(list(store.table(THINGS)))
    return everything(fresh)


@given(COMMANDS, COMMANDS)
def test_indexes_always_agree_with_the_records(first, second):
    store = Store([THINGS])
    obey(store, first)
    before = everything(store)
    assert before == rebuilt(store)

    fork = store.fork()
    fail_in_unit(store, lambda store: obey(store, second))
    assert everything(store) == before

    obey(fork, second)
    assert everything(fork) == rebuilt(fork)
    assert everything(store) == before


@pytest.mark.parametrize(
    "clash",
    [
        [thing(1)],
        [thing(2), thing(3), thing(1)],
        [thing(2), thing(2)],
        [thing(2, keys=("a",))],
        [thing(2, keys=("a",)), thing(3, keys=("a",)), thing(2)],
    ],
)
def test_record_that_lost_its_place_or_key_gets_it_back(clash):
    store = Store([THINGS])
    table, known = store.table(THINGS), thing(1, rank=7, keys=("a",))
    table.add(known)

    def fail() -> None:
        with store.unit():
            table.add_all(clash)
            assert len(table) == len(table.every("rank", "all"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    assert list(table) == table.every("rank", "all") == [known]
    assert table.one("key", "a") == known


@given(COMMANDS, COMMANDS)
def test_stores_of_one_edition_hold_the_same_records(first, second):
    store = Store([THINGS])
    seen: dict[int, list[Thing]] = {}

    def step(at: Store, command: Any) -> None:
        obey(at, [command])
        look(at)

    def look(at: Store) -> None:
        now = at.table(THINGS).all()
        assert seen.setdefault(at.edition(THINGS), now) == now

    for command in first:
        step(store, command)
    fork = store.fork()
    look(fork)
    for command in second:
        step(fork, command)
        fail_in_unit(store, partial(step, command=command))
        look(store)
