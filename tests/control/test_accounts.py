"""Accounts and their keys, over the control API."""

from __future__ import annotations

import pytest

from tests.control.desk import Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_account_is_shown_in_its_fixture_form(desk: Desk) -> None:
    account = desk.get("/accounts/acme/one")

    assert account == {
        "provider": "acme",
        "id": "one",
        "name": "One",
        "number": "+1001",
        "credit": 0,
        "tags": [],
        "api_keys": {"main": "key-one"},
    }


def test_accounts_are_listed_by_provider(desk: Desk) -> None:
    pages = desk.pages("/accounts", limit=2)
    of_acme = desk.get("/accounts", provider="acme")

    assert [[account["id"] for account in page] for page in pages] == [["one", "two"], ["zed"]]
    assert [account["id"] for account in of_acme["items"]] == ["one", "two"]


def test_change_merges_objects_and_replaces_plain_lists(desk: Desk) -> None:
    desk.do("PATCH", "/accounts/acme/one", {"tags": ["a", "b"]})

    changed = desk.do(
        "PATCH",
        "/accounts/acme/one",
        {"credit": 5, "tags": ["c"], "api_keys": {"more": "key-more"}},
    )

    assert changed == desk.get("/accounts/acme/one")
    assert (changed["credit"], changed["tags"], changed["name"]) == (5, ["c"], "One")
    assert changed["api_keys"] == {"main": "key-one", "more": "key-more"}


def test_what_is_shown_can_be_sent_back(desk: Desk) -> None:
    account = desk.get("/accounts/acme/one")

    assert desk.do("PATCH", "/accounts/acme/one", account) == account


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"credit": "five"}, "/credit"),
        ({"nmae": "x"}, "/nmae"),
        ({"id": "two"}, "/id"),
        ({"provider": "zenith"}, "/provider"),
    ],
)
def test_change_with_a_mistake_points_into_the_body(
    desk: Desk, change: dict[str, object], pointer: str
) -> None:
    before = desk.get("/accounts/acme/one")

    [error] = desk.refused("PATCH", "/accounts/acme/one", {"name": "New", **change})

    assert error["pointer"] == pointer
    assert desk.get("/accounts/acme/one") == before


def test_account_is_added(desk: Desk) -> None:
    made = desk.do("POST", "/accounts/acme", {"name": "Three"}, 201)

    assert made["name"] == "Three"
    assert desk.get(f"/accounts/acme/{made['id']}") == made


def test_account_that_exists_is_not_added_again(desk: Desk) -> None:
    desk.do("POST", "/accounts/acme", {"id": "one", "name": "Other"}, 409)

    assert desk.get("/accounts/acme/one")["name"] == "One"


def test_new_key_is_taken_and_a_revoked_one_is_not(desk: Desk) -> None:
    made = desk.do("POST", "/accounts/acme/one/keys", {"name": "second"}, 201)
    body = {"to": "+1", "text": "x"}

    with_key = desk.client("/acme/messages", body, key=made["key"]).status_code
    desk.do("DELETE", "/accounts/acme/one/keys/second", status=204)
    without = desk.client("/acme/messages", body, key=made["key"]).status_code

    assert (with_key, without) == (202, 401)


def test_account_and_key_may_have_a_slash_in_their_names(desk: Desk) -> None:
    path = "/accounts/acme/team%2Fmine"
    desk.do("POST", "/accounts/acme", {"id": "team/mine", "name": "Ours"}, 201)

    made = desk.do("POST", f"{path}/keys", {"name": "a/b"}, 201)

    assert desk.get(path)["api_keys"] == {"a/b": made["key"]}
    assert desk.do("PATCH", path, {"credit": 5})["credit"] == 5
    desk.do("DELETE", f"{path}/keys/a%2Fb", status=204)
    assert desk.get(path)["api_keys"] == {}


def test_misspelt_field_of_an_account_is_told_what_is_meant(desk: Desk) -> None:
    [error] = desk.refused("PATCH", "/accounts/acme/one", {"nmae": "x"})

    assert error["suggestion"] == "name"


def test_key_with_a_mistake_is_refused(desk: Desk) -> None:
    [error] = desk.refused("POST", "/accounts/acme/one/keys", {"nam": "x"})

    assert error["pointer"] == "/nam"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/accounts/acme/nobody"),
        ("GET", "/accounts/acne/one"),
        ("PATCH", "/accounts/acme/nobody"),
        ("POST", "/accounts/acne"),
        ("POST", "/accounts/acme/nobody/keys"),
        ("DELETE", "/accounts/acme/one/keys/none"),
    ],
)
def test_unknown_things_are_not_found(desk: Desk, method: str, path: str) -> None:
    assert desk.ask(method, path).status_code == 404
