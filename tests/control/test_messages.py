"""Messages of all vendors, over the control API."""

from __future__ import annotations

from functools import partial

import pytest

from tests.control.desk import NOON, Desk
from tests.work import steps


@pytest.fixture
def desk() -> Desk:
    return Desk()


def endpoint(desk: Desk, **more: object) -> None:
    body = {"provider": "acme", "url": "http://127.0.0.1:9/hook", **more}
    desk.do("POST", "/endpoints", body, 201)


def test_message_is_shown_in_the_vendors_words(desk: Desk) -> None:
    id = desk.send("+15550001", "Hello")
    desk.advance(1)

    [message] = desk.items("/messages")

    assert message == {
        "id": id,
        "provider": "acme",
        "account": "one",
        "channel": "sms",
        "direction": "out",
        "from": "+1001",
        "to": "+15550001",
        "contact": None,
        "text": "Hello",
        "template": None,
        "media": [],
        "status": "dispatched",
        "outcome": "delivered",
        "error": None,
        "broadcast": None,
        "created_at": NOON,
        "history": [
            {"status": "queued", "at": NOON},
            {"status": "dispatched", "at": "2026-05-06T12:00:01Z"},
        ],
        "native": {},
    }
    assert desk.get(f"/messages/{id}") == {
        **message,
        "decided_by": {"source": "default", "rule": None},
    }


def test_message_says_which_rule_decided(desk: Desk) -> None:
    desk.do("POST", "/outcomes", {"id": "mine", "to": "15550001", "outcome": "rejected"}, 201)
    by_rule, by_digits = desk.send("+15550001"), desk.send("+15550990512")
    reply = desk.do("POST", "/inbound", {"provider": "acme", "from": "15550001"}, 201)["id"]

    decided = [desk.get(f"/messages/{id}")["decided_by"] for id in (by_rule, by_digits, reply)]

    assert decided == [{"source": "rule", "rule": "mine"}, {"source": "magic", "rule": None}, None]


def crowd(desk: Desk) -> dict[str, str]:
    """Make messages of all sorts, each a minute after the one before; return ids by name."""
    made = {"first": desk.send("+15550001", "Hello Ann")}
    desk.advance(60)
    made["second"] = desk.send("+15550002", "Hello Bob")
    desk.advance(60)
    made["zenith"] = desk.send("15550001", "Good day", vendor="zenith")
    desk.advance(60)
    reply = {"provider": "acme", "from": "15550001", "text": "Hi there"}
    made["reply"] = desk.do("POST", "/inbound", reply, 201)["id"]
    desk.advance(60)
    made["may"] = desk.broadcast("May", ["+15550003"])
    [made["third"]] = [message["id"] for message in desk.items("/messages", broadcast=made["may"])]
    return made


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({}, ["third", "reply", "zenith", "second", "first"]),
        ({"provider": "zenith"}, ["zenith"]),
        ({"to": "15550001"}, ["zenith", "first"]),
        ({"to": "+15550001", "provider": "acme"}, ["first"]),
        ({"to": "tel:+15550001"}, ["zenith", "first"]),
        ({"to": " 15550001"}, ["zenith", "first"]),
        ({"to": "+1001"}, ["reply"]),
        ({"to": "1001", "direction": "out"}, []),
        ({"from": "15550001"}, ["reply"]),
        ({"from": "+2001"}, ["zenith"]),
        ({"direction": "in"}, ["reply"]),
        ({"status": "delivered"}, ["zenith", "second", "first"]),
        ({"status": "queued", "direction": "out"}, ["third"]),
        ({"text": "hello"}, ["second", "first"]),
        ({"broadcast": "unknown"}, []),
        ({"since": "2026-05-06T12:02:00Z"}, ["third", "reply", "zenith"]),
        ({"to": "15559999"}, []),
    ],
)
def test_messages_are_filtered(desk: Desk, query: dict[str, str], wanted: list[str]) -> None:
    made = crowd(desk)

    found = desk.get("/messages", **query)

    names = {id: name for name, id in made.items()}
    assert [names[message["id"]] for message in found["items"]] == wanted
    assert found["total"] == len(wanted)


