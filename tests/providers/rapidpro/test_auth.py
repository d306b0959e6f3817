"""Tokens, in both schemes, and what is said to wrong ones. It is never 401."""

from __future__ import annotations

import base64

import pytest

QUIET = "1a2b3c4d-0000-4000-8000-000000000009"
WORKSPACE = "0b8f6a52-6a55-4d0f-9a83-5b1f0c2d7e01"
NOT_PROVIDED = "Authentication credentials were not provided."
NOT_PERMITTED = "You do not have permission to perform this action."
NOT_ENCODED = "Invalid basic header. Credentials not correctly base64 encoded."


def ask(rapidpro, header, method="GET", name="workspace"):
    headers = {} if header is None else {"Authorization": header}
    return rapidpro.as_(None).call(method, name, headers=headers)


def basic(email, key):
    return "Basic " + base64.b64encode(f"{email}:{key}".encode()).decode()


@pytest.mark.parametrize(
    "header",
    [
        "Token rp_token_admin",
        "token rp_token_admin",
        "TOKEN  rp_token_admin ",
        "Token rp_token_editor",
        basic("amos@lakeside.example", "rp_token_admin"),
    ],
)
def test_a_token_selects_its_workspace(rapidpro, header):
    answer = ask(rapidpro, header)

    assert answer.status_code == 200
    assert answer.headers["X-Temba-Workspace"] == answer.json["uuid"] == WORKSPACE


@pytest.mark.parametrize(
    ("header", "detail"),
    [
        (None, NOT_PROVIDED),
        ("", NOT_PROVIDED),
        ("Bearer rp_token_admin", NOT_PROVIDED),
        ("rp_token_admin", NOT_PROVIDED),
        ("Token", "Invalid token header. No credentials provided."),
        ("Token a b", "Invalid token header. Token string should not contain spaces."),
        ("Token nope", "Invalid token"),
        # A header has bytes, which Python spells as Latin-1.
        ("Token \xc3\xa9", "Invalid token"),
        ("Token \xc2\xa0", "Invalid token"),
        (
            "Token \xe9",
            "Invalid token header. Token string should not contain invalid characters.",
        ),
        ("Basic", "Invalid basic header. No credentials provided."),
        ("Basic a b", "Invalid basic header. Credentials string should not contain spaces."),
        ("Basic !!!", NOT_ENCODED),
        ("Basic YTpiYw", NOT_ENCODED),
        ("Basic bm9jb2xvbg==", NOT_ENCODED),
        ("Basic 4pyT", NOT_ENCODED),
        (basic("amos@lakeside.example", "nope"), "Invalid token or email"),
        (basic("edna@lakeside.example", "rp_token_admin"), "Invalid token or email"),
        (basic("AMOS@lakeside.example", "rp_token_admin"), "Invalid token or email"),
        (basic("", "rp_token_admin"), "Invalid token or email"),
        ("Basic 6Tpub3Bl", "Invalid token or email"),
    ],
)
def test_wrong_credentials_are_refused_in_the_servers_words(rapidpro, header, detail):
    answer = ask(rapidpro, header)

    assert (answer.status_code, answer.json) == (403, {"detail": detail})
    assert "X-Temba-Workspace" not in answer.headers
    assert "WWW-Authenticate" not in answer.headers


def test_a_token_that_a_fault_refuses_is_refused_as_an_unknown_one(rapidpro):
    unknown = rapidpro.as_("nope").get("topics")
    fault = {"provider": "rapidpro", "fault": {"error": "unauthorized"}}

    rapidpro.world.client.post("/_emulator/sandboxes/default/faults", json=fault)
    refused = rapidpro.get("topics")

    assert (refused.status_code, refused.json) == (unknown.status_code, unknown.json)
    assert "X-Temba-Workspace" not in refused.headers


@pytest.fixture
def moved(rapidpro):
    """The server, with members who may not use the API any more."""
    users = [
        {"email": "derek@lakeside.example", "role": "agent", "tokens": ["rp_demoted"]},
        {
            "email": "gone@lakeside.example",
            "role": "editor",
            "active": False,
            "tokens": ["rp_inactive"],
        },
        {
            "email": "amos@lakeside.example",
            "tokens": ["rp_token_admin", {"key": "rp_revoked", "revoked": True}],
        },
    ]
    rapidpro.load({"uuid": WORKSPACE, "name": "Lakeside Health", "users": users})
    return rapidpro


