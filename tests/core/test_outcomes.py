"""Which rule decides, how shares and uses are counted, and how long steps take."""

from datetime import timedelta
from functools import partial
from itertools import pairwise
from statistics import median, quantiles

import pytest
from msgspec.structs import replace

from emulator.core.durations import LONGEST
from emulator.core.errors import Conflict, Invalid, Problems
from emulator.core.fixtures import merge
from emulator.core.ids import Draws
from emulator.core.outcomes import Candidate, OutcomeBook, magic_of, mismatch
from emulator.core.pace import draw_delay, lognormal
from emulator.core.records import Delays, Failure
from emulator.core.rules import Rule, bare, plain_address, read_rules, rule_document
from tests.acme import LIFECYCLE, NOON, Bench

CANDIDATE = Candidate(
    provider="acme",
    account="one",
    channel="sms",
    address="60123456789",
    text="Hello Anna, your order 42 is ready",
    template="order_ready",
    broadcast="b-1",
    nth=2,
)


def read(*given):
    problems = Problems()
    numbers = iter(range(1, 100))
    rules = read_rules(
        list(given),
        "/rules",
        problems,
        {"acme": Bench().vendor.vendor},
        lambda: f"r{next(numbers)}",
    )
    problems.check()
    return rules


def candidates(count, broadcast="b-1", text="Hello"):
    return [
        Candidate("acme", "one", "sms", f"6012000{at:04}", text, None, broadcast, 1)
        for at in range(count)
    ]


def outcomes_of(book, wanted, default="delivered", **options):
    return [
        plan.outcome for plan in book.choose(wanted, lambda channel: LIFECYCLE, default, **options)
    ]


@pytest.mark.parametrize(
    ("field", "matching", "other"),
    [
        ("provider", "acme", "zenith"),
        ("account", "one", "two"),
        ("channel", "sms", "email"),
        ("to", "+60123456789", "+60123456780"),
        ("to", "tel:+60123456789", "tel:+6012345678"),
        ("to_prefix", "+6012", "+6013"),
        ("to_prefix", "6012", "123"),
        ("to_suffix", "789", "780"),
        ("to_pattern", "34.*9$", "^34"),
        ("template", "order_ready", "order"),
        ("text_pattern", "order [0-9]+", "^order"),
        ("broadcast", "b-1", "b-2"),
        ("nth", (1, 2), (1, 3)),
    ],
)
def test_every_field_of_a_rule_decides(field, matching, other):
    assert mismatch(Rule(id="r", outcome="read", **{field: matching}), CANDIDATE) is None
    assert mismatch(Rule(id="r", outcome="read", **{field: other}), CANDIDATE)


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("to", "Anna@Example.org"),
        ("to", "mailto:anna@example.org"),
        ("to_prefix", "Anna@"),
        ("to_prefix", "ANNA"),
        ("to_suffix", "Example.ORG"),
        ("to_pattern", "^anna@"),
    ],
)
def test_email_is_compared_in_lower_case(field, given):
    candidate = replace(CANDIDATE, address="anna@example.org")

    assert mismatch(Rule(id="r", outcome="read", **{field: given}), candidate) is None


def test_the_recipient_of_a_rule_is_spelled_as_messages_have_it():
    candidate = replace(CANDIDATE, spell=lambda to: f"6{to}" if to.startswith("0") else to)
    home = CANDIDATE.address.removeprefix("6")

    assert mismatch(Rule(id="r", outcome="read", to=home), candidate) is None
    assert mismatch(Rule(id="r", outcome="read", to="0123"), candidate) == (
        f"the recipient is {CANDIDATE.address}, not 60123"
    )


def test_a_rule_needs_all_of_its_conditions():
    rule = Rule(id="r", outcome="read", to_prefix="6012", nth=(3,))

    assert mismatch(rule, CANDIDATE) == "this is send 2 to the recipient, not one of [3]"


def test_addresses_are_compared_bare():
    assert bare("+6012") == "6012"
    assert bare("Anna@Example.Org") == "anna@example.org"
    assert plain_address("whatsapp:6012") == "6012"
    assert plain_address("tel:+6012") == "6012"


