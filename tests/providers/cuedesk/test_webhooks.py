"""Callbacks: who is told what, in which shape, with which signature, and how often."""

import json
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from emulator.providers.cuedesk import webhooks
from tests.providers.cuedesk.desk import (
    CHANNEL,
    FROM,
    HOOK,
    MESSAGES,
    POSTS,
    SECRET,
    TO,
    first,
    newsletter,
    recipient,
    row,
)

OTHER = "27827134468"
VECTOR = (
    b'{"channelUuid":"ff03aa48-0000-4304-b53a-fe90f4b50001","channelType":"whatsapp",'
    b'"channelIdentifier":"447576209857","createdAt":"2026-05-06T10:15:00.123456789Z",'
    b'"trigger":"message_status_update","webhookVersion":"1.0.0","event":{"type":"status",'
    b'"uuid":"ee01ade7-55ee-4024-a857-25bcf9c80001","channelType":"whatsapp",'
    b'"createdAt":"2026-05-06T10:15:00.120000000Z","to":"447592850122","from":"447576209857",'
    b'"status":"delivered","clientRef":"order-abc-123",'
    b'"broadcastUuid":"0a7d1c52-3d0f-4c0b-8f7e-2f6b9a5c1d40","error":null}}'
)


def header(parcel, name):
    return dict(parcel.headers).get(name)


def test_the_signature_of_the_documented_vector():
    assert len(VECTOR) == 519
    assert (
        webhooks.signature("cue_whsec_demo_91d2b7", VECTOR)
        == "6f7a90824c090d93d759569566d49aae2436b11b4b706a35f5de392a6be3799f"
    )


def test_bodies_are_written_as_the_vector_is(desk):
    """The documented body, but for what is drawn and for digits that no clock here has."""
    desk.set(magic_numbers=False)
    wanted = json.loads(VECTOR)
    desk.listen()
    desk.control("PUT", "/clock", {"mode": "manual", "now": "2026-05-06T10:14:59.820Z"})
    body = newsletter(row(client_reference="order-abc-123"))
    id = desk.broadcast(body)
    desk.advance()

    parcel = desk.world.sender.sent[-1]

    wanted["createdAt"] = "2026-05-06T10:15:00.120000000Z"
    wanted["event"]["uuid"] = desk.message()["id"]
    wanted["event"]["broadcastUuid"] = id
    compact = json.dumps(wanted, separators=(",", ":"), ensure_ascii=False)
    assert parcel.body == compact.encode()


def test_a_callback_is_posted_and_signed(desk):
    desk.listen()
    desk.broadcast(newsletter())
    desk.advance("100ms")

    [parcel] = desk.world.sender.sent

    assert (parcel.method, parcel.url) == ("POST", HOOK)
    assert header(parcel, "Content-Type") == "application/json"
    assert header(parcel, "X-Cue-Signature") == webhooks.signature(SECRET, parcel.body)


def test_text_is_not_escaped(desk):
    desk.listen()
    desk.broadcast(newsletter(row(client_reference="é😀/<>")))
    desk.advance()

    assert "é😀/<>".encode() in desk.world.sender.sent[0].body


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        ("delivered", ["sent", "delivered"]),
        ("read", ["sent", "delivered", "read"]),
        ("rejected", ["failed"]),
        ("undelivered", ["sent", "failed"]),
        ("stuck", ["sent"]),
        ("pending", []),
    ],
)
def test_every_step_but_the_first_is_told(desk, outcome, told):
    desk.listen()
    desk.rule(outcome, error={"code": "131026", "message": "Gone"})
    id = desk.broadcast(newsletter(row(client_reference="r-1")))
    desk.advance()

    assert [event["status"] for event in desk.events] == told
    for event in desk.events:
        failed = {"code": "131026", "message": "Gone"} if event["status"] == "failed" else None
        assert event["error"] == failed
        assert (event["clientRef"], event["broadcastUuid"]) == ("r-1", id)


@pytest.mark.parametrize("outcome", ["stuck", "pending"])
def test_expiry_is_told_as_a_failure(desk, outcome):
    desk.listen()
    desk.rule(outcome)
    desk.broadcast(newsletter(valid_until="2024-06-01T13:00:00Z"))
    desk.advance()

    event = desk.events[-1]

    assert (event["status"], event["error"]["code"]) == ("failed", "MESSAGE_EXPIRED")
    assert event["createdAt"] == "2024-06-01T13:00:00.000000000Z"


@pytest.mark.parametrize("path", MESSAGES)
def test_single_messages_belong_to_no_broadcast(desk, path):
    desk.receive(text="Hi")
    desk.listen()
    desk.accept(path, POSTS[path]())
    desk.advance()

    assert [event["status"] for event in desk.events] == ["sent", "delivered"]
    assert {event["broadcastUuid"] for event in desk.events} == {None}


