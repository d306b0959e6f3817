"""What a carrier tells the gateway about an external channel."""

from __future__ import annotations

import pytest

from .people import AMINA, BAKARI, LAKESIDE, MOTHERS, NOBODY
from .steering import START, steer

SMS = "5f0c2f57-1f35-4e52-8a5e-0f2b6f3f1a01"
BOT = "5f0c2f57-1f35-4e52-8a5e-0f2b6f3f1a02"


def call(rapidpro, path, *, method="POST", channel=SMS, **given):
    where = {"data": given} if method == "POST" else {"query_string": given}
    anybody = rapidpro.as_(None)
    return anybody.call(method, f"/rapidpro/c/ex/{channel}/{path}", **where)


def refusal(text):
    return {"message": "Error", "data": [{"type": "error", "error": text}]}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("name", ["from", "sender"])
def test_messages_are_received(rapidpro, method, name):
    answer = call(rapidpro, "receive", method=method, **{name: "0722 000222"}, text="Hello ✓")

    (message,) = rapidpro.items("messages", contact=BAKARI)
    assert (answer.status_code, answer.json) == (
        200,
        {
            "message": "Message Accepted",
            "data": [
                {
                    "type": "msg",
                    "channel_uuid": SMS,
                    "msg_uuid": message["uuid"],
                    "text": "Hello ✓",
                    "urn": "tel:+254722000222",
                    "received_on": "2026-05-06T10:00:00.000000Z",
                }
            ],
        },
    )
    assert (message["direction"], message["status"], message["text"]) == (
        "in",
        "handled",
        "Hello ✓",
    )
    assert message["channel"]["uuid"] == SMS


def test_unknown_senders_become_contacts(rapidpro):
    call(rapidpro, "receive", sender="+254733123456")

    (contact,) = rapidpro.items("contacts", urn="tel:+254733123456")
    (message,) = rapidpro.items("messages", contact=contact["uuid"])
    assert (contact["name"], message["text"]) == (None, "")


@pytest.mark.parametrize("name", ["date", "time"])
def test_the_time_of_receipt_is_answered_and_no_time_of_sending(rapidpro, name):
    given = {name: "2026-05-06T12:30:00+03:00"}

    answer = call(rapidpro, "receive", sender="+254722000222", text="x", **given)

    (message,) = rapidpro.items("messages", contact=BAKARI)
    assert answer.json["data"][0]["received_on"] == "2026-05-06T09:30:00.000000Z"
    assert message["sent_on"] is None
    assert message["created_on"] == "2026-05-06T10:00:00.000000Z"


@pytest.mark.parametrize(
    "date",
    [
        "2026-05-06",
        "2026-05-06 10:00:00Z",
        "2026-05-06T10:00Z",
        "20260506T100000Z",
        "2026-W19-3T10:00:00Z",
        "2026-05-06T10:00:00+0300",
        "2026-05-06T10:00:00+03",
        "2026-05-06t10:00:00z",
        "٢٠٢٦-05-06T10:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "2026-02-30T10:00:00Z",
    ],
)
def test_times_in_other_forms_than_rfc_3339_are_refused(rapidpro, date):
    answer = call(rapidpro, "receive", sender="+254722000222", date=date)

    assert (answer.status_code, answer.json) == (
        400,
        refusal("invalid date format, must be RFC 3339"),
    )
    assert rapidpro.items("messages", contact=BAKARI) == []


@pytest.mark.parametrize(
    ("path", "given", "text"),
    [
        ("receive", {"text": "x"}, "must have one of 'sender' or 'from' set"),
        ("receive", {"from": ""}, "must have one of 'sender' or 'from' set"),
        (
            "receive",
            {"from": "+254722000222", "date": "now"},
            "invalid date format, must be RFC 3339",
        ),
        (
            "receive",
            {"from": "+254722000222", "time": "2026-05-06T10:00:00"},
            "invalid date format, must be RFC 3339",
        ),
        ("receive", {"from": "12"}, "invalid tel URN: 12"),
        ("sent", {}, "parameters id or uuid should not be empty"),
        ("delivered", {"id": ""}, "parameters id or uuid should not be empty"),
        ("failed", {"x": "1"}, "parameters id or uuid should not be empty"),
        ("stopped", {}, "must have one of 'sender' or 'from' set"),
    ],
)
def test_calls_that_are_refused(rapidpro, path, given, text):
    answer = call(rapidpro, path, **given)

    assert (answer.status_code, answer.json) == (400, refusal(text))


