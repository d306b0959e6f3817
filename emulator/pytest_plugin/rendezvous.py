"""How the workers of pytest-xdist come to share a server that only some of them may need."""

from __future__ import annotations

import json
import socket
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.runtime.process import ServerProcess

PATIENCE = 60.0
LONGEST_LINE = 65_536


class Rendezvous:
    """Stands in the process that steers the workers; starts the server for the first who asks.

    :ivar address: where workers ask: host and port.
    """

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        host, port = self._socket.getsockname()
        self.address = f"{host}:{port}"
        self._server: ServerProcess | None = None
        self._is_closed = False
        self._thread = threading.Thread(
            target=self._answer, name="emulator-rendezvous", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop the server, if anybody has asked for it."""
        self._is_closed = True
        _connect(self.address).close()
        self._thread.join()
        self._socket.close()
        if self._server is not None:
            self._server.stop()

    def _answer(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            with connection:
                if self._is_closed:
                    return
                connection.sendall(json.dumps(self._started()).encode() + b"\n")

    def _started(self) -> dict[str, str]:
        from emulator.runtime.process import NotStarted, ServerProcess

        if self._server is None:
            self._server = ServerProcess(["--fixture", "reference"])
        try:
            return {"url": self._server.url}
        except NotStarted as error:
            return {"error": str(error)}


def ask(address: str) -> str:
    """Return the URL of the server; it is started if nobody has asked before.

    :raises NotStarted: it cannot be.
    """
    from emulator.runtime.process import NotStarted

    with _connect(address) as connection, connection.makefile() as lines:
        answer = json.loads(lines.readline(LONGEST_LINE) or '{"error": "the session ends"}')
    if "error" in answer:
        raise NotStarted(answer["error"])
    return str(answer["url"])


def _connect(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), PATIENCE)
