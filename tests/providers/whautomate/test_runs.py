"""Broadcasts under way: moments, counters, logs, outcomes."""

import pytest

from tests.providers.whautomate.desk import (
    ALL_CLIENTS,
    ALL_CONTACTS,
    MAIN,
    OFFER,
    hello,
    one,
    stats,
)

UNDELIVERABLE = "(#131026) Message undeliverable"
LATE = "(#131049) This message was not delivered to maintain healthy ecosystem engagement."


def test_a_broadcast_runs_through_its_states(desk):
    id = desk.broadcast()
    path = f"/broadcasts/{id}"

    desk.advance(0.999)
    assert (desk.get(path)["status"], desk.logs(id)) == ("scheduled", [])
    desk.advance(0.001)
    started = desk.get(path)
    assert (started["status"], started["startedAt"]) == ("in_progress", "2026-05-06T10:00:01.000Z")
    assert stats(started) == (4, 1, 0, 1, 0, 0, 0, 0)
    assert "completedAt" not in started
    desk.advance(0.15)
    completed = desk.get(path)
    assert completed["status"] == "completed"
    assert completed["completedAt"] == "2026-05-06T10:00:01.150Z"
    assert stats(completed) == (4, 3, 1, 3, 0, 0, 1, 0)
    desk.advance()
    finished = desk.get(path)
    assert stats(finished) == (4, 3, 1, 3, 3, 3, 1, 1)
    assert {**finished, "deliveryStats": 0} == {**completed, "deliveryStats": 0}


def test_logs_say_who_got_what(desk):
    id = desk.run(**OFFER)["id"]

    logs = desk.logs(id)

    of = {"id": id, "name": "Hello VIPs"}
    assert logs[2] == {
        "broadcast": of,
        "recepientName": "Fay Reed",
        "countryCode": "+1",
        "phone": "2025550101",
        "status": "failed",
        "reply": "",
        "error": UNDELIVERABLE,
        "createdAt": "2026-05-06T10:00:01.100Z",
        "updatedAt": "2026-05-06T10:00:01.100Z",
    }
    assert logs[3] == {
        "broadcast": of,
        "recepientName": "Ivy Lane",
        "countryCode": "+1",
        "phone": "2025550104",
        "status": "replied",
        "reply": "Yes",
        "error": "",
        "createdAt": "2026-05-06T10:00:01.150Z",
        "updatedAt": "2026-05-06T10:00:16.150Z",
    }
    assert [list(log) for log in logs] == [
        [
            "broadcast",
            "recepientName",
            "countryCode",
            "phone",
            "status",
            "reply",
            "error",
            "createdAt",
            "updatedAt",
        ]
    ] * 4


def test_logs_are_paged_oldest_first_and_stay_where_they_are(desk):
    id = desk.broadcast(segments=ALL_CONTACTS)
    desk.advance(1.1)
    early = desk.logs(id)
    desk.advance()

    names = [log["recepientName"] for log in desk.logs(id)]
    assert (
        [log["recepientName"] for log in early]
        == names[:3]
        == [
            "Ada Byron",
            "Bob Stone",
            "Cho Park",
        ]
    )
    assert [log["recepientName"] for log in desk.logs(id, "?limit=3&page=2")] == names[3:6]
    assert desk.logs(id, "?status=failed&limit=1&page=9") == []


def test_numbers_are_split_at_the_calling_code(desk):
    id = desk.run(segments=ALL_CONTACTS)["id"]

    cho = desk.logs(id)[2]
    assert (cho["countryCode"], cho["phone"]) == ("+44", "7700900112")


def test_clients_are_logged_as_stored(desk):
    pat = {"fullName": "Pat Hill", "countryCode": "+1", "primaryLocation": MAIN}
    desk.post("/clients", pat)
    broadcast = desk.run(**ALL_CLIENTS)

    rows = [
        (log["recepientName"], log["countryCode"], log["phone"], log["status"], log["error"])
        for log in desk.logs(broadcast["id"])
    ]
    assert rows == [
        ("Mia Cole", "+1", "2025550120", "read", ""),
        ("Ned Frost", "+44", "7700900121", "read", ""),
        ("Ona Blake", "", "", "failed", "Recipient has no phone number"),
        ("Pat Hill", "", "", "failed", "Recipient has no phone number"),
    ]
    assert stats(broadcast) == (4, 2, 2, 2, 2, 2, 2, 0)


