"""What comes to the door of the server: bodies beyond the limit, odd paths and hosts."""

from __future__ import annotations

from io import BytesIO

import pytest

from emulator.web.bodies import LIMIT
from tests.control.desk import Desk

CHUNKED = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}
JSON = {"content_type": "application/json", "headers": {"X-Api-Key": "key-one"}}


class CutOff(BytesIO):
    """A body whose sender has hung up after so many bytes."""

    def read(self, size: int | None = -1) -> bytes:
        found = super().read(size)
        if not found:
            raise ConnectionResetError
        return found


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


@pytest.mark.parametrize("path", ["/acme/messages", "/_emulator/sandboxes"])
@pytest.mark.parametrize("environ", [CHUNKED, {"CONTENT_LENGTH": "3"}])
def test_body_whose_sender_hangs_up_is_refused(
    desk: Desk, path: str, environ: dict[str, object]
) -> None:
    answer = desk.world.call(
        "POST", path, input_stream=CutOff(b"{}"), environ_overrides=environ, **JSON
    )

    assert answer.status_code == 400


def test_body_that_is_shorter_than_announced_is_refused(desk: Desk) -> None:
    answer = desk.world.call(
        "POST",
        "/_emulator/sandboxes",
        input_stream=BytesIO(b"{}"),
        environ_overrides={"CONTENT_LENGTH": "3"},
        **JSON,
    )

    assert answer.status_code == 400
    assert answer.get_json()["detail"] == "the body ended early"


def test_sender_who_hangs_up_while_a_body_is_dropped_is_answered_all_the_same(desk: Desk) -> None:
    answer = desk.world.call(
        "POST", "/nothing/here", input_stream=CutOff(b"{}"), environ_overrides=CHUNKED, **JSON
    )

    assert answer.status_code == 404


@pytest.mark.parametrize("path", ["/nothing", "/x/default/acme/messages", "/s/default", "/s"])
def test_path_that_leads_nowhere_is_told_what_does(desk: Desk, path: str) -> None:
    answer = desk.world.call("GET", path)

    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert "/acme, /zenith or /s/<sandbox>/<provider>" in answer.get_json()["detail"]


def test_root_leads_to_the_console(desk: Desk) -> None:
    answer = desk.world.call("GET", "/")

    assert (answer.status_code, answer.location) == (302, "/_emulator/console")


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
