"""What messages and broadcasts go through on each channel."""

from datetime import UTC, datetime, timedelta

import pytest

from emulator.core.engine import Goal
from emulator.core.errors import Conflict, Invalid
from emulator.core.vendor import Inbound
from tests.providers.teekrr.desk import CHANNELS, GOOD, TEST_SEND, email, scheduled, sms, whatsapp

START = datetime(2026, 5, 6, 10, tzinfo=UTC)

SMS_PATHS = {
    "delivered": "enqueued send delivered",
    "read": "enqueued send delivered",
    "replied": "enqueued send delivered",
    "flaky": "enqueued send delivered",
    "rejected": "enqueued failed",
    "undelivered": "enqueued send failed",
    "stuck": "enqueued send",
    "pending": "enqueued",
    "bounced_permanent": "enqueued send failed",
    "bounced_transient": "enqueued send failed",
}
WHATSAPP_PATHS = {
    **{outcome: path.replace("send", "sent") for outcome, path in SMS_PATHS.items()},
    "read": "enqueued sent delivered read",
}
QUEUED_EMAIL_PATHS = {
    **SMS_PATHS,
    "bounced_permanent": "enqueued send bounced",
    "bounced_transient": "enqueued send",
}
PATHS = {"/sms": SMS_PATHS, "/whatsapp": WHATSAPP_PATHS, "/email": QUEUED_EMAIL_PATHS}
EVERY = [(path, outcome) for path in PATHS for outcome in PATHS[path]]


def outbound(desk):
    return [record for record in desk.records() if record.direction == "out"]


def words(record):
    return [step.state for step in record.history]


@pytest.mark.parametrize(("path", "outcome"), EVERY)
def test_every_outcome_has_its_way_at_once(desk, path, outcome):
    desk.rule(outcome)

    desk.send(path, GOOD[path]())
    desk.advance()

    expected = ["pending", *PATHS[path][outcome].split()]
    if path == "/email":
        expected.remove("enqueued")
    assert words(outbound(desk)[0]) == expected


