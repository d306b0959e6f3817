"""Query parameters that nobody reads are refused by every call, before it does anything."""

from __future__ import annotations

import pytest

from tests.control.desk import Desk

CALLS = [
    ("POST", "/accounts/acme", {"name": "Three"}),
    ("PATCH", "/accounts/acme/one", {"name": "Uno"}),
    ("POST", "/accounts/acme/one/keys", {"name": "second"}),
    ("DELETE", "/accounts/acme/one/keys/main", None),
    ("POST", "/endpoints", {"provider": "acme", "url": "http://127.0.0.1:9/"}),
    ("PATCH", "/endpoints/mine", {"active": False}),
    ("DELETE", "/endpoints/mine", None),
    ("POST", "/inbound", {"provider": "acme", "from": "1", "text": "Hi"}),
    ("POST", "/messages/some/status", {"status": "sent"}),
    ("POST", "/broadcasts/some/cancel", None),
    ("POST", "/callbacks/some/redeliver", None),
    ("DELETE", "/requests", None),
    ("PUT", "/sink", {"script": [500]}),
    ("DELETE", "/sink", None),
]


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
def test_unknown_query_parameter_is_refused(method: str, path: str, body: object) -> None:
    [error] = Desk().refused(method, path, body, query_string={"dry_run": "true"})

    assert error["pointer"] == "/dry_run"


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
