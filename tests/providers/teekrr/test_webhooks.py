"""Callbacks: bodies, signatures, order, and who is told."""

import hashlib
import hmac
import json

import pytest

from emulator.providers.teekrr.webhooks import signature
from tests.providers.teekrr.desk import GOOD, HOOK, SECRET, TEST_SEND, email, sms, whatsapp

DELIVERED = (
    b'{"event":"delivered","timestamp":"2026-05-06T10:15:00.123Z","data":{"messageUuid":'
    b'"7d0d9c1e-5d0b-4c53-9a55-0c2a4b8f3a10","broadcastUuid":'
    b'"1b9c2f44-8f53-4f6b-9d0e-6a5f0c7d2e31","channel":"sms","recipient":"60123456789",'
    b'"deliveredAt":"2026-05-06T10:14:59.870Z"}}'
)
FAILED = (
    '{"event":"failed","timestamp":"2026-05-06T10:15:01.000Z","data":{"messageUuid":'
    '"7d0d9c1e-5d0b-4c53-9a55-0c2a4b8f3a11","broadcastUuid":'
    '"1b9c2f44-8f53-4f6b-9d0e-6a5f0c7d2e31","channel":"whatsapp","recipient":"60198765432",'
    '"errorCode":"131026","errorMessage":"Recipient cannot receive — message undeliverable",'
    '"failedAt":"2026-05-06T10:15:00.950Z"}}'
).encode()
WITH_PLAINTEXT = "743330b719dde959632b44f77be2b4f3695d9aacea59fe1c347eee37bcd3391b"
WITH_RAW_DIGEST = "2db6520c765811bbd4c2d1d147625131e3a41a3505f742446a945e836ffb3ccf"


@pytest.mark.parametrize(
    ("body", "size", "expected"),
    [
        (DELIVERED, 260, "40e8f9b711a06383b5738ac84d9cf4dc64f0eb66da616799b98950351c2f3572"),
        (FAILED, 348, "687ba817573ce8c60a6841d52c4cc8f4122fc667b5596fef0f5284a9fb75460f"),
    ],
)
def test_the_signature_is_keyed_with_the_hex_text_of_the_secrets_hash(body, size, expected):
    assert len(body) == size
    assert signature(SECRET, body) == expected


def test_other_keys_give_the_results_known_to_be_wrong():
    def keyed(key):
        return hmac.new(key, DELIVERED, hashlib.sha256).hexdigest()

    assert keyed(SECRET.encode()) == WITH_PLAINTEXT
    assert keyed(hashlib.sha256(SECRET.encode()).digest()) == WITH_RAW_DIGEST
    assert signature(SECRET, DELIVERED) not in (WITH_PLAINTEXT, WITH_RAW_DIGEST)


def test_a_callback_is_signed_over_the_bytes_sent(desk):
    desk.listen()
    desk.send("/sms", sms())
    desk.advance()

    for parcel, event in zip(desk.world.sender.sent, ["billed", "delivered"], strict=True):
        assert (parcel.method, parcel.url) == ("POST", HOOK)
        assert dict(parcel.headers) == {
            "Content-Type": "application/json",
            "X-Teekrr-Signature": signature(SECRET, parcel.body),
            "X-Teekrr-Event": event,
        }


def test_billed_and_delivered(desk):
    desk.listen()
    id = desk.send("/sms", sms("+60123456789"))
    desk.advance()

    about = {
        "messageUuid": desk.records()[0].id,
        "broadcastUuid": id,
        "channel": "sms",
        "recipient": "60123456789",
    }
    billed, delivered = (parcel.body.decode() for parcel in desk.world.sender.sent)
    first, second = "2026-05-06T10:00:00.100Z", "2026-05-06T10:00:00.300Z"
    expected = {
        "event": "billed",
        "timestamp": first,
        "data": {**about, "amount": 8, "currency": "MYR", "billedAt": first},
    }
    assert billed == json.dumps(expected, separators=(",", ":"))
    expected = {
        "event": "delivered",
        "timestamp": second,
        "data": {**about, "deliveredAt": second},
    }
    assert delivered == json.dumps(expected, separators=(",", ":"))


def test_failed(desk):
    desk.listen(["failed"])
    desk.rule("rejected", error={"code": "131026", "message": "Recipient — “gone”"})
    id = desk.send("/whatsapp", whatsapp())
    desk.advance()

    [parcel] = desk.world.sender.sent
    assert "Recipient — “gone”".encode() in parcel.body
    at = "2026-05-06T10:00:00.100Z"
    [callback] = desk.callbacks
    assert list(callback.items()) == [
        ("event", "failed"),
        ("timestamp", at),
        ("data", callback["data"]),
    ]
    assert list(callback["data"].items()) == [
        ("messageUuid", desk.records()[0].id),
        ("broadcastUuid", id),
        ("channel", "whatsapp"),
        ("recipient", "60123456789"),
        ("errorCode", "131026"),
        ("errorMessage", "Recipient — “gone”"),
        ("failedAt", at),
    ]


