"""Commands for fixtures: what they print, and what they write."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result

from emulator.cli import main
from emulator.core.documents import parse_document
from emulator.testing import running_emulator

CLIENT = "/teekrr/clients/0"
MEANT = " (did you mean '%s'?)"
FIXTURES = Path(__file__).parents[2] / "fixtures"
YAML = """emulator: 1
teekrr:
  clients:
    - id: shop
      billing: {mode: prepayd}
      templates:
        - {channel: sms, name: hello, contnet: Hi}
      messages:
        - $generate: {count: 5, recipent: "60123456789"}
"""


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["fixture", *map(str, arguments)])


def test_each_mistake_is_told_with_its_line_and_a_suggestion(tmp_path):
    file = tmp_path / "shop.yaml"
    file.write_text(YAML)

    result = run("check", file)

    assert result.exit_code == 1
    assert sorted(result.output.splitlines()) == [
        f"{file}:5: {CLIENT}/billing/mode: Must be one of: prepaid, postpaid{MEANT % 'prepaid'}",
        f"{file}:7: {CLIENT}/templates/0/contnet: Unknown field{MEANT % 'content'}",
        f"{file}:9: {CLIENT}/messages/0/$generate/recipent: Unknown field{MEANT % 'recipient'}",
    ]


def test_lines_of_json_are_told_too(tmp_path):
    file = tmp_path / "shop.json"
    file.write_text('{\n "emulator": 1,\n "tekrr": {},\n "clock":\n  "noon"\n}')

    result = run("check", file)

    lines = [line.removeprefix(f"{file}:")[:1] for line in result.output.splitlines()]
    assert (result.exit_code, lines) == (1, ["3", "4"])


def test_only_so_many_mistakes_are_told(tmp_path):
    file = tmp_path / "shop.json"
    clients = [{"id": str(at), "nmae": "x"} for at in range(130)]
    file.write_text(json.dumps({"emulator": 1, "teekrr": {"clients": clients}}))

    assert run("check", file).output.splitlines()[-1] == f"{file}: and 30 more"


@pytest.mark.parametrize("name", ["reference", "demo", "empty"])
def test_shipped_fixtures_are_good(name):
    assert run("check", FIXTURES / f"{name}.json").output.endswith(": good\n")


@pytest.mark.parametrize(
    ("provider", "accounts"),
    [("rapidpro", "workspaces"), ("cuedesk", "workspaces"), ("whautomate", "accounts")],
)
@pytest.mark.parametrize("ending", ["json", "yaml"])
def test_generated_files_are_fixtures(tmp_path, provider, accounts, ending):
    file = tmp_path / f"made.{ending}"

    result = run(
        *("generate", "--provider", provider, "--contacts", 30, "--messages", 40),
        *("--seed", 3, "-o", file),
    )

    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    assert run("check", file).output == f"{file}: good\n"
    document = parse_document(file.read_bytes(), str(file))
    [account] = document[provider][accounts]
    contacts = account.get("contacts") or account["contactLists"][0]["contacts"]
    assert (document["seed"], len(contacts), len(account["messages"])) == (3, 30, 40)


def test_generated_files_are_the_same_for_the_same_seed(tmp_path):
    texts = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        file = tmp_path / f"{name}.json"
        run("generate", "--provider", "teekrr", "--messages", 20, "--seed", seed, "-o", file)
        texts.append(file.read_text())

    assert texts[0] == texts[1] != texts[2].replace('"seed": 2', '"seed": 1')


def test_a_vendor_without_contacts_says_so(tmp_path):
    result = run("generate", "--provider", "teekrr", "--contacts", 1, "-o", tmp_path / "a.json")

    assert result.exit_code == 2
    assert "ask for messages alone" in result.output


def test_schema_is_one_and_is_printed_or_written(tmp_path):
    printed = run("schema").output
    written = tmp_path / "schema.json"
    run("schema", "-o", written)

    jsonschema.Draft202012Validator.check_schema(json.loads(printed))
    assert written.read_text() == printed


@pytest.mark.parametrize("ending", ["json", "yaml"])
def test_a_running_sandbox_is_saved_as_a_fixture(tmp_path, ending):
    file = tmp_path / f"monday.{ending}"
    with running_emulator(fixture="reference") as emulator:
        options = ["--url", emulator.url, "--as-fixture", str(file)]
        result = CliRunner().invoke(main, ["snapshot", "save", *options])

    assert result.exit_code == 0, result.output
    assert run("check", file).output == f"{file}: good\n"
    saved = parse_document(file.read_bytes(), str(file))
    assert saved["clock"] == "2026-05-06T10:00:00.000Z"
    assert len(saved["rapidpro"]["workspaces"][0]["contacts"]) == 6