@pytest.mark.parametrize(("path", "outcome"), EVERY)
def test_every_outcome_has_its_way_when_scheduled(desk, path, outcome):
    desk.rule(outcome)
    desk.send(path, scheduled(GOOD[path]()))
    desk.advance(3600)
    assert desk.statuses() == [["pending"]]

    desk.advance()

    [record] = outbound(desk)
    assert words(record) == ["pending", *PATHS[path][outcome].split()]
    assert record.history[1].at == datetime(2026, 5, 7, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(("path", "outcome"), EVERY)
def test_everything_has_happened_when_latency_is_instant(desk, path, outcome):
    desk.set(latency="instant")
    desk.rule(outcome)

    desk.send(path, GOOD[path]())

    expected = ["pending", *PATHS[path][outcome].split()]
    if path == "/email":
        expected.remove("enqueued")
    [record] = outbound(desk)
    assert words(record) == expected
    assert {step.at for step in record.history} == {START}


def test_steps_take_a_tenth_and_two_tenths_of_a_second(desk):
    desk.send("/sms", sms())
    desk.advance()

    [record] = desk.records()
    passed = [(step.state, step.at - START) for step in record.history]
    assert passed == [
        ("pending", timedelta()),
        ("enqueued", timedelta()),
        ("send", timedelta(milliseconds=100)),
        ("delivered", timedelta(milliseconds=300)),
    ]


def test_reading_takes_two_tenths_of_a_second(desk):
    desk.rule("read")
    desk.send("/whatsapp", whatsapp())
    desk.advance()

    last = desk.records()[0].history[-1]
    assert (last.state, last.at - START) == ("read", timedelta(milliseconds=500))


@pytest.mark.parametrize("outcome", ["bounced_permanent", "bounced_transient"])
def test_rules_set_when_email_bounces(desk, outcome):
    desk.listen(["bounced"])
    desk.rule(outcome, delays={"failed": "1h"})
    desk.send("/email", email())
    desk.advance(3599)
    assert desk.events == []

    desk.advance(1)

    assert desk.events == ["bounced"]


def test_realistic_steps_take_seconds_to_minutes_and_differ(desk):
    desk.set(latency="realistic")
    numbers = [f"601234567{at:02d}" for at in range(50)]
    desk.send("/sms", sms(*numbers))
    desk.advance()

    spans = [record.history[-1].at - START for record in desk.records()]
    assert len(set(spans)) == 50
    assert timedelta(seconds=2) < sorted(spans)[25] < timedelta(minutes=2)


def test_rules_set_delays_and_errors(desk):
    error = {"code": "E1", "message": "Absent subscriber"}
    desk.rule("undelivered", delays={"sent": "1s", "failed": "1h"}, error=error)
    desk.send("/sms", sms())
    desk.advance()

    [record] = desk.records()
    assert [step.at - START for step in record.history[2:]] == [
        timedelta(seconds=1),
        timedelta(seconds=3601),
    ]
    assert (record.error.code, record.error.message) == ("E1", "Absent subscriber")


@pytest.mark.parametrize(
    ("path", "code"),
    [("/sms", "UNDELIVERABLE"), ("/whatsapp", "131026"), ("/email", "MessageRejected")],
)
@pytest.mark.parametrize("outcome", ["rejected", "undelivered"])
def test_failures_have_the_usual_code_of_their_channel(desk, path, code, outcome):
    desk.rule(outcome)
    desk.send(path, GOOD[path]())
    desk.advance()

    assert desk.records()[0].error.code == code
    assert desk.records()[0].error.message


def test_an_unknown_code_alone_brings_the_usual_words(desk):
    desk.rule("rejected", error={"code": "ELFO-7"})
    desk.send("/sms", sms())
    desk.advance()

    error = desk.records()[0].error
    assert (error.code, error.message) == ("ELFO-7", "Message could not be delivered")


def test_a_known_code_brings_its_words(desk):
    desk.rule("rejected", error={"code": "133010"})
    desk.send("/whatsapp", whatsapp())
    desk.advance()

    assert desk.records()[0].error.message == "Phone number is not registered"


@pytest.mark.parametrize("path", GOOD)
def test_a_reply_is_an_inbound_message_without_callback(desk, path):
    desk.listen()
    desk.rule("replied", reply={"text": "STOP"})
    desk.send(path, GOOD[path]())
    desk.advance()

    sent, received = desk.messages()
    assert sent.status == "delivered"
    assert (received.status, received.text, received.from_) == ("received", "STOP", sent.to)
    assert desk.records()[1].direction == "in"
    assert desk.events == ["billed", "delivered"]


def test_a_magic_number_replies(desk):
    desk.send("/sms", sms("60129990200"))
    desk.advance()

    assert [view.text for view in desk.messages()][1] == "YES"


def test_nobody_can_write_to_the_vendor(desk):
    with pytest.raises(Invalid):
        desk.vendor.receive(desk.sandbox, Inbound(account="acme", from_="60123456789"))


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ("delivered", ["pending", "sent", "delivered"]),
        ("read", ["pending", "sent", "delivered", "read"]),
        ("undelivered", ["pending", "sent", "failed"]),
        ("stuck", ["pending", "sent"]),
        ("pending", ["pending"]),
    ],
)
def test_test_sends_skip_the_queue(desk, outcome, expected):
    desk.listen()
    desk.rule(outcome)
    assert desk.post("/whatsapp/test", TEST_SEND).status_code == 200
    desk.advance()

    assert desk.statuses() == [expected]
    assert "billed" not in desk.events
    assert all(callback["data"]["broadcastUuid"] is None for callback in desk.callbacks)
    assert desk.credit() == (10_000, 0, 0)