@pytest.mark.parametrize(
    ("outcome", "kind", "status"),
    [("bounced_permanent", "Permanent", "bounced"), ("bounced_transient", "Transient", "send")],
)
def test_bounced(desk, outcome, kind, status):
    desk.listen()
    desk.rule(outcome)
    id = desk.send("/email", email("gone@example.com"))
    desk.advance()

    assert desk.events == ["billed", "bounced"]
    assert list(desk.callbacks[1]["data"].items()) == [
        ("messageUuid", desk.records()[0].id),
        ("broadcastUuid", id),
        ("channel", "email"),
        ("recipient", "gone@example.com"),
        ("bounceType", kind),
        ("bouncedAt", "2026-05-06T10:00:00.200Z"),
    ]
    assert desk.messages()[0].status == status
    assert desk.broadcast(id).status == "completed"


def test_a_soft_bounce_of_a_message_that_was_pushed_on_is_not_told(desk):
    desk.listen(["bounced"])
    desk.rule("bounced_transient")
    desk.send("/email", email())
    desk.push("delivered")
    desk.advance()

    assert desk.callbacks == []


EVENTS = [
    ("/sms", "delivered", ["billed", "delivered"]),
    ("/sms", "undelivered", ["billed", "failed"]),
    ("/sms", "rejected", ["failed"]),
    ("/sms", "stuck", ["billed"]),
    ("/sms", "pending", []),
    ("/whatsapp", "read", ["billed", "delivered"]),
    ("/whatsapp", "bounced_permanent", ["billed", "failed"]),
    ("/email", "delivered", ["billed", "delivered"]),
    ("/email", "rejected", ["failed"]),
]


@pytest.mark.parametrize(("path", "outcome", "events"), EVENTS)
@pytest.mark.parametrize("latency", ["fast", "instant", "realistic"])
def test_which_events_an_outcome_brings(desk, path, outcome, events, latency):
    desk.set(latency=latency)
    desk.listen()
    desk.rule(outcome)
    desk.send(path, GOOD[path]())
    desk.advance()

    assert desk.events == events


def test_postpaid_clients_are_told_of_bills_too(desk):
    endpoint = {"url": HOOK, "secret": SECRET, "events": ["billed"]}
    desk.load(teekrr={"clients": [{"id": "postco", "webhooks": [endpoint]}]})
    desk.send("/sms", sms(), "tk_post")
    desk.advance()

    assert [callback["data"]["amount"] for callback in desk.callbacks] == [10]


def test_a_push_over_acceptance_bills_first(desk):
    desk.listen()
    desk.rule("pending")
    desk.send("/sms", sms())
    desk.push("delivered")
    desk.advance()

    assert desk.events == ["billed", "delivered"]


@pytest.mark.parametrize(
    ("outcome", "events"), [("delivered", ["delivered"]), ("undelivered", ["failed"])]
)
def test_test_sends_are_told_of_without_a_broadcast(desk, outcome, events):
    desk.listen()
    desk.rule(outcome)
    id = desk.post("/whatsapp/test", TEST_SEND).json["data"]["messageUuid"]
    desk.advance()

    assert desk.events == events
    assert desk.callbacks[0]["data"]["messageUuid"] == id
    assert desk.callbacks[0]["data"]["broadcastUuid"] is None


def test_a_push_does_not_overtake_what_is_owed_already(desk):
    desk.listen()
    desk.send("/email", email())
    [message] = desk.records()

    path = f"/_emulator/sandboxes/default/messages/{message.id}/status"
    desk.world.call("POST", path, {"status": "bounced"})

    assert desk.events == ["billed", "bounced"]
    desk.advance()
    assert desk.events == ["billed", "bounced"]


def test_a_test_send_that_is_pushed_on_is_not_billed(desk):
    desk.listen()
    desk.rule("pending")
    desk.post("/whatsapp/test", TEST_SEND)
    desk.push("delivered")
    desk.advance()

    assert desk.events == ["delivered"]


def test_every_active_endpoint_that_wants_an_event_is_told(desk):
    desk.listen(url=f"{HOOK}/0")
    desk.listen(["failed"], url=f"{HOOK}/1")
    desk.listen(url=f"{HOOK}/2", active=False)
    desk.listen(url=f"{HOOK}/3")
    other = {"url": f"{HOOK}/other", "secret": "x"}
    desk.load(teekrr={"clients": [{"id": "postco", "webhooks": [other]}]})
    desk.send("/sms", sms())
    desk.advance()

    urls = [parcel.url[-1] for parcel in desk.world.sender.sent]
    assert urls == ["0", "3", "0", "3"]


def test_a_failed_callback_is_not_tried_again_and_changes_nothing(desk):
    desk.listen(["delivered"])
    desk.world.sender.script = [500]
    desk.send("/sms", sms())
    desk.advance()
    desk.advance(86_400)

    [delivery] = desk.sandbox.deliveries
    assert (delivery.state, len(delivery.attempts)) == ("failed", 1)
    assert desk.messages()[0].status == "delivered"
    assert desk.credit() == (9_992, 0, 8)
