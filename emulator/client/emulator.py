"""A server, and the sandboxes on it."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self, Unpack

import msgspec

from . import records
from .fields import Document, Wish, renamed
from .sandbox import Sandbox
from .transport import TIMEOUT, Transport, place

DEFAULT = "default"


class Sandboxes:
    """The sandboxes of a server."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(self, **wish: Unpack[Wish]) -> Sandbox:
        """Make a sandbox from fixtures, or fork one: ``from_``.

        :raises Conflict: the name is taken.
        :raises Invalid: a fixture, a setting or the wish itself has mistakes.
        """
        return self._sandbox(self._transport.call("POST", "/sandboxes", renamed(wish)))

    def get(self, name: str) -> Sandbox:
        """Return a sandbox that exists.

        :raises NotFound: there is none of that name.
        """
        return self._sandbox(self._transport.call("GET", place(name)))

    def list(self) -> list[Sandbox]:
        """Return all sandboxes, by name."""
        found: list[Sandbox] = []
        query: Mapping[str, Any] = {}
        while True:
            page = self._transport.call("GET", "/sandboxes", query=query)
            found += [self._sandbox(shown) for shown in page["items"]]
            if page["next"] is None:
                return found
            query = {"cursor": page["next"]}

    def delete(self, name: str) -> None:
        """End a sandbox."""
        self._transport.call("DELETE", place(name))

    def restore(self, name: str, snapshot: Document) -> Sandbox:
        """Continue a snapshot in a sandbox, which is made if there is none of that name."""
        return self._sandbox(self._transport.call("PUT", f"{place(name)}/snapshot", snapshot))

    def _sandbox(self, shown: Any) -> Sandbox:
        world = msgspec.convert(shown, records.World)
        return Sandbox(self._transport, world.name, world)


class EmulatorClient:
    """The control API of a running server; may be used by any number of threads.

    :param url: of the server.
    :param token: what it was given as ``--control-token``, if anything.
    :param timeout: real seconds that a call may take; an advance takes as long as it takes.
    """

    def __init__(self, url: str, token: str | None = None, *, timeout: float = TIMEOUT) -> None:
        self._transport = Transport(url, token, timeout)
        self.url = self._transport.url
        self.sandboxes = Sandboxes(self._transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def sandbox(self, name: str = DEFAULT) -> Sandbox:
        """Return a sandbox by name, without asking whether there is one."""
        return Sandbox(self._transport, name)

    def health(self) -> records.Health:
        """Ask how the server is."""
        return msgspec.convert(self._transport.call("GET", "/health"), records.Health)

    def providers(self) -> list[dict[str, Any]]:
        """List the vendors with every operation and how we know of it."""
        items: list[dict[str, Any]] = self._transport.call("GET", "/providers")["items"]
        return items

    def openapi(self, provider: str | None = None) -> dict[str, Any]:
        """Return the OpenAPI document of the control API, or of a vendor's."""
        path = f"/openapi/{provider}.json" if provider else "/openapi.json"
        document: dict[str, Any] = self._transport.call("GET", path)
        return document

    def reset(self) -> Sandbox:
        """Delete every sandbox but ``default``, and put that back to its beginning."""
        world = msgspec.convert(self._transport.call("POST", "/reset"), records.World)
        return Sandbox(self._transport, world.name, world)

    def close(self) -> None:
        """Let the connections go that are kept."""
        self._transport.close()