def test_rules_read_what_a_test_send_says(desk):
    desk.rule("undelivered", text_pattern="RM 50")
    desk.rule("stuck", text_pattern="RM 60", template="bill_due")

    assert desk.post("/whatsapp/test", TEST_SEND).status_code == 200
    desk.advance()

    assert desk.statuses() == [["pending", "sent", "failed"]]


PUSHES = [
    ("/sms", "stuck", "delivered", True),
    ("/sms", "stuck", "failed", True),
    ("/sms", "stuck", "enqueued", False),
    ("/sms", "stuck", "read", False),
    ("/sms", "stuck", "bounced", False),
    ("/sms", "delivered", "failed", False),
    ("/email", "delivered", "failed", False),
    ("/sms", "pending", "delivered", True),
    ("/sms", "rejected", "delivered", False),
    ("/whatsapp", "delivered", "read", True),
    ("/whatsapp", "delivered", "failed", False),
    ("/whatsapp", "read", "delivered", False),
    ("/email", "delivered", "bounced", True),
    ("/email", "bounced_permanent", "delivered", False),
    ("/email", "pending", "failed", True),
]


@pytest.mark.parametrize(("path", "outcome", "state", "is_legal"), PUSHES)
def test_messages_can_be_pushed_along_legal_ways_only(desk, path, outcome, state, is_legal):
    desk.rule(outcome)
    desk.send(path, GOOD[path]())
    desk.advance()
    rate = {"/sms": 8, "/whatsapp": 35, "/email": 2}[path]

    if not is_legal:
        with pytest.raises(Conflict):
            desk.push(state)
        return
    desk.push(state)

    assert desk.messages()[0].status == state
    spent = 0 if state == "failed" else rate
    assert desk.credit() == (10_000 - spent, 0, spent)


def test_a_push_forgets_what_was_planned(desk):
    id = desk.send("/sms", sms())
    desk.push("failed")
    desk.advance()

    assert desk.statuses() == [["pending", "enqueued", "failed"]]
    assert desk.broadcast(id).status == "completed"


def test_a_scheduled_broadcast_can_be_cancelled(desk):
    desk.listen()
    id = desk.send("/sms", scheduled(sms("60123456789", "60198765432")))

    desk.cancel(id)
    desk.advance(2 * 86_400)

    assert desk.statuses() == [["pending", "cancelled"]] * 2
    view = desk.broadcast(id)
    assert (view.status, view.counts, view.total) == ("cancelled", {"cancelled": 2}, 2)
    assert desk.callbacks == []
    with pytest.raises(Conflict):
        desk.cancel(id)


def test_a_broadcast_waits_no_longer_when_all_of_it_has_been_pushed_on(desk):
    id = desk.send("/sms", scheduled(sms("60123456789", "60198765432")))
    states = []
    for at in (0, 1):
        desk.push("enqueued", at=at)
        states.append(desk.broadcast(id).status)

    assert states == ["scheduled", "processing"]
    with pytest.raises(Conflict):
        desk.cancel(id)


def test_cancelling_leaves_messages_that_were_pushed_on(desk):
    id = desk.send("/sms", scheduled(sms("60123456789", "60198765432")))
    desk.push("delivered")

    desk.cancel(id)

    assert desk.statuses() == [["pending", "delivered"], ["pending", "cancelled"]]
    assert desk.broadcast(id).counts == {"delivered": 1, "cancelled": 1}
    assert desk.credit() == (9_992, 0, 8)


@pytest.mark.parametrize("path", GOOD)
def test_other_broadcasts_cannot_be_cancelled(desk, path):
    id = desk.send(path, GOOD[path]())

    with pytest.raises(Conflict):
        desk.cancel(id)
    desk.advance()
    with pytest.raises(Conflict):
        desk.cancel(id)


