"""The built-in receiver of callbacks."""

from __future__ import annotations

import pytest

from tests.control.desk import NOON, Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_sink_takes_any_method_and_content_type(desk: Desk, method: str) -> None:
    answer = desk.ask(
        method, "/sink/a/b?x=1&x=2", data=b'{"a": 1}', headers={"Content-Type": "text/plain"}
    )

    assert answer.status_code == 200
    assert desk.get("/sink")["total"] == 1
    [received] = desk.items("/sink")
    headers = received.pop("headers")
    assert headers["Content-Type"] == "text/plain"
    assert received == {
        "at": NOON,
        "method": method,
        "path": "/a/b",
        "query": {"x": ["1", "2"]},
        "body": '{"a": 1}',
    }


@pytest.mark.parametrize("path", ["/a//b", "/a/", "/a%20b"])
def test_sink_takes_any_path_as_it_is(desk: Desk, path: str) -> None:
    assert desk.ask("POST", f"/sink{path}").status_code == 200

    [received] = desk.items("/sink")
    assert received["path"] == path.replace("%20", " ")


def test_bytes_that_are_no_text_are_base64(desk: Desk) -> None:
    desk.ask("POST", "/sink/x", data=b"\xff\x00")

    [received] = desk.items("/sink")

    assert (received["body"], received["body_encoding"]) == ("/wA=", "base64")


def test_sink_lists_in_order_of_arrival(desk: Desk) -> None:
    for n in range(5):
        desk.ask("POST", f"/sink/{n}")

    pages = desk.pages("/sink", limit=2)

    paths = [[received["path"] for received in page] for page in pages]
    assert paths == [["/0", "/1"], ["/2", "/3"], ["/4"]]


def test_page_of_a_list_has_a_hundred_items_unless_another_number_is_asked_for(desk: Desk) -> None:
    desk.broadcast("News", [f"+1555{n:04}" for n in range(101)])
    for _ in range(101):
        desk.ask("POST", "/sink/x")

    assert [len(page) for page in desk.pages("/sink")] == [100, 1]
    assert [len(page) for page in desk.pages("/messages")] == [100, 1]


def test_script_is_followed_and_then_it_is_200(desk: Desk) -> None:
    desk.world.sandbox.sink.timeout = 0.01
    assert desk.do("PUT", "/sink", {"script": [500, "timeout", 204]})

    answers = [desk.ask("POST", "/sink/x").status_code for _ in range(4)]

    assert answers == [500, 504, 204, 200]


def test_held_answer_is_let_go_when_the_sandbox_ends(desk: Desk) -> None:
    sandbox = desk.world.sandbox
    desk.do("PUT", "/sink", {"script": ["timeout"]})
    desk.world.emulator.reset("default")

    assert sandbox.sink.hold() is None
    assert desk.ask("POST", "/sink/x").status_code == 200


@pytest.mark.parametrize(
    ("script", "at"),
    [
        *[([wrong], "/0") for wrong in (100, 600, "drop", True)],
        ([200, "timeout", 99], "/2"),
        *[(wrong, "") for wrong in ("timeout", {"a": 1}, None)],
    ],
)
def test_script_with_a_mistake_is_refused(desk: Desk, script: object, at: str) -> None:
    [error] = desk.refused("PUT", "/sink", {"script": script})

    assert error["pointer"] == f"/script{at}"


def test_cleared_sink_forgets_entries_and_script(desk: Desk) -> None:
    desk.ask("POST", "/sink/x")
    desk.do("PUT", "/sink", {"script": [500]})

    desk.do("DELETE", "/sink", status=204)

    assert desk.items("/sink") == []
    assert desk.ask("POST", "/sink/x").status_code == 200


def test_sink_of_a_reset_sandbox_is_empty(desk: Desk) -> None:
    desk.ask("POST", "/sink/x")
    desk.world.emulator.reset("default")

    assert desk.items("/sink") == []


def test_sink_of_an_unknown_sandbox_is_not_found(desk: Desk) -> None:
    assert Desk(desk.world, "nowhere").ask("POST", "/sink/x").status_code == 404
