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
