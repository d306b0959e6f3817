"""The older form of a flow start's parameters, which was made fit for expressions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

MOST_NODES: Final = 256
MOST_TEXT: Final = 640
MOST_KEY: Final = 255

_NO_NAME = re.compile("[^a-zA-Z0-9_]")


def normalized(extra: dict[str, Any]) -> dict[str, Any]:
    """Return parameters with plain keys, short texts and no lists; what is too much is left out."""
    found: dict[str, Any] = _Budget().of(extra)
    return found


class _Budget:
    """Counts the values that are still taken."""

    def __init__(self) -> None:
        self._left = MOST_NODES

    def of(self, value: Any) -> Any:
        """Return what is made of a value."""
        if isinstance(value, dict):
            return self._object(value.items())
        if isinstance(value, list):
            return self._object((str(at), item) for at, item in enumerate(value))
        if value is None:
            return ""
        return value[:MOST_TEXT] if isinstance(value, str) else value

    def _object(self, items: Iterable[tuple[str, Any]]) -> dict[str, Any]:
        found = {}
        for key, value in items:
            if self._left == 0:
                break
            self._left -= 1
            found[_NO_NAME.sub("_", key)[:MOST_KEY]] = self.of(value)
        return found
