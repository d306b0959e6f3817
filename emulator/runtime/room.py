"""How many of a server's threads may be held by clients that are slow to send their bodies.

granian hands a request to a thread as soon as its head is there, has no time-out for bodies, and
does not say which connection a body comes from: a client that stops halfway holds a thread until
it goes. So some threads are kept for requests without a body, and for saying what is wrong.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any

from .crew import WSGI

PATIENCE = 1.0

log = logging.getLogger(__name__)


class _Body:
    """What a client sends; once all of it is there, the next one may come in."""

    __slots__ = ("_leave", "_left", "_stream")

    def __init__(self, environ: Mapping[str, Any], leave: Callable[[], None]) -> None:
        length = environ.get("CONTENT_LENGTH", "")
        self._left = int(length) if length.isdecimal() else math.inf
        self._stream = environ["wsgi.input"]
        self._leave = leave

    def read(self, *size: int) -> bytes:
        """Return up to so many bytes, or all; nothing at the end."""
        # granian's stream knows no number for all.
        part: bytes = self._stream.read(*size)
        self._left -= len(part)
        if self._left <= 0 or not part:
            self.close()
        return part

    def close(self) -> None:
        """Make room, once: nobody reads any more."""
        leave, self._leave = self._leave, _nothing
        leave()


def with_room(app: WSGI, most: int, patience: float = PATIENCE) -> WSGI:
    """Return an application that reads so many bodies at once.

    :param patience: seconds that the next one waits for room, before it is refused with a 503.
    """
    # Of its queues this one alone costs a request next to nothing.
    room: SimpleQueue[None] = SimpleQueue()
    for _ in range(most):
        room.put(None)

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if not _has_body(environ):
            return app(environ, start_response)
        try:
            room.get(timeout=patience)
        except Empty:
            return _refuse(environ, start_response, most)
        body = environ["wsgi.input"] = _Body(environ, partial(room.put, None))
        try:
            return app(environ, start_response)
        finally:
            body.close()

    return answer


def _nothing() -> None:
    return None


def _has_body(environ: Mapping[str, Any]) -> bool:
    if "HTTP_TRANSFER_ENCODING" in environ:
        return True
    return environ.get("CONTENT_LENGTH", "0") not in ("", "0")


def _refuse(environ: Mapping[str, Any], start_response: Any, most: int) -> Iterable[bytes]:
    detail = f"{most} clients are sending bodies; those that stop halfway hold up the rest"
    log.warning("%s %s: %s", environ["REQUEST_METHOD"], environ["PATH_INFO"], detail)
    problem = {"type": "about:blank", "title": "Service Unavailable", "status": 503}
    text = json.dumps({**problem, "detail": detail}).encode() + b"\n"
    headers = [
        ("Content-Type", "application/problem+json"),
        ("Content-Length", str(len(text))),
        ("Retry-After", "1"),
    ]
    start_response("503 Service Unavailable", headers)
    return [text]
