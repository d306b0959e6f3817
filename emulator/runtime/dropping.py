"""Close a client's connection without an answer, under a server that knows no such thing."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn

DESCRIPTORS = "/dev/fd"
CONTRADICTION = [("Content-Length", "0"), ("Content-Length", "1")]
RESET_AT_ONCE = struct.pack("ii", 1, 0)


class ConnectionDropped(Exception):
    """Raised where a server asks for the answer, so that it gives the connection up."""


class NoAnswer:
    """The body of an answer that never comes."""

    def __iter__(self) -> NoAnswer:
        return self

    def __next__(self) -> NoReturn:
        raise ConnectionDropped


def drop(environ: Mapping[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer a WSGI request by closing its connection.

    granian hands no socket out, but what speaks HTTP below it writes no head whose lengths
    contradict each other, and closes the connection before the first byte. Over HTTP/2, where
    it does not look, the body that fails resets the stream. Other servers would say a whole
    500; for them the socket is found by the peer's address and cut.
    """
    if "REMOTE_PORT" in environ:
        _cut(str(environ["REMOTE_ADDR"]), int(environ["REMOTE_PORT"]))
    start_response("500 Internal Server Error", CONTRADICTION)
    return NoAnswer()


def _cut(host: str, port: int) -> None:
    for name in [path.name for path in Path(DESCRIPTORS).iterdir()]:
        with contextlib.suppress(OSError, ValueError):
            found = socket.socket(fileno=os.dup(int(name)))
            try:
                if found.getpeername()[:2] == (host, port):
                    found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_ONCE)
                    found.shutdown(socket.SHUT_RDWR)
            finally:
                found.close()