def test_since_takes_the_id_of_a_message(desk: Desk) -> None:
    made = crowd(desk)

    found = desk.items("/messages", since=made["zenith"])

    assert [message["id"] for message in found] == [made["third"], made["reply"]]


def test_since_that_is_neither_moment_nor_message_is_refused(desk: Desk) -> None:
    [error] = desk.refused("GET", "/messages", query_string={"since": "lately"})

    assert error["pointer"] == "/since"


@pytest.mark.parametrize("query", [{}, {"text": "news"}, {"direction": "out"}])
def test_pages_cover_several_vendors_once(desk: Desk, query: dict[str, str]) -> None:
    for _ in range(3):
        desk.broadcast("News", [f"+1555{n:04}" for n in range(4)])
        for n in range(3):
            desk.send(f"+1555{n:04}", "News", vendor="zenith")

    pages = desk.pages("/messages", limit=4, **query)

    ids = [message["id"] for page in pages for message in page]
    assert [len(page) for page in pages] == [4, 4, 4, 4, 4, 1]
    assert len(set(ids)) == 21
    assert ids == [message["id"] for message in desk.items("/messages")]


def test_filtered_list_of_very_many_messages_lacks_none(desk: Desk) -> None:
    desk.broadcast("News", [f"+1555{n:04}" for n in range(1200)])
    desk.broadcast("More", ["+15550000"])

    pages = desk.pages("/messages", limit=700, text="for news")

    shown = [message["to"] for page in pages for message in page]
    assert [len(page) for page in pages] == [700, 500]
    assert len(set(shown)) == 1200


def test_page_goes_on_where_it_stopped_while_messages_are_added(desk: Desk) -> None:
    sent = [desk.send(f"+1555{n:04}") for n in range(4)]
    first = desk.get("/messages", limit=2)
    desk.send("+15559999")
    desk.advance(5)
    desk.send("+15558888", vendor="zenith")

    second = desk.get("/messages", limit=2, cursor=first["next"])

    shown = [message["id"] for page in (first, second) for message in page["items"]]
    assert shown == sent[::-1]
    assert second == {"items": second["items"], "next": None, "total": 6}


def test_total_of_a_filtered_list_is_never_an_old_one(desk: Desk) -> None:
    sent = [desk.send(f"+1555{n:04}", "News") for n in range(4)]
    first = desk.get("/messages", text="news", limit=2)
    again = desk.get("/messages", text="news", limit=1, cursor=first["next"])
    desk.send("+15559999", "News")

    second = desk.get("/messages", text="news", limit=2, cursor=first["next"])

    assert (first["total"], again["total"], second["total"]) == (4, 4, 5)
    assert [message["id"] for message in second["items"]] == sent[1::-1]
    desk.do("POST", "/reset")
    assert desk.get("/messages", text="news", cursor=first["next"])["total"] == 0


def test_page_of_a_filtered_list_costs_no_more_of_a_longer_one(desk: Desk) -> None:
    counts = []
    for _ in range(3):
        desk.broadcast("News", [f"+1555{n:04}" for n in range(100)])
        query = {"text": "news", "limit": 5}
        cursor = desk.get("/messages", **query)["next"]
        counts.append(steps(partial(desk.get, "/messages", **query, cursor=cursor)))

    assert counts[2] < counts[0] * 1.2


def test_cursor_of_other_filters_is_refused(desk: Desk) -> None:
    desk.broadcast("News", ["+1", "+2", "+3"])
    cursor = desk.get("/messages", limit=2)["next"]

    query = {"cursor": cursor, "direction": "out"}
    [error] = desk.refused("GET", "/messages", query_string=query)

    assert error["pointer"] == "/cursor"


def test_pushed_status_takes_effect_with_its_callback(desk: Desk) -> None:
    endpoint(desk)
    id = desk.send("+15550001")
    error = {"code": "30003", "message": "Unreachable"}

    message = desk.do("POST", f"/messages/{id}/status", {"status": "undelivered", "error": error})

    assert message["status"] == "undelivered"
    assert [step["status"] for step in message["history"]] == ["queued", "undelivered"]
    [parcel] = desk.world.sender.sent
    assert parcel.body == f'{{"id":"{id}","status":"undelivered"}}'.encode()


