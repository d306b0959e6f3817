"""Brings marshmallow in without compiling what it checks e-mail addresses with.

The pattern of their domains has ranges of some 65,000 letters each, of which `re` looks at every
single one because case is to be ignored: a tenth of the whole start, though nearly no run ever
checks an address.
"""

from __future__ import annotations

import re
import sys
from functools import cached_property
from typing import Any

MARSHMALLOW = "marshmallow"
WIDE = "\uffff"
"""The end of the ranges that take so long."""


class LatePattern:
    """Does what a compiled pattern does, and is compiled when it does it for the first time."""

    def __init__(self, pattern: str, flags: int) -> None:
        self._asked = pattern, flags

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(*self._asked)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # Classes ask what stands in them whether it is abstract.
            raise AttributeError(name)
        return getattr(self._compiled, name)


def bring_in() -> None:
    """Import marshmallow, its wide patterns uncompiled; if it is there already, nothing is lost."""
    if MARSHMALLOW in sys.modules:
        return
    at_once = re.compile

    def compile_late(pattern: Any, flags: Any = 0) -> Any:
        if isinstance(pattern, str) and WIDE in pattern:
            return LatePattern(pattern, flags)
        return at_once(pattern, flags)

    re.compile = compile_late
    try:
        __import__(MARSHMALLOW)
    finally:
        re.compile = at_once
