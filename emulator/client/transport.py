"""Requests to the control API over connections that are kept."""

from __future__ import annotations

import http.client
import os
import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from .errors import NoServer, refused

PREFIX = "/_emulator"
TIMEOUT = 120.0
MOST_IDLE = 8
_LOST = (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError)


def place(name: str) -> str:
    """Return the path of a sandbox, whatever its name: the server says if it is none."""
    return f"/sandboxes/{quote(name, safe='')}"


class Transport:
    """Calls one server, from any number of threads and forked processes.

    :param url: of the server, as it says itself: ``http://127.0.0.1:4600``.
    :param token: what ``--control-token`` was given, if anything.
    """

    def __init__(self, url: str, token: str | None = None, timeout: float = TIMEOUT) -> None:
        self._address = _address(url)
        host, port = self._address
        self.url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._timeout = timeout
        self._keep_none()

    def _keep_none(self) -> None:
        self._process = os.getpid()
        self._idle: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, Any] | None = None,
        *,
        is_patient: bool = False,
    ) -> Any:
        """Return what a call answers, None if that has no body.

        :param path: below ``/_emulator``.
        :param body: anything that JSON can say; moments and spans of time too.
        :param query: members that are None are left out.
        :param is_patient: wait for the answer however long it takes.
        :raises NoServer: nobody answers.
        :raises Refused: the answer is an error.
        """
        raw = None if body is None else msgspec.json.encode(body)
        target = f"{PREFIX}{path}{_query(query)}"
        timeout = None if is_patient else self._timeout
        status, kind, answer = self._exchange(method, target, raw, timeout)
        if not 200 <= status < 300:
            raise refused(f"{method} {path}", status, _problem(kind, answer))
        if not answer:
            return None
        if "json" not in kind:
            raise NoServer(f"{self.url} answers, but it is not the emulator")
        return msgspec.json.decode(answer)

    def stream(self, path: str, headers: Mapping[str, str]) -> http.client.HTTPResponse:
        """Return an answer that goes on; whoever reads it closes it."""
        connection = self._connect()
        try:
            connection.request("GET", f"{PREFIX}{path}", headers={**self._headers, **headers})
            response = connection.getresponse()
            if response.status == 200:
                return response
            kind, answer = response.headers.get("Content-Type", ""), response.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise self._nobody(error) from error
        connection.close()
        raise refused(f"GET {path}", response.status, _problem(kind, answer))

    def close(self) -> None:
        """Let the connections go that are kept."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def __del__(self) -> None:
        # Scripts seldom close their client; nothing is lost with idle connections.
        if hasattr(self, "_lock"):
            self.close()

    def _exchange(
        self, method: str, path: str, body: bytes | None, timeout: float | None
    ) -> tuple[int, str, bytes]:
        headers = dict(self._headers)
        if body is not None:
            headers["Content-Type"] = "application/json"
        if self._process != os.getpid():
            # A fork has the connections of its parent, which goes on using them.
            self._keep_none()
        with self._lock:
            kept = self._idle.pop() if self._idle else None
        try:
            if kept is not None:
                try:
                    return self._ask(_ready(kept, timeout), method, path, body, headers)
                except _LOST:
                    # The server has closed a connection that it found idle: nothing was answered.
                    kept.close()
            return self._ask(_ready(self._connect(), timeout), method, path, body, headers)
        except (OSError, http.client.HTTPException) as error:
            raise self._nobody(error) from error

    def _ask(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        body: bytes | None,
        headers: Mapping[str, str],
    ) -> tuple[int, str, bytes]:
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            answer = response.read()
        except BaseException:
            connection.close()
            raise
        with self._lock:
            has_room = len(self._idle) < MOST_IDLE
            if has_room:
                self._idle.append(connection)
        if not has_room:
            connection.close()
        return response.status, response.headers.get("Content-Type", ""), answer

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(*self._address, timeout=self._timeout)

    def _nobody(self, error: Exception) -> NoServer:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return NoServer(f"no emulator answers at {self.url}: {reason}")


def _ready(
    connection: http.client.HTTPConnection, timeout: float | None
) -> http.client.HTTPConnection:
    """Return a connection that is open and waits so long for an answer."""
    if connection.sock is None:
        connection.connect()
    connection.sock.settimeout(timeout)
    return connection


def _address(url: str) -> tuple[str, int]:
    try:
        parts = urlsplit(url if "//" in url else f"//{url}")
        if parts.scheme in ("", "http") and parts.hostname:
            return parts.hostname, parts.port or 80
    except ValueError:
        pass
    raise ValueError(f"{url!r} is no URL of an emulator such as http://127.0.0.1:4600")


def _query(query: Mapping[str, Any] | None) -> str:
    given = {name: _text(value) for name, value in (query or {}).items() if value is not None}
    return f"?{urlencode(given)}" if given else ""


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _problem(kind: str, answer: bytes) -> Mapping[str, Any]:
    if "json" in kind:
        document = msgspec.json.decode(answer)
        if isinstance(document, dict):
            return document
    return {"detail": answer[:200].decode(errors="replace")}
