"""docs/control-api.md names every control call and what it takes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from emulator.registry import PROVIDERS
from tests.world import World

PAGE = Path(__file__).parents[2] / "docs" / "control-api.md"
ROW = re.compile(r"^\| `(?P<call>[A-Z]+ [^`]+)` \| (?P<does>.+) \| (?P<takes>.*) \|$", re.MULTILINE)
PAGING = {"limit", "cursor"}
# What these take is no object with fields of its own.
WHOLE = {"PATCH S/settings"}


def described() -> dict[str, set[str]]:
    """Return the calls of the OpenAPI document with the names of what they take."""
    found = World(PROVIDERS).call("GET", "/_emulator/openapi.json").get_json()
    calls = {}
    for path, methods in found["paths"].items():
        short = path.replace("/_emulator/sandboxes/{name}", "S")
        for method, operation in methods.items():
            if method == "parameters":
                continue
            verb = "ANY" if operation["operationId"].startswith("sink.receive") else method.upper()
            names = {parameter["name"] for parameter in operation["parameters"]} - PAGING
            calls[f"{verb} {short}"] = names | fields(operation)
    return calls


def fields(operation: Any) -> set[str]:
    content = operation.get("requestBody", {}).get("content", {})
    return set(content.get("application/json", {}).get("schema", {}).get("properties", ()))


def test_page_names_every_call_and_no_other() -> None:
    rows = [row["call"] for row in ROW.finditer(PAGE.read_text())]

    assert sorted(rows) == sorted(described())


def test_page_names_what_calls_take() -> None:
    calls = described()
    for row in ROW.finditer(PAGE.read_text()):
        named = set(re.findall(r"[a-z_]+", row["takes"]))
        if row["call"] not in WHOLE:
            assert calls[row["call"]] <= named, row["call"]
