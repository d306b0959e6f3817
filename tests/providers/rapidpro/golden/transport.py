"""Sends the recorded requests: to an application in this process, or to a server."""

from __future__ import annotations

import base64
import http.client
import io
import json
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol
from urllib.parse import unquote_to_bytes, urlencode, urlsplit

from werkzeug.test import run_wsgi_app

from .placeholders import Values

BOUNDARY = "goldenboundary7d9f"
JSON = "application/json"


class Answer(NamedTuple):
    """What came back; names of headers in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def parsed(self) -> Any:
        """Return the JSON value, None for no body, or a mark for what is no JSON."""
        if not self.body:
            return None
        kind = self.headers.get("content-type", "")
        if "json" in kind:
            try:
                return json.loads(self.body)
            except ValueError:
                pass
        elif "html" in kind and self.body.lstrip()[:1] == b"<":
            return {"$html": True}
        return {"$text": self.body.decode("utf-8", "replace")[:300]}


class Request(NamedTuple):
    """A request as it is sent: nothing is added to its headers."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes | None = None


class Transport(Protocol):
    """Brings requests to where they are answered."""

    def send(self, request: Request) -> Answer: ...


class InProcess:
    """Calls a WSGI application."""

    def __init__(self, application: Callable[..., Any], host: str) -> None:
        self._application = application
        self._host = host

    def send(self, request: Request) -> Answer:
        path, _, query = request.target.partition("?")
        body = request.body or b""
        environ: dict[str, Any] = {
            "REQUEST_METHOD": request.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "4600",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": self._host,
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in request.headers.items():
            key = name.upper().replace("-", "_")
            key = key if key == "CONTENT_TYPE" else f"HTTP_{key}"
            environ[key] = value.encode().decode("latin-1")
        chunks, status, headers = run_wsgi_app(self._application, environ, buffered=True)
        found = {name.lower(): value for name, value in headers.items()}
        return Answer(int(status.split()[0]), found, b"".join(chunks))


class OverHTTP:
    """Speaks to a server."""

    def __init__(self, base_url: str) -> None:
        self._address = urlsplit(base_url).netloc

    def send(self, request: Request) -> Answer:
        connection = http.client.HTTPConnection(self._address, timeout=60)
        try:
            has_host = "Host" in request.headers
            connection.putrequest(
                request.method, request.target, skip_host=has_host, skip_accept_encoding=True
            )
            for name, value in request.headers.items():
                connection.putheader(name, value.encode())
            if request.body is not None or request.method in ("POST", "PUT", "PATCH"):
                connection.putheader("Content-Length", str(len(request.body or b"")))
            connection.endheaders(request.body)
            response = connection.getresponse()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, headers, response.read())
        finally:
            connection.close()


def build(recorded: dict[str, Any], base: str, values: Values) -> Request:
    """Return a recorded request with its placeholders filled in."""
    headers = dict(recorded.get("headers", {}))
    authorization = _authorization(recorded.get("auth"), values)
    if authorization is not None:
        headers["Authorization"] = authorization
    body, kind = _body(recorded, values)
    if kind is not None and not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = kind
    return Request(recorded["method"], _target(recorded, base, values), headers, body)


def _target(recorded: dict[str, Any], base: str, values: Values) -> str:
    path = values.fill(recorded["path"])
    if path.startswith("http"):
        parts = urlsplit(path)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
    else:
        path = urlsplit(base).path + path
    if "query" in recorded:
        pairs = [(name, str(values.fill(value))) for name, value in recorded["query"]]
        return f"{path}?{urlencode(pairs)}" if pairs else str(path)
    if "query_raw" in recorded:
        return f"{path}?{values.fill(recorded['query_raw'])}"
    return str(path)


def _authorization(auth: Any, values: Values) -> str | None:
    if isinstance(auth, str):
        return f"Token {values.get(f'token:{auth}')}"
    if isinstance(auth, dict) and "raw" in auth:
        return str(values.fill(auth["raw"]))
    if isinstance(auth, dict) and "basic" in auth:
        pair = ":".join(values.fill(auth["basic"])).encode()
        return f"Basic {base64.b64encode(pair).decode()}"
    return None


def _body(recorded: dict[str, Any], values: Values) -> tuple[bytes | None, str | None]:
    if "body" in recorded:
        return json.dumps(values.fill(recorded["body"]), ensure_ascii=False).encode(), JSON
    if "body_raw" in recorded:
        encoding = recorded.get("body_encoding", "utf-8")
        return values.fill(recorded["body_raw"]).encode(encoding), None
    if "form" in recorded:
        pairs = [(name, str(values.fill(value))) for name, value in recorded["form"]]
        return urlencode(pairs).encode(), "application/x-www-form-urlencoded"
    if "multipart" in recorded:
        parts = b"".join(_part(part, values) for part in recorded["multipart"])
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        return parts + f"--{BOUNDARY}--\r\n".encode(), kind
    return None, None


def _part(part: dict[str, Any], values: Values) -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{part["name"]}"'
    if "filename" in part:
        head += f'; filename="{part["filename"]}"'
    if part.get("content_type"):
        head += f"\r\nContent-Type: {part['content_type']}"
    if "zeros" in part:
        content = bytes(part["zeros"])
    elif "base64" in part:
        content = base64.b64decode(part["base64"])
    else:
        content = str(values.fill(part.get("text", ""))).encode()
    return f"{head}\r\n\r\n".encode() + content + b"\r\n"
