"""Callbacks and their redelivery, over the control API."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from tests.control.desk import Desk

URL = "http://127.0.0.1:9/hook"
SECRET = "s3cret"


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    body = {"provider": "acme", "id": "mine", "url": URL, "secret": SECRET}
    desk.do("POST", "/endpoints", body, 201)
    return desk


def signature(body: bytes) -> str:
    return hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()


def test_callback_is_shown_with_its_attempts(desk: Desk) -> None:
    desk.world.sender.script = [500, "timeout", 200]
    message = desk.send("+15550001")
    desk.do("POST", "/clock/advance", {"until": "idle"})

    _, callback = desk.items("/callbacks")

    body = f'{{"id":"{message}","status":"dispatched"}}'
    assert callback == {
        "id": callback["id"],
        "provider": "acme",
        "account": "one",
        "endpoint": "mine",
        "event": "status",
        "subject": message,
        "url": URL,
        "headers": {
            "Content-Type": "application/json",
            "X-Acme-Event": "status",
            "X-Acme-Signature": signature(body.encode()),
        },
        "body": body,
        "created_at": "2026-05-06T12:00:01Z",
        "attempts": callback["attempts"],
        "state": "succeeded",
    }
    assert callback["attempts"][0] == {
        "at": "2026-05-06T12:00:01Z",
        "status": 500,
        "error": None,
        "duration_ms": 1.0,
        "response": "",
    }
    signed = {"header": "X-Acme-Signature", "value": signature(body.encode()), "is_genuine": True}
    assert desk.get(f"/callbacks/{callback['id']}") == {**callback, "signature": signed}


def test_signature_of_a_callback_whose_endpoint_is_gone_is_unknown(desk: Desk) -> None:
    desk.send("+15550001")
    desk.do("POST", "/clock/advance", {"until": "idle"})
    desk.ask("DELETE", "/endpoints/mine")

    [first, *_] = desk.items("/callbacks")

    assert desk.get(f"/callbacks/{first['id']}")["signature"] is None


def test_callbacks_are_filtered(desk: Desk) -> None:
    desk.do("POST", "/endpoints", {"provider": "acme", "id": "other", "url": URL}, 201)
    desk.world.sender.script = [200, 200, 500]
    first = desk.send("+15550001")
    desk.advance(1)
    second = desk.send("+15550002")
    desk.advance(0)
    desk.advance(1)

    def count(**query: str) -> int:
        found = desk.get("/callbacks", **query)
        assert len(found["items"]) == found["total"]
        return int(found["total"])

    assert count() == 6
    assert count(endpoint="mine") == 3
    assert count(subject=second) == 2
    assert count(subject=first, endpoint="other") == 2
    assert count(state="pending") == 1
    assert count(event="inbound") == 0
    assert count(provider="acme", event="status") == 6
    assert count(provider="zenith") == 0


def test_callbacks_come_in_pages_newest_first(desk: Desk) -> None:
    for n in range(5):
        desk.send(f"+1555000{n}")
    desk.advance(1)

    pages = desk.pages("/callbacks", limit=2)

    shown = [callback["subject"] for page in pages for callback in page]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert shown == [message["id"] for message in desk.items("/messages")]


def told(desk: Desk) -> str:
    """Let one callback be delivered; return its id."""
    desk.send("+15550001")
    desk.advance(1)
    [callback] = desk.items("/callbacks")
    return str(callback["id"])


def test_redelivery_repeats_the_very_bytes(desk: Desk) -> None:
    id = told(desk)

    callback = desk.do("POST", f"/callbacks/{id}/redeliver")

    first, second = desk.world.sender.sent
    assert first == second
    assert [attempt["status"] for attempt in callback["attempts"]] == [200, 200]


def test_edited_body_is_signed_anew(desk: Desk) -> None:
    id = told(desk)

    desk.do("POST", f"/callbacks/{id}/redeliver", {"body": '{"id": "é"}'})

    parcel = desk.world.sender.sent[-1]
    assert parcel.body == '{"id": "é"}'.encode()
    assert dict(parcel.headers)["X-Acme-Signature"] == signature(parcel.body)


def test_signature_given_is_left_alone(desk: Desk) -> None:
    id = told(desk)

    edit = {"body": "{}", "headers": {"x-acme-signature": "forged", "X-Extra": "1"}}
    desk.do("POST", f"/callbacks/{id}/redeliver", edit)

    headers = {name.lower(): value for name, value in desk.world.sender.sent[-1].headers}
    assert len(headers) == len(desk.world.sender.sent[-1].headers)
    assert (headers["x-acme-signature"], headers["x-extra"]) == ("forged", "1")


def test_redelivery_may_go_elsewhere(desk: Desk) -> None:
    id = told(desk)

    edit = {"url": "http://127.0.0.1:9/other"}
    callback = desk.do("POST", f"/callbacks/{id}/redeliver", edit)

    first, second = desk.world.sender.sent
    assert (second.url, second.headers, second.body) == (edit["url"], first.headers, first.body)
    assert callback["url"] == URL


def test_failed_redelivery_starts_no_retries(desk: Desk) -> None:
    id = told(desk)
    desk.world.sender.script = [500]

    callback = desk.do("POST", f"/callbacks/{id}/redeliver")
    ledger = desk.do("POST", "/clock/advance", {"by": "59s"})

    assert [attempt["status"] for attempt in callback["attempts"]] == [200, 500]
    assert callback["state"] == "succeeded"
    # The message's next step is told; nothing else leaves.
    assert ledger["callbacks"]["attempted"] == 1


def test_redelivery_that_arrives_replaces_the_planned_retry(desk: Desk) -> None:
    desk.world.sender.script = [500]
    id = told(desk)

    callback = desk.do("POST", f"/callbacks/{id}/redeliver")
    desk.advance(3600)

    assert callback["state"] == "succeeded"
    assert len(desk.get(f"/callbacks/{id}")["attempts"]) == 2


def test_redeliveries_use_up_no_retries(desk: Desk) -> None:
    desk.world.sender.script = [500] * 9
    id = told(desk)
    for _ in range(3):
        desk.do("POST", f"/callbacks/{id}/redeliver")

    desk.advance(3600)

    # The first try and its two retries besides the three redeliveries.
    callback = desk.get(f"/callbacks/{id}")
    assert len(callback["attempts"]) == 6
    assert callback["state"] == "failed"


def test_redelivery_of_an_edited_body_needs_the_endpoint(desk: Desk) -> None:
    id = told(desk)
    desk.do("DELETE", "/endpoints/mine", status=204)

    desk.do("POST", f"/callbacks/{id}/redeliver", {"body": "{}"}, 409)
    again = desk.do("POST", f"/callbacks/{id}/redeliver")

    assert len(again["attempts"]) == 2


@pytest.mark.parametrize(
    ("edit", "pointer"),
    [
        ({"url": "file:///etc/passwd"}, "/url"),
        ({"headers": {"X-A": 1}}, "/headers"),
        ({"haeders": {}}, "/haeders"),
    ],
)
def test_redelivery_with_a_mistake_is_refused(
    desk: Desk, edit: dict[str, object], pointer: str
) -> None:
    id = told(desk)

    [error] = desk.refused("POST", f"/callbacks/{id}/redeliver", edit)

    assert error["pointer"] == pointer
    assert len(desk.world.sender.sent) == 1


def test_unknown_callback_is_not_found(desk: Desk) -> None:
    assert desk.ask("GET", "/callbacks/nothing").status_code == 404
    assert desk.ask("POST", "/callbacks/nothing/redeliver").status_code == 404