@pytest.mark.parametrize("channel", [BOT, NOBODY, "x"])
def test_only_external_channels_are_called(rapidpro, channel):
    answer = call(rapidpro, "receive", channel=channel, sender="+254722000222")

    assert (answer.status_code, answer.json) == (400, refusal("channel not found"))


@pytest.mark.parametrize("path", ["read", "", "receive/x"])
def test_other_addresses_are_not_there(rapidpro, path):
    assert call(rapidpro, path).status_code == 404


def send(rapidpro):
    return rapidpro.post("messages", {"contact": BAKARI, "text": "Hi"}).json["uuid"]


@pytest.mark.parametrize(("path", "letter"), [("sent", "S"), ("delivered", "D"), ("failed", "F")])
@pytest.mark.parametrize("name", ["id", "uuid"])
def test_statuses_are_taken(rapidpro, path, letter, name):
    steer(rapidpro, "PUT", "outcomes", {"rules": [{"outcome": "pending"}]})
    uuid = send(rapidpro)

    answer = call(rapidpro, path, **{name: uuid})

    assert (answer.status_code, answer.json) == (
        200,
        {
            "message": "Status Update Accepted",
            "data": [{"type": "status", "channel_uuid": SMS, "status": letter}],
        },
    )
    rapidpro.advance(3600)
    assert rapidpro.one("messages", uuid=uuid)["status"] == path


def test_a_status_that_comes_too_late_changes_nothing(rapidpro):
    uuid = send(rapidpro)
    rapidpro.advance(60)

    answer = call(rapidpro, "sent", id=uuid)

    assert answer.json["message"] == "Status Update Accepted"
    assert rapidpro.one("messages", uuid=uuid)["status"] == "delivered"


def test_a_status_of_no_message_is_ignored(rapidpro):
    incoming = rapidpro.one("messages", contact=AMINA)["uuid"]

    for id in (NOBODY, "x", incoming):
        answer = call(rapidpro, "delivered", id=id)
        assert (answer.status_code, answer.json["message"]) == (200, "Ignored")


def test_who_wants_no_more_messages_is_stopped(rapidpro):
    answer = call(rapidpro, "stopped", **{"from": "+254722000111"})

    (contact,) = rapidpro.items("contacts", uuid=AMINA)
    (event,) = rapidpro.items("channel_events")
    assert (answer.status_code, answer.json["message"]) == (200, "Event Accepted")
    assert answer.json["data"] == [
        {
            "type": "event",
            "channel_uuid": SMS,
            "event_type": "stop_contact",
            "urn": "tel:+254722000111",
            "received_on": START.strftime("%Y-%m-%dT%H:%M:%S.000000Z"),
        }
    ]
    assert (contact["status"], contact["groups"]) == ("stopped", [])
    assert (event["type"], event["contact"]["uuid"]) == ("stop-contact", AMINA)
    assert rapidpro.items("contacts", group=MOTHERS)[0]["uuid"] != AMINA


def test_event_of_a_stop_is_removed_like_the_others(rapidpro):
    call(rapidpro, "stopped", **{"from": "+254722000222"})
    before = len(rapidpro.items("channel_events"))

    rapidpro.advance(91 * 86_400)

    assert (before, rapidpro.items("channel_events")) == (1, [])


def test_who_is_blocked_stays_so(rapidpro):
    call(rapidpro, "stopped", **{"from": "+254722000555"})

    (contact,) = rapidpro.items("contacts", urn="tel:+254722000555")
    assert contact["status"] == "blocked"


def test_a_message_makes_the_stopped_active_again(rapidpro):
    call(rapidpro, "stopped", **{"from": "+254722000111"})
    call(rapidpro, "receive", **{"from": "+254722000111", "text": "START"})

    assert rapidpro.one("contacts", uuid=AMINA)["status"] == "active"


def test_a_channel_for_other_addresses_takes_them_as_they_are(rapidpro):
    channel = {"uuid": NOBODY, "name": "Chat", "type": "external", "schemes": ["ext"]}
    rapidpro.load({**LAKESIDE, "channels": [channel]})

    answer = call(rapidpro, "receive", channel=NOBODY, sender="someone", text="Hi")

    assert answer.json["data"][0]["urn"] == "ext:someone"
