"""``coverage``: what is imitated and how it is known."""

from __future__ import annotations

import json

from click.testing import CliRunner, Result

from emulator.cli import main
from emulator.registry import PROVIDERS


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["coverage", *arguments])


def test_table_has_a_line_for_each_operation() -> None:
    lines = run("teekrr").output.splitlines()

    assert lines[0].split() == ["provider", "operation", "served", "evidence", "request"]
    assert lines[1].split() == ["teekrr", "sms.send", "yes", "documented", "POST", "/sms"]
    assert len(lines) == 7


def test_all_providers_are_listed() -> None:
    found = json.loads(run("--json").output)

    assert {item["provider"] for item in found["items"]} == {p.slug for p in PROVIDERS}
    assert found["total"] == len(found["items"])
    assert {item["evidence"] for item in found["items"] if item["served"]} <= {
        "documented",
        "observed",
        "assumed",
    }


def test_operations_that_are_not_imitated_say_why() -> None:
    items = json.loads(run("cuedesk", "--json").output)["items"]

    [missing] = [item for item in items if item["id"] == "templates.create"]
    assert (missing["served"], missing["evidence"], missing["path"]) == (False, None, None)
    assert "could not be read" in missing["why"]
    assert "templates.create" in run("cuedesk").output


def test_unknown_provider_is_refused() -> None:
    result = run("twilio")

    assert result.exit_code == 2
    assert "must be one of: rapidpro, teekrr, cuedesk, whautomate" in result.output
