"""Commands that talk to a running server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from emulator.cli import main
from emulator.client import EmulatorClient, Sandbox
from emulator.core.lifecycle import OUTCOMES
from emulator.testing import running_emulator
from tests.client.shop import PERSON, send_sms


@pytest.fixture(scope="module")
def client() -> Iterator[EmulatorClient]:
    with running_emulator() as emulator:
        yield emulator.client


@pytest.fixture
def sandbox(client: EmulatorClient) -> Iterator[Sandbox]:
    with client.sandboxes.create(from_="default", name="mine") as sandbox:
        yield sandbox


def run(sandbox: Sandbox, *arguments: str) -> Result:
    url = sandbox.sink_url().partition("/_emulator")[0]
    variables = {"EMULATOR_URL": url, "EMULATOR_SANDBOX": sandbox.name}
    return CliRunner().invoke(main, arguments, env=variables)


def rows(result: Result) -> list[list[str]]:
    assert result.exit_code == 0, result.output
    return [line.split() for line in result.output.splitlines()]


def read(result: Result):
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_messages_are_shown_to_people_and_programs(sandbox: Sandbox) -> None:
    send_sms(sandbox, PERSON, text="[bold]Hi")

    heading, row = rows(run(sandbox, "messages", "--to", PERSON))
    [message] = read(run(sandbox, "messages", "--to", PERSON, "--json"))

    assert heading[:2] == ["at", "vendor"]
    assert row[2:8] == ["teekrr", "sms", "→", PERSON, "enqueued", "[bold]Hi"]
    assert message["from"] == sandbox.message(message["id"]).from_
    assert rows(run(sandbox, "messages", "--text", "nothing")) == [["No", "messages."]]


def test_output_may_know_few_characters(sandbox: Sandbox) -> None:
    send_sms(sandbox, PERSON, text="Sepuluh ✓ á")
    url = sandbox.sink_url().partition("/_emulator")[0]
    asked = ["messages", "--to", PERSON, "--url", url, "--sandbox", sandbox.name]
    runner = CliRunner(charset="latin-1")

    _, row = rows(runner.invoke(main, asked))
    [message] = read(runner.invoke(main, [*asked, "--json"]))

    assert row[4:10] == ["?", PERSON, "enqueued", "Sepuluh", "?", "á"]
    assert message["text"] == "Sepuluh ✓ á"


def test_requests_and_callbacks_are_shown(sandbox: Sandbox) -> None:
    sandbox.endpoint("teekrr", sandbox.sink_url(), events=["delivered"])
    send_sms(sandbox, PERSON)
    sandbox.advance(by="1m")

    [_, request] = rows(run(sandbox, "requests", "--provider", "teekrr"))
    [_, callback] = rows(run(sandbox, "callbacks", "--state", "succeeded"))

    assert request[3:] == ["teekrr", "POST", "/sms", "202", "sms.send"]
    assert callback[2:6] == ["teekrr", "delivered", "succeeded", "200"]
    assert read(run(sandbox, "requests", "--unmatched", "--json")) == []


def test_time_passes(sandbox: Sandbox) -> None:
    send_sms(sandbox, PERSON)

    result = run(sandbox, "advance", "1m")

    assert result.output.splitlines()[:2] == [
        "2026-05-06 10:00:00 → 2026-05-06 10:01:00 (target), 2 events",
        "messages: 1 delivered, 1 send",
    ]
    ledger = read(run(sandbox, "advance", "--to", "2026-05-06T11:00:00Z", "--json"))
    assert ledger["to"] == "2026-05-06T11:00:00Z"
    assert "11:01:30 (target)" in run(sandbox, "advance", "90").output
    assert "(idle)" in run(sandbox, "advance", "--until-idle").output
    assert run(sandbox, "advance").exit_code == 2


def test_advance_tells_of_callbacks_and_of_what_is_left(sandbox: Sandbox) -> None:
    sandbox.endpoint("teekrr", sandbox.sink_url(), events=["delivered", "billed"])
    sandbox.script_sink([200, 500])
    send_sms(sandbox, PERSON)

    told = run(sandbox, "advance", "30").output.splitlines()

    assert told[2:] == [
        "callbacks: 1 succeeded, 1 failed",
        "1 planned, next at 2026-05-18 06:00:00",
    ]


@pytest.mark.parametrize("group", [[], ["fixture"], ["snapshot"]])
def test_commands_are_listed_in_whole_sentences(group: list[str]) -> None:
    listed = CliRunner().invoke(main, [*group, "--help"]).output

    assert "Commands:" in listed
    assert "..." not in listed.partition("Commands:")[2]


def test_help_names_all_outcomes() -> None:
    shown = CliRunner().invoke(main, ["outcome", "--help"]).output

    assert [name for name in OUTCOMES if name not in shown] == []


def test_person_writes(sandbox: Sandbox) -> None:
    rows(run(sandbox, "inbound", "rapidpro", "tel:+254722000111", "Hello you"))

    assert sandbox.messages(direction="in", text="Hello you").one().from_ == "tel:+254722000111"


def test_rule_is_put_in_front(sandbox: Sandbox) -> None:
    result = run(sandbox, "outcome", "undelivered", "--to", PERSON, "--error", "E1", "Gone")

    assert f"undelivered for to {PERSON}, error E1 Gone" in result.output
    assert sandbox.outcomes()[0]["to"] == PERSON


def test_snapshot_is_kept_and_continued(sandbox: Sandbox, tmp_path: Path) -> None:
    send_sms(sandbox, PERSON)
    file = tmp_path / "kept.json"

    assert "bytes" in run(sandbox, "snapshot", "save", str(file)).output
    sandbox.reset()
    assert "continues at 2026-05-06 10:00:00" in run(sandbox, "snapshot", "load", str(file)).output

    sandbox.messages(to=PERSON).one()
    nowhere = run(sandbox, "snapshot", "save", str(tmp_path / "nowhere" / "kept.json"))
    assert nowhere.exit_code == 1
    assert f"cannot write {tmp_path}/nowhere/kept.json: No such file" in nowhere.output
    file.write_text("{")
    assert "is no snapshot" in run(sandbox, "snapshot", "load", str(file)).output


def test_sandbox_is_reset(sandbox: Sandbox) -> None:
    send_sms(sandbox, PERSON)

    assert run(sandbox, "reset").output == "Sandbox mine is as it was.\n"
    sandbox.messages(to=PERSON).none()
    assert "no account" in run(sandbox, "reset", "--empty").output
    assert sandbox.accounts() == []
    assert run(sandbox, "reset", "--all").output == "Sandbox default is as it was.\n"


def test_variables_are_printed_for_a_shell(sandbox: Sandbox) -> None:
    lines = run(sandbox, "env", "rapidpro").output.splitlines()

    assert lines[1].startswith("export RAPIDPRO_URL=http://127.0.0.1:")
    assert lines[1].endswith("/s/mine/rapidpro")
    assert lines[2] == "export RAPIDPRO_TOKEN=rp_token_admin"
    assert "TEEKRR_API_KEY" in read(run(sandbox, "env", "--json"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["messages", "--url", "http://127.0.0.1:9"], "Start one with `broadcast-emulator serve`"),
        (["messages", "--url", "nowhere:x"], "is no URL of an emulator"),
        (["messages", "--sandbox", "defualt"], "no sandbox 'defualt'; did you mean 'default'?"),
        (["messages", "--sandbox", "a ü?"], "no sandbox 'a ü?'; there are: "),
        (["messages", "--provider", "tekrr"], "did you mean 'teekrr'?"),
        (["outcome", "undeliverd"], "did you mean 'undelivered'?"),
        (["env", "tekrr"], "no provider 'tekrr'; there are: rapidpro, teekrr"),
        (["advance", "soon"], 'such as "90s"'),
        (["reset", "--empty", "--all"], "--all goes back to the beginning"),
        (["mesages"], "No such command 'mesages'"),
    ],
)
def test_mistakes_are_told_with_what_may_be_meant(
    sandbox: Sandbox, arguments: list[str], words: str
) -> None:
    result = run(sandbox, *arguments)

    assert result.exit_code in (1, 2)
    assert words in result.output
    assert "Traceback" not in result.output


def test_missing_token_is_told() -> None:
    with running_emulator(fixture="empty", control_token="t0ken") as emulator:
        refused = CliRunner().invoke(main, ["messages", "--url", emulator.url])
        given = {"EMULATOR_CONTROL_TOKEN": "t0ken"}
        passed = CliRunner().invoke(main, ["messages", "--url", emulator.url], env=given)

    assert "Give it with --control-token, or as EMULATOR_CONTROL_TOKEN." in refused.output
    assert passed.exit_code == 0


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete(shell: str) -> None:
    result = CliRunner().invoke(main, ["completion", shell])

    assert "_BROADCAST_EMULATOR_COMPLETE" in result.output


@pytest.mark.parametrize(
    ("words", "found"),
    [("outcome unde", "undelivered"), ("inbound tee", "teekrr"), ("mes", "messages")],
)
def test_words_are_completed(words: str, found: str) -> None:
    variables = {
        "_BROADCAST_EMULATOR_COMPLETE": "bash_complete",
        "COMP_WORDS": f"broadcast-emulator {words}",
        "COMP_CWORD": str(len(words.split())),
    }
    result = CliRunner().invoke(main, env=variables, prog_name="broadcast-emulator")

    assert found in result.output
