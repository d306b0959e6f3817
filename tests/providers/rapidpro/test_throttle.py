"""Rates: a rolling hour for each workspace and scope."""

from __future__ import annotations

import pytest

WORKSPACE = {"uuid": "0b8f6a52-6a55-4d0f-9a83-5b1f0c2d7e01", "name": "Lakeside Health"}


def limit(rapidpro, setting):
    answer = rapidpro.world.client.patch(
        "/_emulator/sandboxes/default/settings", json={"rate_limits": {"rapidpro": setting}}
    )
    assert answer.status_code == 200, answer.text


@pytest.fixture
def slow(rapidpro):
    """The server, with a clock that stands still and three requests an hour in scope v2."""
    rapidpro.world.client.put("/_emulator/sandboxes/default/clock", json={"mode": "manual"})
    limit(rapidpro, True)
    rates = {"v2": "3/hour", "v2.contacts": "1/hour"}
    rapidpro.load({**WORKSPACE, "api_rates": rates})
    return rapidpro


def test_one_request_too_many_is_told_when_to_come_back(slow):
    slow.get("topics")
    slow.advance(10)
    for _ in range(2):
        assert slow.get("topics").status_code == 200

    answer = slow.get("topics")

    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "3590"
    assert answer.json == {"detail": "Request was throttled. Expected available in 3590 seconds."}
    assert answer.headers["X-Temba-Workspace"] == WORKSPACE["uuid"]
    assert answer.headers["Allow"] == "GET, POST, HEAD, OPTIONS"


def test_the_window_slides(slow):
    slow.get("topics")
    slow.advance(1800)
    slow.get("topics")
    slow.get("topics")

    slow.advance(1800)

    assert slow.get("topics").status_code == 200
    assert slow.get("topics").headers["Retry-After"] == "1800"


def test_one_second_is_singular(slow):
    for _ in range(3):
        slow.get("topics")
    slow.advance(3599.5)

    answer = slow.get("topics")

    assert answer.headers["Retry-After"] == "1"
    assert answer.json["detail"].endswith("available in 1 second.")


def test_all_members_and_endpoints_of_a_scope_share_a_rate(slow):
    slow.get("topics")
    slow.as_("rp_token_editor").get("channels")
    slow.get("/rapidpro/api/v2/labels")

    assert slow.as_("rp_token_editor").get("workspace").status_code == 429
    assert slow.get("/rapidpro/api/v2/labels").status_code == 429
    assert slow.as_("rp_token_other").get("topics").status_code == 200


def test_scopes_are_counted_apart(slow):
    assert slow.get("contacts").status_code == 200
    assert slow.get("contacts").status_code == 429
    assert slow.get("messages").status_code == 200
    assert slow.get("topics").status_code == 200


def test_refused_requests_count_if_their_credentials_were_good(slow):
    slow.get("groups", uuid="x")
    slow.delete("groups")
    slow.post("topics", {})

    assert slow.get("topics").status_code == 429


def test_requests_without_permission_method_or_format_do_not_count(slow):
    for _ in range(4):
        slow.call("PUT", "topics")
        slow.call("GET", "topics", headers={"Accept": "application/xml"})
        slow.as_("nope").get("topics")
        slow.get("/rapidpro/api/v2/nothing.json")

    assert [slow.get("topics").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert slow.call("PUT", "topics").status_code == 405


def test_there_are_no_rates_where_they_are_switched_off(slow):
    limit(slow, False)

    assert {slow.get("topics").status_code for _ in range(5)} == {200}


def test_a_setting_gives_rates_to_scopes(rapidpro):
    limit(rapidpro, {"window": "1m", "limits": {"v2.messages": 1}})

    assert rapidpro.get("messages").status_code == 200
    answer = rapidpro.get("messages")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) <= 60
    assert {rapidpro.get("topics").status_code for _ in range(5)} == {200}


def test_windows_are_cleared_from_outside(slow):
    slow.get("contacts")
    slow.world.client.post(
        "/_emulator/sandboxes/default/rate-limits/reset", json={"provider": "rapidpro"}
    )

    assert slow.get("contacts").status_code == 200
