"""Routes that are quick to set up."""

from __future__ import annotations

import re
from typing import Any

from werkzeug.routing import Rule

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
