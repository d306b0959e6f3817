"""Events that a tester sets off, over the control API."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from emulator.providers.cuedesk import PROVIDER as CUEDESK
from emulator.providers.teekrr import PROVIDER as TEEKRR
from emulator.providers.teekrr.webhooks import signature
from tests.control.desk import Desk
from tests.world import World

URL = "http://127.0.0.1:9/hook"
REFERENCE = "reference"


@pytest.fixture
def desk() -> Desk:
    world = World([TEEKRR, CUEDESK])
    library = world.emulator.library
    document = library.read(REFERENCE)
    names = ("emulator", "clock", "seed", "teekrr", "cuedesk")
    own = {name: document[name] for name in names if name in document}
    created = world.call("POST", "/_emulator/sandboxes", {"name": "own", "fixture": own})
    assert created.status_code == 201, created.text
    return Desk(world, "own")


def listen(desk: Desk, provider: str, **more: Any) -> str:
    body = {"provider": provider, "url": URL, "secret": "s3cret", **more}
    return str(desk.do("POST", "/endpoints", body, 201)["id"])


def message(desk: Desk, provider: str, **query: str) -> Any:
    return desk.items("/messages", provider=provider, **query)[0]


def trigger(desk: Desk, **body: Any) -> list[Any]:
    items: list[Any] = desk.do("POST", "/callbacks/trigger", body, 201)["items"]
    return items


def ask_teekrr(desk: Desk, path: str, body: Any) -> Any:
    providers = desk.world.call("GET", desk.base).get_json()["providers"]
    key = providers["teekrr"]["accounts"][0]["keys"][0]["key"]
    headers = {"Authorization": f"Bearer {key}"}
    answer = desk.world.call("POST", f"/s/own/teekrr{path}", body, headers=headers)
    assert answer.status_code in (200, 202), answer.text
    return answer.get_json()["data"]


def send(desk: Desk, number: str = "60123456789") -> str:
    body = {"campaignName": "x", "type": "quick broadcast", "templateContent": "Hi"}
    ask_teekrr(desk, "/sms", {**body, "recipients": [number]})
    return str(message(desk, "teekrr", to=number)["id"])


def send_mail(desk: Desk) -> str:
    body = {"templateName": "welcome_mail", "subject": "Hi", "type": "quick broadcast"}
    ask_teekrr(desk, "/email", {**body, "recipients": ["a@example.com"]})
    return str(message(desk, "teekrr", to="a@example.com")["id"])


@pytest.mark.parametrize(
    ("make", "event", "details"),
    [
        (send, "delivered", {"channel": "sms"}),
        (send, "failed", {"errorCode": "UNDELIVERABLE"}),
        (send, "billed", {"currency": "MYR"}),
        (send_mail, "bounced", {"bounceType": "Permanent", "channel": "email"}),
    ],
)
def test_every_event_can_be_set_off(
    desk: Desk, make: Callable[[Desk], str], event: str, details: Mapping[str, str]
) -> None:
    id = make(desk)
    endpoint = listen(desk, "teekrr")
    sent = desk.world.sender.sent
    before = len(sent)

    made = trigger(desk, provider="teekrr", event=event, about=id)

    [callback] = [item for item in made if item["endpoint"] == endpoint]
    told = json.loads(callback["body"])
    assert (callback["event"], callback["subject"]) == (event, id)
    assert told["event"] == event
    assert told["data"]["messageUuid"] == id
    assert details.items() <= told["data"].items()
    headers = callback["headers"]
    assert headers["X-Teekrr-Signature"] == signature("s3cret", callback["body"].encode())
    assert callback["body"].encode() in [parcel.body for parcel in sent[before:]]


def test_message_itself_is_left_alone(desk: Desk) -> None:
    id = send(desk)
    listen(desk, "teekrr")
    before = desk.get(f"/messages/{id}")

    trigger(desk, provider="teekrr", event="failed", about=id)

    assert desk.get(f"/messages/{id}") == before


def test_data_takes_the_place_of_what_is_told(desk: Desk) -> None:
    id = send(desk)
    listen(desk, "teekrr")
    data = {"errorCode": "X1", "extra": {"a": 1}, "recipient": None}

    [callback] = trigger(desk, provider="teekrr", event="failed", about=id, data=data)

    told = json.loads(callback["body"])["data"]
    assert data.items() <= told.items()
    assert told["errorMessage"] == "Message could not be delivered"


def test_failure_is_told_in_the_order_of_the_vendor(desk: Desk) -> None:
    send(desk)
    listen(desk, "teekrr")

    [callback] = trigger(desk, provider="teekrr", event="failed")

    assert list(json.loads(callback["body"])["data"]) == [
        "messageUuid", "broadcastUuid", "channel", "recipient", "errorCode", "errorMessage",
        "failedAt",
    ]  # fmt: skip


def test_newest_message_is_meant_where_none_is_named(desk: Desk) -> None:
    send(desk, "60123456780")
    id = send(desk, "60123456781")
    listen(desk, "teekrr")

    [callback] = trigger(desk, provider="teekrr", event="delivered")

    assert callback["subject"] == id


def test_event_is_about_the_newest_message_that_it_is_told_of(desk: Desk) -> None:
    id = send_mail(desk)
    send(desk)
    listen(desk, "teekrr")

    [callback] = trigger(desk, provider="teekrr", event="bounced")

    assert callback["subject"] == id


def test_event_about_what_it_is_never_told_of_is_refused(desk: Desk) -> None:
    test_send = {"templateName": "promo_image", "to": "60123456789"}
    values = {"button": ["1"], "headerImage": "https://media.example/a.png"}
    tested = ask_teekrr(desk, "/whatsapp/test", {**test_send, "variables": values})["messageUuid"]
    listen(desk, "teekrr")

    for event, about, words in (
        ("bounced", send(desk), "e-mails"),
        ("billed", tested, "messages of broadcasts"),
    ):
        body = {"provider": "teekrr", "event": event, "about": about}
        assert desk.refused("POST", "/callbacks/trigger", body) == [
            {"pointer": "/about", "message": f"{event} is told of {words} alone"}
        ]


def test_message_from_a_person_is_told_as_the_tester_likes(desk: Desk) -> None:
    inbound = {"provider": "cuedesk", "from": "447592850122", "text": "Hi"}
    received = desk.do("POST", "/inbound", inbound, 201)
    listen(desk, "cuedesk")

    [callback] = trigger(
        desk, provider="cuedesk", event="message_inbound", data={"content": {"text": "Other"}}
    )

    told = json.loads(callback["body"])
    assert (callback["subject"], told["trigger"]) == (received["id"], "message_inbound")
    assert told["event"]["uuid"] == received["id"]
    assert told["event"]["content"]["text"] == "Other"
    assert told["event"]["type"] == "text"


def test_event_about_a_message_needs_one(desk: Desk) -> None:
    listen(desk, "teekrr")
    body = {"provider": "teekrr", "event": "delivered"}

    [error] = desk.refused("POST", "/callbacks/trigger", body)

    assert error["pointer"] == "/about"


def test_events_about_messages_to_people_are_not_about_theirs(desk: Desk) -> None:
    inbound = {"provider": "cuedesk", "from": "447592850122", "text": "Hi"}
    received = desk.do("POST", "/inbound", inbound, 201)
    body = {"provider": "cuedesk", "event": "message_status_update", "about": received["id"]}

    [error] = desk.refused("POST", "/callbacks/trigger", body)

    assert error == {
        "pointer": "/about",
        "message": "message_status_update is not told of messages from people",
    }


def test_unknown_event_is_refused_with_a_suggestion(desk: Desk) -> None:
    body = {"provider": "teekrr", "event": "deliverd"}

    [error] = desk.refused("POST", "/callbacks/trigger", body)

    assert (error["pointer"], error["suggestion"]) == ("/event", "delivered")
    assert error["message"] == "Must be one of: billed, bounced, delivered, failed"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"event": "delivered"}, "/provider"),
        ({"provider": "teekrr"}, "/event"),
        ({"provider": "teekrr", "event": "delivered", "about": "nobody"}, "/about"),
        ({"provider": "teekrr", "event": "delivered", "data": []}, "/data"),
        ({"provider": "teekrr", "event": "delivered", "abuot": "x"}, "/abuot"),
    ],
)
def test_mistakes_are_refused(desk: Desk, body: Any, pointer: str) -> None:
    assert pointer in [e["pointer"] for e in desk.refused("POST", "/callbacks/trigger", body)]


def test_event_that_nobody_wants_is_a_conflict(desk: Desk) -> None:
    id = send(desk)
    listen(desk, "teekrr", events=["failed"])
    body = {"provider": "teekrr", "event": "billed", "about": id}

    answer = desk.ask("POST", "/callbacks/trigger", body)

    assert answer.status_code == 409
    assert "no active endpoint of teekrr wants 'billed'" in answer.get_json()["detail"]


def test_vendor_without_such_events_says_so() -> None:
    desk = Desk()
    answer = desk.ask("POST", "/callbacks/trigger", {"provider": "acme", "event": "status"})

    assert answer.status_code == 409
