"""Which sandbox and provider a request is for: from its host, its path and its key."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from emulator.core.emulator import Emulator
from emulator.core.sandbox import Sandbox

from .bodies import PIECEMEAL, drain
from .provider import Provider
from .provider_apps import ProviderApps

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
WSGI = Callable[[Environ, StartResponse], Iterable[bytes]]

CONTROL = "_emulator"


class Front:
    """The WSGI application in front: hands each request to a provider or the control API.

    What it cuts off the path becomes ``SCRIPT_NAME``, so that links made by Flask's
    ``url_for`` keep the scheme, host, port and prefix that the client used.

    :param drop: closes a client's connection without an answer; a server's own business.
    """

    def __init__(
        self,
        emulator: Emulator,
        apps: ProviderApps,
        control: WSGI,
        drop: WSGI | None = None,
    ) -> None:
        self._drop = drop or _cannot_drop
        self._emulator = emulator
        self._apps, self._providers = apps, apps.providers
        self._control = control
        self._hosts = {
            host: slug
            for slug, provider in self._providers.items()
            for host in (*provider.hosts, f"{slug}.localhost")
        }

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        slug = self._hosts.get(_host(environ))
        if slug is not None:
            return self._serve(environ, start_response, slug, None, "")
        path = environ.get("PATH_INFO", "")
        first, _, rest = path[1:].partition("/")
        if first in self._providers:
            return self._serve(environ, start_response, first, None, f"/{first}")
        if first == "s":
            name, _, rest = rest.partition("/")
            slug = rest.partition("/")[0]
            if slug in self._providers:
                return self._serve(environ, start_response, slug, name, f"/s/{name}/{slug}")
        if first == CONTROL:
            return _answer(self._control, environ, start_response)
        if path in ("", "/"):
            return _redirect(start_response, f"/{CONTROL}/console")
        drain(environ)
        return _nothing_here(start_response, self._providers)

    def _serve(
        self,
        environ: Environ,
        start_response: StartResponse,
        slug: str,
        name: str | None,
        prefix: str,
    ) -> Iterable[bytes]:
        app = self._apps[slug]
        environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + prefix
        environ["PATH_INFO"] = environ.get("PATH_INFO", "")[len(prefix) :] or "/"
        sandbox = self._sandbox(app.provider, name, environ)
        environ["emulator.drop"] = self._drop
        environ["emulator.sandbox"] = sandbox
        environ["emulator.sandbox_name"] = name
        if sandbox is None:
            return _answer(app, environ, start_response)
        sandbox.visits.enter()
        try:
            return _answer(app, environ, start_response)
        finally:
            sandbox.visits.leave()

    def _sandbox(self, provider: Provider, name: str | None, environ: Environ) -> Sandbox | None:
        if name is not None:
            return self._emulator.find(name)
        return self._emulator.holder_of(provider.slug, provider.credential(environ))


def _answer(app: WSGI, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """Return an answer in one piece, which servers send much faster than an iterator.

    Streams and dropped connections do what they do when the server asks for the next piece.
    """
    answer: Any = app(environ, start_response)
    if isinstance(answer, list) or environ.get(PIECEMEAL):
        pieces: Iterable[bytes] = answer
        return pieces
    try:
        return [b"".join(answer)]
    finally:
        answer.close()


def _cannot_drop(_environ: Environ, _start_response: StartResponse) -> Iterable[bytes]:
    raise ConnectionError("connection dropped on request")


def _host(environ: Environ) -> str:
    host = str(environ.get("HTTP_HOST", "")).lower()
    return host.partition(":")[0].removesuffix(".")


def _redirect(start_response: StartResponse, target: str) -> Iterable[bytes]:
    start_response("302 Found", [("Location", target), ("Content-Length", "0")])
    return [b""]


def _nothing_here(start_response: StartResponse, slugs: Iterable[str]) -> Iterable[bytes]:
    prefixes = ", ".join(f"/{slug}" for slug in slugs)
    body = msgspec.json.encode(
        {
            "type": "about:blank",
            "title": "Not Found",
            "status": 404,
            "detail": f"Nothing is served here. Clients use {prefixes} or /s/<sandbox>/<provider>; "
            f"the control API is /{CONTROL}.",
        }
    )
    headers = [("Content-Type", "application/problem+json"), ("Content-Length", str(len(body)))]
    start_response("404 Not Found", headers)
    return [body]
