"""What becomes of messages: outcomes, retries, statuses forced by a tester."""

from __future__ import annotations

import pytest

from .people import AMINA, BAKARI
from .steering import history, push, rules, steer, until_idle

DELIVERED = [
    ("queued", 0),
    ("wired", 0.2),
    ("sent", 0.5),
    ("delivered", 1.5),
]
#: A workspace whose only channel tells when messages are read.
CHATTY = {
    "name": "Chatty Clinic",
    "country": "KE",
    "users": [{"email": "c@chatty.example", "role": "administrator", "tokens": ["chatty_token"]}],
    "channels": [{"name": "WA", "type": "whatsapp", "address": "254700100800"}],
    "contacts": [{"name": "Wangari", "urns": ["whatsapp:254733000222"]}],
}


def send(rapidpro, contact=BAKARI, text="Hi"):
    """Send a message and return its UUID."""
    answer = rapidpro.post("messages", {"contact": contact, "text": text})
    assert answer.status_code == 201, answer.text
    return answer.json["uuid"]


def statuses(rapidpro, message):
    """Return the statuses that a message has had."""
    return [status for status, _ in history(rapidpro, message)]


def test_message_is_delivered_with_the_documented_delays(rapidpro):
    message = send(rapidpro)

    until_idle(rapidpro)

    assert history(rapidpro, message) == DELIVERED
    shown = rapidpro.one("messages", uuid=message)
    assert shown["status"] == "delivered"
    assert shown["sent_on"] == "2026-05-06T10:00:00.200000Z"
    assert shown["modified_on"] == "2026-05-06T10:00:01.500000Z"


def test_folder_follows_the_status(rapidpro):
    message = send(rapidpro)
    folders = []

    for seconds in (0.1, 0.2, 2):
        folders += [
            name
            for name in ("outbox", "sent", "failed")
            if message in [item["uuid"] for item in rapidpro.items("messages", folder=name)]
        ]
        rapidpro.advance(seconds)

    assert folders == ["outbox", "outbox", "sent"]


def test_advancing_in_steps_ends_where_one_advance_ends(rapidpro):
    message = send(rapidpro)

    for _ in range(20):
        rapidpro.advance(0.1)

    assert history(rapidpro, message) == DELIVERED


@pytest.mark.parametrize("to", ["0722 000 111", "tel:0722000111", "+254-722-000111"])
def test_a_rule_may_write_numbers_as_people_of_the_country_do(rapidpro, to):
    rules(rapidpro, {"to": to, "outcome": "pending"})

    for contact in (AMINA, BAKARI):
        rapidpro.post("messages", {"contact": contact, "text": "Hi"})
    rapidpro.post("broadcasts", {"contacts": [AMINA, BAKARI], "text": "Hi all"})
    rapidpro.advance(60)

    found = {m["urn"]: m["status"] for m in rapidpro.items("messages") if m["direction"] == "out"}
    assert found == {"tel:+254722000111": "queued", "tel:+254722000222": "delivered"}


def test_rules_read_what_a_message_says(rapidpro):
    rules(rapidpro, {"outcome": "stuck", "text_pattern": "^Bye"})

    messages = [send(rapidpro, text=text) for text in ("Hi", "Bye now")]
    until_idle(rapidpro)

    assert [statuses(rapidpro, message)[-1] for message in messages] == ["delivered", "sent"]


def test_rejected_message_fails_at_its_third_error(rapidpro):
    rules(rapidpro, {"outcome": "rejected"})
    message = send(rapidpro)

    until_idle(rapidpro)

    # 5 minutes after the first error, 10 after the second, each at the next whole minute.
    assert history(rapidpro, message) == [
        ("queued", 0),
        ("errored", 0.2),
        ("queued", 360),
        ("errored", 360.2),
        ("queued", 1020),
        ("failed", 1020.2),
    ]
    assert rapidpro.one("messages", uuid=message)["sent_on"] is None


def test_retry_after_an_error_on_a_whole_minute_is_not_put_off(rapidpro):
    rules(rapidpro, {"outcome": "flaky"})
    rapidpro.advance(59.8)
    message = send(rapidpro)

    until_idle(rapidpro)

    assert history(rapidpro, message)[1:3] == [
        ("errored", 60),
        ("queued", 360),
    ]


