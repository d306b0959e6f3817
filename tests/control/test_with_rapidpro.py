"""What the control API takes of a real vendor with many channels: RapidPro."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from emulator.providers.rapidpro import PROVIDER
from tests.control.desk import Desk
from tests.world import World

FIXTURES = Path(__file__).parents[2] / "fixtures"
AMINA = "a1b2c3d4-0000-4000-8000-000000000001"


@pytest.fixture
def desk() -> Desk:
    reference = json.loads((FIXTURES / "reference.json").read_text())
    document = {name: reference[name] for name in ("emulator", "clock", "rapidpro")}
    return Desk(World([PROVIDER], [document]))


@pytest.mark.parametrize(
    ("channel", "to"),
    [("sms", "tel:+254722000111"), ("telegram", "telegram:99120045"), ("whatsapp", "whatsapp:25")],
)
def test_rule_may_name_a_channel_by_its_scheme(desk: Desk, channel: str, to: str) -> None:
    desk.do("POST", "/outcomes", {"channel": channel, "outcome": "stuck"}, 201)

    explained = desk.do("POST", "/outcomes/explain", {"provider": "rapidpro", "to": to})
    other = desk.do("POST", "/outcomes/explain", {"provider": "rapidpro", "to": "viber:1"})

    assert (explained["outcome"], other["outcome"]) == ("stuck", "delivered")


@pytest.mark.parametrize("to", ["tel:0722000111", "0722 000 111", "+254722000111", "254722000111"])
def test_what_is_explained_is_a_message_to_the_number_that_is_meant(desk: Desk, to: str) -> None:
    desk.do("POST", "/outcomes", {"to": "0722000111", "outcome": "rejected"}, 201)
    desk.do("POST", "/outcomes", {"to": "+254722000111", "outcome": "stuck"}, 201)

    explained = desk.do("POST", "/outcomes/explain", {"provider": "rapidpro", "to": to})

    assert explained["outcome"] == "stuck"


def test_path_of_a_channel_without_numbers_is_explained_as_it_is(desk: Desk) -> None:
    desk.do("POST", "/outcomes", {"to": "0722000111", "outcome": "stuck"}, 201)

    asked = {"provider": "rapidpro", "to": "0722000111", "channel": "telegram"}

    assert desk.do("POST", "/outcomes/explain", asked)["outcome"] == "stuck"


def test_channel_that_is_none_is_refused(desk: Desk) -> None:
    [error] = desk.refused("POST", "/outcomes", {"channel": "telegramm", "outcome": "read"})

    assert (error["pointer"], error["suggestion"]) == ("/channel", "telegram")


AMINA = "a1b2c3d4-0000-4000-8000-000000000001"
PHONE = "tel:+254722000111"


@pytest.mark.parametrize(
    "part",
    [
        {"name": "Other Clinic", "contacts": [{"uuid": AMINA, "name": "Mine"}]},
        {"name": "Lakeside Health", "contacts": [{"urns": [PHONE]}, {"status": "x"}]},
        {"name": "Other Clinic", "contacts": [{"uuid": AMINA, "urns": [PHONE]}, {"status": "x"}]},
    ],
)
def test_refused_fixture_leaves_what_it_would_have_displaced(
    desk: Desk, part: dict[str, object]
) -> None:
    desk.refused("POST", "/fixtures", {"emulator": 1, "rapidpro": {"workspaces": [part]}})

    for query in ({"uuid": AMINA}, {"urn": PHONE}):
        answer = desk.world.call(
            "GET",
            "/rapidpro/api/v2/contacts.json",
            query_string=query,
            headers={"Authorization": "Token rp_token_admin"},
        )
        assert [contact["name"] for contact in answer.get_json()["results"]] == ["Amina Yusuf"]


REPLIES = [{"text": "Yes"}, {"text": "More", "type": "url", "extra": "https://x.test", "titel": 1}]


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("messages", {"contact": AMINA, "quick_replies": REPLIES}, "/quick_replies/1"),
        ("broadcasts", {"urns": [], "quick_replies": REPLIES}, "/quick_replies/1"),
        ("broadcasts", {"quick_replies": {"eng": [], "swa": REPLIES}}, "/quick_replies/swa/1"),
    ],
)
def test_unknown_field_of_a_quick_reply_is_unread(
    desk: Desk, path: str, body: dict[str, object], pointer: str
) -> None:
    sent = {**body, "text": {"eng": "Hi"}, "quick_reply": [{"text": "No"}]}
    headers = {"Authorization": "Token rp_token_admin"}
    desk.world.call("POST", f"/rapidpro/api/v2/{path}.json", sent, headers=headers)

    [request] = desk.get("/requests")["items"]
    unread = desk.get(f"/requests/{request['id']}")["unread"]

    assert unread == [
        {"pointer": f"{pointer}/titel", "suggestion": None},
        {"pointer": "/quick_reply", "suggestion": "quick_replies"},
    ]


def test_parameter_that_a_list_ignores_is_unread(desk: Desk) -> None:
    query = "groups=Mothers&format=json&limit=5&cursor=&urn=&group="
    desk.world.call(
        "GET",
        f"/rapidpro/api/v2/contacts.json?{query}",
        headers={"Authorization": "Token rp_token_admin"},
    )

    assert desk.get("/requests/1")["unread"] == [
        {"pointer": "?groups", "suggestion": "group"},
        {"pointer": "?limit", "suggestion": None},
    ]


def test_callback_of_a_vendor_that_signs_nothing_has_no_signature(desk: Desk) -> None:
    hook = {"provider": "rapidpro", "url": "http://127.0.0.1:9/hook", "events": ["new-visit"]}
    desk.do("POST", "/endpoints", hook, 201)
    desk.do("POST", "/callbacks/trigger", {"provider": "rapidpro", "event": "new-visit"}, 201)

    [callback] = desk.items("/callbacks")

    assert desk.get(f"/callbacks/{callback['id']}")["signature"] is None


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"to": PHONE}, 1),
        ({"to": "254722000111"}, 1),
        ({"to": "whatsapp:254722000111"}, 0),
        ({"from": "+254700100200", "direction": "out"}, 1),
        ({"from": "tel:1", "direction": "out"}, 0),
    ],
)
def test_messages_of_another_channel_to_the_same_number_are_others(
    desk: Desk, query: dict[str, str], count: int
) -> None:
    headers = {"Authorization": "Token rp_token_admin"}
    body = {"contact": AMINA, "text": "Hi"}
    desk.world.call("POST", "/rapidpro/api/v2/messages.json", body, headers=headers)

    assert desk.get("/messages", **query)["total"] == count


def test_what_follows_from_a_pushed_status_happens_at_once_without_latency(desk: Desk) -> None:
    desk.do("PATCH", "/settings", {"latency": "instant"})
    desk.do("POST", "/outcomes", {"outcome": "stuck"}, 201)
    headers = {"Authorization": "Token rp_token_admin"}
    body = {"contact": AMINA, "text": "Hi"}
    desk.world.call("POST", "/rapidpro/api/v2/messages.json", body, headers=headers)
    [message] = desk.items("/messages", to=PHONE)

    pushed = desk.do("POST", f"/messages/{message['id']}/status", {"status": "errored"})

    again = ["errored", "queued", "wired", "sent"]
    statuses = ["queued", "wired", "sent", *again]
    assert [step["status"] for step in pushed["history"]] == statuses