def test_the_first_match_wins_whatever_follows():
    book = OutcomeBook(
        Draws(0), read({"outcome": "read", "to_suffix": "1"}, {"outcome": "rejected"})
    )

    assert outcomes_of(book, candidates(3)) == ["rejected", "read", "rejected"]
    assert book.hits == {"r1": 1, "r2": 2}


def test_a_rule_matches_its_number_of_times():
    book = OutcomeBook(Draws(0), read({"outcome": "rejected", "times": 3}))

    assert outcomes_of(book, candidates(2)) == ["rejected"] * 2
    assert outcomes_of(book, candidates(3)) == ["rejected", "delivered", "delivered"]
    assert outcomes_of(book, candidates(1)) == ["delivered"]
    assert book.hits == {"r1": 3}


@pytest.mark.parametrize("share", [0, 0.02, 0.05, 0.25, 0.5, 0.999, 1])
@pytest.mark.parametrize("count", [1, 2, 10, 333])
@pytest.mark.parametrize("seed", [0, 1])
def test_a_share_is_exact_within_a_broadcast(share, count, seed):
    book = OutcomeBook(Draws(seed), read({"outcome": "rejected", "share": share}))

    found = outcomes_of(book, candidates(count))

    assert found.count("rejected") == int(share * count + 0.5)


def test_a_share_is_of_what_the_rule_matches_and_no_earlier_one():
    book = OutcomeBook(
        Draws(0),
        read({"outcome": "read", "to_suffix": "0"}, {"outcome": "rejected", "share": 0.5}),
    )

    found = outcomes_of(book, candidates(100))

    assert (found.count("read"), found.count("rejected")) == (10, 45)


def test_a_share_takes_different_people_with_another_seed():
    rules = read({"outcome": "rejected", "share": 0.5})

    chosen = [outcomes_of(OutcomeBook(Draws(seed), rules), candidates(40)) for seed in (1, 2, 1)]

    assert chosen[0] == chosen[2] != chosen[1]


def test_a_share_does_not_depend_on_the_order_of_the_recipients():
    rules = read({"outcome": "rejected", "share": 0.3})
    forwards = candidates(50)

    there = outcomes_of(OutcomeBook(Draws(3), rules), forwards)
    back = outcomes_of(OutcomeBook(Draws(3), rules), forwards[::-1])

    assert there == back[::-1]


def test_single_sends_are_drawn_one_by_one():
    rules = read({"outcome": "rejected", "share": 0.25})
    singly = candidates(2000, broadcast=None)

    found = [outcomes_of(OutcomeBook(Draws(0), rules), [one])[0] for one in singly]
    draws = [Draws(0).fraction("outcome", "r1", one.address, 1) for one in singly]

    assert [outcome == "rejected" for outcome in found] == [draw < 0.25 for draw in draws]
    assert 430 < found.count("rejected") < 570


@pytest.mark.parametrize(
    ("digits", "outcome"),
    [
        ("00", "delivered"),
        ("01", "read"),
        ("02", "replied"),
        ("03", "replied"),
        ("04", "rejected"),
        ("05", "undelivered"),
        ("06", "stuck"),
        ("07", "pending"),
        ("08", "flaky"),
        ("09", "delivered"),
    ],
)
def test_magic_numbers(digits, outcome):
    magic = magic_of(f"601299{digits}55")

    assert magic is not None
    assert magic.outcome == outcome
    assert magic.reply == {"02": "YES", "03": "STOP"}.get(digits)
    assert ("delivered" in magic.delays) == (digits == "09")


@pytest.mark.parametrize(
    "address", ["6012991055", "6012980155", "9900", "60129901\N{FULLWIDTH DIGIT FIVE}5", "x@991155"]
)
def test_other_numbers_are_no_magic(address):
    assert magic_of(address) is None


