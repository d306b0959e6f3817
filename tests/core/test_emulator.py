"""The worlds of a server: made, forked, reset, deleted, forgotten."""

from datetime import timedelta

import pytest

from emulator.core.emulator import ClockWish, Wish
from emulator.core.errors import Closed, Conflict, Invalid, NotFound
from emulator.core.ledger import Goal
from tests.acme import CUSTOMER, FIXTURE, NOON, Bench


def make(bench, **wish):
    return bench.emulator.create(Wish(**{"documents": (FIXTURE,), **wish}))


def test_names_are_given_or_drawn(bench):
    assert make(bench, name="ci-7").name == "ci-7"
    assert make(bench).name == "sandbox-1"
    make(bench, name="sandbox-2")
    assert make(bench).name == "sandbox-3"


@pytest.mark.parametrize("name", ["", "-a", "A", "a_b", "a" * 64, "ä"])
def test_names_have_a_form(bench, name):
    with pytest.raises(Invalid):
        make(bench, name=name)


def test_a_name_is_taken_once(bench):
    with pytest.raises(Conflict):
        make(bench, name="default")


def test_two_sandboxes_of_one_fixture_draw_the_same_ids(bench):
    first, second = make(bench), make(bench)

    ids = [bench.vendor.launch(sandbox, ["+1"])[0].id for sandbox in (first, second)]

    assert ids[0] == ids[1]
    assert len(first.store.table(bench.vendor.messages)) == 1


def test_the_seed_is_the_one_given_else_that_of_the_fixture(bench):
    seeded = {**FIXTURE, "seed": 9}

    assert make(bench).seed == 0
    assert make(bench, documents=(seeded,)).seed == 9
    assert make(bench, documents=(seeded,), seed=4).seed == 4


@pytest.mark.parametrize(
    ("wish", "mode", "now"),
    [
        (ClockWish(), "manual", NOON),
        (ClockWish(mode="manual"), "manual", NOON),
        (
            ClockWish(mode="manual", now=NOON - timedelta(days=9)),
            "manual",
            NOON - timedelta(days=9),
        ),
        (ClockWish(now=NOON + timedelta(1)), "manual", NOON + timedelta(1)),
    ],
)
def test_the_clock_is_the_one_given_else_that_of_the_fixture(bench, wish, mode, now):
    clock = make(bench, clock=wish).clock

    assert (clock.mode, clock.now()) == (mode, now)


def test_a_real_clock_leaves_the_fixtures_time(bench):
    clock = make(bench, clock=ClockWish(mode="real")).clock

    assert clock.mode == "real"
    assert clock.now() > NOON + timedelta(days=1) or clock.now() < NOON - timedelta(days=1)


def test_mistakes_make_no_sandbox(bench):
    broken = {"emulator": 1, "acme": {"customers": [{"credit": "x"}]}}
    with pytest.raises(Invalid) as caught:
        make(bench, name="new", documents=(FIXTURE, broken))

    assert caught.value.problems[0].pointer == "/fixture/1/acme/customers/0/credit"
    assert bench.emulator.find("new") is None


def test_a_fork_goes_on_as_the_other_would_have():
    bench = Bench(rules=[{"outcome": "rejected", "times": 1}], settings={"latency": "realistic"})
    bench.send("+1")
    bench.advance(by=1)

    fork = make(bench, name="fork", parent="default", documents=())
    ends = []
    for sandbox in (fork, bench.sandbox):
        [message] = bench.vendor.launch(sandbox, ["+2"])
        ledger = sandbox.engine.advance(Goal(until="idle"))
        row = sandbox.store.table(bench.vendor.messages).get(message.id)
        ends.append((row, ledger.end, ledger.transitions))

    assert ends[0] == ends[1]
    assert fork.outcomes.hits == {"rule-1": 1}


def test_a_fork_may_have_a_seed_of_its_own(bench):
    fork = make(bench, parent="default", documents=(), seed=5)

    ids = [bench.vendor.launch(sandbox, ["+1"])[0].id for sandbox in (fork, bench.sandbox)]

    assert fork.seed == 5
    assert ids[0] != ids[1]


def test_reset_goes_back_to_the_beginning():
    bench = Bench(rules=[{"id": "r", "outcome": "rejected"}])
    bench.send("+1")
    bench.advance(by=60)
    bench.sandbox.outcomes.replace([])
    with bench.sandbox.unit():
        bench.sandbox.store.table(bench.vendor.accounts).drop("one")

    fresh = bench.emulator.reset("default")

    assert bench.emulator.get("default") is fresh
    assert (fresh.clock.now(), fresh.clock.mode) == (NOON, "manual")
    assert [account.id for account in fresh.store.table(bench.vendor.accounts)] == ["one"]
    assert len(fresh.store.table(bench.vendor.messages)) == fresh.engine.pending() == 0
    assert ([rule.id for rule in fresh.outcomes.rules], fresh.outcomes.hits) == (["r"], {})
    assert len(fresh.journal) == 0


