"""Routes that are quick to set up, and quick to find."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from flask import Request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, MapAdapter, Rule
from werkzeug.sansio.utils import get_host

PARAMETER = re.compile(r"<(?:([^<>:(]+)(?:\([^<>]*\))?:)?([^<>:]+)>")
"""A parameter in a route: its converter, if one is named, and its name."""


def template_of(path: str) -> str:
    """Return a route as people write it: ``/messages/{id}``."""
    return PARAMETER.sub(r"{\2}", path)


class QuickRule(Rule):
    """A route that makes its builder of URLs when the first one is asked for.

    Werkzeug compiles two functions for each route at once, a tenth of the start, though nearly
    all routes are matched only and never built.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Any:
        compile_builder = super()._compile_builder
        builders: list[Any] = []

        def build(rule: Rule, /, **values: Any) -> Any:
            if not builders:
                builders.append(compile_builder(append_unknown))
            return builders[0](rule, **values)

        return build


class Router:
    """Finds the routes of requests as Werkzeug does, and remembers what it said.

    A map of routes that has been made does not change. What is bound to a host and a prefix
    serves all requests there, and so does the route that a path without parameters has.
    """

    def __init__(self, url_map: Map) -> None:
        self._map = url_map
        self._adapters = lru_cache(maxsize=256)(self._bind)
        self._plain: dict[tuple[str, str], Rule] = {}

    def route(self, request: Request) -> MapAdapter | None:
        """Tell a request its route, or why it has none; return what makes URLs for it."""
        adapter = None
        try:
            adapter = self._adapter(request)
            request.url_rule, request.view_args = self._match(adapter, request.method, request.path)
        except HTTPException as error:
            request.routing_exception = error
        return adapter

    def methods(self, request: Request) -> Iterable[str]:
        """Return the methods of the path that a request asks for."""
        return self._adapter(request).allowed_methods(request.path)

    def _adapter(self, request: Request) -> MapAdapter:
        host = request.environ.get("HTTP_HOST")
        return self._adapters(request.scheme, host, request.server, request.root_path)

    def _bind(
        self, scheme: str, host: str | None, server: tuple[str, int | None] | None, prefix: str
    ) -> MapAdapter:
        return self._map.bind(get_host(scheme, host, server), prefix, url_scheme=scheme)

    def _match(self, adapter: MapAdapter, method: str, path: str) -> tuple[Rule, dict[str, Any]]:
        rule = self._plain.get((method, path))
        if rule is not None:
            return rule, {}
        rule, arguments = adapter.match(path, method, return_rule=True)
        if not arguments:
            # There are no more of them than routes, methods and slashes at the end.
            self._plain[method, path] = rule
        return rule, dict(arguments)