@pytest.mark.parametrize(
    ("method", "name"),
    [("GET", "workspace"), ("GET", "topics"), ("DELETE", "contacts"), ("POST", "contact_actions")],
)
def test_a_demoted_owner_has_no_permission_anywhere(moved, method, name):
    answer = ask(moved, "Token rp_demoted", method, name)

    assert (answer.status_code, answer.json) == (403, {"detail": NOT_PERMITTED})
    assert answer.headers["X-Temba-Workspace"] == WORKSPACE


def test_a_wrong_method_comes_before_the_owners_role(moved):
    assert ask(moved, "Token rp_demoted", "PUT", "topics").status_code == 405
    assert ask(moved, "Token rp_demoted", "PUT", "workspace").status_code == 403


@pytest.mark.parametrize("key", ["rp_revoked", "rp_inactive"])
def test_revoked_keys_and_those_of_inactive_members_are_unknown(moved, key):
    assert ask(moved, f"Token {key}").json == {"detail": "Invalid token"}


def test_a_bad_token_comes_before_a_wrong_method(rapidpro):
    assert ask(rapidpro, "Token nope", "PUT", "topics").json == {"detail": "Invalid token"}


def test_keys_are_made_and_revoked_from_outside(rapidpro):
    client = rapidpro.world.client
    place = f"/_emulator/sandboxes/default/accounts/rapidpro/{WORKSPACE}/keys"

    made = client.post(place, json={"name": "edna@lakeside.example"})

    assert made.status_code == 201
    assert made.json["role"] == "editor"
    assert len(made.json["key"]) == 40
    assert ask(rapidpro, f"Token {made.json['key']}").status_code == 200

    assert client.delete(f"{place}/{made.json['key']}").status_code == 204
    assert ask(rapidpro, f"Token {made.json['key']}").json == {"detail": "Invalid token"}
    assert ask(rapidpro, "Token rp_token_editor").status_code == 200


def test_a_key_for_nobody_is_refused_with_the_nearest_member(rapidpro):
    place = f"/_emulator/sandboxes/default/accounts/rapidpro/{WORKSPACE}/keys"

    answer = rapidpro.world.client.post(place, json={"name": "edna@lakside.example"})

    assert answer.status_code == 422
    (error,) = answer.json["errors"]
    assert (error["pointer"], error["suggestion"]) == ("/name", "edna@lakeside.example")


def test_a_key_that_somebody_has_is_not_given_again(rapidpro):
    place = f"/_emulator/sandboxes/default/accounts/rapidpro/{WORKSPACE}/keys"

    answer = rapidpro.world.client.post(place, json={"key": "rp_token_other"})

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json["errors"]] == ["/key"]
    assert ask(rapidpro, "Token rp_token_other").json["name"] == "Other Clinic"


def test_workspace_whose_members_may_not_use_the_api_gets_no_key(rapidpro):
    agent = {"email": "a@quiet.example", "role": "agent"}
    rapidpro.load({"name": "Quiet", "uuid": QUIET, "users": [agent]})
    place = f"/_emulator/sandboxes/default/accounts/rapidpro/{QUIET}/keys"

    answer = rapidpro.world.client.post(place, json={})

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json["errors"]] == ["/name"]


def test_a_key_that_nobody_has_cannot_be_revoked(rapidpro):
    place = f"/_emulator/sandboxes/default/accounts/rapidpro/{WORKSPACE}/keys"

    assert rapidpro.world.client.delete(f"{place}/rp_token_other").status_code == 404
    assert ask(rapidpro, "Token rp_token_other").status_code == 200


def test_unknown_keys_are_the_first_workspaces_where_that_is_wished(rapidpro):
    rapidpro.world.client.patch(
        "/_emulator/sandboxes/default/settings", json={"unknown_keys": "accept"}
    )

    assert ask(rapidpro, "Token whatever").json["uuid"] == WORKSPACE
    assert ask(rapidpro, "Token a b").status_code == 403


def test_the_account_is_shown_as_its_fixture_has_it(rapidpro):
    client = rapidpro.world.client
    place = f"/_emulator/sandboxes/default/accounts/rapidpro/{WORKSPACE}"

    shown = client.get(place).json

    assert shown["name"] == "Lakeside Health"
    assert shown["languages"] == ["eng", "swa"]
    assert [user["tokens"] for user in shown["users"]] == [
        ["rp_token_admin"],
        ["rp_token_editor"],
        [],
    ]
    assert client.patch(place, json={"date_style": "month_first"}).status_code == 200
    assert rapidpro.get("workspace").json["date_style"] == "month_first"