@pytest.mark.parametrize(
    ("outcome", "path"),
    [
        ("delivered", ["wired", "sent", "delivered"]),
        ("read", ["wired", "sent", "delivered"]),
        ("undelivered", ["wired", "sent", "failed"]),
        ("stuck", ["wired", "sent"]),
        ("pending", []),
        ("bounced_permanent", ["wired", "sent", "failed"]),
        ("flaky", ["errored", "queued", "wired", "sent", "delivered"]),
    ],
)
def test_outcome_of_an_sms(rapidpro, outcome, path):
    rules(rapidpro, {"outcome": outcome})
    message = send(rapidpro)

    until_idle(rapidpro)

    assert statuses(rapidpro, message) == ["queued", *path]


def test_message_over_whatsapp_can_be_read(rapidpro):
    rapidpro.load(CHATTY)
    rules(rapidpro, {"outcome": "read", "channel": "whatsapp"})
    message = send(rapidpro.as_("chatty_token"), "whatsapp:254733000222")

    until_idle(rapidpro)

    assert statuses(rapidpro, message) == ["queued", "wired", "sent", "delivered", "read"]
    delivered, read = history(rapidpro, message)[-2:]
    assert (delivered[1], read[1]) == (1.5, 2.5)


def test_failure_after_sending_clears_sent_on(rapidpro):
    rules(rapidpro, {"outcome": "undelivered", "error": {"code": "30003", "message": "Off"}})
    message = send(rapidpro)

    until_idle(rapidpro)

    assert rapidpro.one("messages", uuid=message)["sent_on"] is None
    view = steer(rapidpro, "GET", f"messages/{message}").json
    assert view["error"] == {"code": "30003", "message": "Off"}


def test_reply_comes_two_seconds_after_delivery(rapidpro):
    rules(rapidpro, {"outcome": "replied", "reply": {"text": "Asante"}})
    send(rapidpro)

    rapidpro.advance(60)

    reply = rapidpro.items("messages", folder="inbox")[0]
    assert (reply["text"], reply["urn"]) == ("Asante", "tel:+254722000222")
    assert reply["created_on"] == "2026-05-06T10:00:03.500000Z"


def test_reply_to_a_telegram_message_comes_from_telegram(rapidpro):
    rapidpro.load(
        {
            "name": "Lakeside Health",
            "uuid": "0b8f6a52-6a55-4d0f-9a83-5b1f0c2d7e01",
            "contacts": [{"name": "Tele", "urns": ["telegram:555001"]}],
        }
    )
    rules(rapidpro, {"outcome": "replied"})
    send(rapidpro, "telegram:555001")

    rapidpro.advance(60)

    reply = rapidpro.items("messages", folder="inbox")[0]
    assert (reply["urn"], reply["channel"]["name"]) == ("telegram:555001", "Lakeside Bot")


@pytest.mark.parametrize(
    ("digits", "last"),
    [("990001", "delivered"), ("990400", "failed"), ("990500", "failed"), ("990600", "sent")],
)
def test_magic_number_decides_the_outcome(rapidpro, digits, last):
    rapidpro.post("contacts", {"urns": [f"tel:+254722{digits}"]})
    message = send(rapidpro, f"tel:+254722{digits}")

    until_idle(rapidpro)

    assert statuses(rapidpro, message)[-1] == last


REACHED = {
    "queued": [],
    "wired": ["wired"],
    "sent": ["sent"],
    "delivered": ["delivered"],
    "errored": ["errored"],
    "read": ["read"],
    "failed": ["failed"],
}
ALLOWED = {
    "queued": {"wired", "sent", "delivered", "read", "errored", "failed"},
    "wired": {"sent", "delivered", "read", "errored", "failed"},
    "sent": {"delivered", "read", "errored", "failed"},
    "delivered": {"read", "failed"},
    "errored": {"queued", "wired", "sent", "delivered", "read", "failed"},
    "read": set(),
    "failed": set(),
}


