"""The recording: requests in a row, and what a real server answered to many of them."""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import Any, NamedTuple

FILE = Path(__file__).parent / "recording.json.xz"


class Recording(NamedTuple):
    """What was recorded.

    :param fixture: the document of what the server held at the start.
    :param tokens: the API key of each role.
    :param objects: the objects of the fixture that steps speak of, by the steps' keys for them.
    """

    fixture: dict[str, Any]
    tokens: dict[str, str]
    objects: dict[str, dict[str, Any]]
    steps: list[dict[str, Any]]


def load() -> Recording:
    """Read the recording from the file beside this module."""
    document = json.loads(lzma.decompress(FILE.read_bytes()))
    fixture = document["fixture"]
    objects = {key: _at(fixture, pointer) for key, pointer in document["keys"].items()}
    return Recording(fixture, document["tokens"], objects, document["steps"])


def _at(document: Any, pointer: str) -> Any:
    for part in pointer.split("/")[1:]:
        document = document[int(part) if isinstance(document, list) else part]
    return document
