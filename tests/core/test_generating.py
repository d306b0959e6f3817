"""Lists of fixtures that are generated, tried on an invented vendor."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from msgspec.structs import replace

from emulator.core.clock import Clock
from emulator.core.courses import walk, way_to
from emulator.core.drawing import Draw
from emulator.core.errors import Invalid, Problems
from emulator.core.fixtures import merge
from emulator.core.generating import Batch, Maker, expand
from emulator.core.ids import Draws
from emulator.core.records import Moment
from emulator.core.sandbox import Sandbox
from tests.acme import LIFECYCLE, NOON, Courier
from tests.world import RecordingSender


def generate(batch: Batch) -> Maker | None:
    if batch.name == "people":
        return lambda n: {"name": f"{batch.draw(n).below(10**9, 'name')}"}
    if batch.name == "letters":
        people = batch.listed("people")
        return lambda n: {"to": people[batch.draw(n).settled(len(people), "to")]["name"]}
    if batch.name == "customers":
        return lambda n: {"id": f"made-{n}", "credit": batch.draw(n).below(100, "credit")}
    return None


def world(seed: int = 0) -> Sandbox:
    vendor = replace(Courier().vendor, generate=generate)
    clock = Clock("manual", NOON)
    return Sandbox("default", [vendor], RecordingSender(), clock=clock, seed=seed)


def made(part: Any, seed: int = 0) -> Any:
    sandbox, problems = world(seed), Problems()
    expansion = expand(sandbox, sandbox.vendors["acme"], part, "/acme", problems)
    problems.check()
    return expansion.part


def account(**lists: Any) -> dict[str, Any]:
    return {"customers": [{"id": "one", **lists}]}


def many(count: int, **fields: Any) -> list[Any]:
    return [{"$generate": {"count": count, **fields}}]


def test_generated_objects_depend_on_the_seed_alone():
    part = account(people=many(20))

    assert made(part) == made(part)
    assert made(part) != made(part, seed=1)


def test_generated_objects_stay_when_their_list_grows_or_others_come():
    few = made(account(people=many(20)))["customers"][0]["people"]
    more = made(account(letters=many(5), people=many(50)))["customers"][0]["people"]

    assert len(more) == 50
    assert more[:20] == few


def test_an_account_before_it_changes_nothing():
    alone = made(account(people=many(5)))["customers"][-1]
    part = {"customers": [{"id": "zero", "people": many(9)}, {"id": "one", "people": many(5)}]}

    assert made(part)["customers"][-1] == alone


def test_few_references_change_when_what_they_refer_to_grows():
    def readers(count: int) -> list[str]:
        part = made(account(people=many(count), letters=many(1000)))
        return [letter["to"] for letter in part["customers"][0]["letters"]]

    before, after = readers(100), readers(110)

    changed = sum(was != now for was, now in zip(before, after, strict=True))
    # A tenth of the people are new, and nobody else has got a letter more.
    assert 0 < changed < 150
    assert set(after) - set(before)


def test_choices_are_even():
    draws = Draws(0).begin("test")
    draw_of = lambda n: Draw(_entered(draws, n))  # noqa: E731

    places = Counter(draw_of(n).settled(10, "place") for n in range(5000))

    assert set(places) == set(range(10))
    assert max(places.values()) < 1.3 * min(places.values())


def _entered(draws: Any, n: int) -> Any:
    state = draws.copy()
    state.update(b"%d" % n)
    return state


def test_fields_of_a_batch_win_and_lists_nobody_makes_have_them_alone():
    part = made(account(people=many(2, name="Ann"), oddities=many(3, size=5)))

    assert part["customers"][0]["people"] == [{"name": "Ann"}] * 2
    assert part["customers"][0]["oddities"] == [{"size": 5}] * 3


def test_spelled_out_objects_keep_their_places():
    listed = [{"name": "Ann"}, *many(2), {"name": "Bob"}]

    people = made(account(people=listed))["customers"][0]["people"]

    assert (people[0], people[3], len(people)) == ({"name": "Ann"}, {"name": "Bob"}, 4)


def test_generated_objects_may_have_lists_of_their_own():
    part = made({"customers": many(2, people=many(3))})

    first, second = (customer["people"] for customer in part["customers"])
    assert len(first) == len(second) == 3
    assert first != second


def test_spans_stand_for_moments():
    part = made(account(due={"$now": "+2h"}, past={"$now": "-1d"}, at={"$now": "0s"}))

    customer = part["customers"][0]
    assert customer["due"] == "2026-05-06T14:00:00Z"
    assert customer["past"] == "2026-05-05T12:00:00Z"
    assert customer["at"] == "2026-05-06T12:00:00Z"


@pytest.mark.parametrize(
    ("part", "pointer"),
    [
        (account(people=[{"$generate": 5}]), "/acme/customers/0/people/0/$generate"),
        (account(people=many(-1)), "/acme/customers/0/people/0/$generate/count"),
        (account(people=many(10**7)), "/acme/customers/0/people/0/$generate/count"),
        (account(people=[{"$generate": {}}]), "/acme/customers/0/people/0/$generate/count"),
        (account(people=[{**many(1)[0], "name": "x"}]), "/acme/customers/0/people/0/name"),
        (account(at={"$now": "soon"}), "/acme/customers/0/at/$now"),
        (account(at={"$generate": {"count": 1}}), "/acme/customers/0/at/$generate"),
    ],
)
def test_mistakes_of_generating_are_pointed_at(part, pointer):
    with pytest.raises(Invalid) as caught:
        made(part)

    assert [problem.pointer for problem in caught.value.problems] == [pointer]


def test_mistakes_of_generated_objects_are_pointed_at_where_they_are_asked_for():
    listed = [{"id": "a", "credit": "x"}, *many(50, credits=1), {"id": "b", "credit": "y"}]

    with pytest.raises(Invalid) as caught:
        merge(world(), {"emulator": 1, "acme": {"customers": listed}})

    # Fifty objects with the same mistake have it once.
    assert [problem.pointer for problem in caught.value.problems] == [
        "/acme/customers/0/credit",
        "/acme/customers/1/$generate/credits",
        "/acme/customers/2/credit",
    ]


def test_generated_objects_are_loaded_like_others():
    sandbox = world()

    merge(sandbox, {"emulator": 1, "acme": {"customers": many(30)}})
    merge(sandbox, {"emulator": 1, "acme": {"customers": many(40)}})

    assert len(sandbox.store.table(sandbox.vendors["acme"].accounts)) == 40


def test_endpoints_and_outcomes_can_be_repeated_too():
    sandbox = world()
    document = {
        "emulator": 1,
        "acme": {"customers": [{"id": "one"}]},
        "outcomes": many(3, outcome="rejected"),
        "endpoints": many(2, provider="acme", url="http://127.0.0.1:9/hook"),
    }

    merge(sandbox, document)

    assert len(sandbox.outcomes.rules) == 3


def test_ways_and_walks_follow_the_lifecycle():
    assert way_to(LIFECYCLE, "undelivered") == ("queued", "failed")
    assert way_to(LIFECYCLE, "nowhere") == ()

    history = walk(Draw(Draws(0).begin("walk")), LIFECYCLE, ("queued", "sent"), NOON, NOON)

    assert history == (Moment("queued", NOON), Moment("dispatched", NOON))


def test_more_mistakes_are_found_behind_a_wrong_count():
    sandbox = world()

    with pytest.raises(Invalid) as caught:
        merge(sandbox, {"emulator": 1, "acme": {"customers": many(-1, crdit=5)}})

    where = "/acme/customers/0/$generate"
    assert [p.pointer for p in caught.value.problems] == [f"{where}/count", f"{where}/crdit"]


@pytest.mark.parametrize(
    ("customer", "pointer", "meant"),
    [
        ({"$genrate": {"count": 5}}, "/acme/customers/0/$genrate", "$generate"),
        ({"id": "one", "$NOW": 1}, "/acme/customers/0/$NOW", "$now"),
    ],
)
def test_marks_are_suggested(customer, pointer, meant):
    with pytest.raises(Invalid) as caught:
        merge(world(), {"emulator": 1, "acme": {"customers": [customer]}})

    [problem] = [one for one in caught.value.problems if one.pointer == pointer]
    assert problem.suggestion == meant


def clumsy(batch: Batch) -> Maker | None:
    if batch.name == "customers":
        return lambda n: {"id": f"made-{n}", "credit": batch.given["limit"] + n}
    return None


def clumsy_world() -> Sandbox:
    vendor = replace(Courier().vendor, generate=clumsy)
    return Sandbox("default", [vendor], RecordingSender(), clock=Clock("manual", NOON), seed=0)


def test_mistakes_that_makers_trip_over_are_told_by_their_readers():
    fields = {"emulator": 1, "acme": {"customers": many(3, credit="much", limit="x")}}

    with pytest.raises(Invalid) as caught:
        merge(clumsy_world(), fields)

    pointers = {problem.pointer for problem in caught.value.problems}
    assert "/acme/customers/0/$generate/credit" in pointers


def test_makers_that_trip_over_nothing_wrong_are_not_forgiven():
    sandbox = clumsy_world()

    with pytest.raises(KeyError):
        merge(sandbox, {"emulator": 1, "acme": {"customers": many(3, id="one")}})

    assert len(sandbox.store.table(sandbox.vendors["acme"].accounts)) == 0


def test_a_state_without_an_outcome_is_reached_by_the_shortest_way():
    steps = {**LIFECYCLE.steps, ("sent", "lost"): LIFECYCLE.steps["queued", "sent"]}
    lifecycle = replace(LIFECYCLE, steps=steps)

    assert way_to(lifecycle, "lost") == ("queued", "sent", "lost")
    assert way_to(lifecycle, "nowhere") == ()
