"""Requests with bodies: so many at once, and others beside them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

import pytest

from emulator.runtime.room import with_room

BODY = b"0123456789"
POST = {"REQUEST_METHOD": "POST", "PATH_INFO": "/sms", "CONTENT_LENGTH": "10"}
CHUNKS = {"REQUEST_METHOD": "PUT", "PATH_INFO": "/x", "HTTP_TRANSFER_ENCODING": "chunked"}
GET = {"REQUEST_METHOD": "GET", "PATH_INFO": "/health"}
EMPTY = {**POST, "CONTENT_LENGTH": "0"}


class Stream(BytesIO):
    """Knows no number for all that is left, like granian's."""

    def read(self, size: int | None = None) -> bytes:
        assert size is None or size >= 0
        return super().read(size)


class Front:
    """Answers with 200, after it has done what is to be done in the midst of a request."""

    def __init__(self, most: int) -> None:
        self.meanwhile: Callable[[], object] = lambda: None
        self.at_first: list[int | None] = []
        self._app = with_room(self._answer, most, patience=0)
        self.headers: dict[str, str] = {}

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        for size in self.at_first:
            environ["wsgi.input"].read(*(() if size is None else (size,)))
        meanwhile()
        start_response("200 OK", [])
        return [b"{}"]

    def ask(self, environ: dict[str, str]) -> tuple[str, Any]:
        said: list[str] = []

        def start_response(status: str, headers: list[tuple[str, str]]) -> None:
            said.append(status)
            self.headers = dict(headers)

        sent = {**environ, "wsgi.input": Stream(BODY)}
        text = b"".join(self._app(sent, start_response))
        return said[0], json.loads(text)


@pytest.mark.parametrize("other", [POST, CHUNKS])
def test_one_too_many_is_refused(other: dict[str, str], caplog: pytest.LogCaptureFixture) -> None:
    front, refused = Front(most=1), []
    front.meanwhile = lambda: refused.append(front.ask(other))

    assert front.ask(POST)[0] == "200 OK"

    [(status, problem)] = refused
    assert status == "503 Service Unavailable"
    assert problem["detail"].startswith("1 clients are sending bodies")
    assert f"{other['PATH_INFO']}: 1 clients are" in caplog.text
    assert front.ask(other)[0] == "200 OK"


@pytest.mark.parametrize(
    ("asked", "reads", "status"),
    [
        (POST, [4, 6], "200 OK"),
        (POST, [None], "200 OK"),
        (POST, [4, 5], "503 Service Unavailable"),
        (CHUNKS, [4, 100, 100], "200 OK"),
        (CHUNKS, [4, 6], "503 Service Unavailable"),
    ],
)
def test_who_has_sent_everything_makes_room_at_once(
    asked: dict[str, str], reads: list[int | None], status: str
) -> None:
    front, others = Front(most=1), []
    front.at_first = reads
    front.meanwhile = lambda: others.append(front.ask(POST)[0])

    front.ask(asked)

    assert others == [status]
    assert [front.ask(POST)[0] for _ in range(2)] == ["200 OK"] * 2


@pytest.mark.parametrize("other", [GET, EMPTY])
def test_there_is_always_room_for_requests_without_a_body(other: dict[str, str]) -> None:
    front, others = Front(most=1), []
    front.meanwhile = lambda: others.append(front.ask(other)[0])

    front.ask(POST)

    assert others == ["200 OK"]


def test_failure_makes_room_again() -> None:
    front = Front(most=1)
    front.meanwhile = lambda: 1 // 0

    with pytest.raises(ZeroDivisionError):
        front.ask(POST)

    assert front.ask(POST)[0] == "200 OK"
