"""Bytes, headers and queries of somebody's request as the control plane shows them."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any

from emulator.core.errors import BadBody
from emulator.web.bodies import parse_json


def many(pairs: Iterable[tuple[str, str]]) -> dict[str, str | list[str]]:
    """Return pairs as an object; a name that is repeated holds a list."""
    shown: dict[str, str | list[str]] = {}
    for name, value in pairs:
        before = shown.get(name)
        if before is None:
            shown[name] = value
        else:
            shown[name] = [*before, value] if isinstance(before, list) else [before, value]
    return shown


def parsed(name: str, raw: bytes) -> dict[str, Any]:
    """Return a member with bytes as JSON if they are JSON, else as :func:`exact`."""
    if not raw:
        return {name: None}
    try:
        return {name: parse_json(raw)}
    except BadBody:
        return exact(name, raw)


def exact(name: str, raw: bytes) -> dict[str, Any]:
    """Return a member with bytes as text; bytes that are none as base64, and one that says so."""
    try:
        return {name: raw.decode()}
    except UnicodeDecodeError:
        return {name: base64.b64encode(raw).decode(), f"{name}_encoding": "base64"}
