"""The journal of requests, over the control API."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from typing import Any

import pytest
from msgspec.structs import replace

from emulator.runtime.in_process import THREADS
from tests.control.acme import make_provider
from tests.control.desk import FIXTURE, NOON, Desk
from tests.world import World


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_request_is_shown_with_its_answer(desk: Desk) -> None:
    message = desk.send("+15550001")

    [request] = desk.items("/requests")

    assert request == {
        "id": 1,
        "at": NOON,
        "provider": "acme",
        "account": "one",
        "operation": "messages.create",
        "method": "POST",
        "path": "/messages",
        "query": {},
        "headers": request["headers"],
        "body": {"to": "+15550001", "text": "Hello"},
        "status": 202,
        "response": {"id": message},
        "duration_ms": request["duration_ms"],
        "fault": None,
        "evidence": "documented",
        "hint": None,
    }
    assert request["headers"]["X-Api-Key"] == "…"
    assert request["duration_ms"] > 0


def test_header_of_a_vendors_own_hides_the_key() -> None:
    acme = make_provider("acme")
    vendor = replace(acme.vendor, key_header=("X-Acme-Pass", "{key}"))
    desk = Desk(World([replace(acme, vendor=vendor), make_provider("zenith")], [FIXTURE]))

    desk.world.call("GET", "/acme/nowhere", headers={"X-Acme-Pass": "a-long-secret"})

    assert desk.items("/requests")[0]["headers"]["X-Acme-Pass"] == "…cret"


def test_repeated_names_of_a_query_hold_a_list(desk: Desk) -> None:
    desk.world.call("GET", "/acme/nowhere?a=1&b=2&a=3")

    assert desk.items("/requests")[0]["query"] == {"a": ["1", "3"], "b": "2"}


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"", {"body": None}),
        (b"a=1", {"body": "a=1"}),
        (b"[1]", {"body": [1]}),
        (b"\xff\x00", {"body": "/wA=", "body_encoding": "base64"}),
    ],
)
def test_body_is_json_or_text_or_base64(desk: Desk, raw: bytes, shown: dict[str, object]) -> None:
    desk.world.call("POST", "/acme/nowhere", data=raw)

    [request] = desk.items("/requests")

    assert {name: request[name] for name in request if name.startswith("body")} == shown


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({}, [5, 4, 3, 2, 1]),
        ({"provider": "zenith"}, [2]),
        ({"operation": "messages.create"}, [4, 2, 1]),
        ({"method": "get"}, [3]),
        ({"path": "/broad*"}, [5]),
        ({"path": "/messages"}, [4, 2, 1]),
        ({"path": "/m?ss*s"}, [4, 2, 1]),
        ({"path": "/[m]essages"}, []),
        ({"status": "401"}, [4]),
        ({"matched": "false"}, [3]),
        ({"matched": "true", "since": "2"}, [5, 4]),
        ({"since": "5"}, []),
    ],
)
def test_requests_are_filtered(desk: Desk, query: dict[str, str], wanted: list[int]) -> None:
    desk.send("+15550001")
    desk.send("+15550001", vendor="zenith")
    desk.world.call("GET", "/acme/nowhere")
    desk.client("/acme/messages", {}, key="wrong")
    desk.broadcast("May", ["+15550001"])

    found = desk.get("/requests", **query)

    assert [request["id"] for request in found["items"]] == wanted
    assert found["total"] == len(wanted)


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "1001"},
        {"limit": "0"},
        {"provider": "acne"},
        {"status": "ok"},
        {"matched": "perhaps"},
        {"since": "yesterday"},
        {"cursor": "AAAA"},
        {"colour": "red"},
    ],
)
def test_query_with_a_mistake_is_refused(desk: Desk, query: dict[str, str]) -> None:
    [error] = desk.refused("GET", "/requests", query_string=query)

    assert error["pointer"] == f"/{next(iter(query))}"


@pytest.mark.parametrize("call", ["/requests", "/requests/wait"])
def test_bodies_are_left_out_where_they_are_not_wanted(desk: Desk, call: str) -> None:
    desk.send("+15550001")
    desk.world.call("POST", "/acme/nowhere", data=b"\xff")

    [lost, sent] = desk.get(call, bodies="false")["items"]

    for request in (lost, sent):
        assert not {"body", "body_encoding", "response"} & set(request)
    whole = desk.items("/requests")[-1]
    assert sent == {name: whole[name] for name in whole if name not in ("body", "response")}


@pytest.mark.parametrize("path", ["/requests", "/messages", "/endpoints"])
def test_empty_cursor_is_the_first_page(desk: Desk, path: str) -> None:
    desk.send("+15550001")

    assert desk.get(path, cursor="") == desk.get(path)


def test_pages_show_each_request_once_while_others_arrive(desk: Desk) -> None:
    for _ in range(5):
        desk.send("+15550001")
    first = desk.get("/requests", limit=2)
    desk.send("+15550001")

    second = desk.get("/requests", limit=2, cursor=first["next"])

    assert [request["id"] for request in first["items"]] == [5, 4]
    assert [request["id"] for request in second["items"]] == [3, 2]
    assert second["total"] == 6


def test_misspelt_field_is_unread(desk: Desk) -> None:
    body = {"to": "+1", "text": "Hi", "txet": "Ho", "options": {"priorty": 1}, "zebra": 1}
    desk.client("/acme/messages", body)

    request = desk.get("/requests/1")

    assert request["unread"] == [
        {"pointer": "/txet", "suggestion": "text"},
        {"pointer": "/options/priorty", "suggestion": "priority"},
        {"pointer": "/zebra", "suggestion": None},
    ]
    assert request["near"] == []


def test_misspelt_field_of_a_list_of_objects_is_unread(desk: Desk) -> None:
    parts = [{"kind": "image"}, {"kind": "image", "captoin": "x"}, "text"]
    desk.client("/acme/messages", {"to": "+1", "text": "Hi", "parts": parts})

    request = desk.get("/requests/1")

    assert request["unread"] == [{"pointer": "/parts/1/captoin", "suggestion": "caption"}]


@pytest.mark.parametrize("body", [b"{", b""])
def test_body_without_fields_has_none_that_is_unread(desk: Desk, body: bytes) -> None:
    desk.world.client.post("/acme/messages", data=body, headers={"X-Api-Key": "key-one"})

    assert desk.get("/requests/1")["unread"] == []


def test_unmatched_request_names_its_nearest_operations(desk: Desk) -> None:
    desk.client("/acme/message", {"to": "+1"})

    request = desk.get("/requests/1")

    assert request["near"][0] == {
        "method": "POST",
        "path": "/messages",
        "operation": "messages.create",
    }
    assert request["operation"] is None
    assert request["unread"] == []


def test_unknown_request_is_not_found(desk: Desk) -> None:
    assert desk.ask("GET", "/requests/7").status_code == 404


def test_cleared_requests_are_gone(desk: Desk) -> None:
    desk.send("+1")

    desk.do("DELETE", "/requests", status=204)

    assert desk.get("/requests") == {"items": [], "next": None, "total": 0, "dropped": 0}


def test_wait_answers_at_once_with_what_is_there(desk: Desk) -> None:
    desk.send("+1")
    desk.send("+2")

    found = desk.get("/requests/wait", count=1, since=1, timeout=0)

    assert [request["id"] for request in found["items"]] == [2]
    assert list(found) == ["items"]


def test_wait_answers_with_fewer_at_the_time_out(desk: Desk) -> None:
    desk.send("+1")

    found = desk.get("/requests/wait", count=2, timeout="10ms")

    assert len(found["items"]) == 1


def test_wait_is_answered_by_a_request_that_comes_later(desk: Desk) -> None:
    found: list[list[int]] = []
    waiter = threading.Thread(
        target=lambda: found.append(
            [r["status"] for r in desk.get("/requests/wait", status=202, timeout=20)["items"]]
        )
    )

    waiter.start()
    Desk(desk.world).send("+1")
    waiter.join(30)

    assert found == [[202]]


def test_only_so_many_wait_at_once(desk: Desk) -> None:
    control: Any = desk.world.front._control
    waits = control.extensions["control"].waits

    with ExitStack() as stack:
        for _ in range(THREADS // 4):
            stack.enter_context(waits.one_more())
        refused = desk.do("GET", "/requests/wait?timeout=0", status=503)

    assert refused["detail"] == (
        f"{THREADS // 4} clients wait for requests already; ask for the list instead"
    )
    for _ in range(2):  # who has been answered makes room again
        assert desk.get("/requests/wait", timeout=0) == {"items": []}


def test_wait_of_more_than_thirty_seconds_is_refused(desk: Desk) -> None:
    [error] = desk.refused("GET", "/requests/wait", query_string={"timeout": "31"})

    assert error == {"pointer": "/timeout", "message": "Must be at most 30 seconds"}


def test_unknown_operation_is_refused(desk: Desk) -> None:
    [error] = desk.refused("GET", "/requests", query_string={"operation": "message.create"})

    assert error["pointer"] == "/operation"
    assert error["suggestion"] == "messages.create"
