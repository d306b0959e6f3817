"""Credit: what is reserved, spent and given back, and that nobody can overspend."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.providers.teekrr.desk import GOOD, email, scheduled, sms, whatsapp

OUTCOMES = [
    # outcome, channel, what is spent of a broadcast of one once everything has happened
    ("delivered", "/sms", 8),
    ("read", "/sms", 8),
    ("replied", "/sms", 8),
    ("flaky", "/sms", 8),
    ("stuck", "/sms", 8),
    ("rejected", "/sms", 0),
    ("undelivered", "/sms", 0),
    ("delivered", "/whatsapp", 35),
    ("read", "/whatsapp", 35),
    ("undelivered", "/whatsapp", 0),
    ("rejected", "/whatsapp", 0),
    ("delivered", "/email", 2),
    ("bounced_permanent", "/email", 2),
    ("bounced_transient", "/email", 2),
    ("undelivered", "/email", 0),
    ("rejected", "/email", 0),
]


@pytest.mark.parametrize(("outcome", "path", "spent"), OUTCOMES)
@pytest.mark.parametrize("is_scheduled", [False, True])
def test_credit_follows_the_message(desk, outcome, path, spent, is_scheduled):
    desk.rule(outcome)
    body = GOOD[path]()

    desk.send(path, scheduled(body) if is_scheduled else body)
    desk.advance()

    assert desk.credit() == (10_000 - spent, 0, spent)


@pytest.mark.parametrize("path", ["/sms", "/whatsapp"])
def test_what_stays_in_the_queue_stays_reserved(desk, path):
    desk.rule("pending")
    desk.send(path, GOOD[path]())
    desk.advance()

    rate = {"/sms": 8, "/whatsapp": 35}[path]
    assert desk.credit() == (10_000 - rate, rate, 0)


def test_credit_is_reserved_then_spent_on_acceptance_then_refunded(desk):
    desk.rule("undelivered")
    desk.send("/sms", sms("60123456789", "60198765432"))
    assert desk.credit() == (9_984, 16, 0)

    desk.advance(0.1)
    assert desk.credit() == (9_984, 0, 16)
    desk.advance(0.2)

    assert desk.credit() == (10_000, 0, 0)


def test_email_settles_successes_and_releases_failures_at_once(desk):
    desk.rule("rejected", share=0.05)
    recipients = [f"person{at}@example.com" for at in range(100)]

    answer = desk.post("/email", email(*recipients))

    assert (answer.json["data"]["sent"], answer.json["data"]["failed"]) == (95, 5)
    assert desk.credit() == (10_000 - 190, 0, 190)


def test_a_broadcast_may_cost_the_whole_balance(desk):
    desk.load_client(billing={"creditBalance": 16})

    assert desk.post("/sms", sms("60123456789", "60198765432")).status_code == 202
    assert desk.credit() == (0, 16, 0)


@pytest.mark.parametrize(
    ("balance", "recipients", "message"),
    [
        (10, 3, "Insufficient credit. Required: RM0.24, available: RM0.10"),
        (7, 1, "Insufficient credit. Required: RM0.08, available: RM0.07"),
        (100_000_000, 0, None),
    ],
)
def test_a_balance_that_is_too_low_is_refused(desk, balance, recipients, message):
    desk.load_client(billing={"creditBalance": balance})
    numbers = [f"6012345678{at}" for at in range(recipients)]
    before = desk.stored()

    answer = desk.post("/sms", sms(*numbers))

    if message is None:
        assert answer.status_code == 202
    else:
        assert (answer.status_code, answer.json) == (402, {"message": message})
        assert desk.stored() == before


def test_large_amounts_have_no_thousands_separator(desk):
    desk.load_client(billing={"creditBalance": 123_456}, rates={"sms": 123_457})

    assert desk.post("/sms", sms()).json == {
        "message": "Insufficient credit. Required: RM1234.57, available: RM1234.56"
    }


def test_a_postpaid_client_may_reach_its_cap(desk):
    five = [f"6012345678{at}" for at in range(5)]

    assert desk.post("/sms", sms(*five), "tk_post").status_code == 202
    assert desk.billing("postco") == {"mode": "postpaid", "cap": 1000, "accrued": 1000}


def test_a_postpaid_client_may_not_pass_its_cap(desk):
    eight = [f"6012345678{at}" for at in range(8)]
    before = desk.stored()

    answer = desk.post("/sms", sms(*eight), "tk_post")

    message = "Spending cap exceeded. Accrued: RM9.50, this broadcast: RM0.80, cap: RM10.00"
    assert (answer.status_code, answer.json) == (402, {"message": message})
    assert desk.stored() == before


@pytest.mark.parametrize(
    ("key", "billing"),
    [("tk_all", {"creditBalance": 80_000}), ("tk_post", {"cap": 100_950})],
)
def test_who_cannot_afford_it_is_told_what_would_do(desk, key, billing):
    many = [f"601{at:08}" for at in range(10_000)]

    refused = desk.post("/sms", sms(*many), key)
    _, _, said = refused.headers["X-Emulator-Hint"].partition("/accounts/teekrr/")
    client, _, asked = said.partition(" ")
    assert json.loads(asked[: asked.rindex("}") + 1]) == {"billing": billing}
    desk.load_client(id=client, billing=billing)

    assert refused.status_code == 402
    assert desk.post("/sms", sms(*many), key).status_code == 202


@pytest.mark.parametrize(
    ("outcome", "accrued"),
    [("delivered", 970), ("rejected", 950), ("undelivered", 950), ("stuck", 970)],
)
def test_what_fails_is_taken_off_a_postpaid_bill(desk, outcome, accrued):
    desk.rule(outcome)
    desk.send("/sms", sms("60123456789", "60198765432"), "tk_post")
    assert desk.billing("postco")["accrued"] == 970

    desk.advance()

    assert desk.billing("postco")["accrued"] == accrued


@pytest.mark.parametrize(
    ("path", "outcome", "accrued"),
    [
        ("/email", "delivered", 4),
        ("/email", "rejected", 0),
        ("/email", "undelivered", 0),
        ("/email", "bounced_permanent", 4),
        ("/email", "bounced_transient", 4),
        ("/email", "pending", 4),
        ("/sms", "pending", 20),
        ("/sms", "read", 20),
    ],
)
@pytest.mark.parametrize("is_scheduled", [False, True])
def test_a_postpaid_bill_follows_the_messages(desk, path, outcome, accrued, is_scheduled):
    template = {"channel": "email", "name": "welcome_mail", "content": "Welcome"}
    client = {"id": "postco", "billing": {"accrued": 0}, "templates": [template]}
    desk.load(teekrr={"clients": [client]})
    desk.rule(outcome)
    to = ["a@example.com", "b@example.com"] if path == "/email" else ["60123456789", "60198765432"]
    body = GOOD[path](*to)

    desk.send(path, scheduled(body) if is_scheduled else body, "tk_post")
    desk.advance()

    assert desk.billing("postco")["accrued"] == accrued


def test_a_postpaid_bill_shrinks_by_what_is_cancelled_or_never_queued(desk):
    id = desk.send("/sms", scheduled(sms()), "tk_post")
    assert desk.billing("postco")["accrued"] == 960

    desk.cancel(id)
    assert desk.billing("postco")["accrued"] == 950

    desk.go_wrong("enqueue_failed")
    assert desk.post("/sms", sms(), "tk_post").status_code == 500
    assert desk.billing("postco")["accrued"] == 950


@pytest.mark.parametrize(
    ("outcome", "pause", "billing", "expected"),
    [
        ("undelivered", 0, {"creditReserved": 0}, (9_984, 0, 0)),
        ("undelivered", 0.1, {"creditSpent": 3}, (9_987, 0, 0)),
        ("delivered", 0, {"creditReserved": 5}, (9_984, 0, 5)),
    ],
)
def test_no_counter_that_a_tester_sets_goes_below_nothing(desk, outcome, pause, billing, expected):
    desk.rule(outcome)
    desk.send("/sms", sms("60123456789", "60198765432"))
    desk.advance(pause)

    desk.load_client(billing=billing)
    desk.advance()

    assert desk.credit() == expected


def test_a_bill_that_was_reset_does_not_go_below_nothing(desk):
    desk.rule("rejected")
    desk.send("/sms", sms("60123456789", "60198765432"), "tk_post")
    desk.load(teekrr={"clients": [{"id": "postco", "billing": {"accrued": 5}}]})

    desk.advance()

    assert desk.billing("postco")["accrued"] == 0


def test_a_client_that_changes_its_way_to_pay_makes_no_money(desk):
    desk.rule("undelivered")
    desk.send("/sms", sms(), "tk_post")
    desk.load(teekrr={"clients": [{"id": "postco", "billing": {"mode": "prepaid"}}]})

    desk.advance()

    assert desk.billing("postco") == {
        "mode": "prepaid", "creditBalance": 0, "creditReserved": 0, "creditSpent": 0
    }  # fmt: skip


@pytest.mark.parametrize("path", GOOD)
def test_cancelling_gives_the_credit_back(desk, path):
    id = desk.send(path, scheduled(GOOD[path]()))
    assert desk.credit()[1] > 0

    desk.cancel(id)

    assert desk.credit() == (10_000, 0, 0)


def test_parallel_requests_cannot_overspend(desk):
    desk.load_client(billing={"creditBalance": 100})
    bodies = [sms("60123456789", "60198765432") for _ in range(40)]

    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(lambda body: desk.post("/sms", body).status_code, bodies))

    assert statuses.count(202) == 6
    assert statuses.count(402) == 34
    assert desk.credit() == (4, 96, 0)
    assert len(desk.records()) == 12


def test_nothing_is_lost_while_requests_and_steps_run_side_by_side(desk):
    desk.rule("undelivered", share=0.5)

    def send(at):
        desk.post("/email", email(f"a{at}@example.com", f"b{at}@example.com"))
        desk.post("/whatsapp", whatsapp(f"6012345{at:04d}"))
        desk.advance(0.1)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, range(40)))
    desk.advance()

    rates = {"email": 2, "whatsapp": 35}
    states = [(record.channel, record.state) for record in desk.records()]
    spent = sum(rates[channel] for channel, state in states if state == "delivered")
    assert len(states) == 120
    assert {state for _, state in states} == {"delivered", "failed"}
    assert desk.credit() == (10_000 - spent, 0, spent)
