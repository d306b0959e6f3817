"""What a start brings in: heavy libraries wait until something asks for them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import requests

from emulator.registry import PROVIDERS
from emulator.web.provider import Provider
from tests.scenarios.servers import PATIENCE, ROOT

IMPORTED = re.compile(r"^import time: +\d+ \| +\d+ \| +(\S+)$", re.MULTILINE)
# Each costs milliseconds of the start or megabytes, and most runs need none of them.
HEAVY = (
    "apispec",  # OpenAPI documents.
    "apscheduler",  # Waiting for what a real clock makes due.
    "email.mime",
    "faker",  # Fixtures that generate, and people who are made up.
    "hypothesis",
    "iso639",  # Names of languages.
    "jsonschema",
    "openapi_spec_validator",
    "phonenumbers",  # Numbers that are not in the international form.
    "pytest",
    "re2",  # Rules and faults with patterns.
    "requests",
    "rich",  # The commands that print tables.
    "sqlite3",
    "tinydb",  # State in a folder.
    "tzdata",
    "unittest",
    "urllib.request",
    "urllib3",
    "waitress",  # Serving inside a test.
    "xml",
    "yaml",  # Fixtures in YAML.
)


# Parts of our own that a world at rest has no use for.
AT_WORK = (
    "emulator.cli.executing",
    "emulator.cli.fixtures",
    "emulator.cli.remote",
    "emulator.client",
    "emulator.providers.cuedesk.fixture_traffic",
    "emulator.providers.cuedesk.generator",
    "emulator.providers.cuedesk.receiving",
    "emulator.providers.cuedesk.schemas",
    "emulator.providers.rapidpro.campaigns",
    "emulator.providers.rapidpro.expressions",
    "emulator.providers.rapidpro.flows",
    "emulator.providers.rapidpro.generator",
    "emulator.providers.rapidpro.queries",
    "emulator.providers.rapidpro.writing",
    "emulator.providers.teekrr.fixture_traffic",
    "emulator.providers.teekrr.generator",
    "emulator.providers.teekrr.views",
    "emulator.providers.whautomate.answers",
    "emulator.providers.whautomate.fixture.lists",
    "emulator.providers.whautomate.lifecycle",
    "emulator.providers.whautomate.schemas",
)

# A vendor's routes and schemas come with the first request to it.
ROUTES = (
    "emulator.providers.cuedesk.routes",
    "emulator.providers.rapidpro.routes",
    "emulator.providers.teekrr.routes",
    "emulator.providers.teekrr.schemas",
    "emulator.providers.whautomate.routes.people",
)


def imported_by_serving(told: Path, asked: Sequence[Provider] = ()) -> set[str]:
    """Return every module that all processes of an empty server import.

    :param asked: vendors that a request is made to.
    """
    command = [sys.executable, "-X", "importtime", "-m", "emulator", "serve", "--port", "0"]
    with told.open("w") as stderr:
        process = subprocess.Popen(
            [*command, "--json", "--fixture", "empty"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
        try:
            assert process.stdout is not None
            url = json.loads(process.stdout.readline())["url"]
            assert requests.get(f"{url}/_emulator/sandboxes/default", timeout=PATIENCE).ok
            for provider in asked:
                requests.get(f"{url}/{provider.slug}/unknown", timeout=PATIENCE)
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE)
    return set(IMPORTED.findall(told.read_text()))


def test_start_brings_no_heavy_library_in(tmp_path: Path) -> None:
    imported = imported_by_serving(tmp_path / "stderr", PROVIDERS)

    # It is the list of a server that answered for every vendor.
    assert imported >= {"flask", "granian", *ROUTES}
    heavy = [name for name in sorted(imported) if is_heavy(name)]
    assert not heavy, f"`python -X importtime -m emulator serve` says by whom: {heavy}"


def test_a_world_at_rest_brings_in_nothing_that_it_does_not_use(tmp_path: Path) -> None:
    imported = imported_by_serving(tmp_path / "stderr")

    assert "emulator.core.late" in imported
    assert [name for name in AT_WORK if name in imported] == []


def test_routes_of_a_vendor_come_with_the_first_request_to_it(tmp_path: Path) -> None:
    cuedesk = [provider for provider in PROVIDERS if provider.slug == "cuedesk"]

    imported = imported_by_serving(tmp_path / "stderr", cuedesk)

    assert [name for name in ROUTES if name in imported] == ["emulator.providers.cuedesk.routes"]


def is_heavy(name: str) -> bool:
    return name in HEAVY or name.startswith(tuple(f"{heavy}." for heavy in HEAVY))