@pytest.mark.parametrize(
    ("address", "outcome"),
    [
        ("delivered@a.example", "delivered"),
        ("rejected+7@a.example", "rejected"),
        ("bounce@a.example", "bounced_permanent"),
        ("softbounce+x+y@a.example", "bounced_transient"),
        ("stuck@a.example", "stuck"),
    ],
)
def test_magic_mailboxes(address, outcome):
    magic = magic_of(address)
    assert magic is not None
    assert magic.outcome == outcome


def test_rules_come_before_magic_and_magic_before_the_default():
    book = OutcomeBook(Draws(0), read({"outcome": "stuck", "to": "+60990400"}))
    ruled = replace(CANDIDATE, address="60990400")
    magic = replace(CANDIDATE, address="61990400")

    plans = book.choose([ruled, magic, CANDIDATE], lambda channel: LIFECYCLE, "read")

    assert [plan.outcome for plan in plans] == ["stuck", "rejected", "read"]
    assert [plan.source for plan in plans] == ["rule", "magic", "default"]
    assert outcomes_of(book, [magic], "read", has_magic=False) == ["read"]


def test_explaining_says_what_every_rule_had_to_say_and_counts_nothing():
    book = OutcomeBook(
        Draws(0),
        read(
            {"outcome": "read", "to": "1"},
            {"outcome": "rejected", "times": 1},
            {"outcome": "stuck", "share": 0},
            {"outcome": "undelivered", "share": 1},
            {"outcome": "delivered"},
        ),
    )
    book.hits["r2"] = 1

    plan, considered = book.explain(CANDIDATE, LIFECYCLE, "delivered")

    assert (plan.outcome, plan.rule) == ("undelivered", "r4")
    assert [(c.rule.id, c.matched, c.reason) for c in considered] == [
        ("r1", False, "the recipient is 60123456789, not 1"),
        ("r2", False, "it has been used 1 times"),
        ("r3", False, "the draw is outside its share of 0.0"),
        ("r4", True, "matches and wins"),
        ("r5", True, "an earlier rule won"),
    ]
    assert book.hits == {"r2": 1}


def test_a_refused_request_uses_up_no_rule():
    bench = Bench(rules=[{"outcome": "rejected", "times": 1}])

    def refused() -> None:
        with bench.sandbox.unit():
            bench.send("+1")
            raise Conflict("no credit")

    with pytest.raises(Conflict):
        refused()
    [message] = bench.send("+1")

    assert (message.plan.outcome, message.nth) == ("rejected", 1)


def test_nth_counts_the_sends_to_a_recipient():
    bench = Bench(rules=[{"outcome": "rejected", "nth": [2]}])

    sent = [bench.send("+1")[0] for _ in range(3)] + bench.send("+2", "+2")

    found = [message.plan.outcome for message in sent]
    assert found == ["delivered", "rejected", "delivered", "delivered", "rejected"]


@pytest.mark.parametrize(
    ("rule", "states", "last"),
    [
        ({"outcome": "delivered"}, ["sent", "delivered"], 1.0),
        ({"outcome": "read", "delays": {"read": "1h"}}, ["sent", "delivered", "read"], 3601.0),
        ({"outcome": "rejected", "delays": {"failed": 3}}, ["failed"], 3.0),
        ({"outcome": "undelivered", "delays": {"sent": 1}}, ["sent", "failed"], 3.0),
        ({"outcome": "stuck"}, ["sent"], 0.5),
        ({"outcome": "pending"}, [], 0.0),
        ({"outcome": "flaky"}, ["errored", "queued", "sent", "delivered"], 3.5),
    ],
)
def test_messages_go_through_what_rules_say(rule, states, last):
    bench = Bench(rules=[rule])
    [message] = bench.send("+1")

    bench.advance(until="idle")

    assert bench.states(message) == ["queued", *states]
    assert bench.message(message.id).history[-1].at == NOON + timedelta(seconds=last)


def test_whoever_is_meant_to_reply_does():
    rule = {"outcome": "replied", "reply": {"text": "Ja"}, "delays": {"reply": "5m"}}
    bench = Bench(rules=[rule])
    [message] = bench.send("+1")

    bench.advance(until="idle")

    [reply] = [m for m in bench.sandbox.store.table(bench.vendor.messages) if m.direction == "in"]
    read_at = bench.message(message.id).history[-1].at
    assert (reply.text, reply.created_at) == ("Ja", read_at + timedelta(minutes=5))