def test_first_broadcasts_bring_their_reference_back(desk):
    desk.listen()
    desk.accept("/broadcasts", first(recipient()))
    desk.advance()

    assert {event["clientRef"] for event in desk.events} == {"d-1"}


def test_names_can_be_others(desk):
    desk.configure(
        signature_header="X-Hub-Signature",
        status_trigger="message_status",
        reference_key="clientReference",
    )
    desk.listen("message_status")
    desk.broadcast(newsletter(row(client_reference="r-1")))
    desk.advance("100ms")

    [parcel], [body] = desk.world.sender.sent, desk.told

    assert header(parcel, "X-Hub-Signature") == webhooks.signature(SECRET, parcel.body)
    assert header(parcel, "X-Cue-Signature") is None
    assert body["trigger"] == "message_status"
    keys = ["type", "uuid", "channelType", "createdAt", "to", "from", "status"]
    assert [*body["event"]] == [*keys, "clientReference", "broadcastUuid", "error"]


def test_a_webhook_hears_its_trigger_on_its_channel_only(desk):
    other = "ff03aa48-0000-4304-b53a-fe90f4b50077"
    desk.load(channels=[{"uuid": other, "identifier": "447576209999"}])
    urls: dict[str, Any] = {
        "all": {"channelUuid": None},
        "mine": {"channelUuid": CHANNEL},
        "other": {"channelUuid": other},
        "inbound": {"trigger": "message_inbound"},
        "asleep": {"active": False},
    }
    for name, more in urls.items():
        desk.listen(**{"url": f"{HOOK}/{name}", **more})
    desk.broadcast(newsletter())
    desk.advance("100ms")

    found = {parcel.url.rpartition("/")[2] for parcel in desk.world.sender.sent}

    assert found == {"all", "mine"}


def test_other_workspaces_hear_nothing(desk):
    webhook = {"url": HOOK, "trigger": "message_status_update"}
    desk.merge(cuedesk={"workspaces": [{"id": "ws_other", "webhooks": [webhook]}]})
    desk.broadcast(newsletter())

    desk.advance()

    assert desk.told == []


def test_endpoints_of_the_control_api_hear_the_same(desk):
    body = {"provider": "cuedesk", "url": HOOK, "events": ["message_inbound"], "channel": CHANNEL}
    made = desk.control("POST", "/endpoints", body, 201)
    desk.receive(text="Hi")

    [parcel] = desk.world.sender.sent

    assert header(parcel, "X-Cue-Signature") == webhooks.signature(made["secret"], parcel.body)


def test_an_unknown_trigger_is_refused(desk):
    body = {"provider": "cuedesk", "url": HOOK, "events": ["message_inbund"]}

    errors = desk.control("POST", "/endpoints", body, 422)["errors"]

    assert errors[0]["suggestion"] == "message_inbound"


def test_a_failing_receiver_is_tried_five_times(desk):
    desk.listen()
    desk.world.sender.script = [500, 404, 302, "timed out", 503]
    desk.rule("rejected")
    desk.broadcast(newsletter())

    desk.advance()

    [callback] = desk.control("GET", "/callbacks")["items"]
    moments = [datetime.fromisoformat(attempt["at"]) for attempt in callback["attempts"]]
    pauses = [later - earlier for earlier, later in pairwise(moments)]
    assert pauses == [timedelta(seconds=s) for s in (1, 2, 4, 8)]
    assert callback["state"] == "failed"
    assert [a["status"] for a in callback["attempts"]] == [500, 404, 302, None, 503]
    assert (callback["event"], callback["subject"]) == (
        "message_status_update",
        desk.message()["id"],
    )
    sent = desk.world.sender.sent
    assert len({(parcel.body, parcel.headers) for parcel in sent}) == 1


def test_a_success_ends_the_tries_and_a_dropped_event_leaves_the_webhook_active(desk):
    desk.listen()
    desk.world.sender.script = [500] * 5 + [500, 204]
    desk.rule("undelivered", delays={"failed": "1h"})
    desk.broadcast(newsletter())

    desk.advance()

    first_told, second_told = desk.control("GET", "/callbacks")["items"][::-1]
    assert (first_told["state"], len(first_told["attempts"])) == ("failed", 5)
    assert (second_told["state"], len(second_told["attempts"])) == ("succeeded", 2)


def test_a_retry_does_not_hold_later_events_up(desk):
    desk.listen()
    desk.world.sender.script = [500]
    desk.broadcast(newsletter())

    desk.advance()

    assert [event["status"] for event in desk.events] == ["sent", "delivered", "sent"]


@pytest.mark.parametrize(
    ("pauses", "tries"), [([], 1), ([0], 2), ([0, 0, 0, 0], 5), (["1m", 30], 3)]
)
def test_pauses_are_set(desk, pauses, tries):
    desk.configure(retry_pauses=pauses)
    desk.listen()
    desk.world.sender.script = [500] * 9
    desk.rule("rejected")
    desk.broadcast(newsletter())

    desk.advance()

    assert len(desk.told) == tries


