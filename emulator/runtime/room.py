"""How many of a server's threads may be held by clients that are slow to send their bodies.

granian hands a request to a thread as soon as its head is there, has no time-out for bodies, and
does not say which connection a body comes from: a client that stops halfway holds a thread until
it goes. So some threads are kept for requests without a body, and for saying what is wrong.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from queue import Empty, SimpleQueue
from typing import Any

from .crew import WSGI

PATIENCE = 1.0

log = logging.getLogger(__name__)


def with_room(app: WSGI, most: int, patience: float = PATIENCE) -> WSGI:
    """Return an application that is asked so many requests with bodies at once.

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
        try:
            return app(environ, start_response)
        finally:
            room.put(None)

    return answer


def _has_body(environ: Mapping[str, Any]) -> bool:
    if "HTTP_TRANSFER_ENCODING" in environ:
        return True
    return environ.get("CONTENT_LENGTH", "0") not in ("", "0")


def _refuse(environ: Mapping[str, Any], start_response: Any, most: int) -> Iterable[bytes]:
    detail = f"{most} clients are at requests with bodies; those that stop halfway hold up the rest"
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