@pytest.mark.parametrize(
    ("ending", "log", "counters"),
    [
        ("0101", ("failed", "", UNDELIVERABLE), (1, 0, 1, 0, 0, 0, 1, 0)),
        ("0102", ("sent", "", ""), (1, 1, 0, 1, 0, 0, 0, 0)),
        ("0103", ("delivered", "", ""), (1, 1, 0, 1, 1, 0, 0, 0)),
        ("0104", ("replied", "Yes", ""), (1, 1, 0, 1, 1, 1, 0, 1)),
        ("0105", ("replied", "STOP", ""), (1, 1, 0, 1, 1, 1, 0, 1)),
        ("0106", ("failed", "", LATE), (1, 1, 0, 1, 0, 0, 1, 0)),
        ("0107", ("read", "", ""), (1, 1, 0, 1, 1, 1, 0, 0)),
    ],
)
def test_the_last_four_digits_decide(desk, ending, log, counters):
    one(desk, f"+1202999{ending}")

    broadcast = desk.run(segments=[{"id": "segOne"}])

    [found] = desk.logs(broadcast["id"])
    assert (found["status"], found["reply"], found["error"]) == log
    assert stats(broadcast) == counters
    assert broadcast["status"] == ("failed" if ending == "0101" else "completed")


@pytest.mark.parametrize(
    ("outcome", "status", "error", "counters"),
    [
        ("delivered", "delivered", "", (1, 1, 0, 1, 1, 0, 0, 0)),
        ("read", "read", "", (1, 1, 0, 1, 1, 1, 0, 0)),
        ("replied", "replied", "", (1, 1, 0, 1, 1, 1, 0, 1)),
        ("rejected", "failed", UNDELIVERABLE, (1, 0, 1, 0, 0, 0, 1, 0)),
        ("undelivered", "failed", LATE, (1, 1, 0, 1, 0, 0, 1, 0)),
        ("stuck", "sent", "", (1, 1, 0, 1, 0, 0, 0, 0)),
        ("flaky", "read", "", (1, 1, 0, 1, 1, 1, 0, 0)),
        ("bounced_permanent", "failed", LATE, (1, 1, 0, 1, 0, 0, 1, 0)),
        ("bounced_transient", "failed", LATE, (1, 1, 0, 1, 0, 0, 1, 0)),
    ],
)
def test_outcomes_of_rules(desk, outcome, status, error, counters):
    one(desk)
    desk.rule(outcome)

    broadcast = desk.run(segments=[{"id": "segOne"}])

    [log] = desk.logs(broadcast["id"])
    assert (log["status"], log["error"]) == (status, error)
    assert stats(broadcast) == counters


def test_who_is_pending_keeps_the_broadcast_open(desk):
    desk.rule("pending", to="+12025550111")
    id = desk.broadcast()
    assert desk.advance().reason == "idle"

    assert desk.statuses(id) == [
        ("Ada Byron", "read"),
        ("Fay Reed", "failed"),
        ("Ivy Lane", "replied"),
    ]
    broadcast = desk.get(f"/broadcasts/{id}")
    assert (broadcast["status"], stats(broadcast)) == ("in_progress", (4, 2, 1, 2, 2, 2, 1, 1))
    assert "completedAt" not in broadcast

    [waiting] = desk.messages("to=12025550111")
    assert waiting["status"] == "pending"
    desk.control("POST", f"/messages/{waiting['id']}/status", {"status": "delivered"})
    assert desk.get(f"/broadcasts/{id}")["status"] == "completed"
    assert stats(desk.get(f"/broadcasts/{id}")) == (4, 3, 1, 3, 3, 2, 1, 1)


def test_shares_are_exact_within_a_broadcast(desk):
    desk.rule("rejected", share=0.5)

    assert stats(desk.run(segments=ALL_CONTACTS))[2] in (4, 5)
    desk.control(
        "PUT",
        "/outcomes",
        {"rules": [{"provider": "whautomate", "share": 0.25, "outcome": "stuck"}]},
    )
    assert stats(desk.run(segments=ALL_CONTACTS)) == (8, 8, 0, 8, 6, 6, 0, 0)


