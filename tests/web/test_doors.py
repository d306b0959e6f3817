"""What comes to the door of the server: bodies beyond the limit, odd paths and hosts."""

from __future__ import annotations

from io import BytesIO

import pytest

from emulator.web.bodies import LIMIT
from tests.control.desk import Desk

CHUNKED = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
JSON = {"content_type": "application/json", "headers": {"X-Api-Key": "key-one"}}


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize(
    ("size", "status"), [(LIMIT - 1, 400), (LIMIT, 400), (LIMIT + 1, 413), (LIMIT + 9_999_999, 413)]
)
def test_body_in_chunks_is_measured(desk: Desk, size: int, status: int) -> None:
    stream = BytesIO(b" " * size)

    answer = desk.world.call(
        "POST", "/_emulator/sandboxes", input_stream=stream, environ_overrides=CHUNKED, **JSON
    )

    assert answer.status_code == status
    assert stream.read() == b""


@pytest.mark.parametrize("path", ["/s/nowhere/acme/messages", "/nothing/here"])
@pytest.mark.parametrize("environ", [CHUNKED, {"CONTENT_LENGTH": str(3_000_000)}])
def test_body_of_a_request_that_leads_nowhere_is_read(
    desk: Desk, path: str, environ: dict[str, object]
) -> None:
    stream = BytesIO(b" " * 3_000_000)

    answer = desk.world.call("POST", path, input_stream=stream, environ_overrides=environ, **JSON)

    assert answer.status_code == 404
    assert stream.read() == b""


@pytest.mark.parametrize("path", ["/acme/a%00b", "/acme/a%0D%0AX-Evil:%201", "/acme/%7F%1B"])
def test_hint_is_one_line_of_plain_characters(desk: Desk, path: str) -> None:
    answer = desk.world.call("GET", path)

    hint = answer.headers["X-Emulator-Hint"]
    assert answer.status_code == 404
    assert hint.isascii()
    assert hint.isprintable()


@pytest.mark.parametrize("host", ["acme.localhost", "ACME.localhost:4600", "acme.localhost.:4600"])
def test_host_name_of_a_vendor_needs_no_prefix(desk: Desk, host: str) -> None:
    body = {"to": "+15550001", "text": "Hello"}

    answer = desk.world.call(
        "POST", "/messages", body, headers={"X-Api-Key": "key-one", "Host": host}
    )

    assert answer.status_code == 202


@pytest.mark.parametrize("path", ["/acme//messages", "/s/default/acme///messages"])
def test_slash_too_many_in_front_is_not_dropped(desk: Desk, path: str) -> None:
    body = {"to": "+15550001", "text": "Hello"}

    answer = desk.world.call("POST", path, body, headers={"X-Api-Key": "key-one"})

    assert answer.status_code == 404
    hint = answer.headers["X-Emulator-Hint"]
    assert f"POST {path[path.index('//') :]};" in hint
    assert hint.endswith("does the base URL end in a slash?")
