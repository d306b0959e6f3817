"""The pytest plugin, in sessions of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from emulator.client import EmulatorClient, NoServer
from emulator.testing import running_emulator

LATE_FAILURE = """
def test_late_failure(sandbox, teekrr, callback_sink):
    sandbox.outcome("undelivered", to=PERSON, error=("UNDELIVERABLE", "Absent subscriber"))
    sandbox.endpoint("teekrr", callback_sink.url, events=["failed"], secret="s3cret")
    send(teekrr)
    ledger = sandbox.advance(until="idle")
    statuses = sandbox.messages(to=PERSON).one().statuses
    assert statuses == ["pending", "enqueued", "send", "failed"]
    assert ledger.callbacks.succeeded == 1
    assert callback_sink.events("failed").one().signature_ok
"""
IDLE = """
import sys

def test_nothing():
    assert not {"flask", "msgspec", "emulator.client", "emulator.testing"} & set(sys.modules)
"""
SHARED = """
import os

@pytest.mark.parametrize("number", range(6))
def test_server(emulator_server, sandbox, number, testrun_uid):
    with open(os.environ["SEEN"], "a") as seen:
        worker = os.environ["PYTEST_XDIST_WORKER"]
        print(worker, emulator_server.url, number, sandbox.seed, file=seen)
"""


def test_message_fails_late_without_any_preparation(session) -> None:
    session.run_alone(LATE_FAILURE).assert_outcomes(passed=1)


def test_handles_reach_all_vendors(session) -> None:
    session.run(
        """
def test_handles(rapidpro, teekrr, cuedesk, whautomate):
    for handle in (rapidpro, teekrr, cuedesk, whautomate):
        assert handle.base_url.endswith(f"/{handle.slug}")
        assert handle.key in " ".join(handle.auth.values())
        assert handle.account

def test_key_is_known(rapidpro):
    url = f"{rapidpro.base_url}/api/v2/workspace.json"
    with urllib.request.urlopen(urllib.request.Request(url, headers=rapidpro.auth)) as answer:
        assert json.load(answer)["uuid"] == rapidpro.account
"""
    ).assert_outcomes(passed=2)


def test_failure_shows_what_happened_and_the_seed(session) -> None:
    result = session.run(
        """
@pytest.mark.emulator(seed=77)
def test_it(sandbox, teekrr, callback_sink):
    sandbox.endpoint("teekrr", callback_sink.url, events=["delivered"])
    send(teekrr)
    sandbox.advance(by="10s")
    sandbox.messages(to="60999").one()
"""
    )

    result.stdout.fnmatch_lines(
        [
            '>*sandbox.messages(to="60999").one()',
            "E*no message to 60999; 1 message to: 60123456789",
            "*- Emulator -*",
            "sandbox test-it-* seed 77 (again: @pytest.mark.emulator(seed=77))",
            "2026-05-06 10:00:00.000  request   teekrr POST /sms: 202 (*)",
            "2026-05-06 10:00:00.000  message   teekrr sms to 60123456789: pending",
            "2026-05-06 10:00:00*  callback  teekrr delivered to http://*/callbacks: 200",
            "clock at 2026-05-06 10:00:10 (manual), * planned",
        ]
    )
    result.stdout.no_fnmatch_line("*found.py*")


def test_failure_repeats_the_hint_of_a_request(session) -> None:
    result = session.run("def test_it(teekrr): assert send(teekrr, '/smss') == 202")

    result.stdout.fnmatch_lines(["*request   teekrr POST /smss: 404 (unmatched); *POST /sms*"])


def test_failure_of_an_earlier_try_excuses_nothing(session) -> None:
    # As plugins do that run a failed test once more.
    session.pytester.makeconftest(
        """
from _pytest.runner import runtestprotocol

def pytest_runtest_protocol(item, nextitem):
    runtestprotocol(item, nextitem=nextitem, log=False)
    item._initrequest()
    runtestprotocol(item, nextitem=nextitem)
    return True
"""
    )
    result = session.run(
        """
tries = []

def test_it(teekrr):
    tries.append(send(teekrr, "/smss"))
    assert len(tries) == 2
"""
    )

    result.assert_outcomes(passed=1, errors=1)


def test_wrong_path_fails_the_test_at_its_end(session) -> None:
    result = session.run(
        """
def test_it(teekrr):
    assert send(teekrr, "/smss") == 404

@pytest.mark.emulator(allow_unmatched=True)
def test_relaxed(teekrr):
    assert send(teekrr, "/smss") == 404

def test_fails_anyway(teekrr):
    send(teekrr, "/smss")
    raise AssertionError

