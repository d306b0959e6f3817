"""Many changes at once do what as many single ones do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.indexes import FEW
from emulator.core.store import Kind, Lookup, Order, Record, Store


class Thing(Record, frozen=True, kw_only=True, gc=False):
    name: str
    place: int
    tags: tuple[str, ...] = ()


THINGS: Kind[Thing] = Kind(
    "things",
    Thing,
    lookups={"name": Lookup(frozenset({"name"}), lambda thing: (thing.name,))},
    orders={
        "place": Order(
            frozenset({"place", "tags"}),
            lambda thing: ("all", *thing.tags),
            lambda thing: thing.place,
        )
    },
)

changes = st.fixed_dictionaries(
    {},
    optional={
        "place": st.integers(0, 9),
        "tags": st.lists(st.sampled_from("abc"), unique=True).map(tuple),
    },
)
batches = st.lists(changes, min_size=FEW + 1, max_size=2 * FEW)


def filled(count: int) -> Store:
    store = Store([THINGS])
    things = [
        Thing(id=f"t{n}", serial=n, name=f"n{n}", place=n % 7, tags=("a", "b")[: n % 3])
        for n in range(count)
    ]
    store.table(THINGS).add_all(things)
    return store


def contents(store: Store) -> dict[str, list[Thing]]:
    return {tag: store.table(THINGS).every("place", tag) for tag in ("all", "a", "b", "c")}


@given(batches)
def test_batch_ends_where_single_changes_end(batch: list[dict[str, object]]) -> None:
    one_by_one, at_once = filled(len(batch) + 5), filled(len(batch) + 5)
    table = one_by_one.table(THINGS)
    for n, change in enumerate(batch):
        table.change(table.get(f"t{n}"), **change)

    things = at_once.table(THINGS)
    after = things.change_all([(things.get(f"t{n}"), change) for n, change in enumerate(batch)])

    assert after == [things.get(f"t{n}") for n in range(len(batch))]
    assert contents(at_once) == contents(one_by_one)


@pytest.mark.parametrize("count", [3, 3 * FEW])
def test_batch_is_undone_with_its_unit(count: int) -> None:
    store = filled(count)
    before, table = contents(store), store.table(THINGS)

    def change_and_fail() -> None:
        with store.unit():
            table.change_all([(thing, {"place": 99, "name": f"x{thing.id}"}) for thing in table])
            raise RuntimeError(table.one("name", "xt0"))

    with pytest.raises(RuntimeError, match="name='xt0'"):
        change_and_fail()

    assert contents(store) == before
    assert table.one("name", "xt0") is None
    assert table.one("name", "n0") is not None


def test_batch_leaves_forks_alone() -> None:
    store = filled(3 * FEW)
    fork, before = store.fork(), contents(store)

    table = store.table(THINGS)
    table.change_all([(thing, {"tags": ("c",)}) for thing in table])

    assert contents(fork) == before
    assert store.table(THINGS).count("place", "a") == 0


@pytest.mark.parametrize("count", [3, 2 * FEW])
def test_many_dropped_at_once_are_gone_as_if_dropped_singly(count: int) -> None:
    one_by_one, at_once = filled(count + 5), filled(count + 5)
    things = [at_once.table(THINGS).get(f"t{n}") for n in range(count)]
    for thing in things:
        one_by_one.table(THINGS).drop(thing.id)

    at_once.table(THINGS).drop_all(things)

    assert contents(at_once) == contents(one_by_one)
    assert at_once.table(THINGS).one("name", "n1") is None
    assert len(at_once.table(THINGS)) == 5


@pytest.mark.parametrize("count", [3, 2 * FEW])
def test_many_dropped_in_a_failed_unit_come_back(count: int) -> None:
    store = filled(count + 5)
    before, fork = contents(store), store.fork()

    def drop_and_fail() -> None:
        with store.unit():
            store.table(THINGS).drop_all([store.table(THINGS).get(f"t{n}") for n in range(count)])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        drop_and_fail()

    assert contents(store) == contents(fork) == before
    assert store.table(THINGS).one("name", "n1") is not None