def test_rules_read_what_each_person_is_sent(desk):
    desk.rule("stuck", text_pattern="^Hi Ivy Lane, ")

    id = desk.run(**{**OFFER, "bodyTextParameters": ["{{contact.name}}", "5%"]})["id"]

    sent = desk.messages(f"broadcast={id}&direction=out")
    assert len(sent) > 1
    assert [m["contact"]["name"] for m in sent if m["outcome"] == "stuck"] == ["Ivy Lane"]


def test_rules_may_name_a_broadcast_a_template_and_delays(desk):
    one(desk)
    id = desk.broadcast(segments=[{"id": "segOne"}])
    delays = {"sent": 10, "delivered": 20, "read": 30, "reply": 40}
    desk.rule("replied", broadcast=id, template="plain_hello", delays=delays, reply={"text": "Ok"})

    desk.advance()

    [message] = desk.messages(f"broadcast={id}&direction=out")
    assert [(step["status"], step["at"][14:]) for step in message["history"]] == [
        ("pending", "00:01Z"),
        ("sent", "00:11Z"),
        ("delivered", "00:31Z"),
        ("read", "01:01Z"),
        ("replied", "01:41Z"),
    ]


def test_rules_may_name_errors(desk):
    one(desk)
    desk.rule("rejected", error={"code": "131056", "message": ""})
    first = desk.run(segments=[{"id": "segOne"}])["id"]
    desk.rule("undelivered", error={"code": "9", "message": "No"})
    second = desk.run(segments=[{"id": "segOne"}])["id"]
    desk.rule("rejected", error={"code": "OWN", "message": "In my words"})
    third = desk.run(segments=[{"id": "segOne"}])["id"]

    assert [desk.logs(id)[0]["error"] for id in (first, second, third)] == [
        "(#131056) (Business Account, Consumer Account) pair rate limit hit",
        "(#9) No",
        "In my words",
    ]


def test_delays_are_those_of_the_specification(desk):
    id = desk.broadcast()
    desk.advance()
    [ivy] = desk.messages("to=12025550104&direction=out")

    assert [(step["status"], step["at"][17:-1]) for step in ivy["history"]] == [
        ("pending", "01"),
        ("sent", "01.150000"),
        ("delivered", "03.150000"),
        ("read", "11.150000"),
        ("replied", "16.150000"),
    ]
    assert ivy["broadcast"] == id


def test_a_late_failure_comes_after_three_seconds(desk):
    one(desk, "+12029990106")
    id = desk.run(segments=[{"id": "segOne"}])["id"]

    [log] = desk.logs(id)
    assert (log["createdAt"][17:], log["updatedAt"][17:]) == ("01.000Z", "04.000Z")


def test_pickup_and_pauses_can_be_set(desk):
    desk.set(pickup="10s", between_recipients="2s")
    broadcast = desk.run()

    assert broadcast["startedAt"][17:] == "10.000Z"
    assert broadcast["completedAt"][17:] == "16.000Z"


def test_without_pauses_all_go_at_once(desk):
    desk.set(pickup=0, between_recipients=0)
    broadcast = desk.run(segments=ALL_CONTACTS)

    assert broadcast["startedAt"] == broadcast["completedAt"] == "2026-05-06T10:00:00.000Z"
    assert [log["recepientName"] for log in desk.logs(broadcast["id"])][:2] == [
        "Ada Byron",
        "Bob Stone",
    ]


def test_instant_latency_finishes_before_the_answer_is_read(desk):
    desk.control("PATCH", "/settings", {"latency": "instant"})

    answer = desk.post("/broadcasts", hello())

    assert answer["status"] == "scheduled"
    broadcast = desk.get(f"/broadcasts/{answer['id']}")
    assert (broadcast["status"], stats(broadcast)) == ("completed", (4, 3, 1, 3, 3, 3, 1, 1))
    assert broadcast["startedAt"] == broadcast["completedAt"]


def test_counters_always_agree(desk):
    id = desk.broadcast(segments=ALL_CONTACTS)
    while True:
        total, success, failure, sent, delivered, read, failed, replied = stats(
            desk.get(f"/broadcasts/{id}")
        )
        assert sent == success >= delivered >= read >= replied
        assert failed >= failure
        assert success + failure <= total
        if not desk.sandbox.agenda.entries():
            break
        desk.advance(0.04)
    assert (total, success, failure) == (8, 7, 1)
