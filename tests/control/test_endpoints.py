"""Callback destinations, over the control API."""

from __future__ import annotations

from typing import Any

import pytest

from tests.control.desk import Desk

URL = "http://127.0.0.1:9/hook"


@pytest.fixture
def desk() -> Desk:
    return Desk()


def make(desk: Desk, **more: object) -> dict[str, Any]:
    made: dict[str, Any] = desk.do(
        "POST", "/endpoints", {"provider": "acme", "url": URL, **more}, 201
    )
    return made


def test_drawn_secret_is_shown_once(desk: Desk) -> None:
    made = make(desk)

    assert len(made.pop("secret")) > 20
    assert made == {
        "id": made["id"],
        "provider": "acme",
        "account": "one",
        "url": URL,
        "events": None,
        "channel": None,
        "active": True,
        "adversary": None,
    }
    assert desk.items("/endpoints") == [made]
    assert desk.get(f"/endpoints/{made['id']}") == made


def test_fields_given_are_kept(desk: Desk) -> None:
    made = make(desk, id="mine", account="two", events=["status"], secret="s3cret", active=False)

    assert made["id"] == "mine"
    assert made["secret"] == "s3cret"
    assert (made["account"], made["events"], made["active"]) == ("two", ["status"], False)


def test_endpoints_are_listed_by_provider(desk: Desk) -> None:
    make(desk, id="a")
    make(desk, id="z", provider="zenith")

    assert [e["id"] for e in desk.items("/endpoints")] == ["a", "z"]
    assert [e["id"] for e in desk.items("/endpoints", provider="zenith")] == ["z"]
    assert [e["id"] for e in desk.items("/endpoints", account="zed")] == ["z"]
    assert desk.items("/endpoints", account="one", provider="zenith") == []


def test_taken_id_is_a_conflict(desk: Desk) -> None:
    make(desk, id="mine")

    again = {"provider": "acme", "url": "http://127.0.0.1:9/other", "id": "mine"}
    desk.do("POST", "/endpoints", again, 409)

    assert desk.get("/endpoints/mine")["url"] == URL


@pytest.mark.parametrize(
    "url",
    [
        *("", "http://", "ftp://127.0.0.1/", "http://127.0.0.1:99999/", "http://127.0.0.1:x/"),
        *("http://a b/", "http://[::1", "http://127.0.0.1:9/\n", "http://me:pw@127.0.0.1:9/", 5),
    ],
)
def test_url_that_nobody_could_call_is_refused(desk: Desk, url: object) -> None:
    made = make(desk)

    for method, path in (("POST", "/endpoints"), ("PATCH", f"/endpoints/{made['id']}")):
        body = {"url": url} if method == "PATCH" else {"provider": "acme", "url": url}
        [error] = desk.refused(method, path, body)
        assert error["pointer"] == "/url"


def test_no_id_is_no_conflict(desk: Desk) -> None:
    make(desk, id="None")

    assert make(desk)["id"] != make(desk, id=None)["id"]


@pytest.mark.parametrize(
    ("change", "pointer", "suggestion"),
    [
        ({"provider": "acne"}, "/provider", "acme"),
        ({"url": "ftp://here"}, "/url", None),
        ({"events": ["statuss"]}, "/events/0", "status"),
        ({"account": "ones"}, "/account", "one"),
        ({"secrt": "x"}, "/secrt", "secret"),
        ({"active": "yes"}, "/active", None),
    ],
)
def test_endpoint_with_a_mistake_is_refused(
    desk: Desk, change: dict[str, object], pointer: str, suggestion: str | None
) -> None:
    [error] = desk.refused("POST", "/endpoints", {"provider": "acme", "url": URL, **change})

    assert (error["pointer"], error.get("suggestion")) == (pointer, suggestion)


def test_changed_endpoint_keeps_the_other_fields(desk: Desk) -> None:
    make(desk, id="mine", events=["status"])

    changed = desk.do("PATCH", "/endpoints/mine", {"active": False})

    assert (changed["active"], changed["events"], changed["url"]) == (False, ["status"], URL)
    assert "secret" not in changed


@pytest.mark.parametrize(
    "change", [{"id": "other"}, {"provider": "zenith"}, {"secret": None}, {"url": None}]
)
def test_change_that_makes_no_sense_is_refused(desk: Desk, change: dict[str, object]) -> None:
    make(desk, id="mine")
    before = desk.get("/endpoints/mine")

    [error] = desk.refused("PATCH", "/endpoints/mine", change)

    assert error["pointer"] == f"/{next(iter(change))}"
    assert desk.get("/endpoints/mine") == before


def test_inactive_endpoint_is_told_nothing(desk: Desk) -> None:
    make(desk, active=False)

    desk.send("+15550001")
    desk.advance(60)

    assert desk.items("/callbacks") == []


def test_deleted_endpoint_is_told_nothing_that_was_still_owed(desk: Desk) -> None:
    desk.world.sender.script = [500]
    make(desk, id="mine")
    desk.send("+15550001")
    desk.advance(1)
    assert len(desk.world.sender.sent) == 1

    desk.do("DELETE", "/endpoints/mine", status=204)
    desk.advance(3600)

    assert len(desk.world.sender.sent) == 1
    assert [callback["state"] for callback in desk.items("/callbacks")] == ["failed"]
    assert desk.items("/endpoints") == []


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_unknown_endpoint_is_not_found(desk: Desk, method: str) -> None:
    assert desk.ask(method, "/endpoints/nowhere").status_code == 404


def test_endpoint_is_found_by_an_id_with_a_slash(desk: Desk) -> None:
    make(desk, id="team/mine")

    assert desk.get("/endpoints/team/mine")["id"] == "team/mine"
    desk.do("PATCH", "/endpoints/team%2Fmine", {"active": False})
    desk.do("DELETE", "/endpoints/team%2Fmine", status=204)

    assert desk.items("/endpoints") == []
