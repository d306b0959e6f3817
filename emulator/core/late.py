"""Modules that are imported when the first of their functions is called.

A vendor has some fifty modules, of which a world that nobody speaks to needs its kinds of record
and little more. A module that hands functions of its neighbours on names these twice: imported
for whoever checks types, late when it runs.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any


class Late:
    """Stands for a module; its functions can be handed on without importing it."""

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if not name.islower() or name.startswith("_"):
            raise AttributeError(f"{self._module}.{name} is no function and cannot come late")

        @cache
        def found() -> Callable[..., Any]:
            function: Callable[..., Any] = getattr(import_module(self._module), name)
            return function

        def called(*given: Any, **named: Any) -> Any:
            return found()(*given, **named)

        return called


def late(module: str, *names: str) -> list[Late]:
    """Return what stands for neighbours of a module, in the order of their names."""
    package = module.rpartition(".")[0]
    return [Late(f"{package}.{name}") for name in names]
