"""Advancing: what happens, when, in which order, and where it stops."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from emulator.core.clock import LATEST
from emulator.core.engine import LOOK_AGAIN
from emulator.core.errors import Closed, Conflict
from emulator.core.fixtures import merge
from emulator.core.ledger import Goal
from emulator.core.records import Message, Moment
from emulator.core.sending import Answer
from tests.acme import NOON, Bench


def seconds(value: float) -> timedelta:
    return timedelta(seconds=value)


def test_each_step_is_stamped_with_its_due_moment(bench):
    [message] = bench.send("+1555")

    ledger = bench.advance(by=3600)

    assert bench.message(message.id).history == (
        Moment("queued", NOON),
        Moment("sent", NOON + seconds(0.5)),
        Moment("delivered", NOON + seconds(1)),
    )
    assert (ledger.start, ledger.end) == (NOON, NOON + seconds(3600))
    assert (ledger.reason, ledger.events) == ("target", 2)
    assert ledger.transitions == {"dispatched": 1, "delivered": 1}
    assert (ledger.pending, ledger.next_due) == (0, None)


def test_by_stops_before_what_is_due_later(bench):
    [message] = bench.send("+1555")

    ledger = bench.advance(by=0.75)

    assert bench.states(message) == ["queued", "sent"]
    assert (ledger.pending, ledger.next_due) == (1, NOON + seconds(1))


def test_what_is_due_at_the_target_still_happens(bench):
    [message] = bench.send("+1555")

    bench.advance(to=NOON + seconds(1))

    assert bench.states(message) == ["queued", "sent", "delivered"]


def test_advancing_by_nothing_runs_what_is_due_now(bench):
    bench.plan(0, "campaign", "now")
    bench.plan(0.001, "campaign", "soon")

    ledger = bench.advance(by=0)

    assert bench.vendor.happened == [("campaign now", NOON)]
    assert (ledger.events, ledger.end) == (1, NOON)


def test_nothing_to_do_is_no_event_and_the_reason_as_usual(bench):
    assert bench.advance(by=60).reason == "target"
    ledger = bench.advance(until="idle")
    assert (ledger.reason, ledger.events, ledger.end) == ("idle", 0, NOON + seconds(60))


def test_the_past_cannot_be_advanced_to(bench):
    with pytest.raises(Conflict):
        bench.advance(to=NOON - seconds(1))

    assert bench.sandbox.clock.now() == NOON


def test_the_present_can_be_advanced_to(bench):
    assert bench.advance(to=NOON).end == NOON


def test_an_endless_span_ends_with_the_calendar(bench):
    assert bench.advance(by=3_000_000_000_00).end == LATEST


def test_things_due_at_one_instant_run_in_the_order_of_their_planning(bench):
    bench.plan(1, "campaign", "a")
    bench.plan(1, "expiry", "b")
    bench.plan(1, "campaign", "c")

    bench.advance(by=1)

    assert [name for name, _ in bench.vendor.happened] == ["campaign a", "expiry b", "campaign c"]


def test_idle_does_not_wait_for_what_moves_nothing(bench):
    bench.plan(60, "campaign", "fire")
    bench.plan(3600, "expiry", "wait")

    ledger = bench.advance(until="idle")

    assert (ledger.reason, ledger.end) == ("idle", NOON + seconds(60))
    assert ledger.next_due == NOON + seconds(3600)


def test_max_virtual_leaves_the_clock_at_the_last_event(bench):
    bench.plan(3600, "campaign", "soon")
    bench.plan(86400 * 40, "campaign", "late")

    ledger = bench.advance(until="idle", max_virtual=timedelta(days=30))

    assert (ledger.reason, ledger.end) == ("max_virtual", NOON + seconds(3600))
    assert ledger.pending == 1


def test_max_virtual_does_not_bound_by(bench):
    bench.plan(86400 * 40, "campaign", "late")

    ledger = bench.advance(by=86400 * 41, max_virtual=timedelta(days=1))

    assert (ledger.reason, ledger.events) == ("target", 1)


def test_max_events_is_exact(bench):
    messages = bench.send("+1", "+2", "+3", "+4")

    ledger = bench.advance(by=60, max_events=6)

    assert (ledger.reason, ledger.events) == ("max_events", 6)
    assert ledger.end == NOON + seconds(1)
    assert [len(bench.states(message)) for message in messages] == [3, 3, 2, 2]


def test_max_events_that_suffice_are_no_reason_to_stop(bench):
    bench.send("+1")

    assert bench.advance(by=60, max_events=2).reason == "target"


def test_max_events_of_zero_lets_nothing_happen(bench):
    [message] = bench.send("+1")

    ledger = bench.advance(by=60, max_events=0)

    assert (ledger.reason, ledger.end) == ("max_events", NOON)
    assert bench.states(message) == ["queued"]


def test_no_real_time_lets_nothing_happen(bench):
    bench.send("+1")

    ledger = bench.advance(by=60, max_real=timedelta())

    assert (ledger.reason, ledger.events, ledger.end) == ("max_real", 0, NOON)


def test_until_a_message_has_a_status_stops_right_after_that_step(bench):
    first, second, third = bench.send("+1", "+2", "+3")

    ledger = bench.advance(until=(second.id, "dispatched"))

    assert (ledger.reason, ledger.events) == ("condition", 2)
    assert ledger.end == NOON + seconds(0.5)
    assert [bench.states(m)[-1] for m in (first, second, third)] == ["sent", "sent", "queued"]


def test_until_a_message_has_a_status_other_things_happen_up_to_that_step(bench):
    bench.plan(0.25, "campaign", "before")
    [message] = bench.send("+1")
    bench.plan(0.5, "campaign", "after")

    ledger = bench.advance(until=(message.id, "dispatched"))

    assert (ledger.reason, ledger.events) == ("condition", 2)
    assert bench.vendor.happened == [("campaign before", NOON + seconds(0.25))]


def test_max_events_is_exact_until_a_message_has_a_status(bench):
    *_, last = bench.send("+1", "+2", "+3", "+4")

    ledger = bench.advance(until=(last.id, "dispatched"), max_events=2)

    assert (ledger.reason, ledger.events) == ("max_events", 2)


def test_a_status_that_a_message_has_had_is_no_reason_to_move(bench):
    [message] = bench.send("+1")
    bench.advance(by=60)

    ledger = bench.advance(until=(message.id, "dispatched"))

    assert (ledger.reason, ledger.events, ledger.end) == ("condition", 0, NOON + seconds(60))


def test_waiting_for_a_status_that_never_comes_ends_idle():
    bench = Bench(rules=[{"outcome": "stuck"}])
    [message] = bench.send("+1")

    ledger = bench.advance(until=(message.id, "delivered"))

    assert (ledger.reason, ledger.events) == ("idle", 1)


@pytest.mark.breaks
def test_a_failing_handler_is_undone_and_the_agenda_goes_on(bench, caplog):
    bench.plan(1, "broken", "x")
    bench.plan(2, "campaign", "y")

    ledger = bench.advance(by=10)

    assert ledger.events == 2
    assert bench.vendor.happened == [("campaign y", NOON + seconds(2))]
    assert len(bench.sandbox.store.table(bench.vendor.messages)) == 0
    assert "acme.broken failed" in caplog.text


def test_a_detailed_ledger_has_a_line_for_each_thing():
    bench = Bench(endpoint=True)
    [message] = bench.send("+1")
    bench.plan(0.7, "campaign", "fire")

    ledger = bench.advance(by=0.8, is_detailed=True)

    lines = [(e.kind, e.provider, e.subject, e.before, e.after) for e in ledger.log]
    assert lines == [
        ("message", "acme", message.id, "queued", "dispatched"),
        ("callback", "acme", message.id, None, None),
        ("campaign", "acme", "fire", None, None),
    ]
    [delivery] = bench.sandbox.deliveries
    assert ledger.log[1].callback == delivery.id
    assert (ledger.attempted, ledger.succeeded, ledger.failed) == (1, 1, 0)


def test_time_stands_still_while_a_receiver_handles_a_callback():
    bench = Bench(endpoint=True)
    bench.send("+1")
    seen: list[datetime] = []
    bench.sender.on_send = lambda parcel: seen.append(bench.sandbox.clock.now())

    bench.advance(by=3600)

    assert seen == [NOON + seconds(0.5), NOON + seconds(1)]


def test_what_a_receiver_sends_in_its_handler_happens_at_that_moment():
    bench = Bench(endpoint=True)
    bench.send("+1")
    answers: list[Message] = []

    def answer(parcel):
        if not answers:
            answers.extend(bench.send("+2"))

    bench.sender.on_send = answer
    bench.advance(by=3600)

    assert bench.message(answers[0].id).created_at == NOON + seconds(0.5)
    assert bench.message(answers[0].id).history[-1] == Moment("delivered", NOON + seconds(1.5))


def test_a_failed_callback_is_tried_again_when_its_vendor_says():
    bench = Bench(endpoint=True, rules=[{"outcome": "stuck"}])
    bench.sender.script = [500, "connection refused", 200]
    bench.send("+1")

    ledger = bench.advance(until="idle")

    [delivery] = bench.sandbox.deliveries
    due = NOON + seconds(0.5)
    assert [a.at for a in delivery.attempts] == [due, due + seconds(5), due + seconds(65)]
    assert [a.status for a in delivery.attempts] == [500, None, 200]
    assert (ledger.attempted, ledger.succeeded, ledger.failed) == (3, 1, 2)
    assert (ledger.events, ledger.end) == (4, due + seconds(65))


class Backwards:
    """Refuses callbacks, in each case the last of three before the ones ahead of it."""

    def __init__(self, bench: Bench) -> None:
        self.sent: list[bytes] = []
        self._waiting: list[Callable[[Answer], None]] = []
        bench.sandbox.sender = self

    def post(self, world, lane, parcel, done):
        self.sent.append(parcel.body)
        self._waiting.append(done)
        if len(self._waiting) == 3:
            while self._waiting:
                self._waiting.pop()(Answer(status=500, error=None, duration_ms=1, response=""))

    def abandon(self, world):
        """Nothing is ever under way."""

    def close(self):
        """Nothing is open."""


def test_callbacks_are_tried_again_in_order_however_they_were_answered():
    bench = Bench(endpoint=True, rules=[{"outcome": "stuck"}])
    receiver = Backwards(bench)
    bench.send("+1", "+2", "+3")

    bench.advance(until="idle")

    first, again, last = (receiver.sent[at : at + 3] for at in (0, 3, 6))
    assert first == again == last
    assert len(set(first)) == 3


def test_overdue_things_keep_their_due_moment(bench):
    [message] = bench.send("+1")
    bench.sandbox.set_clock(now=NOON + seconds(3600))

    assert bench.states(message) == ["queued"]
    ledger = bench.advance(by=0)

    assert bench.message(message.id).history[-1] == Moment("delivered", NOON + seconds(1))
    assert (ledger.start, ledger.end) == (NOON + seconds(3600), NOON + seconds(3600))


def test_overdue_callbacks_are_tried_again_after_the_moment_of_the_failure():
    bench = Bench(endpoint=True, rules=[{"outcome": "stuck"}])
    bench.sender.script = [500]
    bench.send("+1")
    bench.sandbox.set_clock(now=NOON + seconds(3600))

    bench.advance(by=0)

    [delivery] = bench.sandbox.deliveries
    assert [a.at for a in delivery.attempts] == [NOON + seconds(0.5), NOON + seconds(5.5)]


class Courtesy:
    """A receiver that answers only when it is told to."""

    def __init__(self, bench: Bench) -> None:
        self.waiting: list[Callable[[Answer], None]] = []
        self.arrived = threading.Event()
        self.arrivals = threading.Semaphore(0)
        bench.sandbox.sender = self

    def post(self, world, lane, parcel, done):
        self.waiting.append(done)
        self.arrivals.release()
        self.arrived.set()

    def abandon(self, world):
        self.waiting.clear()

    def close(self):
        """Nothing is open."""

    def answer(self, answer):
        self.arrived.wait(10)
        self.waiting.pop(0)(answer)


def in_background(action) -> threading.Thread:
    thread = threading.Thread(target=action)
    thread.start()
    return thread


def test_the_real_deadline_holds_while_a_receiver_is_slow():
    bench = Bench(endpoint=True)
    receiver = Courtesy(bench)
    bench.send("+1")

    ledger = bench.advance(by=3600, max_real=timedelta(seconds=0.2))

    assert (ledger.reason, ledger.end) == ("max_real", NOON + seconds(0.5))
    assert (ledger.attempted, ledger.succeeded, ledger.failed) == (1, 0, 0)
    assert bench.sandbox.engine.in_flight == len(receiver.waiting) == 1


def test_advancing_waits_for_all_callbacks_of_one_instant():
    bench = Bench(endpoint=True, rules=[{"outcome": "stuck"}])
    receiver = Courtesy(bench)
    bench.send("+1", "+2")
    ledgers = []

    thread = in_background(lambda: ledgers.append(bench.advance(by=60)))
    assert all(receiver.arrivals.acquire(timeout=10) for _ in range(2))
    receiver.answer(Answer(status=200, error=None, duration_ms=1, response=""))
    # Whoever does not wait for the other one ends within the time that it looks again.
    thread.join(3 * LOOK_AGAIN)
    receiver.answer(Answer(status=200, error=None, duration_ms=1, response=""))
    thread.join(10)

    [ledger] = ledgers
    assert (ledger.attempted, ledger.succeeded) == (2, 2)


def test_the_next_advance_waits_for_callbacks_still_in_the_air():
    bench = Bench(endpoint=True, rules=[{"outcome": "stuck"}])
    receiver = Courtesy(bench)
    bench.send("+1")
    # On a busy machine the deadline may be over before anything has left.
    while not receiver.waiting:
        bench.advance(by=1, max_real=timedelta(seconds=0.01))
    receiver.arrived.clear()
    ledgers = []

    thread = in_background(lambda: ledgers.append(bench.advance(until="idle", max_events=1)))
    receiver.waiting.pop(0)(Answer(status=500, error=None, duration_ms=1, response=""))
    receiver.answer(Answer(status=200, error=None, duration_ms=1, response=""))
    thread.join()

    [delivery] = bench.sandbox.deliveries
    assert [a.at for a in delivery.attempts] == [NOON + seconds(0.5), NOON + seconds(5.5)]
    assert ledgers[0].reason == "idle"


def test_advancing_a_sandbox_that_is_closed_meanwhile_ends():
    bench = Bench(endpoint=True)
    receiver = Courtesy(bench)
    bench.send("+1")
    ended = []

    def advance():
        with pytest.raises(Closed):
            bench.advance(by=3600)
        ended.append(True)

    thread = in_background(advance)
    receiver.arrived.wait(10)
    bench.emulator.reset("default")
    thread.join(10)

    assert ended == [True]


def test_a_second_advance_waits_for_the_first():
    bench = Bench(endpoint=True, rules=[{"outcome": "stuck"}])
    receiver = Courtesy(bench)
    bench.send("+1")
    ledgers = []

    first = in_background(lambda: ledgers.append(bench.advance(by=60)))
    receiver.arrived.wait(10)
    second = in_background(lambda: ledgers.append(bench.advance(by=60)))
    receiver.answer(Answer(status=200, error=None, duration_ms=1, response=""))
    first.join()
    second.join()

    assert [ledger.start for ledger in ledgers] == [NOON, NOON + seconds(60)]


def test_a_fork_takes_along_what_was_in_the_air():
    bench = Bench(endpoint=True, rules=[{"outcome": "stuck"}])
    Courtesy(bench)
    bench.send("+1")
    bench.advance(by=1, max_real=timedelta(seconds=0.01))

    fork = bench.sandbox.fork("copy")
    fork.sender = bench.sender
    ledger = fork.engine.advance(Goal(until="idle"))

    assert (ledger.attempted, ledger.succeeded) == (1, 1)
    assert [d.state for d in fork.deliveries] == ["succeeded"]
    assert [d.state for d in bench.sandbox.deliveries] == ["pending"]


# --- latency instant ---------------------------------------------------------------------


def test_instant_takes_every_step_within_the_unit():
    bench = Bench(settings={"latency": "instant"}, endpoint=True)

    with bench.sandbox.unit():
        [message] = bench.send("+1")
        bench.sandbox.engine.settle()
        assert bench.states(message) == ["queued", "sent", "delivered"]
        assert bench.sent() == []

    assert len(bench.sent()) == 2
    assert bench.sandbox.engine.pending() == 0


def test_instant_leaves_alone_what_others_have_planned():
    bench = Bench(settings={"latency": "instant"})
    bench.plan(0, "campaign", "due already")
    [earlier] = bench.send("+1")

    with bench.sandbox.unit():
        [message] = bench.send("+2")
        bench.sandbox.engine.settle()

    assert bench.states(message) == ["queued", "sent", "delivered"]
    assert bench.states(earlier) == ["queued"]
    assert bench.vendor.happened == []


def test_instant_keeps_the_delays_of_rules():
    rules = [{"outcome": "delivered", "delays": {"delivered": "1h"}}]
    bench = Bench(settings={"latency": "instant"}, rules=rules)

    with bench.sandbox.unit():
        [message] = bench.send("+1")
        bench.sandbox.engine.settle()

    assert bench.states(message) == ["queued", "sent"]
    assert bench.advance(until="idle").end == NOON + seconds(3600)


def test_a_refused_request_leaves_nothing_settled_behind():
    bench = Bench(settings={"latency": "instant"}, endpoint=True)
    [earlier] = bench.send("+1")

    def refused() -> None:
        with bench.sandbox.unit():
            bench.send("+2")
            bench.sandbox.engine.settle()
            raise Conflict("no credit")

    with pytest.raises(Conflict):
        refused()

    assert bench.sent() == []
    assert bench.sandbox.engine.pending() == 1
    assert bench.sandbox.store.sends == {"1": 1}
    bench.advance(until="idle")
    assert bench.states(earlier) == ["queued", "sent", "delivered"]


# --- a real clock ------------------------------------------------------------------------


def test_a_real_clock_catches_up_with_what_is_due():
    wall = [1000.0]
    bench = Bench(source=lambda: wall[0], endpoint=True)
    [message] = bench.send("+1")

    bench.sandbox.engine.catch_up()
    assert bench.states(message) == ["queued"]
    wall[0] += 0.75
    bench.sandbox.engine.catch_up()

    assert bench.states(message) == ["queued", "sent"]
    assert bench.message(message.id).history[-1].at == NOON + seconds(0.5)
    [delivery] = bench.sandbox.deliveries
    assert delivery.attempts[0].at == NOON + seconds(0.5)


def test_a_fork_of_a_real_clock_takes_along_what_was_in_the_air():
    wall = [1000.0]
    bench = Bench(source=lambda: wall[0], endpoint=True, rules=[{"outcome": "stuck"}])
    Courtesy(bench)
    bench.send("+1")
    wall[0] += 1
    bench.sandbox.engine.catch_up()

    fork = bench.sandbox.fork("copy")
    fork.sender = bench.sender
    fork.engine.catch_up()

    assert [d.state for d in fork.deliveries] == ["succeeded"]
    assert [d.state for d in bench.sandbox.deliveries] == ["pending"]


def test_a_callback_that_is_lost_under_a_real_clock_is_on_record():
    wall = [1000.0]
    bench = Bench(source=lambda: wall[0], endpoint=True, rules=[{"outcome": "stuck"}])
    lossy = {"id": "ep", "provider": "acme", "adversary": {"drop": 1}}
    merge(bench.sandbox, {"emulator": 1, "endpoints": [lossy]})
    bench.send("+1")
    wall[0] += 1

    bench.sandbox.engine.catch_up()

    assert bench.sent() == []
    assert [d.state for d in bench.sandbox.deliveries] == ["failed"]


def test_two_endpoints_are_called_side_by_side():
    bench = Bench(endpoint=True, rules=[{"outcome": "stuck"}])
    other = {"id": "second", "provider": "acme", "url": "http://127.0.0.1:9/second"}
    merge(bench.sandbox, {"emulator": 1, "endpoints": [other]})
    bench.send("+1")

    bench.advance(until="idle")

    first, second = bench.sender.lanes
    assert first != second


def test_a_manual_clock_does_not_catch_up(bench):
    bench.plan(0, "campaign", "due")

    bench.sandbox.engine.catch_up()

    assert bench.vendor.happened == []


def test_advancing_a_real_clock_shifts_it():
    wall = [1000.0]
    bench = Bench(source=lambda: wall[0])
    [message] = bench.send("+1")
    woken: list[object] = []
    bench.sandbox.wake = woken.append

    bench.advance(by=3600)
    wall[0] += 5

    assert bench.states(message) == ["queued", "sent", "delivered"]
    assert bench.sandbox.clock.now() == NOON + seconds(3605)
    assert bench.sandbox in woken


def test_a_clock_that_is_being_advanced_is_busy_until_it_is_roused():
    wall = [1000.0]
    bench = Bench(source=lambda: wall[0])
    bench.plan(1, "campaign", "fire")
    seen = []
    bench.sandbox.wake = lambda sandbox: seen.append(sandbox.engine.is_busy)

    bench.advance(by=60)

    assert seen == [True, False]
