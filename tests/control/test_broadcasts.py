"""Broadcasts of all vendors, over the control API."""

from __future__ import annotations

import pytest

from tests.control.desk import NOON, Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_broadcast_is_shown_in_one_view(desk: Desk) -> None:
    id = desk.broadcast("May", ["+1", "+2"])

    [broadcast] = desk.items("/broadcasts")

    assert broadcast == {
        "id": id,
        "provider": "acme",
        "account": "one",
        "channel": "sms",
        "name": "May",
        "status": "processing",
        "scheduled_at": None,
        "created_at": NOON,
        "total": 2,
        "counts": {},
        "native": {},
    }
    assert desk.get(f"/broadcasts/{id}") == broadcast


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({}, ["June", "May"]),
        ({"name": "May"}, ["May"]),
        ({"provider": "zenith"}, []),
        ({"account": "one"}, ["June", "May"]),
        ({"account": "two"}, []),
        ({"status": "cancelled"}, ["May"]),
        ({"status": "processing", "name": "May"}, []),
    ],
)
def test_broadcasts_are_filtered(desk: Desk, query: dict[str, str], wanted: list[str]) -> None:
    may = desk.broadcast("May", ["+1"])
    desk.broadcast("June", ["+1"])
    desk.do("POST", f"/broadcasts/{may}/cancel")

    found = desk.get("/broadcasts", **query)

    assert [broadcast["name"] for broadcast in found["items"]] == wanted
    assert found["total"] == len(wanted)


def test_broadcasts_come_in_pages(desk: Desk) -> None:
    for name in "ABCDE":
        desk.broadcast(name, ["+1"])

    pages = desk.pages("/broadcasts", limit=2)

    assert [[b["name"] for b in page] for page in pages] == [["E", "D"], ["C", "B"], ["A"]]


def test_cancelled_broadcast_cannot_be_cancelled_again(desk: Desk) -> None:
    id = desk.broadcast("May", ["+1"])

    first = desk.do("POST", f"/broadcasts/{id}/cancel")
    desk.do("POST", f"/broadcasts/{id}/cancel", status=409)

    assert first["status"] == "cancelled"


def test_unknown_broadcast_is_not_found(desk: Desk) -> None:
    assert desk.ask("GET", "/broadcasts/nothing").status_code == 404
    assert desk.ask("POST", "/broadcasts/nothing/cancel").status_code == 404