@pytest.mark.parametrize("state", REACHED)
@pytest.mark.parametrize("target", REACHED)
def test_status_is_pushed_where_the_lifecycle_allows_it(rapidpro, state, target):
    message = send(rapidpro)
    for step in REACHED[state]:
        assert push(rapidpro, message, step).status_code == 200

    answer = push(rapidpro, message, target)

    is_allowed = target in ALLOWED[state]
    assert answer.status_code == (200 if is_allowed else 409)
    shown = rapidpro.one("messages", uuid=message)["status"]
    assert shown == (target if is_allowed else state)


def test_forced_status_ends_what_was_planned(rapidpro):
    message = send(rapidpro)
    push(rapidpro, message, "sent")

    until_idle(rapidpro)

    assert statuses(rapidpro, message) == ["queued", "sent"]


def test_message_forced_into_error_is_tried_again(rapidpro):
    message = send(rapidpro)
    push(rapidpro, message, "errored")

    until_idle(rapidpro)

    assert history(rapidpro, message)[1:3] == [
        ("errored", 0),
        ("queued", 300),
    ]
    assert statuses(rapidpro, message)[3:] == ["wired", "sent", "delivered"]


@pytest.mark.parametrize(
    ("outcome", "path"),
    [
        ("undelivered", ["errored", "queued", "wired", "sent", "failed"]),
        ("rejected", ["errored", "queued", "errored", "queued", "failed"]),
    ],
)
def test_outcome_of_a_message_forced_into_error_comes_after_the_retry(rapidpro, outcome, path):
    rules(rapidpro, {"outcome": outcome})
    message = send(rapidpro)
    push(rapidpro, message, "errored")

    until_idle(rapidpro)

    assert statuses(rapidpro, message)[1:] == path


def test_third_forced_error_is_the_last(rapidpro):
    message = send(rapidpro)
    for status in ("errored", "queued", "errored", "queued"):
        assert push(rapidpro, message, status).status_code == 200

    pushed = push(rapidpro, message, "errored")

    path = ["queued", "errored", "queued", "errored", "queued", "failed"]
    assert (pushed.status_code, pushed.json["status"]) == (200, "failed")
    assert pushed.json["error"]["code"] == "error_limit"
    assert statuses(rapidpro, message) == path
    until_idle(rapidpro)
    assert statuses(rapidpro, message) == path


def test_error_that_is_forced_counts_with_those_of_the_outcome(rapidpro):
    rules(rapidpro, {"outcome": "flaky"})
    message = send(rapidpro)
    rapidpro.advance(360)
    assert statuses(rapidpro, message) == ["queued", "errored", "queued"]
    push(rapidpro, message, "errored")
    push(rapidpro, message, "queued")

    pushed = push(rapidpro, message, "errored")

    assert pushed.json["status"] == "failed"
    assert rapidpro.one("messages", folder="failed", uuid=message)["status"] == "failed"


def test_message_to_a_contact_that_is_deleted_goes_no_further(rapidpro):
    rules(rapidpro, {"outcome": "replied"})
    message = send(rapidpro)

    rapidpro.delete("contacts", uuid=BAKARI)
    until_idle(rapidpro)

    assert statuses(rapidpro, message) == ["queued"]
    assert rapidpro.items("contacts", urn="tel:+254722000222") == []


def test_sent_on_keeps_its_first_value(rapidpro):
    message = send(rapidpro)
    rapidpro.advance(0.3)
    push(rapidpro, message, "delivered")
    rapidpro.advance(60)
    push(rapidpro, message, "read")

    assert rapidpro.one("messages", uuid=message)["sent_on"] == "2026-05-06T10:00:00.200000Z"


def test_incoming_message_has_no_status_to_push(rapidpro):
    message = rapidpro.items("messages", folder="inbox")[0]["uuid"]

    assert push(rapidpro, message, "delivered").status_code == 409


def test_instant_latency_delivers_within_the_request(rapidpro):
    steer(rapidpro, "PATCH", "settings", {"latency": "instant"})
    message = send(rapidpro, AMINA)

    assert rapidpro.one("messages", uuid=message)["status"] == "delivered"


def test_instant_latency_does_not_wait_for_retries(rapidpro):
    steer(rapidpro, "PATCH", "settings", {"latency": "instant"})
    rules(rapidpro, {"outcome": "rejected"})
    message = send(rapidpro)

    assert {at for _, at in history(rapidpro, message)} == {0}
    assert rapidpro.one("messages", uuid=message)["status"] == "failed"