def test_a_scheduled_broadcast_that_has_begun_cannot_be_cancelled(desk):
    id = desk.send("/sms", scheduled(sms()))
    desk.sandbox.engine.advance(Goal(to=datetime(2026, 5, 7, 1, 30, tzinfo=UTC)))

    assert desk.broadcast(id).status == "processing"
    with pytest.raises(Conflict):
        desk.cancel(id)


@pytest.mark.parametrize("path", GOOD)
def test_broadcasts_go_from_scheduled_to_completed(desk, path):
    id = desk.send(path, scheduled(GOOD[path](campaignName="Plan")))
    assert desk.broadcast(id).status == "scheduled"
    desk.advance(3600)
    assert desk.broadcast(id).status == "scheduled"

    desk.sandbox.engine.advance(Goal(to=datetime(2026, 5, 7, 1, 30, tzinfo=UTC)))
    assert (desk.broadcast(id).status, desk.broadcast(id).counts) == ("processing", {"enqueued": 1})
    desk.advance()

    view = desk.broadcast(id)
    assert (view.status, view.counts) == ("completed", {"delivered": 1})
    assert view.native == {
        "broadcastUuid": id,
        "campaignName": "Plan",
        "channel": CHANNELS[path],
        "type": "schedule broadcast",
        "status": "completed",
        "scheduledAt": "2026-05-07T01:30:00.000Z",
        "counts": {"delivered": 1},
    }


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        ("delivered", "completed"),
        ("rejected", "completed"),
        ("stuck", "completed"),
        ("pending", "processing"),
    ],
)
@pytest.mark.parametrize("path", GOOD)
def test_a_broadcast_is_completed_when_nothing_more_can_come(desk, path, outcome, status):
    desk.rule(outcome)
    id = desk.send(path, GOOD[path]())
    is_over_at_once = path == "/email" and outcome in ("rejected", "stuck")
    assert desk.broadcast(id).status == ("completed" if is_over_at_once else "processing")

    desk.advance()

    assert desk.broadcast(id).status == status


def test_counts_add_up_over_mixed_outcomes(desk):
    outcomes = ["delivered", "rejected", "undelivered", "stuck", "pending"]
    for at, outcome in enumerate(outcomes):
        desk.rule(outcome, to_suffix=str(at))
    id = desk.send("/sms", sms(*(f"601234567{at}{at % 5}" for at in range(5, 10))))
    desk.advance()

    view = desk.broadcast(id)
    assert dict(view.counts) == {"delivered": 1, "failed": 2, "send": 1, "enqueued": 1}
    assert (view.status, view.total) == ("processing", 5)
    desk.push("failed", at=4)
    assert desk.broadcast(id).status == "completed"


def test_later_changes_of_a_template_do_not_matter(desk):
    body = {**scheduled(sms()), "templateName": "plain_sms", "templateContent": None}
    desk.send("/sms", body)
    changed = {"channel": "sms", "name": "plain_sms", "status": "rejected", "content": "New"}
    desk.load_client(templates=[changed], subscriptions={"sms": False})

    desk.advance()

    assert desk.messages()[0].status == "delivered"
    assert desk.messages()[0].text == "Office closed on Monday."


def test_an_hour_in_one_jump_ends_where_an_hour_in_steps_ends(desk):
    desk.set(latency="realistic")
    desk.rule("read")
    fork = desk.sandbox.fork("fork")
    ends = []
    for sandbox, jumps in ((desk.sandbox, 1), (fork, 60)):
        desk.world.emulator._sandboxes["default"] = sandbox
        desk.send("/whatsapp", whatsapp("60123456789", "60198765432"))
        for _ in range(jumps):
            desk.advance(3600 / jumps)
        ends.append(([record.history for record in desk.records()], desk.credit()))

    assert ends[0] == ends[1]


def test_immediate_email_reports_only_what_the_agenda_brings_later(desk):
    desk.listen()
    desk.send("/email", email())

    assert desk.callbacks == []
    desk.advance(0)
    assert desk.events == ["billed"]
    desk.advance()
    assert desk.events == ["billed", "delivered"]
