"""A server with the reference workspaces, and a driver that speaks to one of them over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from emulator.app import fixture_library
from emulator.core.engine import Goal
from emulator.core.fixtures import merge
from emulator.providers.rapidpro import PROVIDER
from tests.world import World

ADMIN = "rp_token_admin"
OTHER = "rp_token_other"
JSON = "application/json"


class RapidPro:
    """Speaks to the API with one token; paths are names of endpoints or links that were given."""

    def __init__(self, world: World, token: str | None = ADMIN) -> None:
        self.world = world
        self.token = token

    def as_(self, token: str | None) -> RapidPro:
        """Return a driver of the same server with another token, or without any."""
        return RapidPro(self.world, token)

    def get(self, path: str, /, **query: Any) -> TestResponse:
        return self.call("GET", path, query=query)

    def post(self, path: str, body: Any = None, /, **query: Any) -> TestResponse:
        """Send a JSON body; ``None`` sends none at all."""
        return self.call("POST", path, body, query=query)

    def delete(self, path: str, /, **query: Any) -> TestResponse:
        return self.call("DELETE", path, query=query)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Any = None,
        headers: dict[str, str] | None = None,
        **options: Any,
    ) -> TestResponse:
        """Send a request as it is told: ``options`` are those of Werkzeug's test client."""
        sent = {"Accept": JSON} | ({"Authorization": f"Token {self.token}"} if self.token else {})
        if body is not None:
            options |= {"data": json.dumps(body), "content_type": JSON}
        if query:
            options["query_string"] = query
        return self.world.client.open(
            self.path(path), method=method, headers=sent | (headers or {}), **options
        )

    def path(self, name: str) -> str:
        """Return the path of an endpoint; anything that looks like a path or link stays."""
        return name if name.startswith(("/", "http")) else f"/rapidpro/api/v2/{name}.json"

    def items(self, path: str, /, **query: Any) -> list[Any]:
        """Return a whole list, page after page."""
        found: list[Any] = []
        link: str | None = path
        while link is not None:
            answer = self.get(link, **query)
            assert answer.status_code == 200, answer.text
            query = {}
            page: Any = answer.json
            found += page["results"]
            link = page["next"]
        return found

    def one(self, path: str, /, **query: Any) -> Any:
        """Return the only object of a list."""
        (found,) = self.items(path, **query)
        return found

    def advance(self, seconds: float) -> None:
        """Let the sandbox's time go on."""
        self.world.sandbox.engine.advance(Goal(by=timedelta(seconds=seconds)))

    def load(self, *workspaces: dict[str, Any]) -> None:
        """Merge more into the sandbox."""
        merge(self.world.sandbox, {"emulator": 1, "rapidpro": {"workspaces": list(workspaces)}}, "")


@pytest.fixture
def make_rapidpro() -> Iterator[Any]:
    """Return a function that starts a server with the given documents."""
    worlds: list[World] = []

    def make(*documents: dict[str, Any], token: str | None = ADMIN) -> RapidPro:
        worlds.append(World([PROVIDER], documents))
        return RapidPro(worlds[-1], token)

    yield make
    for world in worlds:
        world.emulator.close()


@pytest.fixture
def rapidpro(make_rapidpro: Any) -> RapidPro:
    """Return a driver of a server with the reference fixture, as its administrator."""
    document = fixture_library().read("reference")
    part = {key: document[key] for key in ("emulator", "clock", "rapidpro")}
    part["settings"] = {"rate_limits": {"rapidpro": False}}
    driver: RapidPro = make_rapidpro(part)
    return driver