def test_ends_its_sandbox_itself(sandbox):
    sandbox.delete()
"""
    )

    result.assert_outcomes(passed=3, failed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "1 request for what the vendor does not have; *",
            "  teekrr POST /smss: 404",
            "*POST /sms*",
        ]
    )


@pytest.mark.parametrize(
    ("mark", "claim"),
    [
        ('fixture="empty"', 'sandbox.provider("teekrr").key != "tk_all"'),
        ('fixture=["empty", "reference"]', 'sandbox.provider("teekrr", "acme").key == "tk_all"'),
        ('clock="manual"', 'f"{sandbox.clock().now:%F %T}" == "2026-05-06 10:00:00"'),
        ('clock="2020-01-01T00:00:00Z"', "sandbox.clock().now.year == 2020"),
        ('clock="real"', 'sandbox.clock().mode == "real"'),
        ("seed=5", "sandbox.seed == 5"),
        ('latency="instant"', 'sandbox.settings()["latency"] == "instant"'),
    ],
)
def test_marker_says_how_the_sandbox_is(session, mark: str, claim: str) -> None:
    text = f"@pytest.mark.emulator({mark})\ndef test_it(sandbox):\n    assert {claim}\n"
    session.run(text).assert_outcomes(passed=1)


def test_nearest_marker_decides(session) -> None:
    session.run(
        """
pytestmark = pytest.mark.emulator(seed=1, latency="instant")

@pytest.mark.emulator(seed=2)
def test_it(sandbox):
    assert (sandbox.seed, sandbox.settings()["latency"]) == (2, "instant")
"""
    ).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("mark", "words"),
    [
        ("sed=1", "*emulator(…) has no sed; there are fixture, clock, seed*"),
        ('"reference"', "*emulator(…) takes fixture, clock, seed*by name*"),
        ('fixture="refrence"', "*/fixture: *did you mean 'reference'?*"),
        ('fixture="missing.json"', "*fixture */missing.json: *No such file*root directory*"),
        ('fixture="broken.yaml"', "*fixture */broken.yaml: not YAML: *"),
        ('clock="manul"', '*clock=*manul*: Must be a time such as *, "manual" or "real"'),
    ],
)
def test_mistakes_in_the_marker_are_told(session, mark: str, words: str) -> None:
    (session.pytester.path / "broken.yaml").write_text("emulator: [")

    result = session.run(f"@pytest.mark.emulator({mark})\ndef test_it(sandbox): pass\n")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([words])
    result.stdout.no_fnmatch_line("*session.py*")


def test_seed_comes_from_the_test(session) -> None:
    text = """
@pytest.mark.parametrize("name", "ab")
def test_it(sandbox, name, pytestconfig):
    with (pytestconfig.rootpath / "seeds").open("a") as seeds:
        seeds.write(f"{sandbox.seed} ")
"""
    session.run(text).assert_outcomes(passed=2)
    session.run(text).assert_outcomes(passed=2)

    first, second, *again = (session.pytester.path / "seeds").read_text().split()
    assert [first, second] == again
    assert first != second


def test_sandboxes_are_gone_after_the_session(session) -> None:
    session.run("def test_it(sandbox): pass").assert_outcomes(passed=1)

    assert [found.name for found in session.emulator.client.sandboxes.list()] == ["default"]


def test_nothing_of_one_test_is_seen_in_the_next(session) -> None:
    session.run(
        """
@pytest.mark.parametrize("turn", [1, 2])
def test_it(sandbox, teekrr, turn):
    sandbox.messages(to=PERSON).none()
    assert send(teekrr) == 202
    sandbox.messages(to=PERSON).one()
"""
    ).assert_outcomes(passed=2)


def test_failure_of_the_receiver_is_the_tests(session) -> None:
    result = session.run(
        """
def refuse(received):
    raise ValueError("cannot read this")

def test_it(sandbox, teekrr, callback_sink):
    callback_sink.respond(refuse)
    sandbox.endpoint("teekrr", callback_sink.url)
    send(teekrr)
    sandbox.advance(by="10s")
"""
    )

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["E*ValueError: cannot read this"])


def test_session_has_a_fixture_of_its_own(session) -> None:
    document = {"emulator": 1, "clock": "2030-01-01T00:00:00Z"}
    (session.pytester.path / "mine.json").write_text(json.dumps(document))
    session.pytester.makeini("[pytest]\nemulator_fixture = mine.json\n")

    session.run("def test_it(sandbox): assert sandbox.clock().now.year == 2030").assert_outcomes(
        passed=1
    )


def test_fixture_may_be_yaml(session) -> None:
    document = yaml.safe_dump({"emulator": 1, "clock": "2030-01-01T00:00:00Z"})
    (session.pytester.path / "mine.yaml").write_text(document)

    session.run(
        """
