"""Jumping, walking in small steps and a clock that runs all end in the same world."""

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.core.lifecycle import OUTCOMES
from tests.acme import NOON, Bench

SPAN = 600.0
RECIPIENTS = ("+15550001", "+15550002", "+15550003", "+15550004", "+15559902")
SPANS = st.sampled_from([0, 0.1, 0.5, 1, 5, 60, 200])
RULES = st.lists(
    st.fixed_dictionaries(
        {"outcome": st.sampled_from(OUTCOMES)},
        optional={
            "to": st.sampled_from(RECIPIENTS),
            "share": st.sampled_from([0.25, 0.5]),
            "times": st.integers(1, 2),
            "nth": st.just([1]),
            "delays": st.fixed_dictionaries(
                {},
                optional={
                    "sent": SPANS,
                    "delivered": st.just({"min": 1, "max": 90}),
                    "failed": st.just({"p50": 2, "p95": 50}),
                    "reply": SPANS,
                },
            ),
        },
    ),
    max_size=3,
)
SENDS = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.25, 1.0, 7.0, 100.0]),
        st.lists(st.sampled_from(RECIPIENTS), min_size=1, max_size=4, unique=True),
        st.booleans(),
    ),
    min_size=1,
    max_size=4,
)
ANSWERS = st.lists(st.sampled_from([200, 200, 500, "timed out"]), max_size=6)


class Scenario:
    """Sends at certain seconds; what is looked at is the world after ``SPAN`` seconds."""

    def __init__(self, rules: Any, sends: Any, answers: Any, latency: str) -> None:
        self.rules, self.answers, self.latency = rules, answers, latency
        self.sends = sorted(sends, key=lambda send: send[0])

    def bench(self, source: Any = None) -> Bench:
        bench = Bench(
            rules=self.rules, endpoint=True, settings={"latency": self.latency}, source=source
        )
        answers: dict[bytes, list[int | str]] = {}

        def script(parcel: Any) -> None:
            # What a receiver answers depends on what it is sent, not on when it comes.
            left = answers.setdefault(parcel.body, list(self.answers))
            bench.sender.script = [left.pop(0)] if left else []

        bench.sender.on_send = script
        return bench

    def send(self, bench: Bench, number: int) -> None:
        _, recipients, is_broadcast = self.sends[number]
        bench.send(*recipients, broadcast=f"broadcast {number}" if is_broadcast else None)

    def jump(self) -> Bench:
        bench = self.bench()
        for number, (at, _, _) in enumerate(self.sends):
            bench.advance(to=NOON + timedelta(seconds=at))
            self.send(bench, number)
        bench.advance(to=NOON + timedelta(seconds=SPAN))
        return bench

    def walk(self, stride: float) -> Bench:
        bench = self.bench()
        for number, (at, _, _) in enumerate(self.sends):
            self._stroll(bench, at, stride)
            self.send(bench, number)
        self._stroll(bench, SPAN, stride)
        return bench

    def run(self, beat: float) -> Bench:
        """Let a real clock run; somebody looks at it now and then."""
        wall = [1_000_000.0]
        bench = self.bench(lambda: wall[0])
        start = wall[0]
        for number, (at, _, _) in enumerate(self.sends):
            self._pass(bench, wall, start + at, beat)
            self.send(bench, number)
        self._pass(bench, wall, start + SPAN, beat)
        return bench

    def _stroll(self, bench: Bench, end: float, stride: float) -> None:
        target = NOON + timedelta(seconds=end)
        while (now := bench.sandbox.clock.now()) < target:
            bench.advance(to=min(now + timedelta(seconds=stride), target))
        bench.advance(by=0)

    def _pass(self, bench: Bench, wall: list[float], end: float, beat: float) -> None:
        while wall[0] < end:
            wall[0] = min(wall[0] + beat, end)
            bench.sandbox.engine.catch_up()
        bench.sandbox.engine.catch_up()


def seen(bench: Bench) -> Any:
    """Return everything that a tester could tell two worlds apart by."""
    sandbox = bench.sandbox
    messages = sorted(sandbox.store.table(bench.vendor.messages), key=lambda m: m.serial)
    deliveries = sorted(sandbox.deliveries, key=lambda d: d.serial)
    return (
        [(m.id, m.address, m.direction, m.state, m.history, m.created_at) for m in messages],
        [(d.id, d.event, d.subject, d.body, d.headers, d.state) for d in deliveries],
        [[(a.at, a.status, a.error) for a in d.attempts] for d in deliveries],
        dict(sandbox.store.counters),
        sandbox.outcomes.hits,
        [(due.at, due.topic, due.subject) for due in sandbox.agenda.entries()],
    )


@settings(max_examples=60)
@given(RULES, SENDS, ANSWERS, st.sampled_from(["fast", "realistic", "instant"]))
def test_jumping_ends_where_walking_and_running_end(rules, sends, answers, latency):
    scenario = Scenario(rules, sends, answers, latency)

    jumped = seen(scenario.jump())

    assert seen(scenario.walk(7.3)) == jumped
    assert seen(scenario.run(0.31)) == jumped


@settings(max_examples=30)
@given(RULES, SENDS, ANSWERS)
def test_two_runs_of_the_same_calls_are_the_same(rules, sends, answers):
    scenario = Scenario(rules, sends, answers, "realistic")

    assert seen(scenario.jump()) == seen(scenario.jump())
