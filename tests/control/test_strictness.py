"""Query parameters that nobody reads are refused by every call, before it does anything."""

from __future__ import annotations

from typing import Any

import pytest

from tests.control.desk import Desk, calls

# They answer in haste, and whatever comes.
LENIENT = {"control.server.health", "control.sink.receive"}
BODIES: dict[str, Any] = {"control.outcomes.put_rules": {"rules": []}}


@pytest.mark.parametrize(("name", "method", "path"), calls(Desk().world))
def test_unknown_query_parameter_is_refused(name: str, method: str, path: str) -> None:
    body = BODIES.get(name, {}) if method in ("POST", "PUT", "PATCH") else None
    path = path.replace("/accounts/x", "/accounts/acme")

    answer = Desk().world.call(method, path, body, query_string={"dry_run": "true"})

    told = [error["pointer"] for error in (answer.json or {}).get("errors", [])]
    assert told == ([] if name in LENIENT else ["/dry_run"])
    assert answer.status_code == (200 if name in LENIENT else 422)


@pytest.mark.parametrize("path", ["/_emulator/reset", "{}/reset", "{}/broadcasts/x/cancel"])
def test_unknown_field_is_refused_where_there_is_none_to_know(path: str) -> None:
    desk = Desk()

    answer = desk.world.call("POST", path.format(desk.base), {"dry_run": True})

    assert answer.status_code == 422
    assert [error["pointer"] for error in (answer.json or {})["errors"]] == ["/dry_run"]


@pytest.mark.parametrize(
    ("method", "path", "body", "pointer"),
    [
        ("PUT", "/clock", '{"mode": "manual", "rate": 1, "mode": "real"}', "/mode"),
        ("POST", "/outcomes", '{"to": "1", "outcome": "read", "to": "2"}', "/to"),
        (
            "PUT",
            "/outcomes",
            '{"rules": [{"outcome": "read"}, {"delays": {"sent": 1, "sent": 2}}]}',
            "/rules/1/delays/sent",
        ),
        ("POST", "/fixtures", '[{"emulator": 1, "a/b": 1, "a/b": 2}]', "/0/a~1b"),
        ("PUT", "/snapshot", '{"seed": 1, "seed": 1}', "/seed"),
    ],
)
def test_name_that_stands_twice_in_a_body_is_refused(
    method: str, path: str, body: str, pointer: str
) -> None:
    desk = Desk()
    before = desk.ask("GET", "/snapshot").text

    answer = desk.ask(method, path, data=body, content_type="application/json")

    assert answer.status_code == 422
    [error] = (answer.json or {})["errors"]
    assert error["pointer"] == pointer
    assert desk.ask("GET", "/snapshot").text == before