def test_pushed_status_is_final_for_what_was_planned(desk: Desk) -> None:
    id = desk.send("+15550001")
    desk.do("POST", f"/messages/{id}/status", {"status": "failed"})

    desk.advance(3600)

    assert desk.get(f"/messages/{id}")["status"] == "undelivered"


def test_status_that_cannot_be_reached_is_a_conflict(desk: Desk) -> None:
    id = desk.send("+15550001")

    desk.do("POST", f"/messages/{id}/status", {"status": "delivered"}, 409)

    assert desk.get(f"/messages/{id}")["status"] == "queued"


@pytest.mark.parametrize(
    ("body", "pointer", "suggestion"),
    [
        ({"status": "undeliverd"}, "/status", "undelivered"),
        ({}, "/status", None),
        ({"status": "dispatched", "error": {"text": "x"}}, "/error", None),
        ({"status": "dispatched", "error": "30003"}, "/error", None),
        ({"status": "dispatched", "error": {"code": True}}, "/error", None),
        ({"status": "dispatched", "error": {"code": "1", "message": 5}}, "/error", None),
        ({"status": "dispatched", "eror": {}}, "/eror", "error"),
    ],
)
def test_push_with_a_mistake_is_refused(
    desk: Desk, body: dict[str, object], pointer: str, suggestion: str | None
) -> None:
    id = desk.send("+15550001")

    [error] = desk.refused("POST", f"/messages/{id}/status", body)

    assert (error["pointer"], error.get("suggestion")) == (pointer, suggestion)


def test_unknown_message_is_not_found(desk: Desk) -> None:
    assert desk.ask("GET", "/messages/nobody").status_code == 404
    assert desk.ask("POST", "/messages/nobody/status", {"status": "sent"}).status_code == 404


def test_inbound_message_is_answered_and_called_back(desk: Desk) -> None:
    endpoint(desk)
    wanted = {"provider": "acme", "account": "one", "from": "15550001", "text": "YES"}

    message = desk.do("POST", "/inbound", wanted, 201)

    assert (message["direction"], message["from"], message["to"]) == ("in", "+15550001", "+1001")
    assert (message["status"], message["outcome"]) == ("received", None)
    assert desk.get(f"/messages/{message['id']}") == {**message, "decided_by": None}
    assert [parcel.url for parcel in desk.world.sender.sent] == ["http://127.0.0.1:9/hook"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"provider": "acne"}, "/provider"),
        ({"from": None}, "/from"),
        ({"account": "nobody"}, "/account"),
        ({"in_reply_to": "nothing"}, "/in_reply_to"),
        ({"media": "http://x"}, "/media"),
        ({"text": 5}, "/text"),
        ({"txt": "x"}, "/txt"),
    ],
)
def test_inbound_with_a_mistake_is_refused(
    desk: Desk, change: dict[str, object], pointer: str
) -> None:
    wanted = {"provider": "acme", "from": "15550001", "text": "YES", **change}

    [error] = desk.refused("POST", "/inbound", wanted)

    assert error["pointer"] == pointer


def test_inbound_that_the_vendor_refuses_leaves_nothing(desk: Desk) -> None:
    wanted = {"provider": "acme", "from": "15550001", "text": "nobody is there"}

    desk.do("POST", "/inbound", wanted, 409)

    assert desk.items("/messages") == []


@pytest.mark.parametrize("text", ["Café", "Cafe\N{COMBINING ACUTE ACCENT}", "CAFÉ"])
def test_text_is_found_however_its_accents_are_written(desk: Desk, text: str) -> None:
    ids = [desk.send("+15550001", word) for word in ("Café!", "Cafe\N{COMBINING ACUTE ACCENT}!")]
    desk.send("+15550001", "Cafe!")

    found = desk.items("/messages", text=text)

    assert [message["id"] for message in found] == ids[::-1]


@pytest.mark.parametrize("media", [["nope"], ["http://x.test/a.jpg", ""], [5], ["//x.test/a.jpg"]])
def test_media_that_are_no_urls_are_refused(desk: Desk, media: list[object]) -> None:
    wanted = {"provider": "acme", "from": "15550001", "text": "Hi", "media": media}

    [error] = desk.refused("POST", "/inbound", wanted)

    assert error["pointer"] == "/media"