def test_reset_of_a_fork_goes_back_to_the_moment_of_the_fork(bench):
    bench.send("+1")
    fork = make(bench, name="fork", parent="default", documents=())
    fork.engine.advance(Goal(until="idle"))

    fresh = bench.emulator.reset("fork")

    assert (fresh.clock.now(), fresh.engine.pending()) == (NOON, 1)


def test_reset_can_be_repeated(bench):
    for _ in range(3):
        bench.vendor.launch(bench.emulator.get("default"), ["+1"])
        fresh = bench.emulator.reset("default")
        assert len(fresh.store.table(bench.vendor.messages)) == 0


def test_emptying_leaves_no_account_but_clock_seed_and_settings():
    bench = Bench(seed=3, settings={"latency": "instant"})
    bench.advance(by=60)

    fresh = bench.emulator.reset("default", is_empty=True)

    assert len(fresh.store.table(bench.vendor.accounts)) == 0
    assert (fresh.clock.now(), fresh.seed) == (NOON + timedelta(seconds=60), 3)
    assert fresh.settings.latency == "instant"
    [account] = bench.emulator.reset("default").store.table(bench.vendor.accounts)
    assert account.api_keys == CUSTOMER["api_keys"]


@pytest.mark.parametrize("end", ["reset", "delete"])
def test_nothing_happens_in_a_world_that_has_ended(end):
    bench = Bench(endpoint=True)
    old = make(bench, name="old", parent="default", documents=())
    bench.vendor.launch(old, ["+1"])

    getattr(bench.emulator, end)("old")

    with pytest.raises(Closed):
        old.engine.advance(Goal(until="idle"))
    old.webhooks.dispatch([delivery.id for delivery in old.deliveries])
    assert bench.sent() == []


def test_the_default_sandbox_stays(bench):
    with pytest.raises(Conflict):
        bench.emulator.delete("default")


def test_resetting_all_leaves_the_default_alone(bench):
    make(bench, name="a")
    make(bench, name="b", ttl=1)
    bench.send("+1")

    bench.emulator.reset_all()

    assert [sandbox.name for sandbox in bench.emulator.all()] == ["default"]
    assert len(bench.emulator.get("default").store.table(bench.vendor.messages)) == 0
    with pytest.raises(NotFound):
        bench.emulator.get("a")


def test_sandboxes_that_nobody_uses_are_forgotten(bench):
    used, unused, kept = make(bench, ttl=60), make(bench, ttl=60), make(bench)
    for sandbox in (unused, kept):
        sandbox.visits.ended_at -= 61
    used.visits.ended_at -= 30

    bench.emulator.expire()

    assert bench.emulator.find(unused.name) is None
    assert bench.emulator.find(used.name) is used
    assert bench.emulator.find(kept.name) is kept


def test_a_key_leads_to_the_default_else_to_the_oldest_that_knows_it(bench):
    def world_of(key):
        customer = {**CUSTOMER, "api_keys": {"main": key}}
        return make(bench, documents=({**FIXTURE, "acme": {"customers": [customer]}},))

    first, _, third = world_of("k1"), world_of("k1"), world_of("k3")
    default = bench.sandbox

    held = [bench.emulator.holder_of("acme", key) for key in ("k1", "k3", "key-one", "?", None)]

    assert held == [first, third, default, default, default]


def test_sandbox_at_another_rate_does_not_pass_its_rate_on(bench):
    fast = make(bench, clock=ClockWish(rate=60))
    usual = make(bench)

    assert (fast.clock.rate, usual.clock.rate) == (60, 1)


def test_last_fixture_that_speaks_of_the_clock_decides(bench):
    silent = {"emulator": 1}

    assert make(bench, documents=(FIXTURE, silent)).clock.now() == NOON
    assert make(bench, documents=(FIXTURE, {**silent, "clock": "real"})).clock.mode == "real"


def test_fast_clock_starts_where_it_was_told_to_and_so_after_a_reset(bench):
    wish = ClockWish(mode="real", now=NOON, rate=1_000_000)

    made = make(bench, name="fast", clock=wish)
    fresh = bench.emulator.reset("fast")

    assert (made.clock.begin, fresh.clock.begin) == (NOON, NOON)


def test_mistake_points_into_the_document_that_has_it(bench):
    with pytest.raises(Invalid) as caught:
        make(bench, documents=({"emulator": 1, "seed": "x"},), pointers=("/fixture/0",))

    assert [problem.pointer for problem in caught.value.problems] == ["/fixture/0/seed"]