@pytest.mark.emulator(fixture="mine.yaml")
def test_it(sandbox):
    assert sandbox.clock().now.year == 2030
"""
    ).assert_outcomes(passed=1)


def test_fixture_may_stand_beside_the_test(session) -> None:
    folder = session.pytester.mkpydir("shop")
    (folder / "mine.json").write_text('{"emulator": 1, "clock": "2030-01-01T00:00:00Z"}')
    (folder / "test_shop.py").write_text(
        """
import pytest

@pytest.mark.emulator(fixture="mine.json")
def test_it(sandbox):
    assert sandbox.clock().now.year == 2030
"""
    )

    session.run("").assert_outcomes(passed=1)


def test_mistakes_in_a_fixture_name_what_tells_their_lines(session) -> None:
    file = session.pytester.path / "mine.json"
    file.write_text('{"emulator": 1, "teekrr": {"clients": [{"id": "a", "town": 1}]}}')

    result = session.run('@pytest.mark.emulator(fixture="mine.json")\ndef test_it(sandbox): pass')

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "*/teekrr/clients/0/town: Unknown field; there are *name*",
            f"*broadcast-emulator fixture check {file}",
        ]
    )


def test_mistake_in_a_call_points_at_the_test(session) -> None:
    result = session.run('def test_it(sandbox): sandbox.outcome("undeliverd")\n')

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *did you mean 'undelivered'?*"])
    result.stdout.no_fnmatch_line("*emulator/client/*.py:*")


def test_missing_server_is_told(session) -> None:
    result = session.run_alone("def test_it(sandbox): pass", "--emulator-url=http://127.0.0.1:9")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["no emulator answers at http://127.0.0.1:9: *--emulator-url*"])
    result.stdout.no_fnmatch_line("*During handling*")


@pytest.mark.parametrize(("token", "outcome"), [("s3cret", "passed"), (None, "errors")])
def test_server_that_is_guarded_is_given_the_token(
    session, monkeypatch: pytest.MonkeyPatch, token: str | None, outcome: str
) -> None:
    monkeypatch.delenv("EMULATOR_CONTROL_TOKEN", raising=False)
    if token is not None:
        monkeypatch.setenv("EMULATOR_CONTROL_TOKEN", token)
    with running_emulator(control_token="s3cret") as guarded:
        result = session.run_alone("def test_it(sandbox): pass", f"--emulator-url={guarded.url}")

    result.assert_outcomes(**{outcome: 1})
    if token is None:
        result.stdout.fnmatch_lines(["*token is needed*; give it as EMULATOR_CONTROL_TOKEN"])


def test_sandbox_whose_name_is_taken_is_given_another(session) -> None:
    with session.emulator.client.sandboxes.create(name=f"test-it-{os.getpid()}-1"):
        result = session.run("def test_it(sandbox): assert sandbox.clock().mode == 'manual'")

    result.assert_outcomes(passed=1)


def test_sandbox_that_is_gone_is_told_by_the_report(session) -> None:
    result = session.run(
        "def test_it(sandbox):\n    sandbox.delete()\n    assert sandbox.messages().one()\n"
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*- Emulator -*", "sandbox *: *no sandbox *"])


def test_long_story_is_told_from_its_end(session) -> None:
    result = session.run(
        """
def test_it(sandbox, teekrr):
    for _ in range(70):
        send(teekrr, "/nowhere")
    assert False
"""
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["… 10 more before these", "* request * /nowhere: 404 *"])


def test_nothing_is_loaded_or_started_for_those_who_do_not_use_it(tmp_path: Path) -> None:
    test = tmp_path / "test_idle.py"
    test.write_text(IDLE)

    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "emulator.pytest_plugin", test],
        cwd=tmp_path,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout


def test_workers_share_one_server(session, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = session.pytester.path / "seen"
    monkeypatch.setenv("SEEN", str(seen))
    session.pytester.makepyfile("import pytest\n" + SHARED)

    session.pytester.runpytest_subprocess("-n2", "-p", "no:cacheprovider").assert_outcomes(passed=6)

    lines = [line.split() for line in seen.read_text().splitlines()]
    workers, urls, numbers, seeds = (set(column) for column in zip(*lines, strict=True))
    assert (len(workers), len(urls), len(numbers), len(seeds)) == (2, 1, 6, 6)
    with pytest.raises(NoServer):
        EmulatorClient(urls.pop()).health()