def test_errors_of_rules_are_carried_to_the_message():
    bench = Bench(rules=[{"outcome": "rejected", "error": {"code": 131026, "message": "Gone"}}])
    [message] = bench.send("+1")

    assert message.plan.error == Failure(code="131026", message="Gone")


# --- delays ------------------------------------------------------------------------------


def spans(delays, count=2000):
    draws = Draws(0)
    return [
        draw_delay(delays, partial(draws.fraction, "x", at)).total_seconds() for at in range(count)
    ]


def test_a_fixed_delay_is_no_draw():
    assert set(spans(Delays(fixed=3.5), 5)) == {3.5}


def test_a_range_is_drawn_evenly():
    drawn = spans(Delays(least=10, most=20))

    assert min(drawn) >= 10
    assert max(drawn) <= 20
    assert abs(median(drawn) - 15) < 0.5


def test_a_lognormal_delay_has_the_percentiles_asked_for():
    drawn = spans(Delays(p50=60, p95=600))

    assert median(drawn) == pytest.approx(60, rel=0.1)
    assert quantiles(drawn, n=20)[-1] == pytest.approx(600, rel=0.2)


@pytest.mark.parametrize(("fraction", "value"), [(0.5, 60), (0.95, 600)])
def test_a_lognormal_distribution_passes_through_its_percentiles(fraction, value):
    assert lognormal(60, 600, fraction) == pytest.approx(value)


def test_a_lognormal_delay_has_a_longest():
    delays = Delays(p50=1, p95=LONGEST)

    assert draw_delay(delays, lambda: 1 - 1e-9) == timedelta(seconds=LONGEST)


def test_a_lognormal_distribution_is_finite_and_rises():
    values = [lognormal(60, 600, at / 100) for at in range(101)]

    assert all(0 < low < high for low, high in pairwise(values))
    assert lognormal(0, 0, 0.7) == 0
    assert lognormal(5, 5, 0.7) == pytest.approx(5)


def test_realistic_delays_do_not_depend_on_who_else_is_sent_to():
    alone = Bench(settings={"latency": "realistic"})
    crowded = Bench(settings={"latency": "realistic"})
    [first] = alone.send("+1")
    *_, second = crowded.send("+2", "+3", "+1")

    alone.advance(until="idle")
    crowded.advance(until="idle")

    histories = [alone.message(first.id).history, crowded.message(second.id).history]
    assert histories[0] == histories[1]


# --- reading -----------------------------------------------------------------------------


def test_rules_are_shown_as_they_were_written():
    given = {
        "id": "mine",
        "outcome": "replied",
        "provider": "acme",
        "account": "one",
        "channel": "email",
        "to": "+1",
        "to_prefix": "+",
        "to_suffix": "1",
        "to_pattern": "1+",
        "template": "t",
        "text_pattern": "x",
        "broadcast": "b",
        "nth": [1, 2],
        "times": 3,
        "share": 0.5,
        "error": {"code": "E", "message": "m"},
        "delays": {"sent": "1m", "read": {"min": 1, "max": "2s"}, "reply": {"p50": 1, "p95": 9}},
        "reply": {"text": "YES"},
    }
    [rule] = read(given)

    shown = rule_document(rule)

    assert shown["delays"] == {
        "sent": 60.0,
        "read": {"min": 1.0, "max": 2.0},
        "reply": {"p50": 1.0, "p95": 9.0},
    }
    assert {**shown, "nth": [1, 2], "error": given["error"], "delays": given["delays"]} == given
    assert rule_document(read({"outcome": "read"})[0]) == {"id": "r1", "outcome": "read"}


