"""The guides name everything that users can say: calls, settings, options, errors, methods."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from emulator import client, testing
from emulator.cli.executing import env
from emulator.cli.serving import serve
from emulator.pytest_plugin.session import MARKS
from emulator.registry import PROVIDERS
from tests.world import World

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "control-api.md"
ROW = re.compile(r"^\| `(?P<call>[A-Z]+ [^`]+)` \| (?P<does>.+) \| (?P<takes>.*) \|$", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
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


def words_of(page: str) -> set[str]:
    """Return what a guide says in code: its words, and the names in them."""
    prose = FENCED.sub("", (DOCS / page).read_text())
    spoken = re.findall(r"`([^`]+)`", prose)
    return {*spoken, *(word for text in spoken for word in re.findall(r"[\w.-]+", text))}


def settings() -> list[str]:
    """Return the settings as the guide writes them: those of one vendor with its name."""
    shown = World(PROVIDERS).call("GET", "/_emulator/sandboxes/default/settings").get_json()
    slugs = [provider.slug for provider in PROVIDERS]
    return [
        name
        for key, value in shown.items()
        for name in ([f"{key}.{inner}" for inner in value] if key in slugs else [key])
    ]


def test_page_names_every_setting() -> None:
    assert set(settings()) <= words_of("control-api.md")


def test_errors_that_faults_may_name_are_listed() -> None:
    names = {name for provider in PROVIDERS for name in provider.faults}

    assert names <= words_of("outcomes.md")


@pytest.mark.parametrize(("command", "page"), [(serve, "install.md"), (env, "shell.md")])
def test_options_and_what_stands_for_them_are_listed(command: Any, page: str) -> None:
    options = [option for option in command.params if not getattr(option, "hidden", True)]
    named = {max(option.opts, key=len) for option in options}

    assert named | {option.envvar for option in options if option.envvar} <= words_of(page)


@pytest.mark.parametrize(
    ("kind", "inner"),
    [
        (client.Sandbox, set()),
        (client.Found, {"all", "count", "index", "summary"}),
        (testing.CallbackSink, {"check", "close", "hold", "take"}),
        (testing.Received, {"secrets"}),
    ],
)
def test_what_tests_can_call_is_listed(kind: Any, inner: set[str]) -> None:
    named = {name for name in [*dir(kind), *kind.__annotations__] if not name.startswith("_")}

    assert named - inner <= words_of("testing.md")


def test_exceptions_and_marks_are_listed() -> None:
    raised = {
        name
        for name in client.__all__
        if isinstance(found := getattr(client, name), type) and issubclass(found, Exception)
    }

    assert {*raised, *MARKS} <= words_of("testing.md")


def test_what_can_be_imported_is_told() -> None:
    # These are handed out, and made by nobody else.
    given = {"Found", "Received", "RunningEmulator", "Sandboxes"}

    assert {*client.__all__, *testing.__all__} - given <= words_of("testing.md")
