"""How deep a value may go."""

from __future__ import annotations

import json
from typing import Any

import pytest

from emulator.core.documents import parse_document
from emulator.core.errors import BadBody, Invalid
from emulator.core.nesting import DEEPEST, is_too_deep
from emulator.web.bodies import parse_json


def nested(levels: int) -> Any:
    """Return objects and lists in turn, with neighbours that are closed before."""
    value: Any = {}
    for level in range(levels - 1):
        value = [{}, value] if level % 2 else {"a": [], "b": value}
    return value


@pytest.mark.parametrize("value", [None, 5, "[" * 1000, [], {}, [[]] * 1000, nested(DEEPEST)])
def test_what_files_can_hold_is_taken(value: Any) -> None:
    raw = json.dumps(value).encode()

    assert not is_too_deep(value)
    assert parse_json(raw) == value


def test_one_level_more_is_refused() -> None:
    value = nested(DEEPEST + 1)
    raw = json.dumps({"emulator": nested(DEEPEST)}).encode()

    assert is_too_deep(value)
    with pytest.raises(BadBody, match="nested deeper than 500 levels"):
        parse_json(raw)
    with pytest.raises(Invalid, match=r"^deep[.]json: nested deeper"):
        parse_document(raw, "deep.json")
    with pytest.raises(Invalid, match=r"^deep[.]json: nested deeper"):
        parse_document(b"[" * 10_000 + b"]" * 10_000, "deep.json")