@pytest.mark.parametrize(
    ("given", "pointer", "suggestion"),
    [
        ({}, "/rules/0/outcome", None),
        ({"outcome": "undeliverd"}, "/rules/0/outcome", "undelivered"),
        ({"outcome": "Failed"}, "/rules/0/outcome", "undelivered"),
        ({"outcome": "lost"}, "/rules/0/outcome", None),
        ({"outcome": "read", "provider": "acne"}, "/rules/0/provider", "acme"),
        ({"outcome": "read", "channel": "whatsap"}, "/rules/0/channel", "whatsapp"),
        ({"outcome": "read", "to_sufix": "1"}, "/rules/0/to_sufix", "to_suffix"),
        ({"outcome": "read", "to": 6012}, "/rules/0/to", None),
        ({"outcome": "read", "to_pattern": "("}, "/rules/0/to_pattern", None),
        ({"outcome": "read", "text_pattern": "x" * 1001}, "/rules/0/text_pattern", None),
        ({"outcome": "read", "nth": [0]}, "/rules/0/nth", None),
        ({"outcome": "read", "nth": []}, "/rules/0/nth", None),
        ({"outcome": "read", "times": 0}, "/rules/0/times", None),
        ({"outcome": "read", "times": True}, "/rules/0/times", None),
        ({"outcome": "read", "share": 1.5}, "/rules/0/share", None),
        ({"outcome": "read", "share": "0.5"}, "/rules/0/share", None),
        ({"outcome": "read", "error": "E"}, "/rules/0/error", None),
        ({"outcome": "read", "error": {"code": "E", "text": ""}}, "/rules/0/error/text", None),
        ({"outcome": "read", "error": {"message": "x"}}, "/rules/0/error", None),
        ({"outcome": "read", "error": {"code": True}}, "/rules/0/error", None),
        ({"outcome": "read", "error": {"code": "E", "message": 5}}, "/rules/0/error", None),
        ({"outcome": "read", "reply": {"txt": "x"}}, "/rules/0/reply", None),
        ({"outcome": "read", "reply": {"text": "YES"}}, "/rules/0/reply", None),
        ({"outcome": "read", "nth": "2"}, "/rules/0/nth", None),
        ({"outcome": "read", "to_pattern": "\ud800"}, "/rules/0/to_pattern", None),
        ({"outcome": "read", "delays": ["1s"]}, "/rules/0/delays", None),
        ({"outcome": "read", "delays": {"seen": 1}}, "/rules/0/delays/seen", "sent"),
        ({"outcome": "read", "delays": {"read": "soon"}}, "/rules/0/delays/read", None),
        (
            {"outcome": "read", "delays": {"read": {"min": 2, "max": 1}}},
            "/rules/0/delays/read",
            None,
        ),
        ({"outcome": "read", "delays": {"read": {"p50": 1}}}, "/rules/0/delays/read", None),
        ("read", "/rules/0", None),
    ],
)
def test_mistakes_in_rules_are_pointed_at(given, pointer, suggestion):
    with pytest.raises(Invalid) as caught:
        read(given)

    [problem] = caught.value.problems
    assert (problem.pointer, problem.suggestion) == (pointer, suggestion)


def test_all_mistakes_are_listed():
    with pytest.raises(Invalid) as caught:
        read({"outcome": "read", "id": "a"}, {"outcome": "x"}, {"id": "a", "outcome": "read"}, 5)

    pointers = [problem.pointer for problem in caught.value.problems]
    assert pointers == ["/rules/1/outcome", "/rules/2/id", "/rules/3"]


def test_patterns_cannot_hang_the_server():
    rule = Rule(id="r", outcome="read", text_pattern="(a+)+$")

    assert mismatch(rule, replace(CANDIDATE, text="a" * 50_000 + "!"))


def test_rules_of_fixtures_merge_by_id():
    bench = Bench(rules=[{"id": "a", "outcome": "read"}, {"id": "b", "outcome": "stuck"}])

    merge(
        bench.sandbox,
        {"emulator": 1, "outcomes": [{"id": "a", "outcome": "flaky"}, {"outcome": "rejected"}]},
    )

    found = [(rule.id, rule.outcome) for rule in bench.sandbox.outcomes.rules]
    assert found == [("a", "flaky"), ("b", "stuck"), ("rule-1", "rejected")]