@pytest.mark.parametrize(
    "settings",
    [
        {"retry_pauses": [-1]},
        {"retry_pauses": 5},
        {"retry_pauses": ["soon"]},
        {"signature_header": "two words"},
        {"signature_header": ""},
        {"signature_header": "Content-Type"},
        {"signature_header": "host"},
        {"signature_header": "Transfer-Encoding"},
        {"status_trigger": ""},
        {"reference_key": 5},
        {"reference_key": "status"},
        {"missing_variable": "send"},
        {"unknown": 1},
    ],
)
def test_settings_are_checked(desk, settings):
    desk.control("PATCH", "/settings", {"cuedesk": settings}, 422)


def test_several_webhooks_get_a_request_each(desk):
    desk.listen()
    desk.listen(url=f"{HOOK}/2")
    desk.broadcast(newsletter(row(), row(OTHER)))

    desk.advance("100ms")

    assert sorted((p["event"]["to"]) for p in desk.told) == sorted([TO, TO, OTHER, OTHER])


def test_an_inbound_message_is_told_at_once(desk):
    desk.listen("message_inbound")

    received = desk.receive(f"+{TO}", text="Hi there")

    [body] = desk.told
    session = body["event"].pop("sessionUuid")
    assert session[14] == "4"
    moment = "2024-06-01T12:00:00.000000000Z"
    assert body == {
        "channelUuid": CHANNEL,
        "channelType": "whatsapp",
        "channelIdentifier": FROM,
        "createdAt": moment,
        "trigger": "message_inbound",
        "webhookVersion": "1.0.0",
        "event": {
            "type": "text",
            "uuid": received["id"],
            "channelType": "whatsapp",
            "createdAt": moment,
            "to": FROM,
            "from": TO,
            "origin": "whatsapp",
            "chatType": "livechat",
            "content": {"text": "Hi there"},
            "referral": {},
        },
    }


def test_a_conversation_keeps_its_session_for_a_day(desk):
    sessions = [desk.receive(text="Hi")["native"]["sessionUuid"]]
    for passed in ("1h", "23h", "25h"):
        desk.advance(passed)
        sessions.append(desk.receive(text="Hi")["native"]["sessionUuid"])

    assert sessions[0] == sessions[1] == sessions[2] != sessions[3]


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://x.test/a.jpg", "image"),
        ("https://x.test/a.PNG?x=1", "image"),
        ("https://x.test/a.mp4", "video"),
        ("https://x.test/a.ogg", "audio"),
        ("https://x.test/a.pdf", "document"),
        ("https://x.test/a", "document"),
    ],
)
def test_a_persons_file_is_told_by_its_kind(desk, url, kind):
    desk.listen("message_inbound")

    received = desk.receive(media=[url], text="Look")

    assert received["media"] == [url]
    [event] = desk.events
    assert (event["type"], event["content"]) == (kind, {"url": url, "caption": "Look"})


def test_a_reply_comes_after_the_message_was_read(desk):
    desk.listen("message_inbound")
    desk.rule("replied", reply={"text": "STOP"}, delays={"reply": "10s"})
    desk.broadcast(newsletter())

    desk.advance()

    sent, answer = desk.messages()
    assert [step["status"] for step in sent["history"]] == ["queued", "sent", "delivered", "read"]
    assert (answer["direction"], answer["from"], answer["to"]) == ("in", TO, FROM)
    assert (answer["text"], answer["created_at"]) == ("STOP", "2024-06-01T12:00:10.500000Z")
    assert desk.events[0]["content"] == {"text": "STOP"}


def test_a_redelivery_is_signed_anew_where_it_is_edited(desk):
    desk.listen("message_inbound")
    desk.receive(text="Hi")
    [callback] = desk.control("GET", "/callbacks")["items"]

    desk.control("POST", f"/callbacks/{callback['id']}/redeliver", {"body": "{}"})

    parcel = desk.world.sender.sent[-1]
    assert header(parcel, "X-Cue-Signature") == webhooks.signature(SECRET, b"{}")


def test_a_status_is_told_when_the_tester_likes_and_as_he_likes(desk):
    desk.configure(status_trigger="status", reference_key="reference")
    desk.broadcast(newsletter(row(name="Alex", client_reference="r-1")))
    desk.advance()
    desk.listen()
    wanted = {"provider": "cuedesk", "event": "message_status_update", "data": {"status": "read"}}

    desk.control("POST", "/callbacks/trigger", wanted, 201)
    desk.advance()

    [told] = desk.told
    assert (told["trigger"], told["channelUuid"]) == ("status", CHANNEL)
    assert told["event"]["uuid"] == desk.message()["id"]
    assert (told["event"]["status"], told["event"]["reference"]) == ("read", "r-1")
    assert desk.message()["status"] == "delivered"
