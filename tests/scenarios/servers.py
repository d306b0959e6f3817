"""A server of our own and a customer's receiver, both on real sockets."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import requests

ROOT = Path(__file__).parents[2]
PATIENCE = 20
"""Seconds after which something that should have happened counts as missing."""


class ServerProcess:
    """``emulator serve`` as users start it, on a free port."""

    def __init__(self, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "emulator", "serve", "--port", "0", "--json", *options],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        assert said, "the server ended without a word"
        self.started: dict[str, Any] = json.loads(said)
        self.url: str = self.started["url"]

    def stop(self) -> int:
        """Ask it to end, and return its exit status."""
        self.process.terminate()
        self.process.communicate(timeout=PATIENCE)
        return self.process.returncode


class Arrival(NamedTuple):
    """A callback as the receiver got it."""

    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> Any:
        return json.loads(self.body)


class Receiver:
    """A customer's webhook handler: notes what arrives, then does what it is told."""

    def __init__(self) -> None:
        self.arrived: queue.Queue[Arrival] = queue.Queue()
        self.answer: Callable[[Arrival], int] = lambda arrival: 200
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                arrival = Arrival(dict(self.headers), body)
                receiver.arrived.put(arrival)
                self.send_response(receiver.answer(arrival))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Tests have no use for an access log."""

        self._server = _Quiet(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"

    def next(self) -> Arrival:
        return self.arrived.get(timeout=PATIENCE)

    def all(self) -> list[Arrival]:
        """Return what has arrived and has not been asked for yet."""
        return [self.arrived.get_nowait() for _ in range(self.arrived.qsize())]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """A sender may hang up."""


class RemoteSandbox:
    """Speaks to the control API about one sandbox of a running server."""

    def __init__(self, url: str, **wish: Any) -> None:
        self.url = url
        made = self._ask("POST", "/_emulator/sandboxes", {"fixture": "reference", **wish}, 201)
        self.made: dict[str, Any] = made
        self.name: str = made["name"]
        self.teekrr: str = made["providers"]["teekrr"]["base_url"]

    def do(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        """Return what a call about the sandbox answers."""
        return self._ask(method, f"/_emulator/sandboxes/{self.name}{path}", body, status)

    def items(self, path: str) -> list[Any]:
        """Return the items of a list."""
        found: list[Any] = self.do("GET", path)["items"]
        return found

    def send(self, *recipients: str, key: str = "tk_all", **more: Any) -> str:
        """Send a text message as any client of Teekrr does, and return the broadcast's id."""
        body = {
            "campaignName": "May",
            "type": "quick broadcast",
            "templateContent": "Hello",
            "recipients": recipients,
            **more,
        }
        headers = {"Authorization": f"Bearer {key}"}
        answer = requests.post(f"{self.teekrr}/sms", json=body, headers=headers, timeout=PATIENCE)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["data"]["broadcastUuid"])

    def endpoint(self, receiver: Receiver, **more: Any) -> str:
        """Register a receiver with Teekrr and return the endpoint's secret."""
        body = {"provider": "teekrr", "url": receiver.url, **more}
        return str(self.do("POST", "/endpoints", body, 201)["secret"])

    def _ask(self, method: str, path: str, body: Any, status: int) -> Any:
        answer = requests.request(method, f"{self.url}{path}", json=body, timeout=PATIENCE)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None
